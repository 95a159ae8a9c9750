"""Bad schedule files, all the way: through the organisers' page and through the command. A clear report, nothing half
done, no fault of the site. What the readers make of each is in tests/events/exchange/readers/."""

import io
import json
import time
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client

from events.formatting.plain_text import CONTROLS
from events.models import Forum, Release, Room, Session, Speaker
from tests.events.exchange.test_admin import ACT, CONGRESS, send, token_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (n, *[n - 1] * 8) for n in range(98, 110))
    + b"]><schedule><conference><title>&m;</title></conference></schedule>"
)
OUTSIDE = CONGRESS.replace(
    b"<schedule>", b'<!DOCTYPE s [<!ENTITY x SYSTEM "file://%s">]><schedule>' % __file__.encode()
)
OUTSIDE = OUTSIDE.replace(b"Smart grids", b"&x;")
PARAMETER = CONGRESS.replace(b"<schedule>", b'<!DOCTYPE s [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]><schedule>')
REFUSED = {
    "not XML": (b"Dear organisers, here is our programme.", "The file is"),
    "other XML": (b"<html><body>Programme</body></html>", "no schedule"),
    "cut off": (CONGRESS[: len(CONGRESS) // 2], "no whole XML: line 2"),
    "entity bomb": (BOMB, "document type"),
    "external entity": (OUTSIDE, "document type"),
    "entity of a parameter": (PARAMETER, "document type"),
    "nothing": (b"", "empty"),
    "JSON that is cut off": (b'{"schedule": {"conference": {"title": "A"', ""),
    "depth without end": (b"<schedule>" * 100_000, ""),
}


@pytest.fixture
def organiser():
    user = UserFactory(is_staff=True)
    user.groups.set(Group.objects.filter(name="organisers"))
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def rows():
    return [model.objects.count() for model in (Forum, Session, Room, Speaker, Release)]


@pytest.mark.parametrize("name", REFUSED)
def test_page_refuses_in_a_sentence_at_the_file(organiser, name):
    data, sentence = REFUSED[name]
    began = time.process_time()

    answer = send(organiser, data)

    said = " ".join(answer.context["form"].errors.get("file", []))
    assert (answer.status_code, sentence.casefold() in said.casefold(), said != "") == (200, True, True), said
    assert "test_bad_schedules" not in answer.content.decode()  # nothing of the file beside was read
    assert rows() == [0] * 5
    assert time.process_time() - began < 5


@pytest.mark.parametrize("slug", ["congress", "admin"])
def test_command_refuses_in_a_sentence(tmp_path, slug):
    file = tmp_path / "schedule.xml"
    file.write_bytes(OUTSIDE if slug == "congress" else CONGRESS)

    with pytest.raises(CommandError) as refused:
        call_command("import_schedule", str(file), forum=slug, release=True, stdout=StringIO())

    first, *rest = str(refused.value).splitlines()
    assert (first, len(rest), "test_bad_schedules" in str(refused.value)) == ("Nothing was brought in.", 1, False)
    assert rows() == [0] * 5


def test_file_that_is_cut_off_anywhere_brings_in_nothing(organiser):
    """At the end of any line, and in the middle of it."""
    lines = CONGRESS.rstrip().splitlines(keepends=True)
    places = [len(b"".join(lines[:n])) - back for n in range(1, len(lines), 4) for back in (0, 9)]

    answers = [send(organiser, CONGRESS[:place]) for place in places]

    assert {
        (answer.status_code, "token" in (answer.context or {}), bool(answer.context["form"].errors))
        for answer in answers
    } == {(200, False, True)}
    assert rows() == [0] * 5


@pytest.mark.parametrize(("over", "sentence"), [(1, "too large"), (-2_000, "3 new sessions")])
def test_fifty_megabytes_are_taken_and_a_byte_more_is_not(organiser, settings, over, sentence):
    """A whole programme, and blanks up to the limit; the rest of the form needs some bytes too."""
    big = CONGRESS + b"\n" * (settings.UPLOAD_LIMIT + over - len(CONGRESS))
    began = time.process_time()

    answer = send(organiser, big)

    assert sentence in answer.content.decode()
    assert rows() == [0] * 5
    assert time.process_time() - began < 10


def event(number, *, starts="2020-06-23T10:00:00+02:00", duration="01:00", room="", more=""):
    return (
        f"<event id='{number}' guid='g{number}'><title>Talk {number}</title><date>{starts}</date>"
        f"<duration>{duration}</duration>{room}{more}</event>"
    )


def schedule(*rooms):
    days = "<day index='1' date='2020-06-23'>" + "".join(rooms) + "</day>"
    return f"<schedule><conference><title>T</title></conference>{days}</schedule>".encode()


def bring_in(organiser, data, **more):
    """Through the preview and the act; returns both pages."""
    preview = send(organiser, data, **more)
    return preview, organiser.post(ACT, {"token": token_of(preview)}, follow=True)


def test_what_cannot_be_used_is_told_with_its_place_and_the_rest_is_taken(organiser):
    data = schedule(
        "<room name='Hall'>" + event(1) + event(1) + event(2, duration="00:00") + "</room>",
        "<room>" + event(3) + "</room>",
        "<room name=''>" + event(4, starts="2020-06-23T12:00:00+02:00") + "</room>",
    )

    preview, done = bring_in(organiser, data)

    said = preview.content.decode()
    assert ("Its duration is zero" in said, "event 2, line 1" in said, "stands in the file already" in said) == (
        True,
    ) * 3
    assert "3 new sessions" in said
    assert "Brought in: 3 new, 0 changed, 0 the same, 2 not used." in done.content.decode()
    assert set(Session.objects.values_list("title", "placement__room__name")) == {
        ("Talk 1", "Hall"),
        ("Talk 3", None),
        ("Talk 4", None),
    }


def test_event_that_ends_on_the_next_day_stands_on_both_days_of_the_board_and_goes_out_as_it_came(organiser):
    late = event(1, starts="2020-06-23T23:00:00+02:00", duration="03:30")
    early = event(2, starts="2020-06-24T00:30:00+02:00", duration="01:00")
    _preview, done = bring_in(
        organiser, schedule(f"<room name='Hall'>{late}</room>", f"<room name='Bar'>{early}</room>"), is_released="on"
    )

    forum = Forum.objects.get()
    cards = {}
    for day in ("2020-06-23", "2020-06-24"):
        sheet = organiser.get(f"/admin/events/forum/{forum.pk}/board/", {"day": day}).context["sheet"]
        cards[day] = [
            (card.place.title, card.begins, card.minutes) for column in sheet.columns for card in column.cards
        ]
    file = organiser.get("/congress/schedule.xml").content.decode()
    again = send(organiser, file.encode(), forum=forum.pk, slug="")

    assert "2 new" in done.content.decode()
    assert cards == {
        "2020-06-23": [("Talk 1", 23 * 60, 210)],
        "2020-06-24": [("Talk 1", 0, 150), ("Talk 2", 30, 60)],
    }
    assert ("<duration>03:30</duration>" in file, "2020-06-23T23:00:00+02:00" in file) == (True, True)
    assert token_of(again) == ""  # there is nothing to do


def test_speaker_in_every_room_at_once_is_taken_into_the_draft_and_every_pair_is_told(organiser):
    person = "<persons><person id='7'>Ada</person></persons>"
    data = schedule(*(f"<room name='Hall {n}'>{event(n, more=person)}</room>" for n in range(1, 6)))

    _preview, done = bring_in(organiser, data)

    said = done.content.decode()
    assert "5 new" in said
    assert "10 clashes: look at the board." in said  # each of five with each other
    assert Speaker.objects.count() == 1
    assert not Session.objects.public().exists()


# --- signs that no database and no page can hold ------------------------------------------------------
ODD = "\0\x0b\x1f\x7f\ud800\udfff\ufffe"
WHEN = {"date": "2020-06-23T10:00:00+02:00", "duration": "01:00"}


def odd_json(signs, *, is_ours, **times):
    """A schedule.json with odd signs in every text that it has."""

    def odd(name):
        return f"{name}{signs}"

    event = {name: odd(name) for name in ("title", "subtitle", "abstract", "description", "track", "type", "language")}
    event |= {"guid": odd("g"), "id": odd("1"), "code": odd("c"), "room": odd("Room"), **times}
    event["persons"] = [odd("Ada"), {"name": odd("Grace"), "id": odd("7"), "biography": odd("She")}]
    event["links"] = [
        {"title": odd(name), "url": odd("https://a.example/")} for name in ("Recording", "Broadcast", "l")
    ]
    event["video_download_url"] = odd("https://a.example/")
    conference = {
        "title": odd("T"),
        "description": odd("Theme"),
        "start": "2020-06-23",
        "end": "2020-06-24",
        "time_zone_name": odd("Mars/"),
        "rooms": [{"name": odd("Hall")}],
        "tracks": [{"name": odd("Track")}],
        "days": [{"date": "2020-06-23", "rooms": {odd("Key"): [event, {"title": odd("Second"), **WHEN}]}}],
    }
    whole = {"generator": {"name": "WSIS Forum" if is_ours else "x"}, "schedule": {"conference": conference}}
    return json.dumps(whole).encode()


def brought_in_and_undone(organiser, data):
    """What the act says, and the titles and descriptions that it brought in; nothing stays."""
    with transaction.atomic():
        _preview, done = bring_in(organiser, data, is_released="on")
        titles = set(Session.objects.values_list("title", flat=True))
        descriptions = " ".join(Session.objects.values_list("description", flat=True))
        transaction.set_rollback(True)
    return done.content.decode(), titles, descriptions


@pytest.mark.parametrize(
    ("signs", "is_ours", "wrong"),
    [
        ("\ud800", False, "date"),
        ("\udfff", True, "duration"),
        ("\0", True, ""),
        (ODD, False, ""),
        ("a\x0b<&", True, "date"),
    ],
)
def test_signs_that_nothing_can_hold_are_left_out_of_every_text(organiser, signs, is_ours, wrong):
    times = WHEN | ({wrong: f"wrong{signs}"} if wrong else {})
    kept = "".join(sign for sign in json.loads(json.dumps(signs)) if sign not in ODD)  # two halves may make a whole

    said, titles, _texts = brought_in_and_undone(organiser, odd_json(signs, is_ours=is_ours, **times))

    assert f"Brought in: {1 if wrong else 2} new" in said
    assert titles == {f"Second{kept}"} | (set() if wrong else {f"title{kept}"})


CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:T{0}\r\nBEGIN:VEVENT\r\nUID:u{0}\r\nSUMMARY:Talk{0}\r\n"
    "DTSTART:20200623T100000Z\r\nDURATION:PT1H\r\nURL:https://a.example/{0}x\r\nLOCATION:R{0}\r\nCATEGORIES:C{0},D\r\n"
    "DESCRIPTION:x{0}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
TABLE = (
    "guid,title,starts,duration,room,track,type,speakers,languages,organisers,recording,url,text\n"
    "g{0},Talk{0},2020-06-23 10:00,60,R{0},T{0},K{0},Ada{0},x{0},O{0},https://a.example/{0},https://a.example/{0},x{0}\n"
    "h{0},Other,soon{0},60,,,,,,,,,\n"
)


@pytest.mark.parametrize(
    ("text", "signs"), [(CALENDAR, "\0\x01\x7f\ufffe"), (TABLE, "\x01\x7f\ufffe")], ids=["calendar", "table"]
)
def test_control_signs_are_left_out_of_calendars_and_tables(organiser, text, signs):
    said, titles, descriptions = brought_in_and_undone(organiser, text.format(signs).encode())

    assert "Brought in: 1 new" in said
    assert (titles, "(<https://a.example/" in descriptions) == ({"Talk"}, True)
    assert not CONTROLS.search(descriptions)


def test_command_tells_what_its_terminal_cannot_show(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(odd_json("\ud800é", is_ours=False, date="now", duration="01:00"))
    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding="ascii", write_through=True)

    call_command("import_schedule", str(file), forum="congress", stdout=terminal)

    assert b"new: event #2: Second\\xe9" in written.getvalue()
    assert b"Brought in: 1 new" in written.getvalue()
    assert Session.objects.get().title == "Secondé"
