"""What files say, and what happens with files that are none."""

import io
import json
import time
import zipfile
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from events.exchange.readers import frab_json, frab_xml, ics, reading, tables, texts
from events.exchange.readers.calendar_zones import Zone
from events.exchange.readers.dates import Dates
from events.formatting import markdown
from events.models.time_zones import ZoneInfo
from events.tables import identity
from tests.factories import ForumFactory

CONGRESS = (Path(__file__).parents[1] / "data" / "congress.xml").read_bytes()
ZURICH = ZoneInfo("Europe/Zurich")
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (n, *[n - 1] * 8) for n in range(98, 110))
    + b"]><schedule><conference><title>&m;</title></conference></schedule>"
)
OUTSIDE = b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><schedule><conference><title>&x;</title></conference></schedule>'


def read(data):
    return reading.read(data, forum=None)


def code_of(data):
    with pytest.raises(ValidationError) as refusal:
        read(data)
    return refusal.value.code


def told(programme):
    return [problem.text for problem in programme.problems]


def event(inside="", *, attributes="id='1'", title="Talk", start="2020-06-23T10:00:00+02:00", duration="01:00"):
    return (
        f"<event {attributes}><title>{title}</title><date>{start}</date><duration>{duration}</duration>{inside}</event>"
    )


def schedule(*events, conference="", day="<day date='2020-06-23'>"):
    body = "".join(events)
    return f"<schedule><conference>{conference}</conference>{day}<room name='R'>{body}</room></day></schedule>".encode()


# --- frab XML -------------------------------------------------------------------------------------
def test_xml_of_an_older_system():
    programme = read(CONGRESS)

    first, late, last = programme.talks
    assert (programme.title, programme.zone, str(programme.starts)) == ("Bright Congress", "", "2014-12-27")
    assert (first.origin, first.number, first.room, first.track) == (
        "29aecfd7-2e44-4f49-ab86-29b5e0877325",
        6561,
        "Hall 1",
        "Community",
    )
    assert first.description == (
        "**A \\*new\\* dawn**\n\nIn short.\n\nFirst **bold**.\n\n- one\n- [two](https://example.org/a)"
        "\n\n- [Slides](<https://example.org/slides>)"
    )
    assert [(person.name, person.origin) for person in first.persons] == [
        ("Ada Lovelace", "1544"),
        ("Grace Hopper", "3874"),
    ]
    assert (late.starts, late.ends - late.starts) == (
        datetime(2014, 12, 27, 23, 15, tzinfo=UTC),
        timedelta(minutes=135),
    )
    assert (late.recording_url, late.description) == ("https://video.example.org/late.webm", "")
    assert last.description == "Text"
    assert [(problem.where, problem.is_note) for problem in programme.problems] == [("event 6561, line 15", True)]


def test_late_start_without_a_full_date_is_on_the_next_date():
    day = "<day date='2020-06-23' start='2020-06-23T10:00:00+02:00' end='2020-06-24T04:00:00+02:00'>"
    found = read(schedule(event("<start>00:30</start>", start=""), day=day)).talks[0]

    assert found.starts == datetime(2020, 6, 23, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "day", "dates"),
    [
        ("04:00:00", "<day date='2026-06-23'>", [23, 24, 24]),
        ("04:00", "<day date='2026-06-23' start='2026-06-23T09:00' end='2026-06-23T20:00'>", [23, 23, 23]),
        ("soon", "<day date='2026-06-23'>", [23, 23, 23]),
    ],
)
def test_hour_at_which_days_change_counts_where_the_days_say_nothing(change, day, dates):
    clocks = ("22:00", "00:30", "03:59")
    events = [event(f"<start>{clock}</start>", attributes=f"id='{clock}'", start="") for clock in clocks]

    talks = read(schedule(*events, day=day, conference=f"<day_change>{change}</day_change>")).talks

    assert [talk.starts.astimezone(ZURICH).day for talk in talks] == dates


def test_tags_inside_a_text_lose_none_of_its_words():
    inside = (
        "<abstract>Before <i>x</i> after</abstract><subtitle>A <em>new</em> dawn</subtitle>"
        "<description><p>Hello <b>world</b></p><h:p xmlns:h='x'>See <a href='https://example.org/?a=1&amp;b=2'>this</a></h:p></description>"
        "<persons><person id='7'>Ada <b>Lovelace</b></person></persons>"
        "<links><link href='https://example.org/l'>The <b>slides</b></link></links>"
    )
    talk = read(schedule(event(inside, title="My <b>bold</b> talk"))).talks[0]

    assert (talk.title, [(person.name, person.origin) for person in talk.persons]) == (
        "My bold talk",
        [("Ada Lovelace", "7")],
    )
    assert talk.description == (
        "**A new dawn**\n\nBefore *x* after\n\nHello **world**\n\nSee [this](https://example.org/?a=1&b=2)"
        "\n\n- [The slides](<https://example.org/l>)"
    )


