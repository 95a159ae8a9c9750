from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from events.models import Session
from registration.sessions.agenda import my_agenda as agendas
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BAMAKO = ZoneInfo("Africa/Bamako")
TOMORROW = NOW.replace(hour=9, minute=0) + timedelta(days=1)
AGENDA = "/2020/agenda/"


def session(starts, *, minutes=90, **parts):
    return SessionFactory(starts=starts, ends=starts + timedelta(minutes=minutes), **parts)


def booked(registration, starts, **parts):
    return BookingFactory(registration=registration, session=session(starts, **parts)).session


def without_time(registration):
    unplaced = SessionFactory(state="draft", starts=None, ends=None)
    return BookingFactory(registration=registration, session=unplaced).session


def agenda(registration, *, zone=BAMAKO):
    return agendas.agenda(registration, zone=zone, language="en", now=NOW)


def days(found):
    return [(day.date, day.is_today, day.is_tomorrow, [row.session for row in day.rows]) for day in found.days]


@pytest.fixture
def registration():
    return RegistrationFactory()


@pytest.fixture
def page(client, registration, noon):
    client.force_login(registration.user)
    return client


def html(client, path=AGENDA, **parts):
    return client.get(path, **parts).content.decode()


# --- the rules ------------------------------------------------------------------------------------
def test_agenda_sorts_by_day_in_the_zone(registration):
    late = booked(registration, NOW.replace(hour=23, minute=30))
    live = booked(registration, NOW - timedelta(minutes=20))
    night = booked(registration, NOW - timedelta(hours=20), minutes=24 * 60)  # runs since yesterday: is on today
    third = booked(registration, NOW + timedelta(days=3))
    BookingFactory()  # somebody else's

    found = agenda(registration)
    in_geneva = agenda(registration, zone=ZoneInfo("Europe/Zurich"))

    assert days(found) == [
        (date(2020, 7, 22), True, False, [night, live, late]),
        (date(2020, 7, 25), False, False, [third]),
    ]
    assert days(in_geneva) == [
        (date(2020, 7, 22), True, False, [night, live]),
        (date(2020, 7, 23), False, True, [late]),
        (date(2020, 7, 25), False, False, [third]),
    ]
    assert found.ahead == 4


def test_agenda_tells_an_overlap_at_the_first_of_the_pair(registration):
    booked(registration, TOMORROW, title="Quantum")
    booked(registration, TOMORROW + timedelta(hours=1), minutes=120, title="Safe listening")
    booked(registration, TOMORROW + timedelta(minutes=80), minutes=20, title="Short")
    booked(registration, TOMORROW + timedelta(minutes=85), state="cancelled")

    found = agenda(registration)

    assert [[(c.title, c.minutes, c.is_next) for c in row.clashes] for row in found.days[0].rows] == [
        [("Safe listening", 30, True), ("Short", 10, False)],
        [("Short", 20, True)],
        [],
        [],
    ]
    assert found.ahead == 3


def test_agenda_keeps_apart_what_was(registration):
    attended = AttendanceFactory(
        registration=registration, session=session(NOW - timedelta(days=2), recording_url="https://example.org/r")
    ).session
    BookingFactory(registration=registration, session=attended)
    missed = booked(registration, NOW - timedelta(days=1))
    booked(registration, NOW - timedelta(days=1), state="cancelled")
    waiting = without_time(registration)
    AttendanceFactory()  # somebody else's

    found = agenda(registration)

    assert found.days == []
    assert ([past.session for past in found.attended], found.missed) == ([attended], [missed])
    assert found.without_time == [waiting]


@pytest.mark.parametrize(
    ("wanted", "zone"),
    [
        ("Europe/Zurich", "Europe/Zurich"),
        ("Africa/Bamako", "Africa/Bamako"),
        ("", "Africa/Bamako"),
        ("Mars/Olympus", "Africa/Bamako"),
        ("../../etc/passwd", "Africa/Bamako"),
    ],
)
def test_chosen_zone_is_the_own_or_the_forums(registration, wanted, zone):
    assert agendas.chosen_zone(wanted, registration=registration).key == zone


def test_clashes_with_a_session_that_one_is_about_to_book(registration):
    booked(registration, TOMORROW, title="Quantum")
    booked(registration, TOMORROW, title="Cancelled", state="cancelled")
    without_time(registration)
    mine = agendas.booked_sessions(registration)

    found = agendas.clashes_with(session(TOMORROW + timedelta(hours=1)), others=mine)

    assert [(clash.title, clash.minutes) for clash in found] == [("Quantum", 30)]
    assert agendas.clashes_with(SessionFactory(state="draft", starts=None, ends=None), others=mine) == []


