"""An import does what its preview said: what came between is noticed, who speaks is told, and no one waits for it."""

import json
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction

from events.exchange import apply
from events.exchange.readers import file_formats
from events.models import Appearance, Forum, Placement, Session, Speaker
from events.schedule import moves
from events.schedule.releases import releases
from tests.events.exchange.imports import CONGRESS, bring_in, counts
from tests.factories import NOW, AppearanceFactory, ForumFactory, RoomFactory, SessionFactory, SpeakerFactory
from tests.races import change_locks
from tests.refusals import refused

pytestmark = pytest.mark.django_db
LATER = CONGRESS.replace(b"T14:00:00", b"T15:00:00").replace(b">14:00<", b">15:00<")


@pytest.fixture
def forum():
    return bring_in(is_released=True).forum


def seen(data=LATER, **more):
    return bring_in(data, is_dry=True, **more).digest


def grids():
    return Session.objects.get(title="Smart grids")


def move(session, hours=3, room=None):
    place = Placement.objects.get(session=session)
    times = {"starts": place.starts + timedelta(hours=hours), "ends": place.ends + timedelta(hours=hours)}
    moves.move(session, **times, room=room, version=None, by=None, now=NOW)


# --- what was seen --------------------------------------------------------------------------------
MEANWHILE = {
    "moved": lambda: move(grids()),
    "another moved": lambda: move(Session.objects.get(title="Late show")),  # which the preview called the same
    "cancelled": lambda: moves.cancel(grids(), version=None, by=None, now=NOW),
    "text": lambda: Session.objects.filter(title="Late show").update(description="Ours"),
    "deleted": lambda: Session.objects.filter(title="Late show").delete(),
    "speaker": lambda: AppearanceFactory(session=grids(), speaker=SpeakerFactory(forum=grids().forum)),
    "renamed": lambda: Speaker.objects.filter(origin_id__endswith="#3530").update(name="Countess of Lovelace"),
}


def test_what_came_between_is_not_overwritten(forum):
    digest, models = seen(), (Session, Placement, Appearance, Speaker)

    for name, change in MEANWHILE.items():
        with transaction.atomic():
            change()
            before = [list(model.objects.order_by("pk").values()) for model in models]
            assert refused(bring_in, LATER, seen=digest) == "moved-meanwhile", name
            assert [list(model.objects.order_by("pk").values()) for model in models] == before, name
            transaction.set_rollback(True)

    plan = bring_in(LATER, seen=digest)
    assert (counts(plan), grids().placement.starts.hour) == ((0, 1, 2, 0), 14)


def test_what_the_file_does_not_touch_may_change_meanwhile(forum):
    ours = SessionFactory(forum=forum, title="Ours", starts=NOW)
    digest = seen()
    move(ours)

    assert counts(bring_in(LATER, seen=digest)) == (0, 1, 2, 0)


def test_forum_that_was_made_or_taken_away_meanwhile_is_noticed():
    made, gone = seen(slug="made"), None
    forum = ForumFactory(slug="gone")
    gone = seen(slug="gone")
    ForumFactory(slug="made")
    forum.delete()

    codes = [refused(bring_in, LATER, slug=slug, seen=digest) for slug, digest in [("made", made), ("gone", gone)]]

    assert codes == ["moved-meanwhile"] * 2
    assert not Forum.objects.filter(slug="gone").exists()


def test_release_tells_what_else_goes_out_with_it_and_takes_no_more(forum):
    room = RoomFactory(forum=forum)
    other = SessionFactory(forum=forum, title="Waits in the draft", starts=NOW.replace(year=2014, month=12, day=27))
    unseen = SessionFactory(forum=forum, starts=NOW.replace(year=2014, month=12, day=28))
    move(other, room=room)

    plain, preview = bring_in(LATER, is_dry=True), bring_in(LATER, is_dry=True, is_released=True)
    move(unseen, room=room)
    code = refused(bring_in, LATER, is_released=True, seen=preview.digest)

    assert (plain.also_released, preview.also_released) == ([], [other])
    assert code == "moved-meanwhile"
    bring_in(LATER, is_released=True, seen=seen(is_released=True))
    assert not releases.waiting(forum).exists()


