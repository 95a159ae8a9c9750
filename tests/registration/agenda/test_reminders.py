from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from events.mail import delivery, outbox
from events.mail.rendering import local_time
from events.models import Message, SessionText
from registration import tasks
from registration.agenda import reminders, unsubscribing
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory, UserFactory

DAY, HOUR = 24 * 60, 60
minute = timedelta(minutes=1)


# --- which reminder is due: arithmetic ------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "due"),
    [
        (DAY + 1, None),
        (DAY, DAY),
        (DAY - 1, DAY),
        (HOUR + 1, DAY),
        (HOUR, HOUR),
        (1, HOUR),
        (0, None),
        (-1, None),
    ],
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

    at_ten = reminders.due_minutes([DAY], starts=starts, now=datetime(2020, 10, 24, 10, tzinfo=zone))
    at_eleven = reminders.due_minutes([DAY], starts=starts, now=datetime(2020, 10, 24, 11, tzinfo=zone))

    assert (at_ten, at_eleven) == (None, DAY)


# --- what is due: the rows ------------------------------------------------------------------------
def booking(*, starts=NOW + 30 * minute, created=NOW - timedelta(days=10), session=None, forum=None, **person):
    if forum:
        person["forum"] = forum
    registration = RegistrationFactory(**person)
    session = session or SessionFactory(forum=registration.forum, starts=starts)
    return BookingFactory(registration=registration, session=session, created=created)


def keys():
    return sorted(Message.objects.values_list("dedupe_key", flat=True))


@pytest.mark.django_db
def test_queue_writes_the_reminder_of_an_hour():
    row = booking(starts=NOW + 60 * minute)

    number = reminders.queue_reminders(NOW)

    message = Message.objects.get()
    assert number == 1
    assert message.dedupe_key == f"reminder-60:booking:{row.pk}:2020-07-22T13:20Z"
    assert (message.kind, message.state, message.queue, message.to) == (
        "reminder",
        "queued",
        "bulk",
        row.registration.user.email,
    )
    assert (message.user, message.forum) == (row.registration.user, row.registration.forum)
    assert (message.due, message.expires, message.is_secret) == (NOW, row.session.starts, False)


@pytest.mark.django_db
def test_queue_again_writes_nothing():
    booking()
    reminders.queue_reminders(NOW)

    number = reminders.queue_reminders(NOW + minute)

    assert (number, Message.objects.count()) == (0, 1)


@pytest.mark.django_db
def test_queue_both_reminders_as_time_goes():
    row = booking(starts=NOW + timedelta(days=1))

    for now in (NOW - minute, NOW, NOW + timedelta(hours=22), NOW + timedelta(hours=23), NOW + timedelta(days=1)):
        reminders.queue_reminders(now)

    stamp = "2020-07-23T12:20Z"
    assert keys() == [f"reminder-1440:booking:{row.pk}:{stamp}", f"reminder-60:booking:{row.pk}:{stamp}"]


@pytest.mark.django_db
def test_queue_after_an_outage_writes_only_the_latest():
    row = booking(starts=NOW + 30 * minute)

    reminders.queue_reminders(NOW)

    assert keys() == [f"reminder-60:booking:{row.pk}:2020-07-22T12:50Z"]


@pytest.mark.django_db
def test_queue_takes_the_times_of_the_forum():
    forum = ForumFactory(slug="2021", reminder_minutes=[10])
    booking(forum=forum, starts=NOW + 11 * minute)
    row = booking(forum=forum, starts=NOW + 10 * minute)

    reminders.queue_reminders(NOW)

    assert keys() == [f"reminder-10:booking:{row.pk}:2020-07-22T12:30Z"]


@pytest.mark.django_db
def test_queue_forum_without_reminders_writes_none():
    booking(forum=ForumFactory(slug="2021", reminder_minutes=[]))

    assert reminders.queue_reminders(NOW) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("created", "number"), [(NOW - 30 * minute, 1), (NOW - 29 * minute, 0), (NOW, 0)], ids=["at", "after", "now"]
)
def test_queue_booked_after_the_moment_gets_no_late_reminder(created, number):
    booking(starts=NOW + 30 * minute, created=created)

    assert reminders.queue_reminders(NOW) == number


@pytest.mark.django_db
def test_queue_booked_between_the_moments_gets_the_second():
    row = booking(starts=NOW + 60 * minute, created=NOW - timedelta(hours=2))
    reminders.queue_reminders(NOW - minute)

    reminders.queue_reminders(NOW)

    assert keys() == [f"reminder-60:booking:{row.pk}:2020-07-22T13:20Z"]


