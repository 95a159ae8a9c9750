from datetime import timedelta

import pytest
from icalendar import Calendar

from events.schedule import moves
from events.schedule.releases import releases
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db
BY = {"version": None, "by": None, "now": NOW}


def release(forum):
    return releases.release(forum, note="", by=None, now=NOW)


def address(registration, slug="2020"):
    return f"/{slug}/agenda/{registration.calendar_token}.ics"


def events(response):
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


def test_feed_has_the_booked_sessions_of_one_person(client):
    registration = RegistrationFactory()
    one = BookingFactory(registration=registration, session__title="Quantum").session
    BookingFactory(session__title="Somebody else's")

    response = client.get(address(registration))

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert [(str(e["SUMMARY"]), str(e["UID"]), e["DTSTART"].dt) for e in events(response)] == [
        ("Quantum", f"{one.code}@2020.wsis-forum", one.starts)
    ]


def test_feed_leads_to_the_join_page_and_never_to_the_meeting(client, settings):
    settings.BASE_URL = "https://forum.example.org"
    registration = RegistrationFactory()
    one = BookingFactory(registration=registration, session__meeting_url="https://meet.example.org/secret").session

    response = client.get(address(registration))

    assert [str(e["URL"]) for e in events(response)] == [f"https://forum.example.org/2020/join/{one.code}/"]
    assert b"meet.example.org" not in response.content


def test_feed_says_what_is_cancelled_and_leaves_out_drafts(client):
    registration = RegistrationFactory()
    BookingFactory(registration=registration, session__state="cancelled")
    BookingFactory(registration=registration, session__state="draft")
    BookingFactory(registration=registration, session=SessionFactory(state="draft", starts=None, ends=None))

    response = client.get(address(registration))

    assert [str(e["STATUS"]) for e in events(response)] == ["CANCELLED"]


@pytest.mark.parametrize("others", [0, 2])
def test_feed_says_what_went_off_the_programme(client, django_assert_num_queries, others):
    session = SessionFactory(title="On bridges")
    registration = BookingFactory(session=session).registration
    rest = [BookingFactory(registration=registration, session=SessionFactory()).session for _n in range(others)]
    moved = session.starts + timedelta(hours=2)
    moves.move(session, starts=moved, ends=moved + timedelta(hours=1), room=None, **BY)
    release(session.forum)
    (before,) = [e["SEQUENCE"] for e in events(client.get(address(registration))) if e["SUMMARY"] == "On bridges"]

    for one in [session, *rest]:
        moves.unschedule(one, **BY)
    release(session.forum)
    SessionFactory(forum=session.forum)
    release(session.forum)  # a later one, that says nothing of it

    with django_assert_num_queries(7):
        found = events(client.get(address(registration)))
    (gone,) = [e for e in found if e["SUMMARY"] == "On bridges"]
    assert (str(gone["STATUS"]), gone["DTSTART"].dt, gone["SEQUENCE"] > before) == ("CANCELLED", moved, True)
    assert [str(e["STATUS"]) for e in found] == ["CANCELLED"] * (1 + others)


def test_feed_has_what_came_back_and_where_it_stood_the_last_time(client):
    session = SessionFactory()
    registration = BookingFactory(session=session).registration
    release(session.forum)
    moves.unschedule(session, **BY)
    release(session.forum)
    back = session.starts + timedelta(hours=5)
    moves.move(session, starts=back, ends=back + timedelta(hours=1), room=None, **BY)
    release(session.forum)
    (there,) = events(client.get(address(registration)))

    moves.unschedule(session, **BY)
    release(session.forum)

    (gone,) = events(client.get(address(registration)))
    assert (str(there["STATUS"]), there["DTSTART"].dt) == ("CONFIRMED", back)
    assert (str(gone["STATUS"]), gone["DTSTART"].dt) == ("CANCELLED", back)


def test_feed_of_an_empty_agenda_is_a_calendar(client):
    assert events(client.get(address(RegistrationFactory()))) == []


@pytest.mark.parametrize("token", ["", "wrong", "x" * 300, "é", "../agenda", "None"])
def test_feed_with_a_wrong_token_is_not_found(client, token):
    RegistrationFactory()

    assert client.get(f"/2020/agenda/{token}.ics").status_code == 404


def test_feed_of_another_forum_is_not_found(client):
    ForumFactory(slug="2019")

    assert client.get(address(RegistrationFactory(), slug="2019")).status_code == 404


def test_feed_of_a_forum_that_is_not_public_is_not_found(client):
    registration = RegistrationFactory(forum__is_public=False)

    assert client.get(address(registration)).status_code == 404


def test_feed_after_a_withdrawal_is_not_found(client):
    assert client.get(address(RegistrationFactory(withdrawn=NOW))).status_code == 404


def test_feed_address_is_renewed(client, time_machine):
    time_machine.move_to(NOW)
    registration = RegistrationFactory()
    old = address(registration)
    client.force_login(registration.user)

    response = client.post("/2020/agenda/renew/", follow=True)

    registration.refresh_from_db()
    assert client.get(old).status_code == 404
    assert client.get(address(registration)).status_code == 200
    assert registration.calendar_token in response.content.decode()


def test_feed_may_be_kept_by_its_owner_for_five_minutes(client):
    assert client.get(address(RegistrationFactory()))["Cache-Control"] == "private, max-age=300"


def test_feed_answers_get_only(client):
    assert client.post(address(RegistrationFactory())).status_code == 405


@pytest.mark.parametrize("rows", [1, 3])
def test_feed_queries(client, django_assert_num_queries, rows):
    registration = RegistrationFactory()
    for n in range(rows):
        BookingFactory(registration=registration, session__starts=NOW + timedelta(days=n))

    with django_assert_num_queries(6):
        client.get(address(registration))
