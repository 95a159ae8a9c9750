from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from events.models import SessionText
from registration.agenda import my_agenda as agendas
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BAMAKO = ZoneInfo("Africa/Bamako")
TOMORROW = NOW.replace(hour=9, minute=0) + timedelta(days=1)


def session(starts, *, minutes=90, **parts):
    return SessionFactory(starts=starts, ends=starts + timedelta(minutes=minutes), **parts)


def booked(registration, starts, **parts):
    return BookingFactory(registration=registration, session=session(starts, **parts)).session


def agenda(registration, *, zone=BAMAKO, language="en", now=NOW):
    return agendas.agenda(registration, zone=zone, language=language, now=now)


@pytest.fixture
def registration():
    return RegistrationFactory()


@pytest.fixture
def noon(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def page(client, registration, noon):
    client.force_login(registration.user)
    return client


# --- the rules ------------------------------------------------------------------------------------
def test_agenda_sorts_by_day_in_the_zone(registration):
    late = booked(registration, NOW.replace(hour=23, minute=30))
    live = booked(registration, NOW - timedelta(minutes=20))
    third = booked(registration, NOW + timedelta(days=3))
    BookingFactory()  # somebody else's

    found = agenda(registration)

    assert [(day.date, day.is_today, day.is_tomorrow, [row.session for row in day.rows]) for day in found.days] == [
        (date(2020, 7, 22), True, False, [live, late]),
        (date(2020, 7, 25), False, False, [third]),
    ]
    assert found.ahead == 3


def test_agenda_in_another_zone_has_other_days(registration):
    late = booked(registration, NOW.replace(hour=23, minute=30))

    found = agenda(registration, zone=ZoneInfo("Europe/Zurich"))

    assert [(day.date, day.is_tomorrow, [row.session for row in day.rows]) for day in found.days] == [
        (date(2020, 7, 23), True, [late])
    ]


def test_agenda_shows_under_today_what_runs_since_yesterday(registration):
    night = booked(registration, NOW - timedelta(hours=20), minutes=24 * 60)

    found = agenda(registration)

    assert [(day.is_today, [row.session for row in day.rows]) for day in found.days] == [(True, [night])]


def test_agenda_tells_an_overlap_at_the_first_of_the_pair(registration):
    booked(registration, TOMORROW, title="Quantum")
    booked(registration, TOMORROW + timedelta(hours=1), minutes=120, title="Safe listening")
    booked(registration, TOMORROW + timedelta(minutes=80), minutes=20, title="Short")

    rows = agenda(registration).days[0].rows

    assert [[(c.title, c.minutes, c.is_next) for c in row.clashes] for row in rows] == [
        [("Safe listening", 30, True), ("Short", 10, False)],
        [("Short", 20, True)],
        [],
    ]


def test_agenda_does_not_warn_about_a_cancelled_session(registration):
    booked(registration, TOMORROW)
    booked(registration, TOMORROW, state="cancelled")

    found = agenda(registration)

    assert [row.clashes for row in found.days[0].rows] == [[], []]
    assert found.ahead == 1


def test_agenda_keeps_apart_what_was(registration):
    attended = AttendanceFactory(
        registration=registration, session=session(NOW - timedelta(days=2), recording_url="https://example.org/r")
    ).session
    BookingFactory(registration=registration, session=attended)
    missed = booked(registration, NOW - timedelta(days=1))
    booked(registration, NOW - timedelta(days=1), state="cancelled")
    waiting = BookingFactory(
        registration=registration, session=SessionFactory(state="draft", starts=None, ends=None)
    ).session
    AttendanceFactory()  # somebody else's

    found = agenda(registration)

    assert found.days == []
    assert (found.attended, found.missed, found.without_time) == ([attended], [missed], [waiting])
    assert (found.minutes_attended, found.recordings) == (90, 1)


def test_title_in_the_language_of_the_page(registration):
    one = booked(registration, TOMORROW, title="Bridging the divide")
    SessionText.objects.create(session=one, language="fr", title="Combler le fossé")

    assert [agendas.title(s) for s in agendas.booked_sessions(registration, language="fr")] == ["Combler le fossé"]
    assert [agendas.title(s) for s in agendas.booked_sessions(registration, language="en")] == ["Bridging the divide"]


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


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ([], ""),
        ([60], "1 hour"),
        ([60, 1440], "24 hours and 1 hour"),
        ([30, 1, 1440], "24 hours, 30 minutes and 1 minute"),
    ],
)
def test_reminder_words(minutes, words):
    assert agendas.reminder_words(minutes) == words


