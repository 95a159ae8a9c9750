"""The journey on PostgreSQL, Valkey, a Celery worker in its own process, SMTP and a browser."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Session
from events.reference import standard_rows
from registration import tasks
from registration.models import Attendance
from tests.factories import ForumFactory, SessionFactory
from tests.journeys.walk import Walker
from tests.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def forum(live_site):
    standard_rows.load()
    today = timezone.now().date()
    return ForumFactory(
        slug="2020",
        starts=today - timedelta(days=10),
        ends=today + timedelta(days=30),
        registration_opens=timezone.now() - timedelta(days=30),
        registration_closes=timezone.now() + timedelta(days=20),
        reminder_minutes=[24 * 60, 10],
    )


@pytest.fixture
def session(forum):
    """A session tomorrow; `soon` brings it near when the walker is ready for it."""
    return SessionFactory(
        forum=forum,
        title="Living the standard",
        starts=timezone.now() + timedelta(hours=20),
        meeting_url="https://meet.example.org/room-4-canary",
    )


def soon(session, *, seconds):
    """Move the session so that its last reminder (10 minutes before) falls due in some seconds."""
    starts = timezone.now() + timedelta(minutes=10, seconds=seconds)
    Session.objects.filter(pk=session.pk).update(starts=starts, ends=starts + timedelta(hours=1))


def texts(mailbox):
    return lambda address: [mail.get_body(("plain",)).get_content() for mail in mailbox.to(address)]


def test_journey_from_the_programme_to_the_statistics(
    page, axe, live_site, smtp, forum, session, celery_worker_process
):
    walker = Walker(page=page, site=live_site, forum=forum.slug, mails=texts(smtp), check=axe)

    walker.read_the_programme()
    walker.make_an_account()
    walker.register()
    walker.book(session.code)
    soon(session, seconds=3)
    title, mails = session.title, texts(smtp)
    until(lambda: tasks.queue_mails.delay() and title in "".join(mails(walker.email)), pause=1)
    reminder = walker.mail("Living the standard")
    address = walker.join(session.code, "https://meet.example.org/")
    tasks.tally_running.delay()
    until(lambda: forum.tallies.filter(dimension="total", session=None, attendances=1).exists())

    assert f"/{forum.slug}/join/{session.code}/" in reminder
    assert "meet.example.org" not in reminder
    assert address == session.meeting_url
    assert Attendance.objects.get().registration.user.email == walker.email
    assert walker.attendances() == 0  # the public is told of five and more
