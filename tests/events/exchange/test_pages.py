"""The files at the forum's addresses: their form, what never stands in them, and what they cost."""

import csv
import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from events.models import Room, Session, Track
from events.shared.formatting.plain_text import clean
from events.shared.pages import revision
from events.shared.tables import spreadsheet_writer
from tests.events.api.worlds import full_session, hide_secrets
from tests.events.exchange.imports import bring_in
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    BookingFactory,
    ForumFactory,
    OrganisationFactory,
    RoomFactory,
    SDGFactory,
    SessionFactory,
)
from tests.rights.addresses import paths_of_the_site

pytestmark = pytest.mark.django_db
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
TYPES = {"xml": "application/xml", "json": "application/json", "csv": "text/csv", "ics": "text/calendar"}
KINDS = {ending: f"{kind}; charset=utf-8" for ending, kind in TYPES.items()} | {"xlsx": spreadsheet_writer.XLSX_TYPE}


def make(number=1, **more):
    """A forum of full sessions, one in each room, with a recording."""
    own = {"recording_url": "https://example.org/r", "meeting_url": "https://meet.example.org/SECRET"}
    for _n in range(number):
        session = full_session(**{"broadcast_url": "", "number": None, "languages": ["en"]} | own | more)
    return session.forum


def said(body):
    """What a file says; a workbook unpacked."""
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(map(book.read, book.namelist()))
    return body.decode("utf-8", "replace")


