import re
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from icalendar import Calendar

from config.serving import process_group
from events.mail import delivery
from events.models import Message, Release, Session
from events.schedule import moves
from events.schedule.releases import releases
from registration.agenda import change_mails, reminders
from registration.models import Booking, Registration
from tests.factories import (
    NOW,
    BookingFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TOMORROW = datetime(2020, 7, 23, 12, tzinfo=UTC)
BY = {"version": None, "by": None, "now": NOW}


def booked(session, **person):
    return BookingFactory(session=session, registration=RegistrationFactory(forum=session.forum, **person))


def move(session, *, hours=2, room=None):
    at = session.starts + timedelta(hours=hours)
    moves.move(session, starts=at, ends=at + timedelta(minutes=90), room=room, **BY)


def cancelled(session):
    moves.cancel(session, **BY)


def release(now=NOW, forum=None):
    return releases.release(forum or ForumFactory(), note="", by=None, now=now)


def test_one_mail_tells_all_changes_of_a_person(settings):
    settings.BASE_URL = "https://forum.example"
    one = SessionFactory(title="On bridges", room=RoomFactory(name="Room 1"))
    two, three, other = (SessionFactory(title=title) for title in ("Two", "Three", "Other"))
    person = booked(one).registration
    for session in (two, three):
        BookingFactory(session=session, registration=person)
    booked(other)
    move(one, room=RoomFactory(name="Room 2"))
    cancelled(two)
    made = release()

    numbers = [change_mails.tell(NOW), change_mails.tell(NOW)]

    message = Message.objects.get()
    assert numbers == [1, 0]
    assert message.dedupe_key == f"release:{made.pk}:{person.pk}"
    assert (message.kind, message.to, message.subject) == (
        "changed",
        person.user.email,
        "2 sessions of your agenda changed",
    )
    assert message.text.splitlines()[:17] == [
        "2 sessions of your agenda changed. The calendar file with this mail has the changes.",
        "",
        "Cancelled: Two",
        "Thursday 23 July 2020, 12:00–13:30 Bamako (UTC+0)",
        "Thursday 23 July 2020, 14:00–15:30 Geneva (UTC+2)",
        f"https://forum.example/2020/programme/{two.code}/",
        "",
        "Moved: On bridges",
        "Now: Thursday 23 July 2020, 14:00–15:30 Bamako (UTC+0)",
        "Now: Thursday 23 July 2020, 16:00–17:30 Geneva (UTC+2)",
        "Before: Thursday 23 July 2020, 12:00–13:30 Bamako (UTC+0)",
        "Before: Thursday 23 July 2020, 14:00–15:30 Geneva (UTC+2)",
        "Room: Room 2",
        "Room before: Room 1",
        f"https://forum.example/2020/programme/{one.code}/",
        "",
        "My agenda: https://forum.example/2020/agenda/",
    ]
    assert "On bridges</h1>" in message.html
    assert "[[" not in message.html + message.text
    assert Release.objects.get().told == NOW


def test_other_room_at_the_same_time_is_told_as_a_room(settings):
    settings.BASE_URL = "https://forum.example"
    session = SessionFactory(title="On bridges", room=RoomFactory(name="Room 1"))
    booked(session)
    move(session, hours=0, room=RoomFactory(name="Room 2"))
    release()

    change_mails.tell(NOW)

    message = Message.objects.get()
    assert message.text.splitlines()[2:8] == [
        "Moved: On bridges",
        "Thursday 23 July 2020, 12:00–13:30 Bamako (UTC+0)",
        "Thursday 23 July 2020, 14:00–15:30 Geneva (UTC+2)",
        "Room: Room 2",
        "Room before: Room 1",
        f"https://forum.example/2020/programme/{session.code}/",
    ]
    assert "<p>Room before: <bdi>Room 1</bdi></p>" in message.html
    assert "Before: " not in message.text.replace("Room before: ", "")


def test_session_that_lost_its_room_is_told_where_it_was():
    session = SessionFactory(room=RoomFactory(name="Room 1"))
    booked(session)
    move(session, hours=0)
    release()

    change_mails.tell(NOW)

    assert re.findall("(?m)^Room.*", Message.objects.get().text) == ["Room before: Room 1"]


def test_calendar_file_has_the_new_times_and_a_risen_sequence():
    one, two = SessionFactory(), SessionFactory()
    person = booked(one).registration
    BookingFactory(session=two, registration=person)
    move(one)
    cancelled(two)
    release()

    change_mails.tell(NOW)

    events = Calendar.from_ical(Message.objects.get().calendar).walk("VEVENT")
    assert {(str(e["uid"])[:6], str(e["status"]), e["sequence"], e["dtstart"].dt) for e in events} == {
        (one.code, "CONFIRMED", 1, one.starts + timedelta(hours=2)),
        (two.code, "CANCELLED", 1, two.starts),
    }


def test_session_off_the_programme_is_cancelled_in_the_calendar():
    session = SessionFactory(title="On bridges")
    booked(session)
    moves.unschedule(session, **BY)
    release()

    change_mails.tell(NOW)

    message = Message.objects.get()
    (event,) = Calendar.from_ical(message.calendar).walk("VEVENT")
    assert message.subject.startswith("Off the programme: On bridges, Thursday 23 July 2020, 12:00 Bamako")
    assert (str(event["status"]), event["sequence"], event["dtstart"].dt) == ("CANCELLED", 1, session.starts)
    assert "/programme/" not in message.text


def test_restored_session_is_told():
    session = SessionFactory(state="cancelled")
    booked(session)
    moves.restore(session, **BY)
    release()

    change_mails.tell(NOW)

    assert Message.objects.get().subject.startswith("Takes place after all: ")


def test_moved_and_cancelled_session_is_told_and_cancelled_at_the_hour_that_was_booked():
    session = SessionFactory(title="On bridges", room=RoomFactory(name="Room 1"))
    booked(session)
    move(session, room=RoomFactory(name="Room 2"))
    cancelled(session)
    release()

    change_mails.tell(NOW)

    message = Message.objects.get()
    (event,) = Calendar.from_ical(message.calendar).walk("VEVENT")
    assert message.subject == "Cancelled: On bridges, Thursday 23 July 2020, 12:00 Bamako (UTC+0)"
    assert "14:00–15:30 Bamako" not in message.text
    assert re.findall("(?m)^Room.*", message.text) == ["Room: Room 1"]
    assert (str(event["status"]), event["sequence"], event["dtstart"].dt) == ("CANCELLED", 1, session.starts)


def test_session_that_comes_back_to_the_programme_is_told_to_those_who_keep_it():
    session, other = SessionFactory(title="On bridges"), SessionFactory()
    stays, leaves, late = booked(session), booked(session), booked(other)
    release()
    moves.unschedule(session, **BY)
    release()
    change_mails.tell(NOW)
    Message.objects.all().delete()
    move(session)
    made = release(now=NOW + timedelta(minutes=1))
    BookingFactory(session=session, registration=late.registration, created=NOW + timedelta(minutes=2))

    assert change_mails.tell(NOW + timedelta(minutes=3)) == 3
    leaves.delete()
    gone = change_mails._unwanted(list(Message.objects.all()), NOW)

    told = {message.user_id: message for message in Message.objects.all()}
    mine = told[stays.registration.user_id]
    assert mine.subject == "Takes place after all: On bridges, Thursday 23 July 2020, 14:00 Bamako (UTC+0)"
    (event,) = Calendar.from_ical(mine.calendar).walk("VEVENT")
    moment = session.starts + timedelta(hours=2)
    assert (str(event["status"]), event["sequence"], event["dtstart"].dt) == ("CONFIRMED", 2, moment)
    assert gone == {told[leaves.registration.user_id].pk}
    assert [change["kind"] for change in made.changes] == ["new"]


def test_session_that_comes_back_as_cancelled_is_not_told_again():
    session = SessionFactory()
    booked(session)
    release()
    moves.unschedule(session, **BY)
    release()
    change_mails.tell(NOW)
    Message.objects.all().delete()
    move(session)
    cancelled(session)
    release()

    assert change_mails.tell(NOW) == 0


def test_mail_is_in_the_language_and_zone_of_the_person():
    session = SessionFactory(title="On bridges")
    session.texts.create(language="fr", title="Des ponts")
    booked(session, language="fr", time_zone="Europe/Zurich")
    booked(session, language="xx", time_zone="Mars/Base")
    cancelled(session)
    release()

    change_mails.tell(NOW)

    french, odd = Message.objects.order_by("pk")
    assert "Des ponts" in french.subject
    assert "jeudi 23 juillet 2020" in french.text
    assert "/fr/2020/agenda/" in french.text
    assert '<html lang="fr"' in french.html
    assert (odd.language, odd.subject) == ("en", "Cancelled: On bridges, Thursday 23 July 2020, 14:00 Geneva (UTC+2)")


def test_titles_are_escaped_in_html():
    session = SessionFactory(title="<script>alert(1)</script>")
    booked(session)
    cancelled(session)
    release()

    change_mails.tell(NOW)

    assert "<script>" not in Message.objects.get().html


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ({}, 1),
        ({"wants_reminders": False}, 1),  # they would stand before a closed door
        ({"withdrawn": NOW}, 0),
        ({"user__is_active": False}, 0),
    ],
)
def test_who_is_told(person, told):
    session = SessionFactory()
    booked(session, **person)
    cancelled(session)
    release()

    assert change_mails.tell(NOW) == told
    assert Release.objects.get().told == NOW