@given(*[st.tuples(st.integers(0, 300), st.integers(1, 200)) for _session in range(2)])
def test_shared_minutes_are_what_every_minute_shows(one, other):
    sessions = [
        Session(state="scheduled", starts=NOW + timedelta(minutes=start), ends=NOW + timedelta(minutes=start + length))
        for start, length in (one, other)
    ]
    taken = [set(range(start, start + length)) for start, length in (one, other)]

    assert agendas.shared_minutes(*sessions) == agendas.shared_minutes(*sessions[::-1]) == len(taken[0] & taken[1])


def test_shared_minutes_are_rounded_up():
    half = [session(TOMORROW), session(TOMORROW + timedelta(minutes=89, seconds=30))]

    assert agendas.shared_minutes(*half) == 1


# --- the page -------------------------------------------------------------------------------------
def test_page_shows_times_in_both_zones(page, registration):
    one = booked(
        registration, NOW - timedelta(minutes=20), title="<img src=x onerror=alert(1)>", meeting_url="https://meet/x"
    )
    AttendanceFactory(registration=registration, session=session(NOW - timedelta(minutes=460 + 90), minutes=460))
    BookingFactory(session__title="Somebody else's session")
    AttendanceFactory(session__title="Somebody else's attendance")

    answer = page.get(AGENDA)
    shown, in_geneva = answer.content.decode(), html(page, f"{AGENDA}?tz=Europe/Zurich")

    assert answer["Cache-Control"] == "private, no-store"
    for part in (
        "12:00</time>–",
        "Bamako",
        "14:00 Geneva",
        "Today, Wednesday 22 July",
        "1 session ahead.",
        "Reminders by mail 1 day and 1 hour before each.",
        "Live now",
        "time not known",
        reverse("registration:join", args=["2020", one.code]),
    ):
        assert part in shown
    for part in ("<img src=x", "https://meet/x", "Somebody else"):
        assert part not in shown
    assert ("14:00</time>–" in in_geneva, "· <bdi>" in in_geneva) == (True, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_page_queries(page, registration, web_process, django_assert_num_queries, rows):
    for n in range(rows):
        for after in (n + 1, -n - 1):
            one = booked(registration, NOW + timedelta(days=after), room=RoomFactory())
            one.organisers.add(OrganisationFactory())
        AttendanceFactory(registration=registration, session=one).session.organisers.add(OrganisationFactory())

    page.get(AGENDA)
    # session, account, registration and whether there is more to ask, sessions, for how long they were attended
    with django_assert_num_queries(5):
        page.get(AGENDA)


def test_page_without_registration_says_how_to_register(client, noon):
    RegistrationFactory()
    client.force_login(UserFactory())

    shown = html(client)

    assert ("You are not registered" in shown, "/2020/register/" in shown) == (True, True)


# --- the buttons ----------------------------------------------------------------------------------
def test_reminders_are_turned_off_and_on(page, registration):
    wanted = []
    for answer in ("no", "yes"):
        page.post(f"{AGENDA}reminders/", {"wanted": answer})
        registration.refresh_from_db()
        wanted.append(registration.wants_reminders)

    assert wanted == [False, True]


# --- booking by page ------------------------------------------------------------------------------
def test_book_page_asks_warns_and_books(page, registration):
    booked(registration, TOMORROW, title="Quantum")
    one = session(TOMORROW + timedelta(hours=1), title="Bridges", capacity=2)
    path = f"/2020/book/{one.code}/"

    asked = html(page, path, headers={"referer": "http://testserver/2020/programme/"})
    done = page.post(path, follow=True)

    for part in (
        "Bridges",
        "Few seats are free.",
        "in your agenda by 30 minutes.",
        'name="next" value="/2020/programme/"',
    ):
        assert part in asked
    assert done.redirect_chain == [(f"{AGENDA}#act-{one.code}", 302)]
    assert "Your place is booked. We will remind you 1 day and 1 hour before." in done.content.decode()
    assert registration.bookings.filter(session=one).exists()


def test_leave_page_asks_and_removes(page, registration):
    one = booked(registration, TOMORROW, title="Quantum")
    other = BookingFactory(session=one)
    unplaced = without_time(registration)

    asked = [html(page, f"/2020/leave/{row.code}/") for row in (one, unplaced)]
    done = [page.post(f"/2020/leave/{row.code}/", follow=True).content.decode() for row in (one, unplaced)]

    assert [row.title in text for row, text in zip((one, unplaced), asked, strict=True)] == [True, True]
    assert ["The session is out of your agenda." in text for text in done] == [True, True]
    assert (list(one.bookings.all()), registration.bookings.count()) == ([other], 0)


def test_own_languages_lead_to_the_sessions_that_one_can_follow(page, registration):
    registration.language, registration.languages = "ar", ["fr", "ils"]
    registration.save()
    chosen = page.get("/2020/agenda/languages/")
    registration.languages = []
    registration.save()
    of_mails = page.get("/2020/agenda/languages/")

    assert chosen.headers["Location"] == "/2020/programme/?follow=fr&follow=ils"
    assert of_mails.headers["Location"] == "/2020/programme/?follow=ar"