# --- who speaks -----------------------------------------------------------------------------------
def told(plan):
    return [(change.column, change.before, change.after) for change in plan.people.changes]


def people_file(name="Ann Lee", biography="Old"):
    person = {"guid": "29aecfd7-2e44-4f49-ab86-29b5e0877325", "name": name, "biography": biography}
    talk = {"title": "T", "guid": "g1", "date": "2020-06-23T10:00:00+02:00", "duration": "01:00", "persons": [person]}
    days = [{"date": "2020-06-23", "rooms": {"A": [talk]}}]
    return json.dumps({"schedule": {"conference": {"title": "T", "days": days}}}).encode()


def test_new_name_and_biography_of_a_speaker_are_told_and_taken():
    bring_in(people_file(), slug="new", is_released=True)
    waiting = SessionFactory(forum=Forum.objects.get(), title="Waits", starts=NOW)
    move(waiting)
    Speaker.objects.update(form_of_address="Dr", country=None, position="Minister", updated=None)
    file = people_file("Dr Ann Lee-Smith", "New *text*")

    dry = bring_in(file, slug="new", is_dry=True)
    unchanged = Speaker.objects.get().name
    released = bring_in(file, slug="new", is_dry=True, is_released=True)
    bring_in(file, slug="new")
    again = bring_in(file, slug="new")
    without = bring_in(people_file("Dr Ann Lee-Smith", ""), slug="new")  # a file takes no biography away

    assert told(dry) == [("name", "Ann Lee", "Ann Lee-Smith"), ("biography", "Old", "New *text*")]
    assert (unchanged, again.is_empty, told(again), without.is_empty) == ("Ann Lee", True, [], True)
    assert [session.title for session in released.also_released] == ["Waits"]
    speaker = Speaker.objects.get()
    assert (speaker.full_name, speaker.position, speaker.biography, speaker.updated) == (
        *("Dr Ann Lee-Smith", "Minister", "New *text*"),
        NOW,
    )


def test_of_namesakes_a_table_means_those_who_speak_already(forum):
    """Two identities of one name, as the 31c3 has them: a table has the names alone."""
    rows = "".join(
        f"{row.session.guid},{row.session.title},{row.speaker.name}\n" for row in Appearance.objects.order_by("order")
    )
    ada = [row for row in rows.splitlines() if "Ada" in row]
    table = "guid,title,speakers\n" + "\n".join(ada)

    plan = bring_in(table.encode(), is_dry=True)

    assert len({row.speaker_id for row in Appearance.objects.filter(speaker__name="Ada Lovelace")}) == 2
    assert [name for item in plan.changed for name, before, after in item.changes if before == after] == []


# --- what it costs --------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [3, 30])
def test_change_of_many_sessions_takes_as_many_queries(django_assert_num_queries, number):
    text = "title,starts,ends,room,type,track,languages,speakers,description,state\n"
    row = "Talk {n},2020-06-{day} 10:00,11:00,Room {n},Session,{track},{language},{person},{text},{state}\n"
    old = {"day": 23, "track": "A", "language": "en", "text": "Old", "state": "scheduled"}
    new = {"day": 24, "track": "B", "language": "fr", "text": "New", "state": "cancelled"}
    before = "".join(row.format(n=n, person=f"Ann {n}; Bob", **old) for n in range(number))
    after = "".join(row.format(n=n, person=f"Cid {n}; Bob (moderator)", **new) for n in range(number))
    with django_assert_num_queries(95):
        bring_in((text + before).encode(), slug="new", is_released=True)

    with django_assert_num_queries(68):
        plan = bring_in((text + after).encode(), slug="new")

    assert len(plan.changed) == number
    assert set(Placement.objects.values_list("state", "version", "starts__day")) == {("cancelled", 2, 24)}
    assert set(Session.objects.values_list("description", "track__name", "updated")) == {("New", "B", NOW)}
    assert Appearance.objects.filter(is_leaving=True).count() == number


