from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from events.models import Message
from events.shared.broker import wake_ups
from events.shared.mail import sender
from events.shared.mail.rendering import local_time
from registration import tasks
from registration.sessions.agenda import reminders, unsubscribing
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db
DAY, HOUR = 24 * 60, 60
minute = timedelta(minutes=1)
SOON = NOW + 30 * minute


# --- which reminder is due: arithmetic ------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "due"),
    [(DAY + 1, None), (DAY, DAY), (DAY - 1, DAY), (HOUR + 1, DAY), (HOUR, HOUR), (1, HOUR), (0, None), (-1, None)],
)
def test_due_minutes_around_each_moment(before, due):
    assert reminders.due_minutes([DAY, HOUR], starts=NOW + before * minute, now=NOW) == due


@given(
    minutes=st.lists(st.integers(1, 20_160), unique=True, max_size=5),
    before=st.integers(-100, 30_000),
)
def test_due_minutes_is_the_latest_whose_moment_has_passed(minutes, before):
    due = reminders.due_minutes(minutes, starts=NOW + before * minute, now=NOW)

    passed = sorted(m for m in minutes if m >= before) if before > 0 else []
    assert due == (passed[0] if passed else None)


def test_due_minutes_across_a_clock_change_counts_real_hours():
    zone = ZoneInfo("Europe/Zurich")
    starts = datetime(2020, 10, 25, 10, tzinfo=zone)  # the clocks go back at three o'clock that morning

    due = [
        reminders.due_minutes([DAY], starts=starts, now=datetime(2020, 10, 24, hour, tzinfo=zone)) for hour in (10, 11)
    ]

    assert due == [None, DAY]


# --- what is due: the rows ------------------------------------------------------------------------
def booking(*, starts=SOON, created=NOW - timedelta(days=10), session=None, **person):
    registration = RegistrationFactory(**person)
    session = session or SessionFactory(forum=registration.forum, starts=starts)
    return BookingFactory(registration=registration, session=session, created=created)


def keys():
    return sorted(Message.objects.values_list("dedupe_key", flat=True))


def test_queue_writes_the_reminder_of_an_hour_once():
    row = booking(starts=NOW + 60 * minute)

    numbers = [reminders.queue_reminders(NOW), reminders.queue_reminders(NOW + minute)]

    message = Message.objects.get()
    assert numbers == [1, 0]
    assert message.dedupe_key == f"reminder-60:booking:{row.pk}:2020-07-22T13:20Z"
    assert (message.kind, message.state, message.queue, message.to) == (
        "reminder",
        "queued",
        "bulk",
        row.registration.user.email,
    )
    assert (message.user, message.forum) == (row.registration.user, row.registration.forum)
    assert (message.due, message.expires, message.is_secret) == (NOW, row.session.starts, False)


def test_queue_after_an_outage_writes_only_the_latest_and_moved_session_gets_a_new_one():
    row = booking()
    reminders.queue_reminders(NOW)
    after_the_outage = keys()
    row.session.starts += timedelta(hours=5)
    row.session.ends += timedelta(hours=5)
    row.session.save()

    reminders.queue_reminders(NOW)

    old, new = f"reminder-60:booking:{row.pk}:2020-07-22T12:50Z", f"reminder-1440:booking:{row.pk}:2020-07-22T17:50Z"
    assert (after_the_outage, keys()) == ([old], [new, old])


def test_queue_takes_the_times_of_the_forum():
    forum = ForumFactory(slug="2021", reminder_minutes=[10])
    booking(forum=forum, starts=NOW + 11 * minute)
    row = booking(forum=forum, starts=NOW + 10 * minute)
    booking(forum=ForumFactory(slug="2022", reminder_minutes=[]))
    booking(forum=ForumFactory(slug="2023", is_public=False))

    reminders.queue_reminders(NOW)

    assert keys() == [f"reminder-10:booking:{row.pk}:2020-07-22T12:30Z"]


def test_queue_booked_after_the_moment_gets_no_late_reminder():
    in_time = booking(created=NOW - 30 * minute)
    booking(created=NOW - 29 * minute)
    booking(created=NOW)
    between = booking(starts=NOW + 60 * minute, created=NOW - timedelta(hours=2))  # the moments: the second

    assert reminders.queue_reminders(NOW) == 2
    told = [f"{row.pk}:{row.session.starts:%Y-%m-%dT%H:%MZ}" for row in (in_time, between)]
    assert keys() == sorted(f"reminder-60:booking:{one}" for one in told)