def test_time_without_zone_is_the_one_of_the_file_or_the_forum(db):
    named = read(schedule(event(start="2020-06-23T10:00:00"), conference="<time_zone_name>Asia/Tokyo</time_zone_name>"))
    bare = reading.read(schedule(event(start="2020-06-23T10:00:00")), forum=ForumFactory(time_zone="Africa/Bamako"))

    assert [p.talks[0].starts.hour for p in (named, bare)] == [1, 10]


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (event(duration="00:00"), "Its duration is zero"),
        (event(duration=""), "It has no end and no duration"),
        (event(duration="soon"), "“soon” is no end or duration"),
        (event(duration="99:00"), "It lasts longer than two days"),
        (event(title=" "), "It has no title"),
        (event(start="tomorrow"), "“tomorrow” is no date and time"),
        (event(start="2020-03-29T02:30:00"), "02:30 does not exist on 2020-03-29"),
        (event("<end>2020-06-23T09:00:00+02:00</end>"), "It ends before it starts"),
    ],
)
def test_event_that_cannot_be_used_is_reported_and_the_rest_is_taken(one, sentence):
    programme = read(schedule(one, event(attributes="id='2'")))

    assert [talk.number for talk in programme.talks] == [2]
    assert len(programme.problems) == 1
    assert programme.problems[0].text.startswith(sentence)
    assert programme.problems[0].where == "event 1, line 1"


def test_event_without_a_time_is_taken_without_one():
    programme = read(schedule("<event id='1'><title>Later</title></event>"))

    assert [(talk.title, talk.starts) for talk in programme.talks] == [("Later", None)]


def test_duplicate_ids_are_reported():
    same = event(attributes="id='1' guid='29aecfd7-2e44-4f49-ab86-29b5e0877325'")
    number = event(attributes="id='1' guid='39aecfd7-2e44-4f49-ab86-29b5e0877325'")

    programme = read(schedule(same, same, number))

    assert [talk.number for talk in programme.talks] == [1, None]
    assert [(p.text[:24], p.is_note) for p in programme.problems] == [
        ("Its identity “29aecfd7-2", False),
        ("The number 1 stands in t", True),
    ]


def test_room_without_a_name():
    programme = read(
        b"<schedule><conference/><day date='2020-06-23'><room>" + event().encode() + b"</room></day></schedule>"
    )

    assert programme.talks[0].room == ""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOMB, "doctype"),
        (OUTSIDE, "doctype"),
        (CONGRESS[:1500], "broken"),
        (b"<schedule><conference>", "broken"),
        (b"<?xml version='1.0' encoding='martian'?><schedule/>", "broken"),
        (b"<html><body/></html>", "no-schedule"),
        (b"<iCalendar><vcalendar><vevent><summary>Talk</summary></vevent></vcalendar></iCalendar>", "no-schedule"),
        (b"<schedule>" + b"<a>" * 50, "too-large"),
        (b"<schedule><conference><title>" + b"a" * 300_000, "too-large"),
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
        (b"PK\x03\x04 rubbish", "broken"),
        (b"a,b\n1,2\n", "no-schedule"),
        (b"\xff\xfe\xd8", "broken"),
        (b'title\n"' + b"a" * 200_000, "broken"),
    ],
)
def test_file_that_is_no_programme_is_refused(data, code):
    assert code_of(data) == code


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
    started = time.monotonic()

    data = data[:50_000_000] if piece != TAGS else data.rstrip(b",") + b"]}}]}}}"
    assert code_of(data) in {"too-large", "too-many-sessions", "broken"}
    assert time.monotonic() - started < 15


def test_more_than_the_limit_is_not_looked_at(settings):
    settings.UPLOAD_LIMIT = 1000

    assert code_of(b" " * 1001) == "file-too-large"


def test_packed_bomb_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", b"a" * 70_000_000)

    assert code_of(packed.getvalue()) == "too-large"


def test_too_many_sessions_are_refused(monkeypatch):
    monkeypatch.setattr("events.exchange.readers.gathering.MAX_SESSIONS", 2)

    assert code_of(schedule(*(event(attributes=f"id='{n}'") for n in range(1, 4)))) == "too-many-sessions"


