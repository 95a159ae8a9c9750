"""Programmes as other systems write them, in several languages, brought into a new forum: every start, end, title, room and
speaker is right."""

import json
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

import pytest

from events.models import Forum, Session
from events.models.time_zones import ZoneInfo
from tests.events.exchange.imports import bring_in
from tests.refusals import refused

pytestmark = pytest.mark.django_db
ZURICH = ZoneInfo("Europe/Zurich")
PEOPLE = {
    "en": [("Radia", "Conway", "Example Org"), ("John", "van der Wirth", "Université d’Exemple")],
    "fr": [("Anaïs", "Müller-Noël", "École d’été"), ("Zoé", "Ægir", "UNESCO")],
    "es": [("María José", "Núñez", "Universidad (UNAM)".replace(" (UNAM)", "")), ("Íñigo", "Peña", "CEPAL")],
    "ar": [("أحمد", "علي", "وزارة"), ("فاطمة", "حسن", "جامعة")],
    "ru": [("Анна", "Иванова", "МСЭ"), ("Пётр", "Сидоров", "ООН")],
    "zh": [("李", "四", "大学"), ("王", "五", "联合国")],
}
TITLES = {
    "en": ("Opening, with a comma; and more", "Hall A, 1st floor"),
    "fr": ("Séance d’ouverture « œuvres »", "Salle Popov"),
    "es": ("¿Qué sigue? Mañana", "Salón Ñ"),
    "ar": ("الجلسة الافتتاحية", "القاعة الكبرى"),
    "ru": ("Открытие форума", "Зал Попова"),
    "zh": ("开幕式：数字未来", "一号会议室"),
}
# Language, start on the clock of Geneva, minutes: two days, one session over midnight, two at once.
TALKS = [
    ("en", datetime(2026, 6, 22, 9, tzinfo=ZURICH), 60),
    ("fr", datetime(2026, 6, 22, 9, tzinfo=ZURICH), 90),
    ("es", datetime(2026, 6, 22, 23, 30, tzinfo=ZURICH), 45),
    ("ar", datetime(2026, 6, 23, 10, 15, tzinfo=ZURICH), 30),
    ("ru", datetime(2026, 6, 23, 14, tzinfo=ZURICH), 75),
    ("zh", datetime(2026, 6, 23, 16, tzinfo=ZURICH), 15),
]


def expected():
    return {
        (TITLES[code][0], start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=minutes), TITLES[code][1],
         frozenset(f"{first} {last}" for first, last, _org in PEOPLE[code]))
        for code, start, minutes in TALKS
    }  # fmt: skip


def brought(data):
    """What a file makes of a new forum."""
    plan = bring_in(data if isinstance(data, bytes) else data.encode(), slug="fresh")
    assert plan.errors == [], plan.errors
    rows = Session.objects.filter(forum__slug="fresh").select_related("placement__room")
    return {
        (row.title, row.placement.starts, row.placement.ends, str(row.placement.room or ""),
         frozenset(one.speaker.name for one in row.appearances.all()))
        for row in rows
    }  # fmt: skip


# --- calendars ------------------------------------------------------------------------------------
def cell(text):
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")


def folded(rows):
    """Lines of 75 octets at the most, as RFC 5545 has it."""
    out = []
    for row in rows:
        data = row.encode()
        while len(data) > 73:
            out.append(data[:73])
            data = b" " + data[73:]
        out.append(data)
    return b"\r\n".join([*out, b""])


def calendar(event, *, head=()):
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", *head]
    for number, (code, start, minutes) in enumerate(TALKS):
        more = event(number, code, start, start + timedelta(minutes=minutes))
        rows += [
            "BEGIN:VEVENT",
            f"SUMMARY:{cell(TITLES[code][0])}",
            f"LOCATION:{cell(TITLES[code][1])}",
            *more,
            "END:VEVENT",
        ]
    return folded([*rows, "END:VCALENDAR"])


def stamp(moment):
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def local(moment):
    return moment.strftime("%Y%m%dT%H%M%S")


def full_names(code):
    return [f"{first} {last}" for first, last, _org in PEOPLE[code]]


