"""A file that is brought in by a worker: once, whole or not at all, by who may; and its page, which says how far it is."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection
from django.urls import reverse

from events.exchange import import_jobs
from events.forums import archive
from events.models import FileImport, Forum, Membership, Room
from events.shared.tables import resources
from tests.events.exchange.imports import ACT, preview
from tests.events.shared.jobs import worlds
from tests.factories import NOW, ForumFactory, staff
from tests.races import together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
State = FileImport.State
DAY = timedelta(days=1)
TABLE = "name,capacity\n" + "".join(f"Hall {n},{n}\n" for n in range(1, 201))


@pytest.fixture
def site(client):
    ForumFactory()
    client.force_login(staff("organisers"))
    return client


def ask(client, table=TABLE):
    """Agree to a preview; the job that waits then, with the address of its page."""
    token = preview(client, table, kind="room").context["token"]
    answer = client.post(ACT, {"token": token})
    job = FileImport.objects.get(token=token)
    job.page = answer["Location"]
    return job


def become(job):
    """What became of a job: its state, why it was not done, and how many rooms there are."""
    job.refresh_from_db()
    return job.state, job.error, Room.objects.count()


def at_row(number, act, monkeypatch):
    """Do something when a file has come as far as a row."""
    read = resources.TableResource.before_import_row

    def before(self, row, **more):
        if more["row_number"] == number and not more["dry_run"]:
            act()
        read(self, row, **more)

    monkeypatch.setattr(resources.TableResource, "before_import_row", before)


def test_button_that_is_pressed_twice_brings_the_file_in_once(site):
    job = ask(site)

    again = site.post(ACT, {"token": job.token})
    waiting = [site.get(job.page), site.head(job.page)]
    assert import_jobs.bring_in_due(NOW)

    assert (again["Location"], FileImport.objects.count()) == (job.page, 1)
    assert [(page.status_code, page["Progress"], page["Retry-After"]) for page in waiting] == [(503, "0", "3")] * 2
    assert '<progress id="progress" value="0" max="100">' in waiting[0].content.decode()
    assert (become(job), bytes(job.file)) == ((State.DONE, "", 200), b"")
    done = site.get(job.page, follow=True)
    assert "Brought in: 200 new, 0 changed, 0 the same, 0 not used." in done.content.decode()
    assert done.redirect_chain[-1][0] == "/admin/events/room/?forum=2020"
    assert (site.head(job.page).status_code, import_jobs.bring_in_due(NOW)) == (200, 0)


def test_file_that_was_given_up_says_so_and_can_be_tried_again(site):
    job = ask(site)
    FileImport.objects.update(state=State.FAILED, error="ZeroDivisionError")

    reason, page = site.get(job.page), site.post(job.page)
    said = f"Nothing was brought in. {import_jobs.BROKEN}"
    assert [(one.context["refused"], "look" in one.context) for one in (reason, page)] == [(said, False), (said, True)]
    site.post(ACT, {"token": page.context["token"]})
    assert (import_jobs.bring_in_due(NOW), Room.objects.count()) == (1, 200)


@pytest.mark.django_db(transaction=True)
def test_file_is_stopped_before_its_turn_and_in_the_middle(site, monkeypatch):
    waiting, begun = ask(site), ask(site)
    site.post(waiting.page)
    at_row(100, lambda: together(partial(import_jobs.stop, begun)), monkeypatch)

    import_jobs.bring_in_due(NOW)

    for job in (waiting, begun):
        assert become(job) == (State.REFUSED, "You stopped it.", 0)
        assert site.get(job.page).context["refused"] == "Nothing was brought in. You stopped it."


def test_bar_says_how_far_it_is_and_a_row_later_it_is_stopped(site, monkeypatch):
    job, seen = ask(site), []
    at_row(101, lambda: seen.append(job.progress), monkeypatch)

    import_jobs.bring_in_due(NOW)

    assert seen == [45]


def test_who_lost_the_right_since_the_preview_brings_nothing_in(site):
    job = ask(site)
    Membership.objects.all().delete()

    import_jobs.bring_in_due(NOW)

    assert become(job) == (State.REFUSED, "You may not bring in such files any more.", 0)
    assert site.get(job.page).status_code == 403


def test_nobody_else_sees_or_stops_it(site, client):
    job = ask(site)
    client.force_login(staff("organisers"))

    answers = [
        client.get(job.page),
        client.post(job.page),
        client.get(reverse("admin:events_forum_import_making", args=["x"])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert become(job)[0] == State.MAKING


def test_what_changed_since_the_preview_is_shown_again(site):
    job = ask(site, "name,capacity\nHall,7\n")
    Room.objects.create(forum=Forum.objects.get(), name="Hall")

    import_jobs.bring_in_due(NOW)

    page = site.post(job.page)
    assert page.context["refused"].startswith("Nothing was brought in. Somebody has changed something since")
    assert len(page.context["look"].changed) == 1


def test_what_became_of_files_is_forgotten_after_a_day(site):
    ask(site, "name\nA\n")
    import_jobs.bring_in_due(NOW)
    waiting = ask(site, "name\nB\n")

    FileImport.objects.update(asked=NOW - timedelta(hours=25))
    import_jobs.forget(now=NOW)

    assert list(FileImport.objects.all()) == [waiting]


@pytest.mark.django_db(transaction=True)
def test_forum_is_archived_before_or_after_a_file_and_never_in_the_middle(site, monkeypatch):
    begun, late, by, told = ask(site), ask(site, "name,capacity\nTent,1\n"), staff("organisers"), []

    def archive_it():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        archive.archive(Forum.objects.get(), by=by, now=worlds.OVER)

    FileImport.objects.filter(pk=late.pk).update(due=NOW + DAY)
    at_row(100, lambda: told.extend(together(archive_it)), monkeypatch)
    import_jobs.bring_in_due(NOW)
    told += together(archive_it)
    import_jobs.bring_in_due(NOW + DAY)

    assert [type(one) for one in told] == [OperationalError, type(None)]  # at first it waited for the file
    assert become(begun) == (State.DONE, "", 200)
    words = "This edition is archived: nothing can be changed there any more"
    assert become(late) == (State.REFUSED, words, 200)
