"""Programmes as tables, of this and of other systems."""

from datetime import UTC, date, datetime, timedelta
from datetime import time as clock

import pytest

from events.shared.tables.answers import Answers
from tests.events.exchange.imports import bring_in
from tests.events.exchange.readers.files import read, told
from tests.events.shared.tables.files import workbook
from tests.factories import ForumFactory
from tests.refusals import refused


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("Session title;Start;End\nTalk;23.06.2020 10:00;23.06.2020 11:00", 8),
        ("Title,Date,Start time,Duration\nTalk,2020-06-23,10:00,60", 8),
        ("title\tstarts\tends\nTalk\t2020-06-23T10:00+09:00\t2020-06-23T11:00+09:00", 1),
        ("title,starts,ends,time zone\nTalk,2020-06-23 10:00,11:00,Asia/Tokyo", 1),
        ("title,date,starts,ends\nTalk,23 June 2020,10:00 pm,11:00 pm", 20),
        ("title,starts,ends\nTalk,2020-06-23T23:30+09:00,00:30", 14),  # an end alone is on the clock of the start
    ],
)
def test_tables_of_other_systems(text, starts):
    talk = read(text.encode()).talks[0]

    assert (talk.title, talk.starts.hour, talk.origin) == ("Talk", starts, "title:Talk#1")
    assert talk.ends - talk.starts == timedelta(hours=1)


def test_table_cells():
    text = (
        "id,title,speakers,language,state,captioning,organisers,recording,url\n"
        "7,'=Talk,Ada Lovelace (moderator); Grace (Guest),English/French,cancelled,en,ITU; WHO,http://a.example,x\n\n"
        '8,Other,"Ada King, Grace Low",,,,,https://a.example,\n'
    )
    first, other = read(text.encode()).talks

    assert (first.title, first.languages, first.state, first.captioning) == ("=Talk", ["en", "fr"], "cancelled", ["en"])
    assert [(p.name, p.role) for p in first.persons] == [("Ada Lovelace", "moderator"), ("Grace", "")]
    assert (first.organisers, first.recording_url) == (["ITU", "WHO"], None)
    assert [p.name for p in other.persons] == ["Ada King", "Grace Low"]
    assert other.recording_url == "https://a.example"


def test_name_with_a_comma_that_this_site_wrote_stays_one():
    text = 'title,guid,code,time_zone,action_lines,speakers\nTalk,,,,,"Ada, Countess (moderator); Bob (Guest)"\n'

    assert [(one.name, one.role) for one in read(text.encode()).talks[0].persons] == [
        ("Ada, Countess", "moderator"),
        ("Bob (Guest)", ""),
    ]


@pytest.mark.parametrize(
    ("day", "starts"), [(date(2026, 6, 23), clock(10)), (datetime(2026, 6, 23), clock(10)), (date(2026, 6, 23), "10:00")]  # noqa: DTZ001
)  # fmt: skip
def test_date_and_time_in_cells_of_their_own_make_one_moment(day, starts):
    talk = read(workbook(A=[["Title", "Date", "Start", "End"], ["Talk", day, starts, clock(11, 30)]])).talks[0]

    assert (talk.starts, talk.ends - talk.starts) == (datetime(2026, 6, 23, 8, tzinfo=UTC), timedelta(minutes=90))
    alone = read(workbook(A=[["Title", "Date", "Start", "Length"], ["Talk", day, None, 60]]))  # is not midnight
    assert (alone.talks, told(alone)) == ([], ["“2026-06-23” is no date and time"])