def test_problems_have_a_limit(monkeypatch):
    monkeypatch.setattr("events.exchange.readers.records.MAX_PROBLEMS", 2)

    programme = read(schedule(*[event(title="")] * 5))

    assert (len(programme.problems), programme.hidden_problems) == (2, 3)


# --- frab JSON ------------------------------------------------------------------------------------
def test_json_of_other_systems():
    one = {
        "code": "ABC123",
        "title": {"en": "Talk", "de": "Vortrag"},
        "date": "2020-06-23T10:00:00+02:00",
        "duration": "1:30",
        "persons": [{"code": "XYZ", "public_name": "Ada", "biography": "<b>She</b>"}, "Grace", {"id": 7}],
        "links": [{"title": "Recording", "url": "https://video.example.org/1"}, {"url": "https://example.org/x"}],
        "attachments": [{"title": "Paper", "url": "/media/a.pdf"}],
        "abstract": None,
        "description": "Text",
        "language": "en-US",
    }
    conference = {"title": "C", "rooms": [{"name": "R", "capacity": 20, "type": "online"}, 5], "days": []}
    conference["days"] = [
        {"date": "2020-06-23", "rooms": {"R": [one, 7, None]}},
        {"rooms": [{"name": "S", "events": 1}]},
    ]

    programme = read(json.dumps({"schedule": {"conference": conference}}).encode())

    talk = programme.talks[0]
    assert (talk.title, talk.code, talk.room, talk.languages) == ("Talk", "ABC123", "R", ["en"])
    assert talk.description == "Text\n\n- [https://example.org/x](<https://example.org/x>)"
    assert talk.recording_url == "https://video.example.org/1"
    assert [(p.name, p.origin, p.biography) for p in talk.persons] == [("Ada", "XYZ", "**She**"), ("Grace", "", "")]
    assert (programme.rooms["R"].capacity, programme.rooms["R"].is_virtual) == (20, True)
    assert len([problem for problem in programme.problems if not problem.is_note]) == 2


# --- iCalendar ------------------------------------------------------------------------------------
def calendar(*lines, event=("UID:1@other", "SUMMARY:Talk")):
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", *event, *lines, "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(rows).encode()


@pytest.mark.parametrize(
    ("start", "hour"),
    [
        ("DTSTART:20200623T100000Z", 10),
        ("DTSTART:20200623T100000", 8),
        ("DTSTART;TZID=Asia/Tokyo:20200623T100000", 1),
        ("DTSTART;TZID=W. Europe Standard Time:20200623T100000", 8),
        ('DTSTART;TZID="/freeassociation.sourceforge.net/Europe/Berlin":20200623T100000', 8),
        ("DTSTART;TZID=/mozilla.org/20070129_1/America/Argentina/Ushuaia:20200623T100000", 13),
        ("DTSTART;TZID=tzone://Microsoft/Utc:20200623T100000", 10),
        ("DTSTART;TZID=Etc/UTC:20200623T100000", 10),
        ("DTSTART;TZID=GMT:20200623T100000", 10),
        ("DTSTART;TZID=CET:20200623T100000", 8),
        ("DTSTART;TZID=US/Eastern:20200623T100000", 14),
        ("DTSTART;TZID=Etc/GMT+5:20200623T100000", 15),
    ],
)
def test_calendar_times(start, hour):
    talk = read(calendar(start, "DURATION:PT1H30M")).talks[0]

    assert (talk.starts.hour, talk.ends - talk.starts) == (hour, timedelta(minutes=90))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["DTSTART;VALUE=DATE:20200623"], "It is a whole day, without a time"),
        (["DTSTART;TZID=Mars/Base:20200623T100000"], "Its time zone “Mars/Base” is not known"),
        (["DTSTART:20209923T100000Z", "DURATION:PT1H"], "“20209923T100000Z” is no date and time"),
    ],
)
def test_calendar_event_that_cannot_be_used(lines, sentence):
    programme = read(calendar(*lines))

    assert ([], [sentence]) == (programme.talks, [problem.text for problem in programme.problems])


def zone_of_file(*rules, name="Our Town"):
    """The lines of a VTIMEZONE: summer and winter time of Central Europe, or what `rules` say instead."""
    winter = ["DTSTART:19701025T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", *(rules or CENTRAL[:1])]
    summer = ["DTSTART:19700329T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", *(rules or CENTRAL[1:])]
    parts = ["BEGIN:STANDARD", *winter, "END:STANDARD", "BEGIN:DAYLIGHT", *summer, "END:DAYLIGHT"]
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", "X-LIC-LOCATION:Nowhere", *parts, "END:VTIMEZONE", ""])


