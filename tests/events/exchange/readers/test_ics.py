"""Calendars of any program."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from events.exchange.readers import ics
from events.exchange.readers.calendar_zones import Zone
from events.models.time_zones import ZoneInfo
from events.shared.tables import code_pages
from events.shared.tables.answers import Answers
from tests.events.exchange.readers.files import read, told
from tests.factories import ForumFactory
from tests.refusals import refused


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
        (["DTSTART;TZID=Mars/Base:20200623T100000"], "Its time zone “Mars/Base” is not known"),
        (["DTSTART:20209923T100000Z", "DURATION:PT1H"], "“20209923T100000Z” is no date and time"),
    ],
)
def test_calendar_event_that_cannot_be_used(lines, sentence):
    programme = read(calendar(*lines))

    assert ([], [sentence]) == (programme.talks, told(programme))


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
    assert read(data).talks == []  # it means nothing in the next file


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
    local = local.replace(fold=0)  # of a time that exists twice the first one
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

    assert refused(read, calendar().replace(b"BEGIN:VEVENT", zone_of_file().encode() + b"BEGIN:VEVENT")) == "too-large"


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
    assert (talk.origin, programme.problems) == ("1@other#20200623T100000Z", [])


def test_calendar_in_an_older_encoding_and_its_zone():
    data = calendar("DTSTART:20200623T100000", "DTEND:20200623T110000", event=("UID:1", "SUMMARY:Caf\xe9"))
    data = data.replace(b"VERSION:2.0", b"X-WR-TIMEZONE:Asia/Tokyo\r\nX-WR-CALNAME:Name").decode().encode("cp1252")

    programme = read(data, answers=Answers(names={code_pages.KEY: "cp1252"}))

    assert (programme.talks[0].title, programme.talks[0].starts.hour, programme.title) == ("Café", 1, "Name")


# --- what other programs do -----------------------------------------------------------------------
TIMES = ("DTSTART:20200623T100000Z", "DURATION:PT1H")


def test_lines_folded_inside_a_character_are_whole_again():
    title = "Ünïcödé ٱلْعَرَبِيَّة"
    data = calendar(*TIMES, event=("UID:1", f"SUMMARY:{title}", "LOCATION:Café"))
    pieces = b"\r\n ".join(title.encode()[at : at + 3] for at in range(0, len(title.encode()), 3))

    talk = read(data.replace(title.encode(), pieces)).talks[0]

    assert (talk.title, talk.room) == (title, "Café")


def events(*rows):
    """A calendar of events, each a list of lines."""
    inside = "\r\n".join(line for row in rows for line in ("BEGIN:VEVENT", *row, "END:VEVENT"))
    return f"BEGIN:VCALENDAR\r\n{inside}\r\nEND:VCALENDAR\r\n".encode()


def test_events_with_one_uid_are_told_apart_by_their_starts():
    starts = [f"DTSTART:202006{day}T100000Z" for day in (23, 24)]
    rows = [("UID:all@conference", f"SUMMARY:Day {start[-10:-8]}", start, "DURATION:PT1H") for start in starts]

    programme = read(events(*rows, ("UID:other", "SUMMARY:Alone", *TIMES)))

    assert [talk.origin for talk in programme.talks] == [
        "all@conference#20200623T100000Z",
        "all@conference#20200624T100000Z",
        "other",
    ]
    assert programme.problems == []


ADA, BOB = "Ada Lovelace", "Bob"


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (['ATTENDEE;ROLE=REQ-PARTICIPANT;CN="Lovelace, Ada":mailto:ada@a.example', "ATTENDEE;CN=Bob:mailto:b@a.example"], [ADA, BOB]),
        (["ATTENDEE;CUTYPE=ROOM;CN=Hall 1:mailto:hall@a.example", "ATTENDEE;CN=b@a.example:mailto:b@a.example"], []),
        (["DESCRIPTION:About it.\\nSpeakers: Ada (moderator)\\, Bob; Cid\\nMore"], ["Ada", BOB, "Cid"]),
        (["DESCRIPTION:Speaker(s): Ada Lovelace\\, Eve Low"], [ADA, "Eve Low"]),
        (["DESCRIPTION:Speakers: Lovelace\\, Ada (ITU)\\, Low\\, Eve (UN)\\n\\nAbout"], [ADA, "Eve Low"]),
        (["DESCRIPTION:Referentinnen: Eve Low"], ["Eve Low"]),
        (["DESCRIPTION:演讲人：张三、李四"], ["张三", "李四"]),
        (["DESCRIPTION:المتحدثون: أحمد علي؛ فاطمة حسن"], ["أحمد علي", "فاطمة حسن"]),
        (["DESCRIPTION:Speaker(s): Ada\\, Bob"], []),
        (["DESCRIPTION:Speakers:\\n- Ada\\n- Bob\\n\\nMore: text"], ["Ada", BOB]),
        (["DESCRIPTION:Speakers: to be announced"], []),
        (["DESCRIPTION:Our speakers are many"], []),
    ],
)  # fmt: skip
def test_speakers_of_calendars(lines, names):
    talk = read(calendar(*TIMES, *lines)).talks[0]

    assert [person.name for person in talk.persons or []] == names


# --- what repeats, and whole days -----------------------------------------------------------------
def starts(data, forum=None):
    return [f"{talk.starts:%d %H:%M}" for talk in sorted(read(data, forum).talks, key=lambda talk: talk.starts)]


NINE = ("DTSTART;TZID=Europe/Zurich:20200622T090000", "DTEND;TZID=Europe/Zurich:20200622T093000")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (["RRULE:FREQ=DAILY;COUNT=3"], ["22 07:00", "23 07:00", "24 07:00"]),
        (["RRULE:FREQ=DAILY;UNTIL=20200624T070000Z"], ["22 07:00", "23 07:00", "24 07:00"]),
        (["RRULE:FREQ=DAILY;UNTIL=20200624T065959Z"], ["22 07:00", "23 07:00"]),
        (["RRULE:FREQ=DAILY;UNTIL=20200623"], ["22 07:00", "23 07:00"]),
        (["RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3"], ["22 07:00", "24 07:00", "29 07:00"]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/Zurich:20200623T090000"], ["22 07:00", "24 07:00"]),
        (["RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20200623T070000Z,20200624T070000Z"], ["22 07:00", "25 07:00"]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20200622"], ["23 07:00", "24 07:00"]),
        (["RRULE:FREQ=SECONDLY"], ["22 07:00"]),
        (["RRULE:FREQ=DAILY;BYHOUR=1,2,3"], ["22 07:00"]),
        (["RRULE:rubbish"], ["22 07:00"]),
        (["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"], []),  # never, and not looked for until the year 9999
    ],
)
def test_events_that_repeat(more, found):
    other = ("UID:2", "SUMMARY:Last", "DTSTART:20200622T080000Z", "DURATION:PT1H")
    talks = starts(events(("UID:1", "SUMMARY:Daily", *NINE, *more), other))

    assert [told for told in talks if told != "22 08:00"] == (found or ["22 07:00"])


def test_repetitions_stay_inside_the_days_of_the_forum_and_what_is_left_out_is_told(db):
    forum = ForumFactory(starts=date(2020, 6, 23), ends=date(2020, 6, 25), time_zone="Europe/Zurich")
    data = events(
        (
            "UID:1",
            "SUMMARY:Daily",
            *NINE,
            "RRULE:FREQ=DAILY",
            "RDATE;TZID=Europe/Zurich:20200624T180000,20200626T180000",
        )
    )
    never = events(("UID:1", "SUMMARY:Later", *TIMES, "DTSTART:20210101T100000Z", "RRULE:FREQ=WEEKLY;BYDAY=TU"))

    programme = read(data, forum)

    assert starts(data, forum) == ["23 07:00", "24 07:00", "24 16:00", "25 07:00"]
    assert {talk.ends - talk.starts for talk in programme.talks} == {timedelta(minutes=30)}
    assert len({talk.origin for talk in programme.talks}) == 4
    assert told(programme) == ["It repeats. Inside the forum’s days: 4"]
    assert told(read(never, ForumFactory(slug="2029", starts=date(2029, 1, 1), ends=date(2029, 1, 1)))) == [
        "It repeats. Inside the forum’s days: 0"
    ]


def test_repetition_that_was_moved_stands_where_it_was_moved_to_and_the_clock_stays_over_a_change():
    zone = "TZID=Europe/Zurich"
    rows = ("UID:1", "SUMMARY:Daily", f"DTSTART;{zone}:20200327T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4")
    moved = (
        "UID:1",
        "SUMMARY:Moved",
        f"RECURRENCE-ID;{zone}:20200328T090000",
        f"DTSTART;{zone}:20200328T150000",
        "DURATION:PT1H",
    )

    assert starts(events(rows, moved)) == ["27 08:00", "28 14:00", "29 07:00", "30 07:00"]


def test_whole_days_are_kept_each_from_midnight_to_midnight(db):
    forum = ForumFactory(starts=date(2020, 6, 23), ends=date(2020, 6, 24), time_zone="Europe/Zurich")
    data = events(
        ("UID:1", "SUMMARY:Exhibition", "DTSTART;VALUE=DATE:20200622", "DTEND;VALUE=DATE:20200626"),
        ("UID:2", "SUMMARY:X", *TIMES),
    )
    one = read(events(("UID:1", "SUMMARY:Holiday", "DTSTART;VALUE=DATE:20200623"))).talks

    assert starts(data, forum) == ["22 22:00", "23 10:00", "23 22:00"]
    assert told(read(data, forum)) == ["It lasts several days. Inside the forum’s: 2"]
    assert starts(data) == ["21 22:00", "22 22:00", "23 10:00", "23 22:00", "24 22:00"]
    assert [(talk.ends - talk.starts, talk.origin) for talk in one] == [(timedelta(days=1), "1")]


def test_parallel_sessions_of_one_uid_are_told_apart_by_room_and_then_by_title():
    rows = [("UID:all", f"SUMMARY:Talk {n}", f"LOCATION:Room {n % 3}", *TIMES) for n in range(4)]

    programme = read(events(*rows, ("UID:all", "SUMMARY:Later", "DTSTART:20200624T100000Z", "DURATION:PT1H")))

    assert [talk.origin.removeprefix("all#20200623T100000Z") for talk in programme.talks] == [
        "@Room 0@Talk 0", "@Room 1", "@Room 2", "@Room 0@Talk 3", "all#20200624T100000Z",
    ]  # fmt: skip
    assert told(programme) == []


def test_rules_of_a_whole_file_have_a_limit(monkeypatch):
    monkeypatch.setattr(ics, "MAX_DAYS_OF_RULES", 100)
    long = events(*((f"UID:{n}", "SUMMARY:X", *TIMES, "RRULE:FREQ=DAILY;COUNT=3") for n in range(9)))

    assert {"The file has too many parts, or nests them too deeply"} <= set(told(read(long)))
