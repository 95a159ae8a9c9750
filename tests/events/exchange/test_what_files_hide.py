"""What files hide: times, units, zones and people that would be read wrongly without asking, or lost without a word."""

import json
from datetime import date

import pytest
from django.core.files.base import ContentFile

from events.exchange.readers import file_formats, ics
from events.exchange.readers.speaker_names import SpeakerNames
from events.models import Organisation, Room, Session, Speaker, Track
from events.models.time_zones import ZoneInfo
from events.shared.formatting.plain_text import CONTROLS
from events.shared.tables.answers import Answers
from events.shared.tables.headers import OpenColumns
from tests.events.exchange.imports import agree, bring_in, counts, preview, question
from tests.factories import ForumFactory, SessionTypeFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db
ZURICH = ZoneInfo("Europe/Zurich")


def read(text):
    """The programme of a file; a header that has to be asked about is what its first word says."""
    try:
        return file_formats.read(text.encode(), forum=None, answers=Answers())
    except OpenColumns as question:
        columns = {one.key: one.text.partition(" ")[0].lower().replace("start", "starts") for one in question.headers}
        columns = {key: column.replace("end", "ends") for key, column in columns.items()}
        return file_formats.read(text.encode(), forum=None, answers=Answers(columns=columns))


def said(programme):
    return " ".join(f"{one.where} {one.text}" for one in programme.problems)


def times(programme):
    """When its sessions are on the clock of Geneva, by day and hour."""
    spans = sorted((talk.starts.astimezone(ZURICH), talk.ends.astimezone(ZURICH)) for talk in programme.talks)
    return [f"{starts:%d %H:%M}–{ends:%H:%M}" for starts, ends in spans]


# --- tables ----------------------------------------------------------------------------------------
HOURS = ("hours", "h", "Std.", "heures", "horas", "часов", "小时", "hrs")
MIDNIGHTS = (
    "10/19/2026 12:00:00 AM", "19/10/2026 0:00:00", "2026-10-19T00:00:00Z", "2026-10-19T00:00:00.000Z", "2026-10-19T00:00:00+02:00",
    "19.10.2026 0:00", "2026-10-19 00:00:00.000", "2026/10/19 0:00:00",
)  # fmt: skip
ZONES = {
    "(UTC)": "19 11:30–13:00",
    "UTC": "19 11:30–13:00",
    "(GMT+3)": "19 08:30–10:00",
    "(Africa/Nairobi)": "19 08:30–10:00",
}
SPANS = (
    *("10:30 ~ 11:30", "10h30-11h30", "10:30 bis 11:30", "10.30–11.30", "上午10:30-11:30", "10：30～11：30"),
    "10:30 AM - 11:30",
)
UNREAD = (
    "10:30―11:30",
    "10:30 às 11:30",
    "с 10:30 до 11:30",
    "من 10:30 إلى 11:30",
    "10:30-11:30 (GMT+2)",
)
READ = [  # columns after the title, cells, when it is
    *((f"Date,Start,Duration ({unit})", "2026-10-19,09:30,1.5", "19 09:30–11:00") for unit in HOURS),
    *(("Date,Start,End", f"{day},09:30,11:00", "19 09:30–11:00") for day in MIDNIGHTS),
    *((f"Start {zone},End {zone}", "2026-10-19 09:30,2026-10-19 11:00", when) for zone, when in ZONES.items()),
    *(("Date,Time", f"2026-10-19,{span}", "19 10:30–11:30") for span in SPANS),
    *(("Date,Time", f"2026-10-19,{span}", "19 14:00–15:30") for span in ("2:00 PM - 3:30", "下午2:00-3:30")),
    ("Date,Time", "20 Ekim 2026 Salı,10:30–11:30", "20 10:30–11:30"),
    ("Date,Start,Duration", "2026-10-19,09:30,45:00", "19 09:30–10:15"),  # of minutes and seconds
]


@pytest.mark.parametrize(("columns", "cells", "when"), READ)
def test_time_of_a_table_is_read_right(columns, cells, when):
    assert times(read(f"Title,{columns}\nOpening,{cells}\n")) == [when]