CENTRAL = "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3"


@pytest.mark.parametrize("place", [b"BEGIN:VEVENT", b"END:VCALENDAR"], ids=["before", "after"])
def test_calendar_times_in_a_zone_that_the_file_brings_along(place):
    data = calendar("DTSTART;TZID=Our Town:20200623T100000", "DTEND;TZID=Our Town:20200623T110000")
    programme = read(data.replace(place, zone_of_file().encode() + place, 1))

    talk = programme.talks[0]
    assert (talk.starts.hour, talk.offset, programme.zone) == (8, timedelta(hours=2), "")


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=SECONDLY", "RRULE:FREQ=YEARLY;INTERVAL=2", "RRULE:FREQ=YEARLY;BYSETPOS=1", "RRULE:rubbish", "RDATE:soon",
        "RRULE:FREQ=YEARLY;BYMONTH=13", "RRULE:FREQ=YEARLY;BYDAY=9XX", "TZOFFSETTO:east", "TZOFFSETTO:+9900",
        "RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z", "RDATE:" + "19800101T000000," * 200,
    ],
)  # fmt: skip
def test_zone_of_a_file_that_is_not_understood_is_not_guessed(rule):
    data = calendar("DTSTART;TZID=Our Town:20200623T100000", "DURATION:PT1H")
    programme = read(data.replace(b"BEGIN:VEVENT", zone_of_file(rule).encode() + b"BEGIN:VEVENT", 1))

    assert (programme.talks, told(programme)) == ([], ["Its time zone “Our Town” is not known"])


@given(
    st.datetimes(*map(datetime.fromisoformat, ("1997-01-01", "2037-12-01"))), st.sampled_from(["Europe/Zurich", "America/New_York"])
)  # fmt: skip
@example(datetime(2020, 3, 29, 1, 59, 59), "Europe/Zurich")  # noqa: DTZ001
@example(datetime(2020, 3, 29, 3), "Europe/Zurich")  # noqa: DTZ001
@example(datetime(2020, 10, 25, 2, 30), "Europe/Zurich")  # noqa: DTZ001  the first of two
@example(datetime(2021, 10, 30, 12), "Europe/Zurich")  # noqa: DTZ001  the last Sunday is the month's last day
@example(datetime(2006, 4, 2, 3), "America/New_York")  # noqa: DTZ001
@example(datetime(2007, 4, 1, 3), "America/New_York")  # noqa: DTZ001
def test_rules_of_a_zone_mean_what_the_zone_means(local, name):
    moment = local.replace(tzinfo=ZoneInfo(name))
    if moment.astimezone(UTC).astimezone(ZoneInfo(name)).replace(tzinfo=None) != local:
        return  # a time that does not exist

    assert ZONES[name].offset(local).utcoffset(None) == moment.utcoffset()


def part(starts, before, after, rule):
    return {"DTSTART": starts, "TZOFFSETFROM": before, "TZOFFSETTO": after, "RRULE": f"FREQ=YEARLY;{rule}"}


ZONES = {
    "Europe/Zurich": Zone(
        [
            part("16010101T030000", "+0200", "+0100", "BYDAY=-1SU;BYMONTH=10"),
            part("19960331T020000", "+0100", "+020000", "BYMONTHDAY=25,26,27,28,29,30,31;BYDAY=SU"),
        ]
    ),
    "America/New_York": Zone(
        [
            part("20070311T020000", "-0500", "-0400", "BYDAY=2SU;BYMONTH=3"),
            part("20071104T020000", "-0400", "-0500", "BYDAY=1SU;BYMONTH=11"),
            part("19870405T020000", "-0500", "-0400", "BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z"),
            part("19671029T020000", "-0400", "-0500", "BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T020000"),
        ]
    ),
}


def test_zone_of_single_dates_and_before_its_first():
    zone = Zone([{}])
    for name, value in (("DTSTART", "20200101"), ("TZOFFSETFROM", "+0000"), ("TZOFFSETTO", "-0330")):
        zone.add(name, value)
    zone.parts.append({"DTSTART": "20200301T000000", "TZOFFSETFROM": "-0330", "TZOFFSETTO": "+0000"})
    for day in ("20200501T000000", "20200701T000000Z"):
        zone.add("RDATE", day)
    zone.parts.append(
        {
            "DTSTART": "20200401T000000",
            "TZOFFSETFROM": "+0000",
            "TZOFFSETTO": "+0100",
            "RRULE": "FREQ=YEARLY;UNTIL=20210401",
        }
    )

    offsets = [zone.offset(datetime(year, month, 2)).utcoffset(None) for year, month in MONTHS]  # noqa: DTZ001

    assert [offset / timedelta(minutes=30) for offset in offsets] == [0, -7, 0, 2, 0, 2, 2]