@pytest.mark.django_db
def test_queue_moved_session_gets_a_reminder_for_its_new_start():
    row = booking(starts=NOW + 30 * minute)
    reminders.queue_reminders(NOW)
    row.session.starts += timedelta(hours=5)
    row.session.ends += timedelta(hours=5)
    row.session.save()

    reminders.queue_reminders(NOW)

    assert keys() == [
        f"reminder-1440:booking:{row.pk}:2020-07-22T17:50Z",
        f"reminder-60:booking:{row.pk}:2020-07-22T12:50Z",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["cancelled", "draft"])
def test_queue_session_that_does_not_take_place_gets_none(state):
    row = booking()
    row.session.state = state
    row.session.save()

    assert reminders.queue_reminders(NOW) == 0


@pytest.mark.django_db
def test_queue_hidden_forum_gets_none():
    booking(forum=ForumFactory(slug="2021", is_public=False))

    assert reminders.queue_reminders(NOW) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "person",
    [
        {"withdrawn": NOW - timedelta(days=1)},
        {"wants_reminders": False},
        {"user__is_active": False},
    ],
)
def test_queue_people_who_want_none_get_none(person):
    booking(**person)
    other = booking()

    reminders.queue_reminders(NOW)

    assert list(Message.objects.values_list("user", flat=True)) == [other.registration.user_id]


@pytest.mark.django_db
@pytest.mark.parametrize(("email_url", "number"), [("", 1), ("smtp://localhost:25", 0)])
def test_queue_sample_people_get_mail_in_files_only(settings, email_url, number):
    settings.EMAIL_URL = email_url
    booking(is_sample=True)

    assert reminders.queue_reminders(NOW) == number


@pytest.mark.django_db
@pytest.mark.parametrize("people", [1, 3])
def test_queue_asks_the_same_for_one_person_and_for_three(django_assert_num_queries, people):
    session = SessionFactory(starts=NOW + 30 * minute)
    for _person in range(people):
        booking(session=session)

    # forums, sessions, due bookings; the letter: session, texts, Action Lines; the rows in a savepoint; no more bookings
    with django_assert_num_queries(10):
        reminders.queue_reminders(NOW)


@pytest.mark.django_db
def test_queue_goes_in_chunks(monkeypatch):
    monkeypatch.setattr(outbox, "CHUNK", 2)
    session = SessionFactory(starts=NOW + 30 * minute)
    for _person in range(5):
        booking(session=session)

    number = reminders.queue_reminders(NOW)

    assert (number, Message.objects.count()) == (5, 5)


# --- the letter -----------------------------------------------------------------------------------
@pytest.fixture
def base_url(settings):
    settings.BASE_URL = "https://forum.example"


@pytest.mark.django_db
def test_letter_shows_both_zones_and_the_links(base_url):
    row = booking(starts=NOW + 60 * minute, time_zone="Asia/Tokyo")
    reminders.queue_reminders(NOW)

    message = Message.objects.get()
    code = row.session.code
    own = f"https://forum.example/unsubscribe/{unsubscribing.token(row.registration_id)}/"
    assert message.subject == f"Reminder: {row.session.title}, Wednesday 22 July 2020, 22:20 Tokyo (UTC+9)"
    assert message.text.splitlines() == [
        "A session of your agenda is coming up.",
        "",
        row.session.title,
        "Wednesday 22 July 2020, 22:20–23:50 Tokyo (UTC+9)",
        "Wednesday 22 July 2020, 15:20–16:50 Geneva (UTC+2)",
        "",
        f"Join the session: https://forum.example/2020/join/{code}/",
        "The door opens 15 minutes before the start.",
        "",
        f"About the session: https://forum.example/2020/programme/{code}/",
        "My agenda: https://forum.example/2020/agenda/",
        "",
        "--",
        "WSIS Forum 2020. You get this mail because the session is in your agenda.",
        f"Stop the reminders of this forum: {own}",
    ]
    assert message.unsubscribe_url == own
    for part in ("22:20–23:50", "Tokyo (UTC+9)", "15:20–16:50", "Geneva (UTC+2)", f"/join/{code}/", own):
        assert part in message.html


@pytest.mark.django_db
def test_letter_in_the_forum_zone_shows_it_once():
    booking(time_zone="Europe/Zurich")

    reminders.queue_reminders(NOW)

    assert Message.objects.get().text.count("Geneva (UTC+2)") == 1
    assert "Zurich" not in Message.objects.get().text


