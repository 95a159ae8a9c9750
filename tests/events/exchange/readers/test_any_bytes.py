"""Files that are none, files of strangers, and any bytes at all: read or refused, quickly."""

import io
import json
import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from events.exchange.readers import tables
from events.models.time_zones import ZoneInfo
from events.shared.tables.answers import Answers
from tests.events.exchange.readers.files import read
from tests.refusals import refused

ZURICH = ZoneInfo("Europe/Zurich")
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (n, *[n - 1] * 8) for n in range(98, 110))
    + b"]><schedule><conference><title>&m;</title></conference></schedule>"
)
OUTSIDE = b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><schedule><conference><title>&x;</title></conference></schedule>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOMB, "doctype"),
        (OUTSIDE, "doctype"),
        (b'<!DOCTYPE s [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]><schedule/>', "doctype"),
        (b"<schedule><conference>", "broken"),
        (b"<?xml version='1.0' encoding='martian'?><schedule/>", "broken"),
        (b"<html><body/></html>", "no-schedule"),
        (b"<iCalendar><vcalendar><vevent><summary>Talk</summary></vevent></vcalendar></iCalendar>", "no-schedule"),
        (b"<schedule>" + b"<a>" * 50, "too-large"),
        (b"<schedule>" + b"<a/>" * 500_001 + b"</schedule>", "too-large"),
        (b"<schedule><conference><title>" + b"a" * 300_000, "too-large"),
        (b"<schedule><day><room><event><title>" + (b"a" * 150_000 + b"<i/>") * 2, "too-large"),
        (b"", "empty"),
        (b"\0\1\2\3", "unknown-format"),
        (b"%PDF-1.7 \0", "unknown-format"),
        (b"{", "broken"),
        (b'{"schedule": {"conference": {"title":', "broken"),
        (b'{"a": 1}', "no-schedule"),
        (b"[" * 100_000, "too-large"),
        (b"[" * 600_000, "too-large"),
        (b'{"schedule": ' + b"9" * 6000 + b"}", "broken"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x", "broken"),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\n", "broken"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 20, "too-large"),
        (b"a,b\n1,2\n", "no-column"),
        (b"\xff\xfe\xd8", "no-column"),
        (b'title\n"' + b"a" * 200_000, "broken"),
    ],
)
def test_file_that_is_no_programme_is_refused(data, code):
    assert refused(read, data) == code


TAGS = b'{"title": "Talk", "description": "' + b"<b><a " * 1500 + b'"},'