def test_hours_words():
    assert agendas.hours_words(460) == "7 h 40 min"


def test_clashes_with_a_session_that_one_is_about_to_book(registration):
    booked(registration, TOMORROW, title="Quantum")
    booked(registration, TOMORROW, title="Cancelled", state="cancelled")
    BookingFactory(registration=registration, session=SessionFactory(state="draft", starts=None, ends=None))
    mine = agendas.booked_sessions(registration, language="en")

    found = agendas.clashes_with(session(TOMORROW + timedelta(hours=1)), booked=mine)

    assert [(clash.title, clash.minutes) for clash in found] == [("Quantum", 30)]
    assert agendas.clashes_with(SessionFactory(state="draft", starts=None, ends=None), booked=mine) == []


# --- the page -------------------------------------------------------------------------------------
def test_page_shows_times_in_both_zones(page, registration):
    booked(registration, NOW - timedelta(minutes=20), title="Optical fibre", room=RoomFactory(name="Virtual room 2"))

    html = page.get("/2020/agenda/").content.decode()

    assert "12:00</time>–" in html
    assert "Bamako" in html
    assert "14:00 Geneva" in html
    assert "Today, Wednesday 22 July" in html
    assert "1 session ahead." in html
    assert "Reminders by mail 24 hours and 1 hour before each." in html
    assert "Live now" in html
    assert reverse("registration:join", args=["2020", registration.bookings.get().session.code]) in html


def test_page_in_the_zone_of_the_forum(page, registration):
    booked(registration, NOW - timedelta(minutes=20))

    html = page.get("/2020/agenda/?tz=Europe/Zurich").content.decode()

    assert "14:00</time>–" in html
    assert "· <bdi>" not in html


def test_page_warns_above_the_pair(page, registration):
    booked(registration, TOMORROW, title="Quantum")
    booked(registration, TOMORROW + timedelta(hours=1), title="Safe listening")

    html = page.get("/2020/agenda/").content.decode()

    assert html.index("These two overlap by 30 minutes.") < html.index("Quantum") < html.index("Safe listening")


def test_page_of_an_empty_agenda_leads_to_the_programme(page):
    html = page.get("/2020/agenda/").content.decode()

    assert "Nothing in your agenda yet" in html
    assert "0 sessions ahead." in html


def test_page_never_shows_the_meeting_address(page, registration):
    for days in (-2, 0, 2):
        booked(registration, NOW + timedelta(days=days), meeting_url="https://meet.example.org/secret")
    AttendanceFactory(registration=registration, session=registration.bookings.first().session)

    assert b"meet.example.org" not in page.get("/2020/agenda/").content


def test_page_shows_nothing_of_others(page):
    BookingFactory(session__title="Somebody else's session")
    AttendanceFactory(session__title="Somebody else's attendance")

    html = page.get("/2020/agenda/").content.decode()

    assert "Somebody else" not in html


def test_page_is_kept_by_no_cache(page):
    assert page.get("/2020/agenda/")["Cache-Control"] == "private, no-store"


def test_page_escapes_what_people_wrote(page, registration):
    registration.name = "<script>alert(1)</script>"
    registration.save()
    booked(registration, TOMORROW, title="<img src=x onerror=alert(1)>")

    html = page.get("/2020/agenda/").content.decode()

    assert "<script>alert" not in html
    assert "<img src=x" not in html