def test_workbook_of_two_days_is_read_whole_and_what_is_left_out_is_told_once():
    head = ["Title", "Date", "Start", "End", "Colour", "Start time"]
    programme = read(
        workbook(
            First=[head, ["One", date(2026, 6, 23), clock(10), clock(11), "red"]],
            Second=[head, ["One", date(2026, 6, 24), clock(10), clock(10), "red"], [None], ["Two", "2026-06-24", "12:00", "13:00"]],
            Help=[["How to fill this in"]],
            Empty=[],
        ),
        answers=Answers({"colour": ""}),
    )  # fmt: skip

    assert [(talk.where, talk.origin, talk.starts.day) for talk in programme.talks] == [
        ("sheet “First”, row 2", "title:One#1", 23),
        ("sheet “Second”, row 4", "title:Two#1", 24),
    ]
    assert [(problem.where, problem.text) for problem in programme.problems] == [
        ("", "Sheets that are read: “First”, “Second”"),
        ("", "The sheet “Help” is not read. These columns are missing: title"),
        ("", "These columns are not known, or stand there twice, and are not used: Colour"),
        ("sheet “Second”, row 2, column End", "Its duration is zero"),
    ]


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
    assert refused(read, f"title,starts,duration\n{rows}".encode()) == "unclear-date"


def test_each_line_of_a_table_may_have_a_zone_of_its_own():
    rows = [",10:00,", ",11:00,Asia/Tokyo", ",11:00,Mars", ",11:00,Mars", ",11:00,UTC", ",11:00,"]
    text = "\n".join(f"T{n},60,2020-06-23{row}" for n, row in enumerate(rows))
    programme = read(f"title,duration,date,starts,time zone\n{text}".encode())

    assert [(talk.title, talk.starts.hour) for talk in programme.talks] == [("T0", 8), ("T1", 2), ("T4", 11), ("T5", 2)]
    assert told(programme) == ["The time zone “Mars” is not known", *["Its time zone “Mars” is not known"] * 2]


def test_headers_in_the_languages_of_the_site():
    for header in ("titre;salle;intervenants", "العنوان;القاعة;المتحدثون"):
        talk = read(f"{header}\r\nTalk;Hall;Ada King, Bob Low\r\n".encode("utf-16")).talks[0]

        assert (talk.title, talk.room, len(talk.persons)) == ("Talk", "Hall", 2)


def test_rows_of_other_forums_are_left_out_where_a_table_has_several(db):
    text = "forum,title\n2020,One\n2021,Two\n,Three\n"

    several = read(text.encode(), ForumFactory(slug="2020"))
    one = read(text.replace("2020", "2021").encode(), ForumFactory(slug="other"))

    assert [talk.title for talk in several.talks] == ["One", "Three"]
    assert [(problem.where, problem.text) for problem in several.problems if not problem.is_note] == [
        ("row 3", "It belongs to the forum “2021”")
    ]
    assert len(one.talks) == 3


def test_seats_and_addresses_of_the_organisers_own_table():
    head = "title,capacity,meeting_url,broadcast_url\n"
    programme = read(f"{head}A,50,https://meet.example/1,https://live.example/1\nB,many,room 5,\n".encode())

    assert [(talk.capacity, talk.meeting_url, talk.broadcast_url) for talk in programme.talks] == [
        (50, "https://meet.example/1", "https://live.example/1"),
        (None, None, None),
    ]
    assert told(programme)[2:] == ["“many” is not a whole number", "“room 5” is no web address: left out"]


def test_subtitle_and_link_come_in_without_a_column_of_descriptions(db):
    head, row = "Title,Code,Date,Start,End", "Opening,ABC123,2020-06-23,10:00,11:00"
    short = f"{head},Subtitle,Link\n{row},In short,https://example.org/paper\n".encode()
    texts = "**In short**\n\n- [https://example.org/paper](<https://example.org/paper>)"
    forum = ForumFactory(slug="2020")

    bring_in(short, slug="2020")
    made = forum.sessions.get().description
    forum.sessions.update(description="At length")
    bring_in(short, slug="2020")
    again = bring_in(short, slug="2020")

    assert (made, forum.sessions.get().description) == (texts, f"At length\n\n{texts}")
    assert (again.changed, len(again.same)) == ([], 1)
