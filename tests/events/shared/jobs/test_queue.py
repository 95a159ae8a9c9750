"""The one queue, with the jobs of each model: done once whatever happens to its workers, tried again, given up, and told."""

import threading
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import Q, QuerySet

from config.dashboard import todo_list
from config.running.monitoring import status_page
from events.exchange import import_jobs
from events.models import FileImport, HistoryEntry, Message, PdfFile, Room
from events.shared.jobs import queue
from events.shared.jobs.queue import claim
from events.shared.pdf import pdf_files
from prizes.count import recount_requests
from prizes.models import Count, OutcomeDocument
from prizes.outcome_document import versions
from registration.people.data_rights import copies
from tests.events.exchange.imports import ACT, preview
from tests.factories import NOW, ForumFactory, UserFactory, boss, staff
from tests.prizes.factories import make_edition
from tests.prizes.fair_play.factories import ballots, seal
from tests.races import change_locks, together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SECOND = timedelta(seconds=1)


class World(NamedTuple):
    """A queue; `ask`: for its n-th job; `made`: how many things it has made."""

    queue: queue.JobQueue
    ask: object
    made: object


def files(client):
    ForumFactory()
    client.force_login(staff("organisers"))

    def ask(number):
        token = preview(client, f"name\nHall {number}\n", kind="room").context["token"]
        client.post(ACT, {"token": token})
        return FileImport.objects.get(token=token)

    return World(import_jobs.FILES, ask, Room.objects.count)


def pdfs(_client):
    def ask(number):
        pdf_files.ask(pdf_files.PdfSource("", content={"number": number}), now=NOW)
        return PdfFile.objects.latest("pk")

    return World(pdf_files.FILES, ask, PdfFile.objects.exclude(file=None).count)


def documents(_client):
    def ask(number):
        return versions.ask(ForumFactory(slug=f"f{number}"), language="en", by=UserFactory(), now=NOW)

    return World(versions.DOCUMENTS, ask, OutcomeDocument.objects.exclude(pdf="").count)


def recounts(_client):
    def ask(number):
        edition = make_edition(forum=ForumFactory(slug=f"f{number}"), categories=2, nominees=2)
        ballots(edition)
        seal(edition)
        edition.refresh_from_db()
        return recount_requests.ask(edition, reason="A nominee withdrew", by=UserFactory(), now=NOW)

    return World(recount_requests.RECOUNTS, ask, Count.objects.exclude(reason="").count)


def data_copies(_client):
    made = Message.objects.filter(kind="data-copy")
    return World(copies.COPIES, lambda _number: copies.ask(UserFactory(), now=NOW), made.count)


OFTEN = (pdfs, recounts)  # the others are asked at night


@pytest.fixture(
    params=[
        pytest.param(make, id=make.__name__, marks=() if make in OFTEN else pytest.mark.whole)
        for make in (files, pdfs, documents, recounts, data_copies)
    ]
)
def world(request, db, client, settings, tmp_path, monkeypatch):
    settings.HAS_WORKERS, settings.MEDIA_ROOT = True, tmp_path
    monkeypatch.setattr(pdf_files, "draw", lambda *_parts, **_more: b"%PDF-")
    monkeypatch.setattr(pdf_files, "drawn_by", lambda *_parts, **_more: b"PK")
    return request.param(client)


def acts(world, monkeypatch, before):
    """Have something done before each act, which may fail; return how to put it back."""
    act = world.queue.act

    def first(row, *, now):
        before(row)
        return act(row, now=now)

    monkeypatch.setattr(world.queue, "act", first)
    return partial(monkeypatch.setattr, world.queue, "act", act)


def fail(error):
    def act(_row):
        raise error

    return act


def told(now):
    """What organisers are told: the number on the Overview, and of each row on the page of the status its state, and how it is
    tried again."""
    by = boss()
    (number,) = [line.number for line in todo_list._failed_rows(todo_list.Asked(ForumFactory(slug="f1"), by, now))] or [
        0
    ]
    return number, [(row["state"], row["kind"], row["row"]["row"]) for row in status_page.failed(by, now=now)]