@pytest.mark.parametrize(("smtp", "told"), [("", 1), ("smtp://mail.example", 0)])
def test_sample_people_get_no_mail_by_smtp(settings, smtp, told):
    settings.EMAIL_URL = smtp
    session = SessionFactory()
    booked(session, is_sample=True)
    cancelled(session)
    release()

    assert change_mails.tell(NOW) == told


def test_nobody_is_told_of_what_is_over_or_new():
    past = SessionFactory(starts=NOW - timedelta(days=1))
    booked(past)
    new = SessionFactory(state="draft")
    moves.schedule(new, **BY)
    cancelled(past)
    release()
    BookingFactory(session=new, registration=RegistrationFactory(), created=NOW)  # within the seconds before the task

    assert change_mails.tell(NOW) == 0
    assert Release.objects.get().told == NOW


def test_people_of_a_hidden_forum_are_told_when_it_is_public():
    forum = ForumFactory(is_public=False)
    session = SessionFactory(forum=forum)
    booked(session)
    cancelled(session)
    release(forum=forum)

    assert change_mails.tell(NOW) == 0
    forum.is_public = True
    forum.save()
    assert change_mails.tell(NOW) == 1


def test_each_release_is_told_by_itself():
    session = SessionFactory()
    booked(session)
    move(session)
    release()
    cancelled(session)
    release()

    assert change_mails.tell(NOW) == 2
    assert [m.subject.split(":")[0] for m in Message.objects.order_by("pk")] == ["Moved", "Cancelled"]


