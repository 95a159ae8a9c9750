"""frab's schedule.json, read, in both versions."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from events.exchange.readers import indico, sessionize
from events.exchange.readers.frab_xml import GENERATOR
from events.exchange.readers.json_parts import Dict, by, list_of, other, rows_of
from events.exchange.readers.records import Programme, ReadSpeaker, refusal
from events.exchange.readers.session_builder import CELLS, FileDay, FileLink, RawEvent, SessionBuilder, bounded
from events.exchange.readers.speaker_names import ROLES
from events.models import Room
from events.shared.formatting.plain_text import clean, line
from events.shared.tables import dates, stable_identities

MAX_PARTS, MAX_COMMAS = 500_000, 3_000_000


def read(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read a schedule.json. Refuses `broken` (no JSON, cut off), `too-large`, `no-schedule`."""
    if data.count(b"{") + data.count(b"[") > MAX_PARTS or data.count(b",") > MAX_COMMAS:
        raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large")
    try:
        whole = json.loads(data)
    except json.JSONDecodeError as fault:
        raise refusal(
            _("The file is no whole JSON: line %(n)s, %(fault)s") % {"n": fault.lineno, "fault": fault.msg},
            code="broken",
        ) from None
    except RecursionError:
        raise refusal(_("The file has too many parts, or nests them too deeply"), code="too-large") from None
    except ValueError as fault:  # not UTF-8, or a number of a thousand digits
        raise refusal(_("The file cannot be read: %s") % str(fault)[:100], code="broken") from None
    whole = _as_frab(whole)
    schedule = _dict(_dict(whole).get("schedule"))
    conference = _dict(schedule.get("conference"))
    if not conference:
        raise refusal(_("This JSON is no schedule: it has no “schedule” with a “conference”"), code="no-schedule")
    programme = Programme(has_one_language=True)
    programme.is_ours = _text(_dict(_dict(whole).get("generator")).get("name")) == GENERATOR
    builder = SessionBuilder(programme, zone=zone)
    for address in (_dict(_dict(whole).get("generator")).get("url"), schedule.get("base_url"), conference.get("url")):
        builder.come_from(_text(address))
    _conference(conference, builder=builder)
    number = 0
    for day_item in list_of(conference.get("days")):
        found = _dict(day_item)
        day = FileDay(
            date=dates.day(_text(found.get("date"))),
            starts=dates.moment(_text(found.get("day_start"))),
            ends=dates.moment(_text(found.get("day_end"))),
        )
        for room, events in _rooms(found.get("rooms")):
            for event in list_of(events):
                number += 1
                _take(event, builder=builder, day=day, room=room, count=number)
    for event in list_of(schedule.get("events")):  # of version 2, and of other systems
        number += 1
        _take(event, builder=builder, day=FileDay(), room="", count=number)
    return programme


def _as_frab(whole: Any) -> Any:
    """What a file of another system says in the form of frab's first version, which other files have. Refuses `no-schedule` for those of
    known systems without sessions, with the one to export instead."""
    found: Dict = whole if isinstance(whole, dict) else {}
    if isinstance(found.get("schedule"), dict) and isinstance(found["schedule"].get("events"), list):
        return found | {"schedule": _version_two(found["schedule"])}
    if "talks" in found and "rooms" in found and "sessions" not in found:
        raise other("pretalx", _("Export “schedule.json” instead"))
    return sessionize.as_frab(whole) or indico.as_frab(whole) or whole