@pytest.mark.parametrize(
    ("columns", "cells", "why"),
    [
        *(("Date,Time", f"2026-10-19,{span}", "is no date and time") for span in UNREAD),
        ("Start (EAT),End (EAT)", "2026-10-19 09:30,2026-10-19 11:00", "The time zone “EAT” is not known"),
        ("Date,Start,End", "26-10-19,09:30,11:00", "“26-10-19 09:30” is no date and time"),
        ("Date,Start,End", "2026-10-19,14:00,13:00", "It ends before it starts"),
    ],
)
def test_time_of_a_table_that_could_be_read_wrongly_is_told(columns, cells, why):
    found = read(f"Title,{columns}\nOpening,{cells}\n")

    assert (times(found), why in said(found)) == ([], True)


def test_order_of_a_date_of_two_digits_is_asked_about():
    assert refused(read, "Title,Date,Start,End\nA,26/10/19,09:30,11:00\nB,26/10/20,09:30,11:00\n") == "unclear-date"


def test_no_header_is_lost_however_many_there_are_and_however_alike():
    many = ["Title", "Date", "Start", "End", *(f"Answer {n}" for n in range(110)), "कमल", "कमला"]
    row = ["Opening", "2026-10-19", "09:30", "11:00", *("x" for _n in range(112))]

    with pytest.raises(OpenColumns) as question:
        file_formats.read(f"{','.join(many)}\n{','.join(row)}\n".encode(), forum=None, answers=Answers())

    assert {one.text for one in question.value.headers} == {*many}


@pytest.mark.parametrize(("one", "other"), [("कमल शर्मा", "कमला शर्मा"), ("राम वर्मा", "रमा वर्मा"), ("Li Na", "Lina")])
@pytest.mark.parametrize("model", [Speaker, Organisation, Track, Room])
def test_names_that_differ_are_two(one, other, model):
    SessionTypeFactory(code="session", name="Session")
    column = {Speaker: "speakers", Organisation: "organisers"}.get(model, model._meta.model_name)
    text = f"Title,Date,Start,End,{column}\nA,2026-10-19,09:30,10:00,{one}\nB,2026-10-19,10:30,11:00,{other}\n"

    asked = bring_in(text.encode(), slug="fresh", is_dry=True).questions
    bring_in(text.encode(), slug="fresh", answers=Answers(names={question.key: "make" for question in asked}))

    assert {row.name for row in model.objects.all()} == {one, other}


# --- JSON -----------------------------------------------------------------------------------------
def test_biography_is_not_cut_in_silence():
    events = [{"id": 1, "guid": "00000000-0000-4000-8000-000000000001", "title": "T", "date": "2026-10-19T09:30:00+02:00", "duration": "01:00", "room": "A",
               "persons": [{"id": 7, "name": "Ada Lovelace", "biography": "word " * 2000}]}]  # fmt: skip
    whole = {"schedule": {"conference": {"title": "F", "days": [{"date": "2026-10-19", "rooms": {"A": events}}]}}}

    plan = bring_in(json.dumps(whole).encode(), slug="fresh")

    assert len(Speaker.objects.get().biography) < 10_000
    assert any("Ada Lovelace" in f"{note.where} {note.text}" for note in plan.notes)


def test_categories_and_live_address_of_sessionize_come_in():
    row = {"id": "1", "title": "T", "startsAt": "2026-10-19T09:30:00+02:00", "endsAt": "2026-10-19T11:00:00+02:00", "roomId": 1, "speakers": [],
           "categoryItems": [10, 7, 12], "liveUrl": "https://meet.example/1"}  # fmt: skip
    kinds = [{"id": 1, "title": "Session format", "items": [{"id": 10, "name": "Panel"}]}, {"id": 2, "title": "Track", "items": [{"id": 7, "name": "Access"}]},
             {"id": 3, "title": "Level", "items": [{"id": 12, "name": "Advanced"}]}]  # fmt: skip
    whole = {"sessions": [row], "speakers": [], "questions": [], "categories": kinds, "rooms": [{"id": 1, "name": "A"}]}

    (talk,) = read(json.dumps(whole)).talks

    assert (talk.track, talk.type, talk.description, talk.meeting_url) == (
        *("Access", "Panel", "Level: Advanced"),
        "https://meet.example/1",
    )