def test_waiting_reminders_of_the_old_time_are_taken_back():
    gone, moved, stays = (SessionFactory(starts=NOW + timedelta(minutes=30)) for _n in range(3))
    person = booked(gone).registration
    for session in (moved, stays):
        BookingFactory(session=session, registration=person)
    reminders.queue_reminders(NOW)
    cancelled(gone)
    move(moved)
    moves.move(stays, starts=stays.starts, ends=stays.ends, room=RoomFactory(), **BY)
    release()

    change_mails.tell(NOW)

    states = dict(Message.objects.filter(kind="reminder").values_list("dedupe_key", "state"))
    by_session = {b.session_id: states[f"reminder-60:booking:{b.pk}:2020-07-22T12:50Z"] for b in Booking.objects.all()}
    assert by_session == {gone.pk: "cancelled", moved.pk: "cancelled", stays.pk: "queued"}


def test_goes_on_in_chunks_where_another_stopped(monkeypatch):
    monkeypatch.setattr(change_mails, "CHUNK", 2)
    session = SessionFactory()
    for _person in range(5):
        booked(session)
    cancelled(session)
    release()
    write, calls = change_mails._write, []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit
        write(*args, **kwargs)

    monkeypatch.setattr(change_mails, "_write", dies)
    with pytest.raises(SystemExit):
        change_mails.tell(NOW)
    assert (Message.objects.count(), Release.objects.get().told) == (2, None)

    assert change_mails.tell(NOW) == 3
    assert (Message.objects.count(), Release.objects.get().told) == (5, NOW)


