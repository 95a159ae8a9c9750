"""Hosts and speakers hear of their session with the release that shows it, once each, in their language."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from events.models import HostedSession, Message, RefusedMail, Release
from events.schedule import moves
from events.schedule.releases import releases
from events.shared.mail import outbox
from registration.sessions.agenda import change_mails
from tests.factories import (
    NOW,
    AppearanceFactory,
    BookingFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BY = {"version": None, "by": None, "now": NOW}


def placed(**values):
    """A session that the draft has and the public does not see yet."""
    session = SessionFactory(state="draft", **values)
    moves.schedule(session, **BY)
    return session


def host(session, **person):
    return HostedSession.objects.create(session=session, user=UserFactory(**person)).user


def speaker(session, *, is_released=True, **values):
    who = SpeakerFactory(forum=session.forum, is_sample=False, **values)
    AppearanceFactory(session=session, speaker=who, is_released=is_released)
    return who


def release(session):
    return releases.release(session.forum, note="", by=None, now=NOW)


def told():
    change_mails.tell(NOW)
    return list(Message.objects.order_by("to"))


def subjects():
    return {(mail.to, mail.subject.split(":")[0]) for mail in told()}


def wanted():
    rows = list(Message.objects.all())
    return len(rows) - len(outbox.unwanted(rows, now=NOW))


def test_hosts_and_speakers_hear_of_a_new_session_once_with_its_calendar_file():
    session = placed(title="On bridges")
    both = host(session, email="a@bridges.example", language="fr")
    speaker(session, is_released=False, account=both)
    speaker(session, is_released=False, email="B@bridges.example")
    speaker(session, is_released=False)  # nobody knows an address

    made = release(session)
    first, second = told()

    assert [(mail.to, mail.kind, mail.user, mail.language) for mail in (first, second)] == [
        ("a@bridges.example", "own-session", both, "fr"),
        ("b@bridges.example", "own-session", None, "en"),
    ]
    assert first.dedupe_key == f"own-session:{made.pk}:{both.pk}"
    assert second.subject.startswith("On the programme: On bridges, Thursday 23 July 2020, 14:00 Geneva")
    assert [str(event["uid"])[:6] for event in Calendar.from_ical(second.calendar).walk("VEVENT")] == [session.code]
    assert (bool(first.unsubscribe_url), bool(second.unsubscribe_url)) == (True, False)
    assert (change_mails.tell(NOW), wanted(), Release.objects.get().told) == (0, 2, NOW)


def test_a_move_and_a_cancellation_are_told_and_nothing_before_the_release():
    moved, off = SessionFactory(), SessionFactory()
    host(moved, email="a@bridges.example")
    speaker(off, email="b@bridges.example")
    moves.move(moved, starts=moved.starts + timedelta(hours=2), ends=moved.ends + timedelta(hours=2), room=None, **BY)
    moves.cancel(off, **BY)

    before = told()
    release(moved)

    assert (before, subjects()) == ([], {("a@bridges.example", "Moved"), ("b@bridges.example", "Cancelled")})


def test_who_booked_another_session_gets_one_mail_with_both():
    own, other = SessionFactory(title="Own"), SessionFactory(title="Other")
    person = host(own)
    registration = RegistrationFactory(forum=own.forum, user=person)
    for session in (own, other):
        BookingFactory(session=session, registration=registration)
        moves.cancel(session, **BY)
    visitor = BookingFactory(session=other, registration=RegistrationFactory(forum=own.forum)).registration
    release(own)

    number = change_mails.tell(NOW)

    mails = {mail.user_id: mail for mail in Message.objects.all()}
    assert (number, len(mails)) == (2, 2)
    assert (mails[person.pk].kind, mails[visitor.user_id].kind) == ("own-session", "changed")
    assert all(f"Cancelled: {title}" in mails[person.pk].text for title in ("Own", "Other"))


def test_who_refuses_is_closed_made_up_or_not_concerned_is_not_told(settings):
    settings.EMAIL_URL = "smtp://mail.example"
    session, same = SessionFactory(), SessionFactory()
    RefusedMail.objects.create(user=host(session), kind="own-session")
    host(session, is_active=False)
    host(same)
    made_up = speaker(session, email="made-up@bridges.example")
    type(made_up).objects.filter(pk=made_up.pk).update(is_sample=True)
    moves.cancel(session, **BY)
    release(session)

    assert told() == []


def test_who_joins_a_session_hears_of_it_and_the_others_do_not():
    session = SessionFactory()
    speaker(session, email="old@bridges.example")
    host(session)
    releases.record_first(session.forum, note="", now=NOW)
    speaker(session, is_released=False, email="new@bridges.example")
    release(session)

    assert subjects() == {("new@bridges.example", "On the programme")}


def test_mail_to_somebody_whose_session_it_is_no_longer_does_not_go():
    session = placed()
    host(session)
    release(session)
    assert len(told()) == 1

    HostedSession.objects.all().delete()

    assert wanted() == 0


def test_session_under_embargo_is_told_without_its_page():
    session = placed(embargoed_until=NOW + timedelta(days=1))
    host(session)
    release(session)

    (mail,) = told()

    assert mail.subject.startswith("On the programme: ")
    assert "/programme/" not in mail.text