def test_queue_session_that_does_not_take_place_gets_none():
    rows = [booking(), booking()]
    for row, state in zip(rows, ["cancelled", "draft"], strict=True):
        type(row.session).objects.filter(pk=row.session_id).update(state=state)

    assert reminders.queue_reminders(NOW) == 0


@pytest.mark.parametrize(
    ("person", "smtp", "number"),
    [
        ({"withdrawn": NOW - timedelta(days=1)}, "", 0),
        ({"wants_reminders": False}, "", 0),
        ({"user__is_active": False}, "", 0),
        ({"is_sample": True}, "", 1),
        ({"is_sample": True}, "smtp://localhost:25", 0),
    ],
)
def test_queue_people_who_want_none_get_none(settings, person, smtp, number):
    settings.EMAIL_URL = smtp
    rows = [booking(**person), booking()]

    reminders.queue_reminders(NOW)

    told = [row.registration.user_id for row in rows[1 - number :]]
    assert sorted(Message.objects.values_list("user", flat=True)) == sorted(told)


# --- the letter -----------------------------------------------------------------------------------
def letter(**parts):
    row = booking(**parts)
    reminders.queue_reminders(NOW)
    return row, Message.objects.get()


@pytest.fixture
def base_url(settings):
    settings.BASE_URL = "https://forum.example"


def test_letter_shows_both_zones_and_the_links(base_url):
    row, message = letter(starts=NOW + 60 * minute, time_zone="Asia/Tokyo")

    code = row.session.code
    own = f"https://forum.example/unsubscribe/{unsubscribing.token(row.registration_id)}/"
    assert message.subject == f"Reminder: {row.session.title}, Wednesday 22 July 2020, 22:20 Tokyo (UTC+9)"
    for part in (
        "Wednesday 22 July 2020, 22:20–23:50 Tokyo (UTC+9)\nWednesday 22 July 2020, 15:20–16:50 Geneva (UTC+2)",
        f"Join the session: https://forum.example/2020/join/{code}/",
        "My agenda: https://forum.example/2020/agenda/",
        f"Stop the reminders of this forum: {own}",
    ):
        assert part in message.text
    assert message.unsubscribe_url == own
    for part in ("22:20–23:50", "Tokyo (UTC+9)", "15:20–16:50", "Geneva (UTC+2)", f"/join/{code}/", own):
        assert part in message.html


def test_letter_escapes_a_title_in_html_and_never_holds_the_meeting_address():
    session = SessionFactory(
        starts=SOON, title="R&D <script>alert(1)</script>", meeting_url="https://meet.example/secret-room"
    )

    _row, message = letter(session=session)

    assert "<script>" not in message.html
    assert "R&amp;D &lt;script&gt;" in message.html
    assert "R&D <script>alert(1)</script>" in message.text
    assert "secret-room" not in message.text + message.html + message.calendar


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "UTC"),
        ("Africa/Bamako", "Bamako (UTC+0)"),
        ("Asia/Kolkata", "Kolkata (UTC+5:30)"),
        ("America/St_Johns", "St Johns (UTC−2:30)"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires (UTC−3)"),
    ],
)
def test_local_time_names_the_zone(zone, words):
    assert local_time(NOW, ends=NOW + 60 * minute, zone=ZoneInfo(zone)).zone == words


# --- asked again when it is sent ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("what", "change", "later", "sent"),
    [
        ("", {}, 0 * minute, 1),
        ("registration", {"withdrawn": NOW}, 0 * minute, 0),
        ("registration", {"wants_reminders": False}, 0 * minute, 0),
        ("user", {"is_active": False}, 0 * minute, 0),
        ("session", {"state": "cancelled"}, 0 * minute, 0),
        ("session", {"starts": NOW + 40 * minute}, 0 * minute, 0),
        ("booking", {}, 0 * minute, 0),
        ("", {}, 30 * minute, 0),
    ],
)
def test_send_asks_again(what, change, later, sent):
    row, _message = letter()
    changed = {"registration": row.registration, "user": row.registration.user, "session": row.session}.get(what)
    if what == "booking":
        row.delete()
    elif changed:
        type(changed).objects.filter(pk=changed.pk).update(**change)

    outcome = sender.send_due(["bulk"], clock=lambda: NOW + later)

    assert (outcome.sent, outcome.cancelled) == (sent, 1 - sent)


@time_machine.travel(NOW, tick=False)
def test_task_queues_and_wakes_the_delivery(monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(wake_ups, "wake", woken.append)
    booking()

    with django_capture_on_commit_callbacks(execute=True):
        tasks.queue_mails()
        tasks.queue_mails()

    assert (Message.objects.count(), woken) == (1, ["events.tasks.deliver_due"])