def indico_ics():
    def event(number, code, start, end):
        people = ", ".join(f"{last}, {first} ({org})" for first, last, org in PEOPLE[code])
        text = cell(f"Speakers: {people}\n\nAbout it.\n\nhttps://indico.example/event/1/")
        return [f"UID:indico-contribution-{number}@indico.example", f"DTSTART:{stamp(start)}", f"DTEND:{stamp(end)}",
                f"DESCRIPTION:{text}", "URL:https://indico.example/event/1/"]  # fmt: skip

    return calendar(event, head=["PRODID:-//CERN//INDICO//EN"])


def google_ics():
    def event(number, code, start, end):
        people = [f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;CN={name};X-NUM-GUESTS=0:mailto:a{n}@a.example"
                  for n, name in enumerate(full_names(code))]  # fmt: skip
        when = [f"DTSTART;TZID=Europe/Zurich:{local(start)}", f"DTEND;TZID=Europe/Zurich:{local(end)}"]
        return [f"UID:{number}@google.com", *when, *people, "STATUS:CONFIRMED", "TRANSP:OPAQUE"]

    return calendar(event, head=["PRODID:-//Google Inc//Google Calendar 70.9054//EN", "X-WR-TIMEZONE:Europe/Zurich"])


def outlook_ics():
    def event(number, code, start, end):
        people = [f'ATTENDEE;ROLE=REQ-PARTICIPANT;CN="{last}, {first}":MAILTO:a{n}@a.example'
                  for n, (first, last, _org) in enumerate(PEOPLE[code])]  # fmt: skip
        zone = 'TZID="W. Europe Standard Time"'
        return [f"UID:04000000820{number}", f"DTSTART;{zone}:{local(start)}", f"DTEND;{zone}:{local(end)}", *people]

    return calendar(event, head=["PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN", "METHOD:PUBLISH"])


def apple_ics():
    def event(number, code, start, end):
        when = [f"DTSTART;TZID=Europe/Zurich:{local(start)}", f"DURATION:PT{int((end - start).total_seconds() // 60)}M"]
        text = cell("About it.\n\nSpeakers:\n" + "\n".join(f"- {name}" for name in full_names(code)))
        return [f"UID:{uuid5(NAMESPACE_URL, str(number))}", *when, f"DESCRIPTION:{text}"]

    return calendar(event, head=["PRODID:-//Apple Inc.//macOS 14.0//EN", "CALSCALE:GREGORIAN"])


def sched_ics():
    words = {
        "en": "Speakers",
        "fr": "Intervenants",
        "es": "Ponentes",
        "ar": "المتحدثون",
        "ru": "Докладчики",
        "zh": "演讲人",
    }
    joined = {"ar": "؛ ", "zh": "、"}

    def event(number, code, start, end):
        text = cell(f"About it.\n\n{words[code]}: {joined.get(code, ', ').join(full_names(code))}")
        return [
            f"UID:{number}@sched.com",
            f"DTSTART:{stamp(start)}",
            f"DTEND:{stamp(end)}",
            "CATEGORIES:PLENARY",
            f"DESCRIPTION:{text}",
        ]

    return calendar(event, head=["PRODID:-//sched.com//Sched//EN", "X-WR-CALNAME:Forum 2026"])


def whova_ics():
    """One UID for all; sessions at the same time are told apart by their rooms."""

    def event(_number, code, start, end):
        text = cell(f"Speakers: {' & '.join(full_names(code))}")
        return ["UID:whova-agenda", f"DTSTART:{stamp(start)}", f"DTEND:{stamp(end)}", f"DESCRIPTION:{text}"]

    return calendar(event, head=["PRODID:-//Whova//EN"])


# --- JSON and XML ---------------------------------------------------------------------------------
def uuid(*parts):
    return str(uuid5(NAMESPACE_URL, ":".join(map(str, parts))))


def frab_events():
    for number, (code, start, minutes) in enumerate(TALKS, 1):
        end = start + timedelta(minutes=minutes)
        yield {
            "guid": uuid("event", number), "id": number, "code": f"ABC{number}DE", "title": TITLES[code][0], "subtitle": "",
            "date": start.isoformat(), "start": f"{start:%H:%M}", "end": end.isoformat(), "duration": f"{minutes // 60:02}:{minutes % 60:02}",
            "room": TITLES[code][1], "track": None, "type": "Talk", "language": code, "abstract": "About it.", "description": "",
            "persons": [{"guid": uuid("person", name), "code": f"P{n}", "name": name, "public_name": name}
                        for n, name in enumerate(full_names(code))],
            "links": [], "attachments": [],
        }  # fmt: skip


