"""JSON of other systems as frab's: the second version of frab's own, Sessionize, Indico. What is none of them, but known, is
called by its name."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from events.exchange.readers.records import refusal
from events.models.time_zones import zone_of
from events.tables import dates

type Dict = dict[str, Any]


def as_frab(whole: Any) -> Any:
    """What a file says in the form of frab's schedule.json; a file in that form as it is. Refuses `no-schedule` for files of
    known systems without sessions, with the one to export instead."""
    if isinstance(whole, list):
        return _of_sessionize([one for one in whole if isinstance(one, dict)])
    if not isinstance(whole, dict):
        return whole
    schedule = whole.get("schedule")
    if isinstance(schedule, dict) and isinstance(schedule.get("events"), list):
        return whole | {"schedule": _version_two(schedule)}
    if "sessions" in whole and "results" not in whole:
        return _of_sessionize([whole])
    if "talks" in whole and "rooms" in whole:
        raise _other("pretalx", _("Export “schedule.json” instead"))
    if "results" in whole:
        return _of_indico(whole["results"])
    return whole


def _other(system: str, instead: str) -> Any:
    words = _("This is a file of %(system)s without sessions and their times. %(instead)s")
    return refusal(words % {"system": system, "instead": instead}, code="no-schedule")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _rows(value: Any) -> list[Dict]:
    return [row for row in _list(value) if isinstance(row, dict)]


def _by(rows: Any, name: str) -> dict[str, Dict]:
    return {str(row.get(name)): row for row in _rows(rows)}


def _schedule(events: list[Dict], **conference: Any) -> Dict:
    return {"schedule": {"conference": {"title": "", **conference}, "events": events}}


# --- frab, version 2 ------------------------------------------------------------------------------
def _version_two(schedule: Dict) -> Dict:
    """Its events stand in one list, and name rooms, tracks and people that are told once."""
    conference = schedule["conference"] if isinstance(schedule.get("conference"), dict) else {}
    rooms, tracks = _by(conference.get("rooms"), "guid"), _by(conference.get("tracks"), "slug")
    people = _by(schedule.get("persons"), "guid")
    events = []
    for event in _rows(schedule["events"]):
        room, track = event.get("room"), event.get("track")
        if isinstance(room, dict):
            room = room.get("name") or rooms.get(str(room.get("guid")), {}).get("name", "")
        if isinstance(track, dict):
            track = track.get("name") or tracks.get(str(track.get("slug")), {}).get("name", "")
        persons = [
            people.get(str(one.get("guid")), {}) | one
            for one in _rows(event.get("participants") or event.get("persons"))
        ]
        start = {"date": event.get("start", ""), "start": ""} if not event.get("date") else {}
        events.append(event | start | {"room": room or "", "track": track or "", "persons": persons})
    return schedule | {"events": events}


# --- Sessionize -----------------------------------------------------------------------------------
def _of_sessionize(parts: list[Dict]) -> Dict:
    """The views “All” (ids of rooms, people and categories), “Grid” (days, rooms, sessions) and “Sessions” (groups)."""
    every = [row for part in parts for row in _sessions(part)]
    rooms = {key: row for part in parts for key, row in _by(part.get("rooms"), "id").items()}
    people = {key: row for part in parts for key, row in _by(part.get("speakers"), "id").items()}
    kinds = [kind for part in parts for kind in _rows(part.get("categories"))]
    items = {key: (_called(kind), row) for kind in kinds for key, row in _by(kind.get("items"), "id").items()}
    if not every:
        raise _other("Sessionize", _("Export the view “All” or “Grid” as JSON instead"))
    events = {}
    for row in every:
        told = _list(row.get("speakers"))
        speakers = [one if isinstance(one, dict) else people.get(str(one), {}) for one in told]
        chosen = [items[str(key)] for key in _list(row.get("categoryItems")) if str(key) in items]
        chosen += [
            (_called(kind), item) for kind in _rows(row.get("categories")) for item in _rows(kind.get("categoryItems"))
        ]
        track, kind, rest = _sorted_out([(of, str(item.get("name") or "")) for of, item in chosen])
        events[str(row.get("id"))] = {
            "guid": f"sessionize:{row.get('id')}",
            "title": row.get("title"),
            "description": "\n\n".join(filter(None, [str(row.get("description") or ""), rest])),
            "meeting_url": row.get("liveUrl") or "",
            "type": kind,
            "date": row.get("startsAt") or "",
            "end": row.get("endsAt") or "",
            "room": row.get("room") or rooms.get(str(row.get("roomId")), {}).get("name", ""),
            "track": track,
            "recording_url": row.get("recordingUrl") or "",
            "persons": [_sessionize_person(one | people.get(str(one.get("id")), {})) for one in speakers],
        }  # fmt: skip
    return _schedule(list(events.values()))


def _sessions(part: Dict) -> Iterator[Dict]:
    rows = [
        *_rows(part.get("sessions")),
        *(row for room in _rows(part.get("rooms")) for row in _rows(room.get("sessions"))),
    ]
    return (row for row in rows if "title" in row)


def _called(kind: Dict) -> str:
    return str(kind.get("title") or kind.get("name") or "")


def _sorted_out(chosen: list[tuple[str, str]]) -> tuple[str, str, str]:
    """What was chosen of each kind, as track and as type of session by what the kind is called (else the first is the track), and
    the rest as a line of text."""
    found: dict[str, int] = {}
    for what, words in (("type", ("format", "type")), ("track", ("track", "theme", "topic", "stream"))):
        places = [n for n, (kind, _name) in enumerate(chosen) if any(word in kind.casefold() for word in words)]
        if places and places[0] not in found.values():
            found[what] = places[0]
    left = [n for n in range(len(chosen)) if n not in found.values()]
    if "track" not in found and left:
        found["track"] = left.pop(0)
    track, kind = (chosen[found[what]][1] if what in found else "" for what in ("track", "type"))
    return track, kind, "; ".join(f"{chosen[n][0]}: {chosen[n][1]}" for n in left)


def _sessionize_person(found: Dict) -> Dict:
    name = (
        found.get("fullName")
        or found.get("name")
        or f"{found.get('firstName') or ''} {found.get('lastName') or ''}".strip()
    )
    return {
        "name": name,
        "guid": found.get("id", ""),
        "biography": found.get("bio") or "",
        "position": found.get("tagLine") or "",
    }


# --- Indico ---------------------------------------------------------------------------------------
def _of_indico(results: Any) -> Dict:
    """The timetable (by event, day and entry), or the export of an event with its contributions."""
    if isinstance(results, dict):
        entries = [entry for days in results.values() for day in _values(days) for entry in _values(day)]
        events = [_indico_event(one) for entry in entries for one in _with_parts(entry)]
        if not events:
            raise _other("Indico", _("Export the timetable (/export/timetable/….json) instead"))
        return _schedule(events)
    whole = [row for row in _rows(results) if row.get("_type") == "Conference"]
    rows = [row for one in whole for row in _rows(one.get("contributions"))]
    rows += [row for one in whole for block in _rows(one.get("sessions")) for row in _rows(block.get("contributions"))]
    if not rows:
        raise _other("Indico", _("Export it with its sessions (?detail=sessions), or the timetable, instead"))
    first = whole[0]
    days = {name: part.get("date", "") for name, key in (("start", "startDate"), ("end", "endDate"))
            if isinstance(part := first.get(key), dict)}  # fmt: skip
    zone = first.get("timezone", "")
    return _schedule([_indico_event(row) for row in rows], title=first.get("title", ""), time_zone_name=zone, **days)


def _values(found: Any) -> list[Dict]:
    return [row for row in found.values() if isinstance(row, dict)] if isinstance(found, dict) else []


def _with_parts(entry: Dict) -> list[Dict]:
    """The entries of a block, each in its track; a block that has none is a session itself."""
    parts = _values(entry.get("entries"))
    return [{"room": entry.get("room"), "session": entry.get("title")} | {key: value for key, value in part.items() if value}
            for part in parts] or [entry]  # fmt: skip


def _indico_event(found: Dict) -> Dict:
    speakers = found.get("presenters") or found.get("speakers") or found.get("conveners")
    kinds = {"Contribution": "c", "Break": "b", "Session": "s"}
    kind = kinds.get(str(found.get("entryType") or found.get("_type")), "")
    number = found.get("contributionId") or found.get("db_id") or found.get("id") or ""
    return {
        "guid": f"indico:{kind}{str(number).removeprefix(kind)}",
        "title": found.get("title"),
        "description": found.get("description") or "",
        "date": _indico_time(found.get("startDate")),
        "end": _indico_time(found.get("endDate")),
        "room": found.get("room") or found.get("location") or "",
        "track": found.get("session") or found.get("track") or "",
        "persons": [_indico_person(one) for one in _rows(speakers)],
    }


def _indico_time(found: Any) -> str:
    if not isinstance(found, dict):
        return ""
    text = f"{found.get('date', '')}T{found.get('time', '')}"
    moment, name = dates.moment(text), str(found.get("tz", ""))
    zone = zone_of(name)
    return moment.replace(tzinfo=zone).isoformat() if moment and zone else f"{text} {name}".strip()


def _indico_person(found: Dict) -> Dict:
    first, last = (
        str(found.get(names[0]) or found.get(names[1]) or "")
        for names in (("firstName", "first_name"), ("familyName", "last_name"))
    )
    name = f"{first} {last}".strip() or found.get("name") or found.get("fullName") or ""
    return {"name": name, "affiliation": found.get("affiliation") or ""}