def test_files_have_their_kind_are_public_and_stand_on_the_open_data_page(client):
    make()

    for ending, kind in KINDS.items():
        answer = client.get(f"/2020/schedule.{ending}")
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
        assert answer["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert answer["Content-Disposition"] == f'inline; filename="2020.{ending}"'
    page = client.get("/fr/2020/open-data/").content.decode()
    assert [ending for ending in KINDS if f'href="/fr/2020/schedule.{ending}"' not in page] == []
    assert 'href="/fr/api/"' in page
    french = client.get("/fr/2020/schedule.xml").content.decode()
    assert ("<title>Câbles</title>" in french, "/fr/2020/programme/" in french) == (True, True)


def test_what_nobody_may_see_is_in_no_file(client, time_machine):
    time_machine.move_to(NOW + timedelta(days=2))
    session = make(title="Open session").sessions.get()
    hide_secrets(session)
    SessionFactory(forum=ForumFactory(slug="other"), title="Canary Elsewhere")
    SessionFactory(forum=ForumFactory(slug="shut", is_public=False))

    assert {client.get(f"/{slug}/schedule.{end}").status_code for slug in ("shut", "none") for end in KINDS} == {404}
    for ending in KINDS:
        body = said(client.get(f"/2020/schedule.{ending}").content)
        assert [word for word in ("canary", "secret", "meet.example.org") if word in body.casefold()] == [], ending
        assert session.title in body
    Session.objects.update(state="cancelled")  # such stand only where they can be marked
    bodies = {ending: said(client.get(f"/2020/schedule.{ending}").content) for ending in KINDS}
    assert ["<event" in bodies["xml"], '"guid"' in bodies["json"].partition('"days"')[2]] == [False, False]
    assert ["cancelled" in bodies["csv"], "cancelled" in bodies["xlsx"]] == [True, True]
    assert "STATUS:CANCELLED" in bodies["ics"]


def addresses(session):
    """All that there are, and the search for recordings."""
    paths = paths_of_the_site(session=session.code, speaker=session.speakers.get().pk, outcome=1).values()
    more = ["/2020/programme/?only=recording", "/2020/programme/?embed", "/api/v1/sessions/?only=recording"]
    return {*paths, *more}


def telling(client, paths, word):
    """Those of some addresses that say a word."""
    # The agenda comes after the join page: who has joined finds the session among those that were attended.
    answers = {path: client.get(path) for path in sorted(paths, reverse=True)}
    bodies = {path: b"".join(a.streaming_content) if a.streaming else a.content for path, a in answers.items()}
    return {path for path, body in bodies.items() if word in said(body.replace(b"\r\n ", b""))}


def test_recording_is_told_nowhere_before_the_session_has_ended(client, time_machine):
    time_machine.move_to(NOW, tick=False)
    forum = make(starts=NOW - timedelta(minutes=30), ends=NOW + timedelta(minutes=1))
    Session.objects.update(recording_url="https://video.example.org/canary")
    session = Session.objects.get()
    client.force_login(BookingFactory(session=session, registration__forum=forum).registration.user)
    later = {
        *("/2020/schedule.xml", "/2020/schedule.json", "/2020/schedule.csv", "/2020/schedule.xlsx"),
        *("/2020/programme/", "/api/v1/sessions/"),
        *(f"/2020/programme/{session.code}/", f"/api/v1/sessions/{session.code}/", "/2020/programme/?only=recording"),
    }

    before = telling(client, addresses(session) | later, "video.example.org/canary")
    time_machine.move_to(session.ends, tick=False)
    revision.bump()

    assert (before, telling(client, later, "video.example.org/canary")) == (set(), later)


@pytest.mark.parametrize("number", [1, 3])
def test_the_number_of_queries_is_the_same(client, django_assert_num_queries, number):
    make(number)

    for ending, queries in {"xml": 7, "json": 7, "csv": 6, "xlsx": 6, "ics": 3}.items():
        with django_assert_num_queries(queries):
            client.get(f"/2020/schedule.{ending}")


def test_xml_has_the_form_that_clients_read(client, settings):
    """The rules of the published schema (c3voc.de/schedule/schema.xsd), as far as they bind what is written here."""
    settings.BASE_URL = "https://forum.example"
    make(3)
    SessionFactory(title="\x0b]]> <ü>", starts=NOW.replace(hour=22), room=None)

    root = ElementTree.fromstring(client.get("/2020/schedule.xml").content)

    assert [child.tag for child in root][:4] == ["generator", "url", "version", "conference"]
    assert re.fullmatch(r"[a-z0-9_-]{4,}", root.findtext("conference/acronym"))
    events = root.findall("day/room/event")
    assert len(events) == 4
    for name in ("guid", "id", "code"):
        assert len({event.get(name) for event in events}) == 4
    for event in events:
        assert str(UUID(event.get("guid"))) == event.get("guid")
        assert int(event.get("id")) > 0
        assert re.fullmatch(r"[0-9A-Z]{6}", event.get("code"))
        assert re.fullmatch(r"[a-z0-9_]{4,}-[a-z0-9_-]{4,}", event.findtext("slug"))
        assert re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", event.findtext("duration"))
        assert re.fullmatch(r"[0-2][0-9]:[0-5][0-9]", event.findtext("start"))
        assert re.fullmatch(MOMENT, event.findtext("date"))
        assert event.findtext("url").startswith("https://forum.example/2020/programme/")
        assert [event.findtext(name) is not None for name in ("room", "type", "abstract", "track")] == [True] * 4
        assert {person.get("guid") and UUID(person.get("guid")) for person in event.findall("persons/person")} != {None}
    assert [event.findtext("title") for event in events if "]]" in event.findtext("title")] == ["]]> <ü>"]
    assert root.find("day/room").get("guid")
    assert len({event.findtext("slug") for event in events}) == 4
    assert [day.get("index") for day in root.findall("day")] == [str(n) for n in range(1, len(root.findall("day")) + 1)]
    for day in root.findall("day"):
        assert [bool(re.fullmatch(MOMENT, day.get(name))) for name in ("start", "end")] == [True, True]
    for recording in root.findall("day/room/event/recording"):
        assert [child.tag for child in recording][:2] == ["license", "optout"]


def test_json_has_the_form_that_clients_read(client):
    """The rules of the published schema (c3voc.de/schedule/schema.json), as far as they bind what is written here."""
    make(3)
    Room.objects.update(is_virtual=False)

    whole = json.loads(client.get("/2020/schedule.json").content)

    assert set(whole) == {"$schema", "generator", "schedule"}
    conference = whole["schedule"]["conference"]
    assert re.fullmatch(r"[a-z0-9_-][a-z0-9_]{3,}", conference["acronym"])
    needed = {
        *("abstract", "date", "duration", "guid", "id", "language", "links", "persons", "room", "slug", "start"),
        *("subtitle", "title", "track", "type", "url"),
    }
    events = [event for day in conference["days"] for room in day["rooms"].values() for event in room]
    assert len({event["id"] for event in events}) == conference["daysCount"] * 3
    for event in events:
        assert needed <= set(event)
        assert set(event) - needed == {"code", "end", "attachments", "description"}
        assert re.fullmatch(r"[a-z0-9_-]+[a-z0-9]", event["slug"])
        assert re.fullmatch(r"\d+:[0-5]\d", event["duration"])
        assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", event["start"])
        assert [bool(re.fullmatch(MOMENT, event[name])) for name in ("date", "end")] == [True, True]
        assert {"public_name"} & {name for person in event["persons"] for name in person} == set()
        assert event["links"] == [{"title": "Recording", "type": "media", "url": "https://example.org/r"}]
    assert {frozenset(day) for day in conference["days"]} == {
        frozenset(("index", "date", "day_start", "day_end", "rooms"))
    }
    assert [set(room) for room in conference["rooms"]] == [{"name", "guid", "capacity"}] * 3


def test_workbook_is_the_table_and_the_same_bytes_each_time(client, time_machine):
    time_machine.move_to(NOW)
    make(2, title="=HYPERLINK(1)", description="@SUM(1)\r\nlines \x0b& <more>", starts=NOW - timedelta(hours=3))

    first = client.get("/2020/schedule.xlsx").content
    time_machine.shift(timedelta(days=1))
    later = client.get("/2020/schedule.xlsx").content
    table = [list(row) for row in load_workbook(io.BytesIO(first)).active.iter_rows(values_only=True)]
    rows = list(csv.reader(io.StringIO(client.get("/2020/schedule.csv").content.decode("utf-8-sig"), newline="")))

    assert first == later
    zone = "+02:00"  # a workbook's times are on the clock of the forum
    table = [
        [cell.isoformat("T", "minutes") if isinstance(cell, datetime) else str(cell or "") for cell in row]
        for row in table
    ]
    assert table == [[clean(cell).removesuffix(zone) for cell in row] for row in rows]
    assert (*table[1][3:5], len(table)) == ("'=HYPERLINK(1)", "'@SUM(1)\nlines & <more>", 3)
    assert (table[1][7], table[1][9]) == ("2020-07-22T11:20", "Europe/Zurich")


# --- a choice of sessions ----------------------------------------------------------------------------


@pytest.fixture
def fibre(noon):
    """A session with one of everything that one can choose by, beside another one without."""
    session = SessionFactory(
        title="Fibre", languages=["fr"], captioning=["fr"], interpretation=["ar"], room=RoomFactory()
    )
    session.track = Track.objects.create(forum=session.forum, name="Health")
    session.save()
    SessionFactory(forum=session.forum, title="Ledger", starts=NOW + timedelta(days=2), languages=["en"])
    session.action_lines.add(ActionLineFactory(code="C2"))
    session.sdgs.add(SDGFactory(number=9))
    session.organisers.add(OrganisationFactory(stakeholder_type="academia"))
    AppearanceFactory(session=session)
    return session


def titles(client, query):
    answer = client.get(f"/2020/schedule.ics?{query}")
    assert answer.status_code == 200, query
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]