CONFERENCE = {
    "acronym": "f26",
    "title": "Forum 2026",
    "start": "2026-06-22",
    "end": "2026-06-23",
    "time_zone_name": "Europe/Zurich",
}


def pretalx_json():
    days = []
    for day in ("2026-06-22", "2026-06-23"):
        rooms = {}
        for event in frab_events():
            if event["date"].startswith(day):
                rooms.setdefault(event["room"], []).append(event)
        days.append({"index": 1, "date": day, "day_start": f"{day}T04:00:00+02:00", "rooms": rooms})
    rooms = [{"name": name, "guid": uuid(name), "capacity": None} for _title, name in TITLES.values()]
    whole = {
        "version": "1",
        "base_url": "https://pretalx.example",
        "conference": CONFERENCE | {"rooms": rooms, "days": days},
    }
    return json.dumps(
        {"$schema": "https://c3voc.de/schedule/schema.json", "generator": {"name": "pretalx"}, "schedule": whole}
    )


def json_version_two():
    rooms = [{"name": name, "guid": uuid(name)} for _title, name in TITLES.values()]
    events, people = [], {}
    for event in frab_events():
        people |= {
            one["guid"]: {"guid": one["guid"], "name": one["name"], "biography": "Hi"} for one in event["persons"]
        }
        events.append({
            "guid": event["guid"], "code": event["code"], "title": event["title"], "start": event["date"], "end": event["end"],
            "room": {"guid": uuid(event["room"])}, "track": {"slug": "t"}, "type": "talk", "language": event["language"],
            "participants": [{"guid": one["guid"], "name": one["name"], "role": "speaker"} for one in event["persons"]],
        })  # fmt: skip
    conference = CONFERENCE | {"rooms": rooms, "tracks": [{"slug": "t", "name": "Track"}], "days": []}
    return json.dumps(
        {"schedule": {"version": "1", "conference": conference, "events": events, "persons": list(people.values())}}
    )


def pretalx_xml():
    parts = ["<schedule><generator name='pretalx' version='2025.1'/><version>1</version><conference>",
             *(f"<{name}>{value}</{name}>" for name, value in CONFERENCE.items()), "</conference>"]  # fmt: skip
    for event in frab_events():
        people = "".join(f"<person id='{n}' code='{one['code']}' guid='{one['guid']}'>{escape(one['name'])}</person>"
                         for n, one in enumerate(event["persons"], 100 * event["id"]))  # fmt: skip
        texts = "".join(
            f"<{name}>{escape(event[name] or '')}</{name}>"
            for name in ("title", "date", "start", "duration", "abstract")
        )
        parts.append(f"<day date='{event['date'][:10]}'><room name={quoteattr(event['room'])} guid='{uuid(event['room'])}'>"
                     f"<event guid='{event['guid']}' id='{event['id']}' code='{event['code']}'><room>{escape(event['room'])}</room>"
                     f"{texts}<persons>{people}</persons></event></room></day>")  # fmt: skip
    return "".join([*parts, "</schedule>"])


def sessionize_sessions():
    for number, (code, start, minutes) in enumerate(TALKS, 1):
        yield {"id": str(900 + number), "title": TITLES[code][0], "description": "About it.", "startsAt": start.isoformat(),
               "endsAt": (start + timedelta(minutes=minutes)).isoformat(), "isServiceSession": False, "isPlenumSession": False,
               "roomId": number, "liveUrl": None, "recordingUrl": None, "status": "Accepted", "code": code}  # fmt: skip


def sessionize_all():
    speakers = [{"id": uuid(name), "firstName": first, "lastName": last, "fullName": name, "tagLine": org, "bio": "Hi"}
                for code in PEOPLE for name, (first, last, org) in zip(full_names(code), PEOPLE[code], strict=True)]  # fmt: skip
    rooms = [{"id": n, "name": TITLES[code][1], "sort": n} for n, (code, _start, _minutes) in enumerate(TALKS, 1)]
    sessions = [
        row | {"speakers": list(map(uuid, full_names(row["code"]))), "categoryItems": [7]}
        for row in sessionize_sessions()
    ]
    kinds = [{"id": 1, "title": "Track", "items": [{"id": 7, "name": "Access"}]}]
    return json.dumps(
        {"sessions": sessions, "speakers": speakers, "questions": [], "categories": kinds, "rooms": rooms}
    )