@pytest.mark.parametrize(
    ("zone", "when"),
    [("US/Eastern", "19 15:30–17:00"), ("Asia/Calcutta", "19 06:00–07:30"), ("Etc/GMT+5", "19 16:30–18:00"), ("EST5EDT", "19 15:30–17:00"),
     ("Asia/Rangoon", "19 05:00–06:30"), ("America/Buenos_Aires", "19 14:30–16:00"), ("Somewhere/Else", "")],
)  # fmt: skip
def test_zone_of_indico_is_used_or_told(zone, when):
    starts, ends = ({"date": "2026-10-19", "time": clock, "tz": zone} for clock in ("09:30:00", "11:00:00"))
    entry = {"id": "c1", "contributionId": 1, "entryType": "Contribution", "title": "T", "room": "A", "presenters": []}
    entry |= {"startDate": starts, "endDate": ends}

    found = read(json.dumps({"results": {"1": {"20261019": {"c1": entry}}}}))

    assert (times(found), zone in said(found)) == (([when], False) if when else ([], True))


# --- calendars --------------------------------------------------------------------------------------
def calendar(*events, head=()):
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Other//EN", *head]
    for event in events:
        rows += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "\r\n".join([*rows, "END:VCALENDAR", ""]).encode()


def of(*lines, others=()):
    """The programme of a calendar with an event of these lines."""
    event = [*("UID:1", "SUMMARY:T"), *(f"DT{name};TZID=Europe/Zurich:20261019T{hour}3000" for name, hour in (("START", "09"), ("END", "10"))), *lines]  # fmt: skip
    programme = ics.read(
        calendar(event, *others), zone=ZURICH, days=(date(2026, 10, 19), date(2026, 10, 30)), answers=Answers()
    )
    SpeakerNames(programme, answers=Answers())
    return programme


@pytest.mark.parametrize(
    ("lines", "names", "told"),
    [
        (["ATTENDEE;CN=Ada Lovelace;PARTSTAT=ACCEPTED:mailto:a@example.org", "ATTENDEE;CN=Grace Hopper;PARTSTAT=DECLINED:mailto:g@example.org"],
         {"Ada Lovelace"}, ""),
        (["ATTENDEE;CN=Ada Lovelace:mailto:a@example.org", "ATTENDEE;CN=grace@example.org:mailto:grace@example.org", "ATTENDEE:mailto:joan@example.org"],
         {"Ada Lovelace"}, "Attendees without a name are left out: mailto:grace@example.org, mailto:joan@example.org"),
        (["ATTENDEE;CN=Room helper:mailto:a@example.org", "DESCRIPTION:Speakers: Ada Lovelace\\, Grace Hopper"], {"Ada Lovelace", "Grace Hopper"}, ""),
    ],
)  # fmt: skip
def test_who_speaks_in_a_calendar_is_whom_it_names_and_who_did_not_decline(lines, names, told):
    found = of(*lines)

    assert ({person.name for person in found.talks[0].persons}, told in said(found)) == (names, True)


def test_change_of_all_later_ones_and_a_period_of_another_length_are_told():
    moved = ["UID:1", "SUMMARY:T", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Zurich:20261021T093000",
             "DTSTART;TZID=Europe/Zurich:20261021T140000", "DTEND;TZID=Europe/Zurich:20261021T150000"]  # fmt: skip

    later, period = of("RRULE:FREQ=DAILY;COUNT=4", others=[moved]), of("RDATE;VALUE=PERIOD:20261020T090000Z/PT3H")

    assert times(later) == ["19 09:30–10:30", "20 09:30–10:30", "21 14:00–15:00", "22 09:30–10:30"]
    assert "It changes all later repetitions too: only this one is changed" in said(later)
    assert (times(period), said(period) != "") == (["19 09:30–10:30"], True)


@pytest.mark.parametrize("name", ["X-GOOGLE-CONFERENCE", "CONFERENCE;VALUE=URI", "X-MICROSOFT-SKYPETEAMSMEETINGURL"])
def test_meeting_address_of_a_calendar_comes_in(name):
    assert of(f"{name}:https://meet.example/abc").talks[0].meeting_url == "https://meet.example/abc"