MONTHS = [(2019, 6), (2020, 2), (2020, 3), (2020, 4), (2020, 5), (2021, 4), (2022, 4)]


@given(st.lists(st.sampled_from([
    "BEGIN:VTIMEZONE", "END:VTIMEZONE", "BEGIN:STANDARD", "END:STANDARD", "TZID:Z", "DTSTART:19700101T000000", "RRULE:FREQ=YEARLY",
    "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "BEGIN:VEVENT", "END:VEVENT", "SUMMARY:x", "DTSTART;TZID=Z:20200101T100000", "DURATION:PT1H",
]), max_size=30))  # fmt: skip
def test_any_lines_of_zones_are_read_or_refused(lines):
    try:
        read("\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]).encode())
    except ValidationError as refusal:
        assert refusal.code in {"broken", "too-large"}  # noqa: PT017


def test_too_many_parts_of_zones_are_refused(monkeypatch):
    monkeypatch.setattr(ics, "MAX_ZONE_PARTS", 1)

    assert code_of(calendar().replace(b"BEGIN:VEVENT", zone_of_file().encode() + b"BEGIN:VEVENT")) == "too-large"


def test_calendar_of_another_program():
    lines = [
        "DTSTART:20200623T100000Z",
        "DTEND:20200623T110000Z",
        "LOCATION:Hall\\, big",
        "DESCRIPTION:First\\nsec",
        " ond \\\\ end",
        "CATEGORIES:C2,Music",
        "STATUS:CANCELLED",
        "SEQUENCE:4",
        "URL:https://example.org/1",
        "RRULE:FREQ=DAILY",
        "RECURRENCE-ID:20200623T100000Z",
        "NOCOLON",
    ]
    programme = read(calendar(*lines))

    talk = programme.talks[0]
    assert (talk.room, talk.is_cancelled, talk.sequence, talk.categories) == ("Hall, big", True, 4, ["C2", "Music"])
    assert talk.description == "First\nsecond \\ end\n\n- [https://example.org/1](<https://example.org/1>)"
    assert (talk.origin, programme.problems[0].text) == (
        "1@other#20200623T100000Z",
        "It repeats: only the first is taken",
    )


def test_calendar_in_an_older_encoding_and_its_zone():
    data = calendar("DTSTART:20200623T100000", "DTEND:20200623T110000", event=("UID:1", "SUMMARY:Caf\xe9"))
    data = data.replace(b"VERSION:2.0", b"X-WR-TIMEZONE:Asia/Tokyo\r\nX-WR-CALNAME:Name").decode().encode("cp1252")

    programme = read(data)

    assert (programme.talks[0].title, programme.talks[0].starts.hour, programme.title) == ("Café", 1, "Name")


# --- tables ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("Session title;Start;End\nTalk;23.06.2020 10:00;23.06.2020 11:00", 8),
        ("Title,Date,Start time,Duration\nTalk,2020-06-23,10:00,60", 8),
        ("title\tstarts\tends\nTalk\t2020-06-23T10:00+09:00\t2020-06-23T11:00+09:00", 1),
        ("title,starts,ends,time zone\nTalk,2020-06-23 10:00,11:00,Asia/Tokyo", 1),
        ("title,date,starts,ends\nTalk,23 June 2020,10:00 pm,01:00", 20),
    ],
)
def test_tables_of_other_systems(text, starts):
    talk = read(text.encode()).talks[0]

    assert (talk.title, talk.starts.hour, talk.origin) == ("Talk", starts, "title:Talk#1")


def test_table_cells():
    text = (
        "id,title,speakers,language,state,captioning,organisers,recording,url\n"
        "7,'=Talk,Ada Lovelace (moderator); Grace (Guest),English/French,cancelled,en,ITU; WHO,http://a.example,x\n\n"
        '8,Other,"Ada, Grace",,,,,https://a.example,\n'
    )
    first, other = read(text.encode()).talks

    assert (first.title, first.languages, first.is_cancelled, first.captioning) == ("=Talk", ["en", "fr"], True, ["en"])
    assert [(p.name, p.role) for p in first.persons] == [("Ada Lovelace", "moderator"), ("Grace (Guest)", "")]
    assert (first.organisers, first.recording_url) == (["ITU", "WHO"], None)
    assert [p.name for p in other.persons] == ["Ada", "Grace"]
    assert other.recording_url == "https://a.example"