@pytest.mark.parametrize(
    "pieces",
    [
        (b"<schedule>", b"<a/>"),
        (b"<schedule><conference/><day>", b"<event><title>a</title></event>"),
        (b'{"schedule": [', b"{},[],"),
        (b"BEGIN:VCALENDAR\n", b"A:\n"),
        (b"title\n", b"a,,,,\n"),
        (b'{"schedule": {"conference": {"title": "T", "days": [{"rooms": {"R": [', TAGS),
        (b"<schedule><conference/>", b"\n" * 1000),
    ],
    ids=["elements", "events", "json", "calendar", "table", "tags", "blanks"],
)
def test_fifty_megabytes_are_refused_quickly(pieces):
    head, piece = pieces
    data = head + piece * (50_000_000 // len(piece))
    started = time.thread_time()

    data = data[:50_000_000] if piece != TAGS else data.rstrip(b",") + b"]}}]}}}"
    assert refused(read, data) in {"too-large", "too-many-sessions", "too-many-rows", "broken"}
    assert time.thread_time() - started < 15


def test_more_than_the_limit_is_not_looked_at(settings):
    settings.UPLOAD_LIMIT = 1000

    assert refused(read, b" " * 1001) == "file-too-large"


CALENDAR = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20200907T100000Z\r\nDTEND:20200907T110000Z\r\n"
    "SUMMARY:A\r\nDESCRIPTION:Speakers: {}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize("piece", ["a;", "a, ", "a and ", "(a; ", " \n", "Speaker:\n"])
@pytest.mark.parametrize(
    "form",
    ['title,starts,ends,speakers\nA,2020-09-07 10:00,2020-09-07 11:00,"{}"\n', CALENDAR],
    ids=["table", "calendar"],
)
def test_text_that_is_too_long_for_names_is_told_and_keeps_nobody_waiting(form, piece):
    text = piece * (60_000 // len(piece))
    data = form.format(text if form is not CALENDAR else text.replace("\n", "\\n")).encode()
    began = time.thread_time()

    programme = read(data)

    assert time.thread_time() - began < 2  # where it grows with the square: 10 s and more
    assert [len(talk.persons or []) < 2 for talk in programme.talks] == [True]


@pytest.mark.parametrize("piece", ["1:", "1", "1 ", "1 to "])
def test_time_of_any_length_takes_no_longer(piece):
    began = time.thread_time()

    programme = read(f"title,starts\nA,2020-09-07 {piece * (30_000 // len(piece))}x\n".encode())

    assert (programme.talks, [problem.where for problem in programme.problems]) == ([], ["row 2, column starts"])
    assert time.thread_time() - began < 2  # where it grows with the square: minutes


# --- any bytes ------------------------------------------------------------------------------------
STARTS = st.sampled_from(
    [b"", b"<", b"<schedule><conference/><day date='2020-01-01'><room name='a'><event>", b"{", b"PK\x03\x04", b"title,starts\n",
     b'{"schedule": {"conference": {"days": [{"rooms": {"a": [{"title": "x", ', b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\nDTSTART",
     b"\xff\xfe", b"<?xml version='1.0' encoding='utf-16'?>"]
)  # fmt: skip


@given(start=STARTS, rest=st.binary(max_size=300))
@example(start=b"<schedule/>", rest=b"")
def test_any_bytes_are_read_or_refused(start, rest):
    try:
        programme = read(start + rest)
    except ValidationError as refusal:
        assert all(one.code for one in refusal.error_list)  # noqa: PT017
    else:
        assert isinstance(programme.talks, list)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["2020-06-23T10:00+02:00", "01:00"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["title", "date", "start", "end", "duration", "persons", "links", "rooms", "name", "guid", "id", "url"]), inner),
    max_leaves=20,
)  # fmt: skip


KEYS = st.sampled_from(
    ["sessions", "speakers", "rooms", "categories", "items", "results", "id", "title", "startsAt", "startDate", "_type", "contributions",
     "entries", "presenters", "schedule", "events", "conference", "participants", "talks", "date", "time", "tz", "categoryItems"]
)  # fmt: skip
OTHER_JSON = st.recursive(
    st.none()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from(["Conference", "2020-06-23", "10:00:00", "Europe/Zurich"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)


FRAB = st.builds(
    lambda event, name: {"schedule": {"conference": {"title": name, "days": [{"rooms": {"a": [event]}}, name]}}},
    JSON,
    JSON,
)


@given(FRAB | OTHER_JSON)
def test_any_json_is_read_or_refused(whole):
    try:
        read(b" " + json.dumps(whole).encode())
    except ValidationError as refusal:
        assert all(one.code for one in refusal.error_list)  # noqa: PT017


CELLS = st.text(max_size=15) | st.sampled_from(
    ["2020-06-23T10:00", "2020-06-23", "10:00", "60", "0", "9999-12-31T23:59"]
)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS), max_size=4))
def test_any_cells_are_read_or_refused(rows):
    lines = ["title\tdate\tstarts\tends\tduration", *("\t".join(c.replace("\t", " ") for c in row) for row in rows)]
    try:
        programme = read("\n".join(lines).encode())
    except ValidationError:
        return

    assert all(talk.ends > talk.starts for talk in programme.talks if talk.starts)


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=30))
def test_damaged_workbook_is_read_or_refused(at, bytes_):
    file = io.BytesIO()
    book = Workbook()
    book.active.append(["title"])
    book.save(file)
    data = file.getvalue()
    place = at % len(data)

    try:
        programme = tables.read(data[:place] + bytes_ + data[place + len(bytes_) :], zone=ZURICH, answers=Answers())
    except ValidationError as refusal:
        assert all(one.code for one in refusal.error_list)  # noqa: PT017
    else:
        assert programme.talks == []