def test_release_that_another_worker_finished_is_left_alone(monkeypatch):
    session = SessionFactory()
    booked(session)
    cancelled(session)
    made = release()
    Release.objects.update(told=NOW)

    assert change_mails._tell(made, now=NOW) == 0


@pytest.mark.parametrize("people", [1, 3])
def test_asks_the_same_for_one_person_and_for_three(django_assert_num_queries, people):
    session = SessionFactory()
    for _person in range(people):
        booked(session)
    cancelled(session)
    release()

    # releases; sessions, texts, Action Lines; twice: savepoint, lock, people; bookings, rows, reminders; told
    with django_assert_num_queries(18):
        change_mails.tell(NOW)


# --- at send time ---------------------------------------------------------------------------------
def left(row):
    row.delete()


def withdrew(row):
    Registration.objects.update(withdrawn=NOW)


def stayed(row):
    pass


@pytest.mark.parametrize(("change", "sent"), [(stayed, 1), (left, 0), (withdrew, 0)])
def test_send_asks_again(change, sent):
    session = SessionFactory()
    row = booked(session)
    cancelled(session)
    release()
    change_mails.tell(NOW)
    change(row)

    outcome = delivery.deliver(["bulk"], clock=lambda: NOW)

    assert (outcome.sent, outcome.cancelled) == (sent, 1 - sent)


def test_who_left_before_the_rows_were_written_gets_none(monkeypatch):
    session = SessionFactory()
    booked(session)
    cancelled(session)
    release()
    found = change_mails._people

    def then_leaves(*args, **kwargs):
        people = list(found(*args, **kwargs)[:10])
        Booking.objects.all().delete()
        return people

    monkeypatch.setattr(change_mails, "_people", then_leaves)

    change_mails.tell(NOW)

    assert (Message.objects.count(), Release.objects.get().told) == (0, NOW)


# --- a worker that is killed ----------------------------------------------------------------------
WORKER = """
import django
django.setup()
from django.utils import timezone
from events.mail import outbox
from registration.agenda import change_mails
change_mails.CHUNK = outbox.COPY_ROWS = 20  # written by COPY, as after a real release
change_mails.tell(timezone.now())
"""


@pytest.mark.services
def test_worker_killed_in_between_loses_nobody_and_writes_nobody_twice(start_process):
    assert connection.vendor == "postgresql", "SQLite has no row locks to prove anything with: run `make test`"
    now = datetime.now(UTC)
    forum = ForumFactory(
        slug="now",
        starts=now.date() - timedelta(days=1),
        ends=now.date() + timedelta(days=2),
        registration_opens=now - timedelta(days=30),
        registration_closes=now + timedelta(days=1),
    )
    session = SessionFactory(forum=forum, starts=now + timedelta(days=1))
    country, users = CountryFactory(), UserFactory.create_batch(600)
    common = {"forum": forum, "country": country, "stakeholder_type": "academia", "gender": "woman", "consented": now}
    people = Registration.objects.bulk_create(
        [Registration(user=user, name=user.name, created=now, time_zone="Asia/Tokyo", **common) for user in users]
    )
    Booking.objects.bulk_create([Booking(registration=person, session=session, created=now) for person in people])
    moves.cancel(session, version=None, by=None, now=now)
    made = releases.release(forum, note="", by=None, now=now)

    worker = start_process("-c", WORKER)
    while Message.objects.count() == 0:
        assert worker.poll() is None, worker.log.read_text()
        time.sleep(0.005)
    process_group.signal_group(worker.pid, signal.SIGKILL)
    worker.wait()
    between = Message.objects.count()
    change_mails.tell(now)

    assert 0 < between < 600
    assert Message.objects.count() == 600
    assert set(Message.objects.values_list("dedupe_key", flat=True)) == {f"release:{made.pk}:{p.pk}" for p in people}
    assert Release.objects.get().told == now


def test_session_columns_are_not_written_by_telling():
    session = SessionFactory()
    booked(session)
    moves.unschedule(session, **BY)
    release()
    before = list(Session.objects.values())

    change_mails.tell(NOW)

    assert list(Session.objects.values()) == before