def test_table_in_utf_16():
    assert read("title\nCafé".encode("utf-16")).talks[0].title == "Café"


def test_workbook():
    book = Workbook()
    book.active.append(["Title", "Starts", "Ends"])
    book.active.append(["Talk", datetime(2020, 6, 23, 10), datetime(2020, 6, 23, 11)])  # noqa: DTZ001  as Excel has it
    file = io.BytesIO()
    book.save(file)

    assert read(file.getvalue()).talks[0].starts == datetime(2020, 6, 23, 8, tzinfo=UTC)


def workbook(**sheets):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("day", "starts"), [(date(2026, 6, 23), clock(10)), (datetime(2026, 6, 23), clock(10)), (date(2026, 6, 23), "10:00")]  # noqa: DTZ001
)  # fmt: skip
def test_date_and_time_in_cells_of_their_own_make_one_moment(day, starts):
    talk = read(workbook(A=[["Title", "Date", "Start", "End"], ["Talk", day, starts, clock(11, 30)]])).talks[0]

    assert (talk.starts, talk.ends - talk.starts) == (datetime(2026, 6, 23, 8, tzinfo=UTC), timedelta(minutes=90))


def test_date_without_its_time_is_not_taken_for_midnight():
    programme = read(workbook(A=[["Title", "Date", "Start", "Length"], ["Talk", date(2026, 6, 23), None, 60]]))

    assert (programme.talks, told(programme)) == ([], ["“2026-06-23” is no date and time"])


def test_workbook_of_two_days_is_read_whole_and_what_is_left_out_is_told_once():
    head = ["Title", "Date", "Start", "End", "Colour", "Start time"]
    programme = read(
        workbook(
            First=[head, ["One", date(2026, 6, 23), clock(10), clock(11), "red"]],
            Second=[head, ["One", date(2026, 6, 24), clock(10), clock(10), "red"], [None], ["Two", "2026-06-24", "12:00", "13:00"]],
            Help=[["How to fill this in"]],
            Empty=[],
        )
    )  # fmt: skip

    assert [(talk.where, talk.origin, talk.starts.day) for talk in programme.talks] == [
        ("sheet “First”, row 2", "title:One#1", 23),
        ("sheet “Second”, row 4", "title:Two#1", 24),
    ]
    assert [(problem.where, problem.text) for problem in programme.problems] == [
        ("sheet “Help”", "It has no column “title”: it is not read"),
        ("", "These columns are not known, or stand there twice, and are not used: Colour, Start time"),
        ("sheet “Second”, row 2", "Its duration is zero"),
    ]


def test_workbook_with_too_many_rows_in_all_its_sheets_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "MAX_ROWS", 3)

    assert code_of(workbook(A=[["title"], ["a"]], B=[["title"], ["b"]])) == "too-large"


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["06/23/2026 10:00 AM", "06/04/2026 10:00"], ["2026-06-23", "2026-06-04"]),
        (["23/06/2026 10:00", "4/6/2026 10:00"], ["2026-06-23", "2026-06-04"]),
        (["06/06/2026 10:00"], ["2026-06-06"]),
    ],
)
def test_dates_with_slashes_are_read_in_the_order_that_all_of_them_allow(cells, days):
    rows = "".join(f"T{n},{cell},60\n" for n, cell in enumerate(cells))
    programme = read(f"title,starts,duration\n{rows}".encode())

    assert [str(talk.starts.date()) for talk in programme.talks] == days
    assert programme.problems == []


@pytest.mark.parametrize("cells", [["03/04/2026 10:00", "05/06/2026 10:00"], ["23/06/2026 10:00", "06/23/2026 10:00"]])
def test_dates_with_slashes_whose_order_is_not_clear_are_not_guessed(cells):
    rows = "".join(f"T{n},{cell},60\n" for n, cell in enumerate(cells))
    programme = read(f"title,starts,duration\n{rows}".encode())

    assert programme.talks == []
    assert told(programme) == [
        f"It is not clear whether “{cells[0][:10]}” begins with the day or with the month: write dates as 2020-07-22",
        *(f"“{cell}” is no date and time" for cell in cells),
    ]


def test_line_of_excel_that_names_the_delimiter_is_no_header():
    programme = read(b"sep=|\r\ntitle|starts|duration\r\nA, b; c|2026-06-23 10:00|60\r\nB|soon|60\r\n")

    assert [(talk.title, talk.where) for talk in programme.talks] == [("A, b; c", "row 3")]
    assert [problem.where for problem in programme.problems] == ["row 4"]