# --- at once --------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_workers_at_once_do_each_job_once(world):
    for number in (1, 2):
        world.ask(number)

    done = together(*[partial(world.queue.run, NOW)] * 3)

    assert (sum(done), world.made()) == (2, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("has_locks", "taken"), [(True, [0, 1]), (False, [1, 1])], ids=["as it is", "without locks"])
def test_two_who_look_at_the_same_moment_take_a_row_once(monkeypatch, has_locks, taken):
    row = PdfFile.objects.create(digest="d", source={}, asked=NOW, due=NOW)
    both, update = threading.Barrier(2), QuerySet.update

    def together_with_the_other(rows, **values):
        both.wait(10)
        return update(rows, **values)

    monkeypatch.setattr(QuerySet, "update", together_with_the_other)
    if not has_locks:
        change_locks(monkeypatch)

    found = together(*[partial(claim, PdfFile.objects.waiting(NOW), now=NOW, lease=SECOND)] * 2)

    assert sorted(map(len, found)) == taken
    row.refresh_from_db()
    assert (row.attempts, row.leased_until) == (sum(taken), NOW + SECOND)


@pytest.mark.parametrize(
    ("has_leases", "taken"), [(True, [2, 1, 0, 2]), (False, [2, 2, 2, 2])], ids=["as it is", "without leases"]
)
def test_rows_are_held_for_as_long_as_a_lease_in_their_order(db, monkeypatch, has_leases, taken):
    for number in (3, 1, 2):
        PdfFile.objects.create(digest=f"d{number}", source={}, asked=NOW, due=NOW - number * SECOND)
    if not has_leases:
        monkeypatch.setattr(queue, "is_free", lambda _now: Q())

    moments = [NOW, NOW, NOW + SECOND / 2, NOW + SECOND]
    rows = PdfFile.objects.order_by("due")
    found = [claim(rows, now=now, lease=SECOND, limit=2, error="mine") for now in moments]

    assert [len(rows) for rows in found] == taken
    assert [(row.digest, row.error) for row in found[0]] == [("d3", "mine"), ("d2", "mine")]


@pytest.mark.django_db(transaction=True)
def test_worker_that_takes_longer_than_its_lease_makes_one_thing_all_the_same(world, monkeypatch):
    world.ask(1)
    others = []

    def sleep(_row):
        awake()
        others.extend(together(partial(world.queue.run, NOW + world.queue.model.LEASE)))

    awake = acts(world, monkeypatch, sleep)

    done = world.queue.run(NOW)

    assert (sum(others) + done, world.made()) == (1, 1)


# --- killed, failed, refused ----------------------------------------------------------------------
def test_job_of_a_killed_worker_leaves_nothing_is_begun_again_after_the_lease_and_stops_no_other(world, monkeypatch):
    bad, _good, now = world.ask(1), world.ask(2), NOW
    act, lease = world.queue.act, world.queue.model.LEASE

    def die(row, *, now):
        values = act(row, now=now)
        if row.pk == bad.pk:
            raise SystemExit
        return values

    monkeypatch.setattr(world.queue, "act", die)
    for number, _pause in enumerate(world.queue.model.PAUSES):
        with pytest.raises(SystemExit):
            world.queue.run(now)
        assert (world.queue.run(now + lease - SECOND), world.made()) == (0 if number else 1, 1)
        now += lease
    monkeypatch.setattr(world.queue, "act", act)
    assert (world.queue.run(now), world.made()) == (1, 2)


def test_job_with_which_too_many_workers_were_lost_is_given_up(world):
    row, now = world.ask(1), NOW
    for _worker in range(len(world.queue.model.PAUSES) + 1):
        assert (world.queue.next(now), world.queue.next(now)) == (row, None)
        now += world.queue.model.LEASE

    assert (world.queue.run(now), world.made()) == (0, 0)
    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", queue.WORKER_LOST)