def sessionize_grid():
    days = {}
    for row in sessionize_sessions():
        told = {
            "speakers": [{"id": uuid(name), "name": name} for name in full_names(row["code"])],
            "room": TITLES[row["code"]][1],
        }
        room = {"id": row["roomId"], "name": told["room"], "sessions": [row | told]}
        days.setdefault(row["startsAt"][:10], []).append(room)
    return json.dumps([{"date": f"{day}T00:00:00", "isDefault": False, "rooms": rooms} for day, rooms in days.items()])


def indico_time(moment):
    return {"date": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M:%S}", "tz": "Europe/Zurich"}


def indico_entries():
    for number, (code, start, minutes) in enumerate(TALKS, 1):
        people = [
            {"firstName": first, "familyName": last, "affiliation": org, "name": f"{first} {last}"}
            for first, last, org in PEOPLE[code]
        ]
        yield {"id": f"c{number}", "contributionId": number, "entryType": "Contribution", "title": TITLES[code][0], "description": "",
               "startDate": indico_time(start), "endDate": indico_time(start + timedelta(minutes=minutes)), "duration": float(minutes),
               "room": TITLES[code][1], "location": "CICG", "presenters": people}  # fmt: skip


def indico_timetable():
    days = {}
    for entry in indico_entries():
        day = days.setdefault(entry["startDate"]["date"].replace("-", ""), {})
        if entry["contributionId"] % 2:
            day[entry["id"]] = entry
        else:
            block = {
                "entryType": "Session",
                "title": "Block",
                "room": "Elsewhere",
                "id": f"s{entry['id']}",
                "entries": {entry["id"]: entry},
            }
            day[block["id"]] = block
    return json.dumps({"count": 1, "results": {"137346": days}})


def indico_export():
    rows = [
        row | {"_type": "Contribution", "id": str(row["contributionId"]), "speakers": row["presenters"]}
        for row in indico_entries()
    ]
    rows = [{key: value for key, value in row.items() if key not in {"presenters", "entryType"}} for row in rows]
    event = {"_type": "Conference", "title": "Forum 2026", "timezone": "Europe/Zurich", "contributions": rows[:3],
             "startDate": indico_time(TALKS[0][1]), "endDate": indico_time(TALKS[-1][1]),
             "sessions": [{"_type": "Session", "title": "Block", "contributions": rows[3:]}]}  # fmt: skip
    return json.dumps({"count": 1, "_type": "HTTPAPIResult", "results": [event]})


SYSTEMS = [
    indico_ics, google_ics, outlook_ics, apple_ics, sched_ics, whova_ics, pretalx_json, json_version_two, pretalx_xml,
    sessionize_all, sessionize_grid, indico_timetable, indico_export,
]  # fmt: skip


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_start_end_title_room_and_speaker_of_another_system_is_right(system):
    data = system()

    found = brought(data)
    again = bring_in(data if isinstance(data, bytes) else data.encode(), slug="fresh")

    assert found == expected()
    assert (len(again.same), again.new, again.changed) == (len(TALKS), [], [])
    forum = Forum.objects.get(slug="fresh")
    assert (str(forum.starts), str(forum.ends)) == ("2026-06-22", "2026-06-23")


@pytest.mark.parametrize(
    ("whole", "word"),
    [
        ([{"id": "a", "firstName": "Ada", "sessions": []}], "Sessionize"),
        ({"sessions": [], "speakers": []}, "Sessionize"),
        ({"talks": [], "rooms": [], "speakers": []}, "pretalx"),
        ({"results": [{"_type": "Conference", "title": "T"}]}, "Indico"),
        ({"results": {"1": {}}}, "Indico"),
    ],
)
def test_files_of_known_systems_without_sessions_are_called_by_name(whole, word):
    with pytest.raises(Exception, match=word):
        bring_in(json.dumps(whole).encode(), slug="fresh")
    assert refused(bring_in, json.dumps(whole).encode(), slug="fresh") == "no-schedule"