def _version_two(schedule: Dict) -> Dict:
    """Its events stand in one list, and name rooms, tracks and people that are told once."""
    conference = schedule["conference"] if isinstance(schedule.get("conference"), dict) else {}
    rooms, tracks = by(conference.get("rooms"), "guid"), by(conference.get("tracks"), "slug")
    people = by(schedule.get("persons"), "guid")
    events = []
    for event in rows_of(schedule["events"]):
        room, track = event.get("room"), event.get("track")
        if isinstance(room, dict):
            room = room.get("name") or rooms.get(str(room.get("guid")), {}).get("name", "")
        if isinstance(track, dict):
            track = track.get("name") or tracks.get(str(track.get("slug")), {}).get("name", "")
        persons = [
            people.get(str(one.get("guid")), {}) | one
            for one in rows_of(event.get("participants") or event.get("persons"))
        ]
        start = {"date": event.get("start", ""), "start": ""} if not event.get("date") else {}
        events.append(event | start | {"room": room or "", "track": track or "", "persons": persons})
    return schedule | {"events": events}


def _conference(found: dict[str, Any], *, builder: SessionBuilder) -> None:
    programme = builder.programme
    programme.title = line(_text(found.get("title")), most=120)
    programme.theme = line(_text(found.get("description")), most=250) if programme.is_ours else ""
    programme.starts = bounded(_text(found.get("start")))
    programme.ends = bounded(_text(found.get("end")))
    builder.use_zone(_text(found.get("time_zone_name")))
    programme.tracks = [line(_text(_dict(track).get("name")), most=250) for track in list_of(found.get("tracks"))]
    for item in list_of(found.get("rooms")):
        room = _dict(item)
        seats = room.get("capacity")
        is_seats = isinstance(seats, int) and not isinstance(seats, bool) and 0 < seats <= stable_identities.NUMBERS
        programme.rooms[line(_text(room.get("name")), most=250)] = Room(
            capacity=seats if is_seats else None, is_virtual=room.get("type") in {"online", "bbb"}
        )


def _rooms(found: Any) -> list[tuple[str, Any]]:
    """The rooms of a day: an object by name, or (older files) a list of objects."""
    if isinstance(found, dict):
        return [(_text(name), events) for name, events in found.items()]
    rows = [_dict(item) for item in list_of(found)]
    return [(_text(row.get("name")), row.get("events")) for row in rows]


def _take(item: Any, *, builder: SessionBuilder, day: FileDay, room: str, count: int) -> None:
    found = _dict(item)
    number, guid, code = (_text(found.get(name)) for name in ("id", "guid", "code"))
    raw = RawEvent(
        where=_("event %(id)s") % {"id": (number or guid or code or f"#{count}")[:60]},
        identity=number,
        guid=guid,
        code=code,
        cells={name: _text(found[name]) for name in CELLS if name in found},
        day=day,
    )
    raw.cells["room"] = raw.cells.get("room") or room
    if "persons" in found:
        raw.persons = [_person(person, builder=builder) for person in list_of(found["persons"])]
    elsewhere = [] if builder.programme.is_ours else list_of(found.get("attachments"))
    for entry in [*list_of(found.get("links")), *elsewhere]:
        link = _dict(entry)
        raw.links.append(FileLink(_text(link.get("title")), _text(link.get("url"))))
    raw.meeting = _text(found.get("meeting_url"))
    raw.recordings = [_text(found[name]) for name in ("video_download_url", "recording_url") if found.get(name)]
    if talk := builder.take(raw):
        talk.state = line(_text(found.get("state")), most=80)


def _person(item: Any, *, builder: SessionBuilder) -> ReadSpeaker:
    if isinstance(item, str):
        return ReadSpeaker(name=_text(item))
    found = _dict(item)
    name = _text(found.get("public_name")) or _text(found.get("name")) or _text(found.get("full_public_name"))
    number = _text(found.get("id")) or _text(found.get("code"))
    person = builder.person(name, guid=_text(found.get("guid")), number=number)
    person.biography = _text(found.get("biography")) or _text(found.get("description"))
    person.position, person.affiliation = (line(_text(found.get(key)), most=200) for key in ("position", "affiliation"))
    role = _text(found.get("role")).casefold()
    person.role = role if role in ROLES else ""
    return person


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A cell as text. Objects by language (“{"en": …}”) give the English text, or the first."""
    if isinstance(value, dict):
        value = value.get("en") or next(iter(value.values()), "")
    return clean(value) if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
