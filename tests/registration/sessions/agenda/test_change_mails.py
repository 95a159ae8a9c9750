import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from events.models import Message, Release, Session
from events.schedule import moves
from events.schedule.releases import releases
from events.shared.mail import outbox, sender
from registration.models import Registration
from registration.sessions.agenda import change_mails
from registration.sessions.agenda.change_mail_parts import ChangeMails
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    translate,
)

pytestmark = pytest.mark.django_db
BY = {"version": None, "by": None, "now": NOW}
HOURS = timedelta(hours=2)


def booked(session, **person):
    return BookingFactory(session=session, registration=RegistrationFactory(forum=session.forum, **person))


def move(session, *, hours=2, room=None):
    at = session.starts + timedelta(hours=hours)
    moves.move(session, starts=at, ends=at + timedelta(minutes=90), room=room, **BY)


def cancelled(session):
    moves.cancel(session, **BY)


def release(now=NOW, forum=None):
    return releases.release(forum or ForumFactory(), note="", by=None, now=now)


def told(now=NOW):
    """The one mail that is written."""
    change_mails.tell(now)
    return Message.objects.get()


def events(message):
    return [
        (str(e["uid"])[:6], str(e["status"]), e["sequence"], e["dtstart"].dt)
        for e in Calendar.from_ical(message.calendar).walk("VEVENT")
    ]


def test_one_mail_tells_all_changes_of_a_person(settings):
    settings.BASE_URL = "https://forum.example"
    one = SessionFactory(title="On <i>bridges", room=RoomFactory(name="Room 1"))
    two, three, other = (SessionFactory(title=title) for title in ("Two", "Three", "Other"))
    person = booked(one).registration
    for session in (two, three):
        BookingFactory(session=session, registration=person)
    booked(other)
    move(one, room=RoomFactory(name="Room 2"))
    cancelled(two)
    made = release()
    before = list(Session.objects.values())

    numbers = [change_mails.tell(NOW), change_mails.tell(NOW)]

    message = Message.objects.get()
    assert numbers == [1, 0]
    assert message.dedupe_key == f"release:{made.pk}:{person.pk}"
    assert (message.kind, message.to, message.subject) == (
        "changed",
        person.user.email,
        "2 sessions of your agenda changed",
    )
    cancels, moved = message.text.split("Moved: On <i>bridges")
    assert "Cancelled: Two\nThursday 23 July 2020, 12:00–13:30 Bamako (UTC+0)" in cancels
    for line in (
        "Now: Thursday 23 July 2020, 14:00–15:30 Bamako (UTC+0)",
        "Now: Thursday 23 July 2020, 16:00–17:30 Geneva (UTC+2)",
        "Before: Thursday 23 July 2020, 12:00–13:30 Bamako (UTC+0)",
        "Room: Room 2\nRoom before: Room 1",
        f"https://forum.example/2020/programme/{one.code}/",
    ):
        assert line in moved
    assert "On &lt;i&gt;bridges</h1>" in message.html
    assert "<i>" not in message.html
    assert "[[" not in message.html + message.text
    assert set(events(message)) == {
        (one.code, "CONFIRMED", 1, one.starts + HOURS),
        (two.code, "CANCELLED", 1, two.starts),
    }
    assert (Release.objects.get().told, list(Session.objects.values())) == (NOW, before)


def test_session_off_the_programme_is_cancelled_in_the_calendar():
    session = SessionFactory(title="On bridges")
    booked(session)
    moves.unschedule(session, **BY)
    release()

    message = told()

    assert message.subject.startswith("Off the programme: On bridges, Thursday 23 July 2020, 12:00 Bamako")
    assert events(message) == [(session.code, "CANCELLED", 1, session.starts)]
    assert "/programme/" not in message.text


def test_moved_and_cancelled_session_is_told_and_cancelled_at_the_hour_that_was_booked():
    session = SessionFactory(title="On bridges", room=RoomFactory(name="Room 1"))
    booked(session)
    move(session, room=RoomFactory(name="Room 2"))
    cancelled(session)
    release()

    message = told()

    assert message.subject == "Cancelled: On bridges, Thursday 23 July 2020, 12:00 Bamako (UTC+0)"
    assert "14:00–15:30 Bamako" not in message.text
    assert re.findall("(?m)^Room.*", message.text) == ["Room: Room 1"]
    assert events(message) == [(session.code, "CANCELLED", 1, session.starts)]


def taken_off_and_told(session):
    release()
    moves.unschedule(session, **BY)
    release()
    change_mails.tell(NOW)
    Message.objects.all().delete()


