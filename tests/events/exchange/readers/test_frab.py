"""frab's XML and JSON, of this and of older systems."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from events.models.time_zones import ZoneInfo
from tests.events.exchange.readers.files import CONGRESS, event, read, schedule, told
from tests.factories import ForumFactory
from tests.refusals import refused

ZURICH = ZoneInfo("Europe/Zurich")


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
    assert [(person.name, person.origin.partition("#")[2]) for person in first.persons] == [
        ("Ada Lovelace", "1544"),
        ("Grace Hopper", "3874"),
    ]
    assert (late.starts, late.ends - late.starts) == (
        datetime(2014, 12, 27, 23, 15, tzinfo=UTC),
        timedelta(minutes=135),
    )
    assert (late.recording_url, late.description, last.description) == (
        "https://video.example.org/late.webm",
        "",
        "Text",
    )
    assert [(problem.where, problem.is_note) for problem in programme.problems] == [("event 6561, line 15", True)]


@pytest.mark.parametrize(
    ("change", "day", "dates"),
    [
        ("", "<day date='2026-06-23' start='2026-06-23T10:00:00+02:00' end='2026-06-24T04:00:00+02:00'>", [23, 24, 24]),
        ("04:00:00", "<day date='2026-06-23'>", [23, 24, 24]),
        ("04:00", "<day date='2026-06-23' start='2026-06-23T09:00' end='2026-06-23T20:00'>", [23, 23, 23]),
        ("soon", "<day date='2026-06-23'>", [23, 23, 23]),
    ],
)
def test_times_of_the_night_are_on_the_next_date_where_the_day_goes_on(change, day, dates):
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

    assert (talk.title, [person.name for person in talk.persons]) == ("My bold talk", ["Ada Lovelace"])
    assert talk.description == (
        "**A new dawn**\n\nBefore *x* after\n\nHello **world**\n\nSee [this](https://example.org/?a=1&b=2)"
        "\n\n- [The slides](<https://example.org/l>)"
    )


def test_time_without_zone_is_the_one_of_the_file_or_the_forum(db):
    bare = schedule(event(start="2020-06-23T10:00:00"))
    named = schedule(event(start="2020-06-23T10:00:00"), conference="<time_zone_name>Asia/Tokyo</time_zone_name>")

    hours = [read(file, forum).talks[0].starts.hour for file, forum in
             ((named, None), (bare, ForumFactory(time_zone="Africa/Bamako")))]  # fmt: skip

    assert hours == [1, 10]


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (event(duration="00:00"), "Its duration is zero"),
        (event(duration=""), "It has no end and no duration"),
        (event(duration="soon"), "“soon” is no end or duration"),
        (event(duration="60:00:00"), "It lasts longer than two days"),
        (event(title=" "), "It has no title"),
        (event(start="tomorrow"), "“tomorrow” is no date and time"),
        (event(start="2020-03-29T02:30:00"), "02:30 does not exist on 2020-03-29"),
        (event("<end>2020-06-23T09:00:00+02:00</end>"), "It ends before it starts"),
    ],
)
def test_event_that_cannot_be_used_is_reported_and_the_rest_is_taken(one, sentence):
    programme = read(schedule(one, event(attributes="id='2'")))

    assert [talk.number for talk in programme.talks] == [2]
    assert [(problem.where, problem.text[: len(sentence)]) for problem in programme.problems] == [
        ("event 1, line 1", sentence)
    ]


def test_event_without_a_time_or_a_room_is_taken_without_one():
    programme = read(
        b"<schedule><conference/><day><room><event id='1'><title>Later</title></event></room></day></schedule>"
    )

    assert [(talk.title, talk.starts, talk.room) for talk in programme.talks] == [("Later", None, "")]


def test_events_are_taken_wherever_they_stand():
    loose = event(attributes="id='2'") + f"<x>{event(attributes="id='3'")}</x>"
    data = schedule(event("<person>Ada</person>")).replace(b"</room>", b"</room>" + loose.encode())

    assert [(talk.number, talk.room, [one.name for one in talk.persons or []]) for talk in read(data).talks] == [
        (1, "R", ["Ada"]),
        (2, "", []),
        (3, "", []),
    ]


def test_duplicate_ids_are_reported():
    same = event(attributes="id='1' guid='29aecfd7-2e44-4f49-ab86-29b5e0877325'")
    number = event(attributes="id='1' guid='39aecfd7-2e44-4f49-ab86-29b5e0877325'")

    programme = read(schedule(same, same, number))

    assert [talk.number for talk in programme.talks] == [1, None]
    assert [(p.text[:24], p.is_note) for p in programme.problems] == [
        ("Its identity “29aecfd7-2", False),
        ("The number 1 stands in t", True),
    ]


def test_too_many_sessions_are_refused(monkeypatch):
    monkeypatch.setattr("events.exchange.readers.session_builder.MAX_SESSIONS", 2)

    assert refused(read, schedule(*(event(attributes=f"id='{n}'") for n in range(1, 4)))) == "too-many-sessions"


def test_recordings_of_older_dialects():
    cells = ("<video_download_url>{}</video_download_url>", "<recording><link>{}</link></recording>")
    files = [schedule(event(cell.format(url))) for cell in cells for url in ("https://a.example", "ftp://a")]

    assert [read(file).talks[0].recording_url for file in files] == ["https://a.example", None] * 2


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
    assert [(p.name, bool(p.origin), p.biography) for p in talk.persons] == [
        ("Ada", True, "**She**"),
        ("Grace", False, ""),
    ]
    assert (programme.rooms["R"].capacity, programme.rooms["R"].is_virtual) == (20, True)
    assert len([problem for problem in programme.problems if not problem.is_note]) == 2


# --- who speaks -----------------------------------------------------------------------------------
def origins(*people, system=""):
    """The identities of people (attributes, name) of one file, as far as it gives them."""
    persons = "".join(f"<person {attributes}>{name}</person>" for attributes, name in people)
    conference = f"<base_url>{system}</base_url>" if system else ""
    talk = read(schedule(event(f"<persons>{persons}</persons>"), conference=conference)).talks[0]
    return [person.origin for person in talk.persons]


def test_number_of_a_person_counts_only_with_the_name_and_the_system_and_a_guid_alone():
    ada, bob = origins(("id='7'", "Ada"), ("id='7'", "Bob"), system="https://one.example/fahrplan/")
    (again,) = origins(("id='7'", " ada "), system="https://one.example/other/")
    (elsewhere,) = origins(("id='7'", "Ada"), system="https://two.example/")
    guid = "29aecfd7-2e44-4f49-ab86-29b5e0877325"
    named = [origins((f"guid='{guid}' id='7'", name), system=f"https://{name}.example")[0] for name in ("Ada", "Bob")]

    assert ada == again
    assert len({ada, bob, elsewhere}) == 3
    assert {origin.partition("#")[2] for origin in (ada, bob, elsewhere)} == {"7"}
    assert named == [f"{guid}#7"] * 2


# --- zones ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "hour", "zone"),
    [
        ("US/Eastern", 14, "America/New_York"), ("GMT", 10, "UTC"), ("etc/zulu", 10, "UTC"), ("CET", 8, "Europe/Brussels"),
        ("Asia/Calcutta", 4, "Asia/Calcutta"), ("Etc/GMT-9", 1, ""),
    ],
)  # fmt: skip
def test_any_time_zone_of_a_file_is_taken_by_the_name_that_a_forum_may_have(name, hour, zone):
    frab = schedule(event(start="2020-06-23T10:00:00"), conference=f"<time_zone_name> {name} </time_zone_name>")
    talk = {"title": "Talk", "date": "2020-06-23 10:00", "duration": 60}
    whole = {"time_zone_name": name, "title": "T", "days": [{"rooms": {"R": [talk]}}]}
    table = f"title,starts,duration,time zone\nTalk,2020-06-23 10:00,60,{name}"
    files = [frab, json.dumps({"schedule": {"conference": whole}}).encode(), table.encode()]

    programmes = [read(file) for file in files]

    assert [(programme.talks[0].starts.hour, programme.zone) for programme in programmes] == [(hour, zone)] * 3
    assert {programme.talks[0].offset for programme in programmes} == {None if zone else timedelta(hours=9)}


def test_times_in_a_zone_that_is_not_known_are_told_and_not_guessed():
    own, local = event(attributes="id='2'"), event(start="2020-06-23T10:00:00")

    programme = read(schedule(local, own, conference="<time_zone_name>Mars/Base</time_zone_name>"))

    assert (programme.zone, [talk.number for talk in programme.talks]) == ("", [2])
    assert told(programme) == ["The time zone “Mars/Base” is not known", "Its time zone “Mars/Base” is not known"]
