"""Who hears of a release, told before it is made: they are those who get the mails."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from events.models import Appearance, HostedSession, Message, RefusedMail, Role, Viewing
from events.schedule import moves
from events.schedule.releases import releases
from registration.sessions.agenda import change_mails
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    allowed,
    boss,
    staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
BY = {"version": None, "by": None, "now": NOW}


def session_with_people(**values):
    """A released session: two booked, one of whom refuses such mails; one hosts it, two speak in it, one of them without an account."""
    session = SessionFactory(forum=ForumFactory(), **values)
    for name in ("Awa", "Refusing"):
        BookingFactory(session=session, registration=RegistrationFactory(forum=session.forum, name=name))
    RefusedMail.objects.create(user=session.bookings.last().registration.user, kind="changed")
    HostedSession.objects.create(user=UserFactory(name="Host"), session=session)
    for speaker in (
        SpeakerFactory(forum=session.forum, account=UserFactory(name="Speaking")),
        without_account(session),
    ):
        Appearance.objects.create(session=session, speaker=speaker, is_released=True)
    releases.record_first(session.forum, note="", now=NOW - timedelta(days=1))
    return session


def without_account(session):
    return SpeakerFactory(forum=session.forum, account=None, email="mail-only@example.org")


def moved(session):
    moves.move(
        session, starts=session.starts + timedelta(hours=2), ends=session.ends + timedelta(hours=2), room=None, **BY
    )


def cancelled(session):
    moves.cancel(session, **BY)


def joined(session):
    Appearance.objects.create(session=session, speaker=SpeakerFactory(forum=session.forum, account=UserFactory()))


def left(session):
    moved(session)
    Appearance.objects.filter(session=session, speaker__email="mail-only@example.org").update(is_leaving=True)


def nothing_of_theirs(session):
    SessionFactory(forum=session.forum, title="New")


@pytest.mark.parametrize("change", [moved, cancelled, joined, left, nothing_of_theirs])
def test_those_who_are_named_are_those_who_get_the_mails(change):
    session = session_with_people()
    change(session)
    user = boss()
    log = releases.preview(session.forum).changes

    found = releases.who_hears(session.forum, log, by=user, now=NOW)
    named = sum(len(one.names) for one in found)
    if log:
        releases.release(session.forum, note="", by=None, now=NOW)
    change_mails.tell(NOW)

    sent = Message.objects.filter(kind__in=["changed", "own-session"])
    assert named == sent.count()
    keys = {key for one in found for key in one.accounts}
    assert keys == set(sent.exclude(user=None).values_list("user", flat=True))
    if change is moved:
        assert named == 4


def test_cancelling_at_once_names_those_who_get_the_mails():
    session = session_with_people()

    found = releases.who_hears(session.forum, releases.cancelling([session]), by=boss(), now=NOW)
    releases.cancel_at_once([session], note="", by=None, now=NOW)
    change_mails.tell(NOW)

    assert (
        sum(len(one.names) for one in found) == Message.objects.filter(kind__in=["changed", "own-session"]).count() == 4
    )


def test_nobody_hears_of_a_forum_that_is_hidden():
    session = session_with_people()
    session.forum.is_public = False
    session.forum.save()

    assert releases.who_hears(session.forum, releases.cancelling([session]), by=boss(), now=NOW) == []


@pytest.mark.parametrize("role", [Role.ORGANISER, None])
def test_pages_say_how_many_and_name_them_to_who_may_read_bookings(role):
    session = session_with_people(title="Cancelled one")
    rights = (
        "events.view_session",
        "events.change_session",
        "events.add_release",
        "events.view_forum",
        "events.change_forum",
    )
    user = staff(role) if role else allowed(*rights, forum=session.forum)
    client, kept = Client(), Viewing.objects.count()
    client.force_login(user)

    place = client.get(reverse("admin:events_forum_place", args=[session.forum.pk, session.code]))
    asked = client.post(
        f"/admin/events/session/?forum={session.forum.slug}",
        {"action": "cancel_at_once", "_selected_action": [session.pk]},
    )
    cancelled(session)
    release = client.get(f"/admin/events/release/add/?forum={session.forum.slug}")

    for answer in (place, asked, release):
        said = answer.content.decode()
        assert answer.status_code == 200, answer.request["PATH_INFO"]
        assert "1 person who booked gets a mail" in said
        assert "3 people who organise it or speak in it get a mail" in said
        assert ("Awa" in said, "Host" in said, "Refusing" in said) == (bool(role), bool(role), False)
    assert (Viewing.objects.count() > kept) == bool(role)