def test_session_that_comes_back_to_the_programme_is_told_to_those_who_keep_it():
    session, other = SessionFactory(title="On bridges"), SessionFactory()
    stays, leaves, late = booked(session), booked(session), booked(other)
    taken_off_and_told(session)
    move(session)
    made = release(now=NOW + timedelta(minutes=1))
    BookingFactory(session=session, registration=late.registration, created=NOW + timedelta(minutes=2))

    assert change_mails.tell(NOW + timedelta(minutes=3)) == 3
    leaves.delete()
    gone = change_mails._unwanted(list(Message.objects.all()), NOW)

    told = {message.user_id: message for message in Message.objects.all()}
    mine = told[stays.registration.user_id]
    assert mine.subject == "Takes place after all: On bridges, Thursday 23 July 2020, 14:00 Bamako (UTC+0)"
    assert events(mine) == [(session.code, "CONFIRMED", 2, session.starts + HOURS)]
    assert gone == {told[leaves.registration.user_id].pk}
    assert [change["kind"] for change in made.changes] == ["new"]


def test_mail_is_in_the_language_and_zone_of_the_person():
    session = SessionFactory(title="On bridges")
    translate(session, "fr", title="Des ponts")
    booked(session, language="fr", time_zone="Europe/Zurich")
    booked(session, language="xx", time_zone="Mars/Base")
    cancelled(session)
    release()

    change_mails.tell(NOW)

    french, odd = Message.objects.order_by("pk")
    assert "Des ponts" in french.subject
    for part in ("jeudi 23 juillet 2020", "/fr/2020/agenda/"):
        assert part in french.text
    assert '<html lang="fr"' in french.html
    assert (odd.language, odd.subject) == ("en", "Cancelled: On bridges, Thursday 23 July 2020, 14:00 Geneva (UTC+2)")


@pytest.mark.parametrize(
    ("person", "smtp", "number"),
    [
        ({}, "", 1),
        ({"wants_reminders": False}, "", 1),  # they would stand before a closed door
        ({"withdrawn": NOW}, "", 0),
        ({"user__is_active": False}, "", 0),
        ({"is_sample": True}, "", 1),
        ({"is_sample": True}, "smtp://mail.example", 0),
    ],
)
def test_who_is_told(settings, person, smtp, number):
    settings.EMAIL_URL = smtp
    session = SessionFactory()
    booked(session, **person)
    cancelled(session)
    release()

    assert (change_mails.tell(NOW), Release.objects.get().told) == (number, NOW)


def test_nobody_is_told_of_what_is_over_or_new():
    past = SessionFactory(starts=NOW - timedelta(days=1))
    booked(past)
    new = SessionFactory(state="draft")
    moves.schedule(new, **BY)
    cancelled(past)
    release()
    BookingFactory(session=new, registration=RegistrationFactory(), created=NOW)  # within the seconds before the task

    assert (change_mails.tell(NOW), Release.objects.get().told) == (0, NOW)


def test_people_of_a_hidden_forum_are_told_when_it_is_public():
    forum = ForumFactory(is_public=False)
    session = SessionFactory(forum=forum)
    booked(session)
    cancelled(session)
    release(forum=forum)

    hidden = change_mails.tell(NOW)
    type(forum).objects.update(is_public=True)

    assert (hidden, change_mails.tell(NOW)) == (0, 1)


def test_each_release_is_told_by_itself():
    session = SessionFactory()
    booked(session)
    move(session)
    release()
    cancelled(session)
    release()

    assert change_mails.tell(NOW) == 2
    assert [m.subject.split(":")[0] for m in Message.objects.order_by("pk")] == ["Moved", "Cancelled"]


def test_goes_on_in_chunks_where_another_was_killed(monkeypatch):
    monkeypatch.setattr(outbox, "CHUNK", 2)
    session = SessionFactory()
    people = [booked(session).registration for _person in range(5)]
    cancelled(session)
    made = release()
    write, chunks = outbox._write, []

    def dies(messages):
        chunks.append(len(messages := list(messages)))
        if len(chunks) == 2:
            raise SystemExit
        write(messages)

    monkeypatch.setattr(outbox, "_write", dies)
    with pytest.raises(SystemExit):
        change_mails.tell(NOW)
    between = Message.objects.count(), Release.objects.get().told

    assert between == (2, None)
    assert change_mails.tell(NOW) == 3
    assert chunks == [2, 2, 2, 1]
    keys = Message.objects.values_list("dedupe_key", flat=True)
    assert sorted(keys) == sorted(f"release:{made.pk}:{person.pk}" for person in people)
    assert Release.objects.get().told == NOW


# --- who leaves meanwhile -------------------------------------------------------------------------
def test_send_asks_again():
    session = SessionFactory()
    stays, leaves, withdraws = (booked(session) for _person in range(3))
    cancelled(session)
    release()
    change_mails.tell(NOW)
    leaves.delete()
    Registration.objects.filter(pk=withdraws.registration_id).update(withdrawn=NOW)

    outcome = sender.send_due(["bulk"], clock=lambda: NOW)

    assert (outcome.sent, outcome.cancelled) == (1, 2)
    assert Message.objects.get(state="sent").user == stays.registration.user


def test_who_left_before_the_rows_were_written_gets_none():
    row = booked(SessionFactory())
    cancelled(row.session)
    made = release()
    mails = ChangeMails(made.forum, facts=change_mails.facts(made, now=NOW), now=NOW)
    row.delete()

    assert list(change_mails._messages([row.registration], release=made, mails=mails, now=NOW)) == []