@pytest.mark.django_db
def test_letter_is_in_the_language_of_the_person(base_url):
    row = booking(language="ar")
    SessionText.objects.create(session=row.session, language="ar", title="جلسة عن البنية التحتية")

    reminders.queue_reminders(NOW)

    message = Message.objects.get()
    assert message.language == "ar"
    assert '<html lang="ar" dir="rtl">' in message.html
    assert "جلسة عن البنية التحتية" in message.subject
    assert f"https://forum.example/ar/2020/join/{row.session.code}/" in message.text
    assert message.unsubscribe_url.startswith("https://forum.example/ar/unsubscribe/")


@pytest.mark.django_db
def test_letter_with_unknown_language_and_zone_is_still_written():
    row = booking()
    type(row.registration).objects.update(language="xx", time_zone="Mars/Olympus")

    reminders.queue_reminders(NOW)

    message = Message.objects.get()
    assert message.language == "en"
    assert "Geneva (UTC+2)" in message.text


@pytest.mark.django_db
def test_letter_escapes_a_title_in_html_only():
    session = SessionFactory(starts=NOW + 30 * minute, title="R&D <script>alert(1)</script>")
    booking(session=session)

    reminders.queue_reminders(NOW)

    message = Message.objects.get()
    assert "<script>" not in message.html
    assert "R&amp;D &lt;script&gt;" in message.html
    assert "R&D <script>alert(1)</script>" in message.text


@pytest.mark.django_db
def test_letter_never_holds_the_meeting_address():
    session = SessionFactory(starts=NOW + 30 * minute, meeting_url="https://meet.example/secret-room")
    booking(session=session)

    reminders.queue_reminders(NOW)

    message = Message.objects.get()
    assert "secret-room" not in message.text + message.html + message.calendar


@pytest.mark.django_db
def test_mail_is_whole_and_small(smtp):
    session = SessionFactory(starts=NOW + 30 * minute, title="Ç" * 250, description="x" * 10_000)
    row = booking(session=session, language="ar")
    reminders.queue_reminders(NOW)

    delivery.deliver(["bulk"], clock=lambda: NOW)

    [mail] = smtp.mails
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"/unsubscribe/{unsubscribing.token(row.registration_id)}/>" in mail["List-Unsubscribe"]
    assert len(mail.as_bytes()) < 100_000


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
    time = local_time(NOW, ends=NOW + 60 * minute, zone=ZoneInfo(zone))

    assert time.zone == words


# --- asked again when it is sent ------------------------------------------------------------------
def queued(**changes):
    row = booking(**changes)
    reminders.queue_reminders(NOW)
    return row


def sent_and_cancelled(now=NOW):
    outcome = delivery.deliver(["bulk"], clock=lambda: now)
    return outcome.sent, outcome.cancelled


@pytest.mark.django_db
def test_send_reminder_that_is_wanted():
    queued()

    assert sent_and_cancelled() == (1, 0)


@pytest.mark.django_db
def test_send_left_session_is_cancelled():
    queued().delete()

    assert sent_and_cancelled() == (0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"withdrawn": NOW}, {"wants_reminders": False}])
def test_send_to_who_does_not_want_it_is_cancelled(change):
    row = queued()
    type(row.registration).objects.update(**change)

    assert sent_and_cancelled() == (0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"state": "cancelled"}, {"starts": NOW + timedelta(minutes=40)}])
def test_send_changed_session_is_cancelled(change):
    row = queued()
    type(row.session).objects.update(**change)

    assert sent_and_cancelled() == (0, 1)


@pytest.mark.django_db
def test_send_closed_account_is_cancelled():
    row = queued()
    type(row.registration.user).objects.update(is_active=False)

    assert sent_and_cancelled() == (0, 1)


@pytest.mark.django_db
def test_send_after_the_start_is_cancelled():
    queued(starts=NOW + 30 * minute)

    assert sent_and_cancelled(now=NOW + 30 * minute) == (0, 1)


# --- the task -------------------------------------------------------------------------------------
@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_task_queues_and_wakes_the_delivery(monkeypatch):
    woken = []
    monkeypatch.setattr(outbox, "wake", woken.append)
    booking()

    tasks.queue_mails()
    tasks.queue_mails()

    assert (Message.objects.count(), woken) == (1, ["events.tasks.deliver_due"])


@pytest.mark.django_db
def test_people_of_another_forum_are_not_reminded():
    other = RegistrationFactory(forum=ForumFactory(slug="2021"), user=UserFactory())
    row = booking()

    reminders.queue_reminders(NOW)

    assert list(Message.objects.values_list("user", flat=True)) == [row.registration.user_id]
    assert other.user_id != row.registration.user_id