def test_job_that_fails_is_tried_again_later_and_later_given_up_told_and_tried_anew(world, monkeypatch):
    bad, _good, now = world.ask(1), world.ask(2), NOW

    def fail_with_one(row):
        if row.pk == bad.pk:
            raise OSError("no room for Awa Diallo")

    heal = acts(world, monkeypatch, fail_with_one)
    assert (world.queue.run(now), world.made()) == (1, 1)
    pauses = world.queue.model.PAUSES
    for attempt, pause in enumerate(pauses, start=1):
        bad.refresh_from_db()
        assert (bad.attempts, bad.error, bad.due) == (attempt, "OSError", now + pause)
        assert told(now) == (1, [("", "", bad.pk)])
        assert world.queue.run(now + pause - SECOND) == 0
        now += pause
        assert world.queue.run(now) == 0

    bad.refresh_from_db()
    assert (bad.state, world.queue.run(now + timedelta(days=1)), list(pauses)) == ("failed", 0, sorted(set(pauses)))
    assert told(now) == (1, [("Given up", bad._meta.label_lower, bad.pk)])
    heal()
    assert world.queue.model.objects.filter(pk=bad.pk).try_again(now) == 1
    assert (world.queue.run(now), world.made(), told(now)) == (1, 2, (0, []))


def test_refusal_ends_a_job_with_its_words_and_is_nothing_for_others(world, monkeypatch):
    row = world.ask(1)
    acts(world, monkeypatch, fail(ValidationError("The polls are open", code="polls-open")))

    assert world.queue.run(NOW) == 0

    row.refresh_from_db()
    assert (row.state, row.error, row.leased_until, told(NOW)) == ("refused", "The polls are open", None, (0, []))


def test_trouble_of_the_database_is_no_attempt_and_lets_the_others_first(world, monkeypatch):
    first, second, now = world.ask(1), world.ask(2), NOW
    for _time in range(len(world.queue.model.PAUSES) + 2):
        heal = acts(world, monkeypatch, fail(OperationalError("the connection is lost")))
        with pytest.raises(OperationalError):
            world.queue.run(now)
        heal()
        now += timedelta(hours=2)

    order = []
    acts(world, monkeypatch, lambda row: order.append(row.pk))
    assert (world.queue.run(now), set(order)) == (2, {first.pk, second.pk})
    first.refresh_from_db()
    assert (first.state, first.attempts, first.error) == ("done", 1, "")


def test_job_that_nobody_takes_waits_too_long_and_one_that_is_being_done_does_not(world):
    row = world.ask(1)
    late = NOW + world.queue.model.LATE + SECOND

    assert (told(late - SECOND), told(late)) == ((0, []), (1, [("Waits too long", "", row.pk)]))
    world.queue.next(late)
    assert told(late) == (0, [])


# --- tried again by organisers --------------------------------------------------------------------
def test_organiser_has_a_job_tried_again_that_was_given_up_in_a_forum_of_theirs(client):
    own, other = ForumFactory(), ForumFactory(slug="2021")
    made = {
        "number": 1,
        "language": "en",
        "asked_by": boss(),
        "asked": NOW,
        "due": NOW,
        "state": "failed",
        "attempts": 3,
    }
    rows = [OutcomeDocument.objects.create(forum=forum, **made) for forum in (own, other)]
    by = staff("organisers", forum=own)
    client.force_login(by)
    page = client.get("/admin/status/").content.decode()

    said = []
    for key in (rows[1].pk, rows[0].pk, rows[0].pk, "x"):
        answer = client.post("/admin/status/again/", {"kind": "prizes.outcomedocument", "key": key}, follow=True)
        said += map(str, answer.context["messages"])

    not_any_more = "This is not given up any more"
    assert said == [not_any_more, "It is tried again within a minute.", not_any_more, not_any_more]
    assert page.count('name="key"') == 1
    assert [(row.state, row.attempts) for row in OutcomeDocument.objects.order_by("pk")] == [
        ("making", 0),
        ("failed", 3),
    ]
    entry = HistoryEntry.objects.get(verb="try-again")
    assert (entry.actor, entry.forum, entry.key) == (by, own, str(rows[0].pk))