def test_calendar_of_a_choice(client, fibre):
    chosen = [
        f"track={fibre.track_id}",
        "action_line=C2",
        f"speaker={fibre.appearances.get().speaker_id}",
        "sdg=9",
        f"organiser={fibre.organisers.get().pk}",
        "stakeholder=academia",
        "language=fr",
        "only=captions",
        "follow=ar",
        "q=fibre",
        f"type={fibre.type.code}&day={fibre.starts.date()}&q=fibre",
    ]

    assert {query: titles(client, query) for query in chosen} == {query: ["Fibre"] for query in chosen}
    assert titles(client, "") == ["Fibre", "Ledger"]
    assert titles(client, "action_line=C2&q=ledger") == []
    others = [client.get(f"/2020/schedule.{ending}?q=fibre") for ending in ("xml", "json", "csv", "xlsx")]
    assert [(one.status_code, b"Ledger" in one.content) for one in others] == [(200, False)] * 4


@pytest.mark.parametrize(
    "query", ["colour=red", "track=x", "track=", "q=" + "a" * 101, "tz=UTC", "page=2", "q=a&q=b", "day=2020-02-30"]
)
def test_what_is_no_filter_is_refused_as_in_the_api(client, fibre, query):
    for ending in ("ics", "csv"):
        answer = client.get(f"/2020/schedule.{ending}?{query}")

        assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")
        assert [*answer.json()["parameters"]] == [query.partition("=")[0]]


def test_pages_lead_to_the_calendar_of_what_they_show(client, fibre):
    speaker = fibre.appearances.get().speaker_id
    pages = {
        "programme/?action_line=C2&q=fibre": "schedule.ics?action_line=C2&amp;q=fibre",
        f"speakers/{speaker}/": f"schedule.ics?speaker={speaker}",
        "action-lines/C2/": "schedule.ics?action_line=C2",
    }

    for page, calendar in pages.items():
        assert f'href="/2020/{calendar}"' in client.get(f"/2020/{page}").content.decode(), page
        assert titles(client, calendar.partition("?")[2].replace("&amp;", "&")) == ["Fibre"]


def test_marks_of_a_description_stay_in_the_forum_when_its_own_calendar_comes_back(client, fibre):
    fibre.description = "For **all**:\n\n- one\n- two"
    fibre.save(update_fields=["description"])
    calendar = client.get("/2020/schedule.ics").content
    event = Calendar.from_ical(calendar).walk("VEVENT")[0]

    bring_in(calendar, slug="2020")

    fibre.refresh_from_db()
    assert str(event["DESCRIPTION"]).startswith("For all:\n\n– one\n– two\n\nhttp")
    assert fibre.description == "For **all**:\n\n- one\n- two"