def test_time_that_a_workbook_kept_with_its_first_day():
    assert [Dates([]).read(cell) for cell in ("1899-12-30 10:00", "1900-01-01 10:00", "2020-01-01 10:00")] == [
        "10:00",
        "10:00",
        "2020-01-01 10:00",
    ]


def test_empty_workbook_is_no_schedule():
    file = io.BytesIO()
    Workbook().save(file)

    assert code_of(file.getvalue()) == "no-schedule"


def test_table_with_too_many_rows(monkeypatch):
    monkeypatch.setattr(tables, "MAX_SESSIONS", 1)

    assert code_of(b"title\na\nb\nc") == "too-many-sessions"


# --- texts and identities -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("html", "markdown_text"),
    [
        ("plain <3 & more", "plain <3 & more"),
        ("<p>a</p><p>b &amp; c</p>", "a\n\nb & c"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<h2>Head</h2><i>x</i> <code>y</code>", "### Head\n\n*x* `y`"),
        ('<a href="javascript:alert(1)">x</a> <a>y</a>', "x y"),
        ("<li>alone</a></script>", "- alone"),
        ("<style>p{}</style><div>x</div>", "x"),
        ("<b>x</b><![oops", "**x**"),
    ],
)
def test_html_becomes_markdown(html, markdown_text):
    assert texts.markdown(html).startswith(markdown_text)


@given(st.text(max_size=300))
def test_any_text_becomes_safe_markdown(text):
    found = texts.markdown(text)

    assert not texts.CONTROLS.search(found)
    assert "<script" not in markdown.render(found)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90),
        ("1:30", 90),
        ("01:30:30", 90.5),
        ("1:00:00:00", 1440),
        ("PT1H30M", 90),
        ("+PT1H", 60),
        ("P1W", 10080),
        ("1h", None),
    ],
)
def test_durations(text, minutes):
    assert texts.duration(text) == (None if minutes is None else timedelta(minutes=minutes))


def test_clock_and_day_that_do_not_exist():
    assert (texts.clock("25:00"), texts.clock("noon"), texts.day("1889-01-01"), texts.moment("1889-01-01T10:00")) == (
        None,
        None,
        None,
        None,
    )


def test_numbers_are_unique_and_the_same_each_time():
    guid = identity.of_session("a")
    taken = set()

    first, second = identity.number_of(guid, taken=taken), identity.number_of(guid, taken=taken)

    assert (second - first, identity.number_of(guid, taken=set())) == (1, first)


def test_identity_of_a_person_comes_back():
    made = str(identity.of_person("1544"))

    assert identity.person_origin(guid=made, number="1544") == "1544"
    assert identity.person_origin(guid=made, number="") == made
    assert identity.person_origin(guid="", number="", code="ABC") == "ABC"


# --- any bytes ------------------------------------------------------------------------------------
STARTS = st.sampled_from(
    [b"", b"<", b"<schedule><conference/><day date='2020-01-01'><room name='a'><event>", b"{", b"PK\x03\x04", b"title,starts\n",
     b'{"schedule": {"conference": {"days": [{"rooms": {"a": [{"title": "x", ', b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\nDTSTART",
     b"\xff\xfe", b"<?xml version='1.0' encoding='utf-16'?>"]
)  # fmt: skip


@pytest.mark.parametrize(
    "reader", [read, *(lambda data, r=r: r(data, zone=ZURICH) for r in (
        frab_xml.read, frab_json.read, ics.read, tables.read_csv, tables.read_xlsx
    ))]
)  # fmt: skip
@given(start=STARTS, rest=st.binary(max_size=300))
@example(start=b"<schedule/>", rest=b"")
def test_any_bytes_are_read_or_refused(reader, start, rest):
    try:
        programme = reader(start + rest)
    except ValidationError as refusal:
        assert refusal.code  # noqa: PT017
    else:
        assert isinstance(programme.talks, list)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["2020-06-23T10:00+02:00", "01:00"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["title", "date", "start", "end", "duration", "persons", "links", "rooms", "name", "guid", "id", "url"]), inner),
    max_leaves=20,
)  # fmt: skip


@given(JSON, JSON)
def test_any_json_is_read_or_refused(event_value, conference):
    whole = {"schedule": {"conference": {"title": conference, "days": [{"rooms": {"a": [event_value]}}, conference]}}}

    programme = read(json.dumps(whole).encode())

    assert len(programme.talks) <= 1


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


