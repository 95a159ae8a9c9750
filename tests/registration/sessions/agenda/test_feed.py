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
    return f"/{slug}/agenda/{registration.token}.ics"


def events(response):
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


def test_feed_has_the_booked_sessions_of_one_person_and_leads_to_the_join_page(client, settings):
    settings.BASE_URL = "https://forum.example.org"
    registration = RegistrationFactory()
    empty = events(client.get(address(registration)))
    one = BookingFactory(
        registration=registration, session__title="Quantum", session__meeting_url="https://meet.example.org/secret"
    ).session
    BookingFactory(session__title="Somebody else's")

    response = client.get(address(registration))

    assert empty == []
    assert (response["Content-Type"], response["Cache-Control"]) == (
        "text/calendar; charset=utf-8",
        "private, max-age=300",
    )
    assert [(str(e["SUMMARY"]), str(e["UID"]), e["DTSTART"].dt, str(e["URL"])) for e in events(response)] == [
        (
            "Quantum",
            f"{one.code}.2020@forum.example.org",
            one.starts,
            f"https://forum.example.org/2020/join/{one.code}/",
        )
    ]
    assert b"meet.example.org" not in response.content
    assert client.post(address(registration)).status_code == 405
    assert f"X-WR-TIMEZONE:{registration.time_zone}\r\n".encode() in response.content


def test_feed_is_sent_again_only_where_it_changed(client):
    registration = BookingFactory().registration
    first = client.get(address(registration))

    again = client.get(address(registration), headers={"if-none-match": first["ETag"]})
    BookingFactory(registration=registration)
    changed = client.get(address(registration), headers={"if-none-match": first["ETag"]})

    assert [(one.status_code, bool(one.content)) for one in (again, changed)] == [(304, False), (200, True)]


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

    with django_assert_num_queries(6):
        found = events(client.get(address(registration)))
    (gone,) = [e for e in found if e["SUMMARY"] == "On bridges"]
    assert (str(gone["STATUS"]), gone["DTSTART"].dt, gone["SEQUENCE"] > before) == ("CANCELLED", moved, True)
    assert [str(e["STATUS"]) for e in found] == ["CANCELLED"] * (1 + others)


def test_feed_that_is_not_there_is_not_found(client):
    mine, gone = RegistrationFactory(), RegistrationFactory(withdrawn=NOW)
    ForumFactory(slug="2019")
    hidden = RegistrationFactory(forum__slug="2021", forum__is_public=False)
    odd = [f"/2020/agenda/{token}.ics" for token in ("", "wrong", "x" * 300, "é", "../agenda", "None")]
    paths = [*odd, address(mine, slug="2019"), address(hidden, slug="2021"), address(gone)]

    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_feed_address_is_renewed(client, time_machine):
    time_machine.move_to(NOW)
    registration = RegistrationFactory()
    old = address(registration)
    client.force_login(registration.user)

    response = client.post("/2020/agenda/renew/", follow=True)

    registration.refresh_from_db()
    assert [client.get(path).status_code for path in (old, address(registration))] == [404, 200]
    assert registration.token in response.content.decode()
