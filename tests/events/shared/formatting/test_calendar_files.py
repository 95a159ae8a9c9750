import re
from datetime import timedelta

import pytest
from django.urls import reverse
from icalendar import Calendar

from events.shared.formatting import calendar_files
from tests.factories import NOW, ActionLineFactory, ForumFactory, RoomFactory, SessionFactory, translate

pytestmark = pytest.mark.django_db
SECRET = "https://meet.example.org/j/SECRET-4711"


def read(content):
    """The events of a calendar file, by UID."""
    return {str(event["uid"]): event for event in Calendar.from_ical(content).walk("VEVENT")}


def event_of(session, **where):
    """A session's event as a calendar program reads it."""
    (event,) = read(calendar_files.calendar([calendar_files.session_event(session, **where)], name="x")).values()
    return event


def test_event_of_a_session(settings):
    session = SessionFactory(
        code="ABC123",
        title="Fibre, now; really",
        description="Line 1\nLine 2",
        room=RoomFactory(name="Room 1"),
        sequence=3,
    )
    session.action_lines.add(ActionLineFactory())
    session.updated = NOW

    settings.BASE_URL = "https://forum.example"
    event = event_of(session)

    assert {name.lower(): event.decoded(name) for name in ("dtstart", "dtend", "sequence")} == {
        "dtstart": session.starts,
        "dtend": session.ends,
        "sequence": 3,
    }
    assert {name: str(event[name]) for name in ("uid", "summary", "location", "status", "url", "description")} == {
        "uid": f"ABC123.2020@{calendar_files.host()}",
        "summary": "Fibre, now; really",
        "location": "Room 1",
        "status": "CONFIRMED",
        "url": "https://forum.example/2020/programme/ABC123/",
        "description": "Line 1\nLine 2\n\nhttps://forum.example/2020/programme/ABC123/",
    }
    assert event["categories"].to_ical() == b"Thematic Workshop,C2"
    assert (event.decoded("dtstamp"), event.decoded("last-modified")) == (NOW, NOW)


def test_event_that_is_cancelled_with_an_address_of_its_own_and_signs_that_nothing_can_hold():
    session = SessionFactory(state="cancelled")
    session.title = "a\x00b\x07c\r\nd\re"  # not stored: PostgreSQL refuses the NUL byte

    event = event_of(session, url="https://forum.example/x/")

    assert (str(event["status"]), str(event["url"]), "location" in event) == (
        *("CANCELLED", "https://forum.example/x/"),
        False,
    )
    assert str(event["summary"]) == "abc\nd\ne"


def test_lines_are_folded_by_bytes_and_times_are_utc_with_z():
    session = SessionFactory(title="ستة عشر عاما من القمة " * 8)

    content = calendar_files.calendar([calendar_files.session_event(session)], name="العربية " * 20)

    lines = {*content.split(b"\r\n")}
    assert max(map(len, lines)) <= 75
    assert {b"DTSTART:20200723T120000Z", b"DTEND:20200723T133000Z", b"X-PUBLISHED-TTL:PT1H"} <= lines
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert str(read(content)[calendar_files.uid(session.code, forum="2020")]["summary"]) == session.title


# --- pages ----------------------------------------------------------------------------------------
def test_session_file_in_the_language_of_its_address(client):
    session = SessionFactory(code="ABC123", title="Fibre")
    translate(session, "fr", title="La fibre")

    answer = client.get(reverse("events:session-ics", args=["2020", "ABC123"]))
    event = read(client.get("/fr/2020/programme/ABC123.ics").content)[calendar_files.uid(session.code, forum="2020")]

    assert list(read(answer.content)) == [calendar_files.uid(session.code, forum="2020")]
    assert answer["Content-Disposition"] == 'inline; filename="ABC123.ics"'
    assert (str(event["summary"]), "/fr/2020/programme/ABC123/" in str(event["url"])) == ("La fibre", True)


def test_what_nobody_may_see_and_a_session_of_another_forum_are_missing(client):
    SessionFactory(forum=ForumFactory(is_public=False), code="ABC123")
    SessionFactory(forum=ForumFactory(slug="2021"), code="DEF456")
    addresses = ["2020/schedule.ics", "2020/programme/ABC123.ics", "2022/schedule.ics", "2022/programme/ABC123.ics"]

    for address in [*addresses, "2021/programme/ABC123.ics", "2020/programme/DEF456.ics"]:
        assert client.get(f"/{address}").status_code == 404, address


PUBLIC = [
    "/2020/",
    "/2020/programme/",
    "/2020/programme/?q=fibre",
    "/2020/programme/ABC123/",
    "/2020/programme/ABC123.ics",
    "/2020/schedule.ics",
    "/2020/speakers/",
    "/2020/outcomes/",
    "/2020/matrix/",
    "/2020/open-data/",
    "/fr/2020/programme/",
]


@pytest.mark.parametrize("minutes", [-600, -30, 10], ids=["over", "live", "join opens"])
def test_meeting_address_is_on_no_public_page(client, time_machine, minutes):
    starts = NOW + timedelta(minutes=minutes)
    SessionFactory(code="ABC123", title="Fibre", starts=starts, ends=starts + timedelta(hours=1), meeting_url=SECRET)
    time_machine.move_to(NOW, tick=False)

    answers = {address: client.get(address) for address in PUBLIC}

    assert {answer.status_code for answer in answers.values()} == {200}
    told = [a for a, answer in answers.items() if re.search(rb"SECRET-4711|meet\.example\.org", answer.content)]
    assert told == []


def test_text_of_people_begins_no_line_of_its_own():
    """Not for a reader either that parts lines at every line end of Unicode."""
    ends = ["\r\n", "\r", "\x85", "\u2028", "\u2029", "\x0b", "\x1c"]
    session = SessionFactory(title="x".join(f"{end}ATTACH:{end}" for end in ends), description="\u2028ATTACH:y\x85Z:")

    lines = calendar_files.session_event(session).decode().splitlines()

    assert {part.partition(":")[0] for part in lines if part[0] != " "} == {
        *("BEGIN", "SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "CATEGORIES", "DESCRIPTION"),
        *("LAST-MODIFIED", "STATUS", "URL", "END"),
    }
