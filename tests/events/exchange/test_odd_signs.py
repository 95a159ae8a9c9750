"""Signs that no database and no page can hold, in every text of a file."""

import io
import json

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command

from events.models import Session
from events.shared.formatting.plain_text import CONTROLS
from tests.events.exchange.imports import bring_in, counts

pytestmark = pytest.mark.django_db
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


@pytest.mark.parametrize(
    ("signs", "is_ours", "wrong"), [("\ud800", False, "date"), ("\0", True, ""), (ODD, False, ""), ("a\x0b<&", True, "duration")]
)  # fmt: skip
def test_signs_that_nothing_can_hold_are_left_out_of_every_text(organiser_site, signs, is_ours, wrong):
    times = WHEN | ({wrong: f"wrong{signs}"} if wrong else {})
    kept = "".join(sign for sign in json.loads(json.dumps(signs)) if sign not in ODD)  # two halves may make a whole

    data = odd_json(signs, is_ours=is_ours, **times)
    page = organiser_site.post("/admin/events/forum/import/", {"file": ContentFile(data, "a.json"), "slug": "congress"})
    plan = bring_in(data, is_released=True)

    assert (page.status_code, len(page.context["look"].new)) == (200, len(plan.new))
    assert len(plan.new) == (1 if wrong else 2)
    assert set(Session.objects.values_list("title", flat=True)) == {item.talk.title for item in plan.new}
    assert {item.talk.title for item in plan.new} == {f"Second{kept}"} | (set() if wrong else {f"title{kept}"})


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
def test_control_signs_are_left_out_of_calendars_and_tables(text, signs):
    plan = bring_in(text.format(signs).encode(), is_released=True)

    (session,) = Session.objects.all()
    assert (counts(plan)[0], session.title, "(<https://a.example/" in session.description) == (1, "Talk", True)
    assert not CONTROLS.search(session.description)


def test_command_tells_what_its_terminal_cannot_show(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(odd_json("\ud800é", is_ours=False, date="now", duration="01:00"))
    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding="ascii", write_through=True)

    call_command("import_schedule", str(file), forum="congress", stdout=terminal)

    assert b"new: event #2: Second\\xe9" in written.getvalue()
    assert b"Brought in: 1 new" in written.getvalue()
    assert Session.objects.get().title == "Secondé"