def test_session_without_a_time_is_cancelled_once():
    text = b"title,starts,ends,state\nTalk,2020-06-23 10:00,11:00,scheduled\nLater,,,%s"
    states = (b"", b"cancelled", b"cancelled", b"scheduled")

    found = [counts(bring_in(text % state, slug="new"))[:3] for state in states]
    new = [counts(bring_in(text % b"cancelled", slug="other"))[:3] for _n in range(2)]

    assert (found, new) == ([(2, 0, 0), (0, 1, 1), (0, 0, 2), (0, 1, 1)], [(2, 0, 0), (0, 0, 2)])
    kept = Placement.objects.filter(session__title="Later").values_list("state", flat=True)
    assert set(kept) == {"cancelled", "unscheduled"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_dry", [True, False])
def test_nobody_waits_while_a_file_is_read(monkeypatch, is_dry):
    """On SQLite every transaction holds the one lock of all who write."""
    bring_in()
    read, inside = file_formats.read, []

    def looked(*arguments, **more):
        inside.append(connection.in_atomic_block)
        return read(*arguments, **more)

    monkeypatch.setattr(file_formats, "read", looked)

    bring_in(LATER, is_dry=is_dry)

    assert inside == [False]


# --- at once --------------------------------------------------------------------------------------
def outcome(act):
    """What came of an act in a thread: None, a refusal's code, or any other error in words."""
    try:
        act()
    except ValidationError as refused:
        return refused.code
    except BaseException as error:
        return repr(error)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_of_two_files_that_make_a_forum_at_once_one_is_told(monkeypatch):
    looked, done = threading.Barrier(2), []
    new_forum = apply._new_forum

    def made_together(*arguments, **more):
        made = new_forum(*arguments, **more)
        looked.wait(10)  # both saw that there is none
        return made

    def go():
        done.append(outcome(bring_in) or "made")

    monkeypatch.setattr(apply, "_new_forum", made_together)
    threads = [threading.Thread(target=go) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == ["made", "slug-taken"]
    assert (Forum.objects.count(), Session.objects.count()) == (1, 3)


def move_during_the_import(monkeypatch, *, wait):
    """Somebody who saw the session in its place moves it after the import has looked and before it writes; what they are
    told, and the hour at which it stands in the end."""
    bring_in()
    session, digest = Session.objects.select_related("forum").get(title="Smart grids"), seen()
    planned, moved, told = threading.Event(), threading.Event(), []
    write = apply.plan_writer.write

    def write_late(*arguments, **more):
        planned.set()
        moved.wait(wait)
        write(*arguments, **more)

    place = Placement.objects.get(session=session)

    def go():
        at = place.starts + timedelta(hours=5)
        times = {"starts": at, "ends": at + timedelta(hours=1), "version": place.version}
        planned.wait(10)
        told.append(outcome(lambda: moves.move(session, room=None, by=None, now=NOW, **times)) or "moved")
        moved.set()

    monkeypatch.setattr(apply.plan_writer, "write", write_late)
    mover = threading.Thread(target=go)
    mover.start()
    bring_in(LATER, seen=digest)
    mover.join()
    return told, Placement.objects.get(session=session).starts.hour


@pytest.mark.django_db(transaction=True)
def test_who_moves_a_session_during_an_import_is_told(monkeypatch):
    assert move_during_the_import(monkeypatch, wait=0.5) == (["moved-meanwhile"], 14)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_move_would_be_lost(monkeypatch):
    """The control of the test above: both believe that they moved it."""
    change_locks(monkeypatch)

    assert move_during_the_import(monkeypatch, wait=10) == (["moved"], 14)