# --- what nobody means -------------------------------------------------------------------------------
NASTY = {
    "nul": b"Title,Date,Start,End\nA\0B,2026-10-19,09:30,10:00\n",
    "huge duration": b"Title,Date,Start,Duration\nA,2026-10-19,09:30,99999 h\nB,2026-10-19,09:30,P999W\nC,2026-10-19,09:30,99999.5\n",
    "sessionize title": b'[{"sessions": [{"title": ["x"], "id": 1, "startsAt": "2026-10-19T09:30", "endsAt": "x"}]}]',
    "indico year": b'{"results": {"1": {"2": {"3": {"title": "T", "startDate": '
    b'{"date": "9999-12-31", "time": "23:59:59", "tz": "America/New_York"}}}}}}',
    "ics dates": calendar(
        ["UID:1", "SUMMARY:T", "DTSTART:99991231T235959Z", "DTEND:99991231T235959Z"],
        ["SUMMARY:U", "DTSTART:00010101T000000", "DURATION:P99999999D"],
        ["SUMMARY:V", "DTSTART;VALUE=DATE:99991231", "DURATION:-P1D"],
        ["UID:2", "SUMMARY:W", "DTSTART:20261019T093000", "RRULE:FREQ=YEARLY;COUNT=99999999999", "EXDATE:x"],
        ["UID:3", "SUMMARY:X", "DTSTART;TZID=" + "A" * 3000 + ":20261019T093000", "RDATE:,,,", "DTEND:20261019T103000"],
        ["UID:4", "SUMMARY:Y", "DTSTART;VALUE=DATE:20261019", "DTEND;VALUE=DATE:99991231", "RRULE:FREQ=DAILY"],
        [
            "UID:5",
            "SUMMARY:Z",
            "DTSTART;TZID=Europe/Zurich:20261019T093000",
            "DTEND:20261019T103000Z",
            "RRULE:FREQ=DAILY;UNTIL=99991231T235959Z",
        ],
        [
            "UID:6",
            "SUMMARY:Q",
            "DTSTART;TZID=Asia/Tokyo:00010101T000000",
            "DTEND:20261019T103000Z",
            "RRULE:FREQ=DAILY;UNTIL=00010101T000000Z",
        ],
    ),
    "ics zone": b"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:\x00/../..\r\nBEGIN:VTIMEZONE\r\nTZID:Z\r\nBEGIN:STANDARD\r\nDTSTART:99991231T000000\r\nTZOFFSETFROM:+2359\r\nTZOFFSETTO:-2359\r\nRRULE:FREQ=YEARLY;BYMONTH=0;BYDAY=1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    b"BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:T\r\nDTSTART;TZID=Z:20261019T093000\r\nDTEND;TZID=Z:20261019T103000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    "speakers": (
        'Title,Date,Start,End,Speakers\nA,2026-10-19,09:30,10:00,"' + "(" * 500 + ", " * 900 + "and " * 300 + '"\n'
    ).encode(),
}


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("is_new", [True, False])
def test_nothing_in_a_file_gives_a_500(organiser_site, name, is_new):
    SessionTypeFactory(code="session", name="Session")
    forum = None if is_new else ForumFactory(starts=date(2026, 10, 19), ends=date(2026, 10, 30))
    fields = {"forum": "", "slug": "2026"} if is_new else {"forum": forum.pk}

    page = preview(organiser_site, NASTY[name], **fields)

    if "form" in page.context:
        assert page.context["form"].errors
        return
    first, look = question(page), page.context.get("look")
    answers = {f"column:{one.key}": one.column for one in getattr(first or look, "headers", ())}
    answers |= {f"name:{one.key}": one.choices[0][0] for one in look.questions} if look else {}
    answers |= {f"name:{first.key}": first.readings[0].value} if first and first.readings else {}
    looked = agree(organiser_site, page, _look="1", **answers)
    done = agree(organiser_site, looked) if looked.context.get("token") else looked
    assert [one.status_code for one in (page, looked, done)] == [200] * 3
    assert "Something went wrong" not in done.content.decode()


# --- signs that no database and no page can hold -----------------------------------------------------

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