@pytest.mark.parametrize("rows", [1, 3])
def test_page_queries(page, registration, django_assert_num_queries, rows):
    for n in range(rows):
        for days in (n + 1, -n - 1):
            one = booked(registration, NOW + timedelta(days=days), room=RoomFactory())
            one.organisers.add(OrganisationFactory())
        AttendanceFactory(registration=registration, session=one).session.organisers.add(OrganisationFactory())

    with django_assert_num_queries(15):  # two of them: is a ballot incomplete, does a review wait
        page.get("/2020/agenda/")


def test_page_without_registration_says_how_to_register(client, noon):
    ForumFactory()
    RegistrationFactory()
    client.force_login(UserFactory())

    html = client.get("/2020/agenda/").content.decode()

    assert "You are not registered" in html
    assert "/2020/register/" in html


# --- the buttons ----------------------------------------------------------------------------------
def test_reminders_are_turned_off_and_on(page, registration):
    page.post("/2020/agenda/reminders/", {"wanted": "no"})
    registration.refresh_from_db()
    off = registration.wants_reminders
    page.post("/2020/agenda/reminders/", {"wanted": "yes"})
    registration.refresh_from_db()

    assert (off, registration.wants_reminders) == (False, True)


@pytest.mark.parametrize("path", ["/2020/agenda/reminders/", "/2020/agenda/renew/"])
def test_buttons_act_on_post_only(page, registration, path):
    token = registration.calendar_token

    response = page.get(path)

    assert (response.status_code, response["Location"]) == (302, "/2020/agenda/")
    registration.refresh_from_db()
    assert (registration.wants_reminders, registration.calendar_token) == (True, token)


@pytest.mark.parametrize("path", ["/2020/agenda/reminders/", "/2020/agenda/renew/"])
def test_buttons_are_for_the_registered(client, path):
    other = RegistrationFactory()
    client.force_login(UserFactory())

    response = client.post(path, {"wanted": "no"})

    assert response.status_code == 404
    assert other.calendar_token == type(other).objects.get().calendar_token


PERSONAL = [
    "/2020/register/",
    "/2020/register/you/",
    "/2020/withdraw/",
    "/2020/agenda/",
    "/2020/agenda/renew/",
    "/2020/agenda/reminders/",
    "/2020/book/ABC123/",
    "/2020/leave/ABC123/",
]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", PERSONAL)
def test_visitors_are_sent_to_the_login_and_back(client, path, method):
    BookingFactory(session__code="ABC123")

    response = getattr(client, method)(path)

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={path}")
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", [*PERSONAL, "/2020/me/", "/2020/me/ABC123/"])
def test_a_forum_that_is_not_public_does_not_exist(client, path):
    BookingFactory(session__code="ABC123")
    ForumFactory(slug="2020").__class__.objects.update(is_public=False)
    client.force_login(UserFactory())

    assert client.post(path).status_code in {404, 405}
    assert client.get(path).status_code in {404, 302}


# --- booking by page ------------------------------------------------------------------------------
def test_book_page_asks_and_books(page, registration):
    one = session(TOMORROW, title="Quantum", capacity=2)

    asked = page.get(f"/2020/book/{one.code}/")
    done = page.post(f"/2020/book/{one.code}/", follow=True)

    assert "Quantum" in asked.content.decode()
    assert "2 seats are free." in asked.content.decode()
    assert done.redirect_chain == [("/2020/agenda/", 302)]
    assert "Your place is booked. We will remind you 24 hours and 1 hour before." in done.content.decode()
    assert [row.session for row in registration.bookings.all()] == [one]


def test_book_page_without_reminders_promises_none(page, registration):
    registration.wants_reminders = False
    registration.save()

    done = page.post(f"/2020/book/{session(TOMORROW).code}/", follow=True)

    assert "Your place is booked." in done.content.decode()
    assert "We will remind you" not in done.content.decode()