@pytest.mark.parametrize(
    ("name", "hour", "zone"),
    [
        ("US/Eastern", 14, "America/New_York"), ("GMT", 10, "UTC"), ("etc/zulu", 10, "UTC"), ("CET", 8, "Europe/Brussels"),
        ("Asia/Calcutta", 4, "Asia/Calcutta"), ("Etc/GMT-9", 1, ""),
    ],
)  # fmt: skip
def test_any_time_zone_of_a_file_is_taken_by_the_name_that_a_forum_may_have(name, hour, zone):
    frab = schedule(event(start="2020-06-23T10:00:00"), conference=f"<time_zone_name> {name} </time_zone_name>")
    whole = {
        "time_zone_name": name,
        "title": "T",
        "days": [{"rooms": {"R": [{"title": "Talk", "date": "2020-06-23 10:00", "duration": 60}]}}],
    }
    table = f"title,starts,duration,time zone\nTalk,2020-06-23 10:00,60,{name}"
    files = [frab, json.dumps({"schedule": {"conference": whole}}).encode(), table.encode()]

    programmes = [read(file) for file in files]

    assert [(programme.talks[0].starts.hour, programme.zone) for programme in programmes] == [(hour, zone)] * 3
    assert {programme.talks[0].offset for programme in programmes} == {None if zone else timedelta(hours=9)}


def test_times_in_a_zone_that_is_not_known_are_not_guessed():
    own = event(attributes="id='2'")
    programme = read(
        schedule(event(start="2020-06-23T10:00:00"), own, conference="<time_zone_name>Mars/Base</time_zone_name>")
    )

    assert [talk.number for talk in programme.talks] == [2]
    assert told(programme) == ["The time zone “Mars/Base” is not known", "Its time zone “Mars/Base” is not known"]


def test_each_line_of_a_table_may_have_a_zone_of_its_own():
    rows = [",10:00,", ",11:00,Asia/Tokyo", ",11:00,Mars", ",11:00,Mars", ",11:00,UTC", ",11:00,"]
    text = "\n".join(f"T{n},60,2020-06-23{row}" for n, row in enumerate(rows))
    programme = read(f"title,duration,date,starts,time zone\n{text}".encode())

    assert [(talk.title, talk.starts.hour) for talk in programme.talks] == [("T0", 8), ("T1", 2), ("T4", 11), ("T5", 2)]
    assert told(programme) == ["The time zone “Mars” is not known", *["Its time zone “Mars” is not known"] * 2]


def test_end_without_a_date_is_on_the_clock_of_the_start():
    talk = read(b"title,starts,ends\nTalk,2020-06-23T22:00+09:00,01:00").talks[0]

    assert talk.ends - talk.starts == timedelta(hours=3)


def test_zone_that_is_not_known_is_told():
    programme = read(schedule(event(), conference="<time_zone_name>Mars/Base</time_zone_name>"))

    assert (programme.zone, [problem.text for problem in programme.problems]) == (
        "",
        ["The time zone “Mars/Base” is not known"],
    )


@pytest.mark.parametrize(
    "cell", ["<video_download_url>{}</video_download_url>", "<recording><link>{}</link></recording>"]
)
def test_recordings_of_older_dialects(cell):
    found = [read(schedule(event(cell.format(url)))).talks[0].recording_url for url in ("https://a.example", "ftp://a")]

    assert found == ["https://a.example", None]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" https://a.example/x?y=z#w ", "https://a.example/x?y=z#w"), ("https://a.example/%2F%zz", "https://a.example/%2F%25zz"),
        ("http://[::1]:80/[é]", "http://[::1]:80/%5Bé%5D"), ("https://a.example:/", ""), ("https://[x]/", ""), ("https:///x", ""),
        ("https://a.example/" + "x" * 500, ""), ("https://a.example/" + "[" * 300, ""), ("ftp://a.example", ""),
    ],
)  # fmt: skip
def test_web_addresses_are_such_as_schemas_allow(text, address):
    assert texts.address(text) == address


def test_html_that_no_parser_understands(monkeypatch):
    def fail(self, data):
        raise AssertionError("unknown declaration")

    monkeypatch.setattr(texts._Writer, "feed", fail)

    assert texts.markdown("<p>a &amp; b</p>") == "a & b"


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=30))
def test_damaged_workbook_is_read_or_refused(at, bytes_):
    file = io.BytesIO()
    book = Workbook()
    book.active.append(["title"])
    book.save(file)
    data = file.getvalue()
    place = at % len(data)

    try:
        programme = tables.read_xlsx(data[:place] + bytes_ + data[place + len(bytes_) :], zone=ZURICH)
    except ValidationError as refusal:
        assert refusal.code  # noqa: PT017
    else:
        assert programme.talks == []