def test_book_page_goes_back_to_where_one_came_from(page):
    one = session(TOMORROW)

    response = page.post(f"/2020/book/{one.code}/", {"next": f"/2020/programme/{one.code}/?tz=UTC"})

    assert response["Location"] == f"/2020/programme/{one.code}/?tz=UTC"


def test_book_page_takes_the_referer_into_the_form(page):
    one = session(TOMORROW)

    html = page.get(
        f"/2020/book/{one.code}/", headers={"referer": "http://testserver/2020/programme/"}
    ).content.decode()

    assert 'name="next" value="/2020/programme/"' in html


@pytest.mark.parametrize(
    "away",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://testserver.evil.example/",
        "/\tfoo",
        "http:///evil.example",
        "\x00/2020/",
    ],
)
def test_book_page_never_leads_away(page, away):
    response = page.post(f"/2020/book/{session(TOMORROW).code}/", {"next": away})

    assert response["Location"] == "/2020/agenda/"


def test_book_page_of_a_full_session(page, registration):
    one = session(TOMORROW, capacity=1)
    BookingFactory(session=one)

    asked = page.get(f"/2020/book/{one.code}/").content.decode()
    refused = page.post(f"/2020/book/{one.code}/").content.decode()

    assert "This session is full" in asked
    assert "<title>Error:" in refused
    assert "This session is full" in refused
    assert registration.bookings.count() == 0


def test_book_page_warns_about_an_overlap_and_books(page, registration):
    booked(registration, TOMORROW, title="Quantum")
    other = session(TOMORROW + timedelta(hours=1))

    asked = page.get(f"/2020/book/{other.code}/").content.decode()
    page.post(f"/2020/book/{other.code}/")

    assert "in your agenda by 30 minutes." in asked
    assert registration.bookings.count() == 2


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_book_page_of_what_does_not_take_place(page, registration, state):
    one = session(TOMORROW, state=state)

    response = page.post(f"/2020/book/{one.code}/")

    assert response.status_code == (404 if state == "draft" else 200)
    assert registration.bookings.count() == 0


@pytest.mark.parametrize("code", ["ZZZZZZ", "abc", "x" * 500, "1"])
def test_book_page_of_no_session(page, code):
    assert page.get(f"/2020/book/{code}/").status_code == 404
    assert page.get(f"/2020/leave/{code}/").status_code == 404


def test_book_page_sends_the_unregistered_to_register_and_back(client, noon):
    one = session(TOMORROW)
    client.force_login(UserFactory())

    response = client.post(f"/2020/book/{one.code}/")

    assert response["Location"] == f"/2020/register/?next=/2020/book/{one.code}/"


def test_leave_page_asks_and_removes(page, registration):
    one = booked(registration, TOMORROW, title="Quantum")
    other = BookingFactory(session=one)

    asked = page.get(f"/2020/leave/{one.code}/").content.decode()
    done = page.post(f"/2020/leave/{one.code}/", follow=True).content.decode()

    assert "Quantum" in asked
    assert "The session is out of your agenda." in done
    assert list(one.bookings.all()) == [other]


def test_leave_a_session_that_has_no_time_any_more(page, registration):
    one = BookingFactory(
        registration=registration, session=SessionFactory(state="draft", starts=None, ends=None)
    ).session

    page.get(f"/2020/leave/{one.code}/")
    page.post(f"/2020/leave/{one.code}/")

    assert registration.bookings.count() == 0


def test_leave_page_of_a_session_that_others_booked_is_not_found(page):
    other = BookingFactory()

    assert page.get(f"/2020/leave/{other.session.code}/").status_code == 404
    assert page.post(f"/2020/leave/{other.session.code}/").status_code == 302
    assert other.session.bookings.count() == 1
