"""JSON of Indico."""

from typing import Any

from django.utils.translation import gettext as _

from events.exchange.readers.json_parts import Dict, other, rows_of, schedule
from events.models.time_zones import zone_of
from events.shared.tables import dates


def as_frab(whole: Any) -> Dict | None:
    """A file of Indico in frab's form; None for another one: the timetable (by event, day and entry), or the export of an event with its
    contributions. Refuses `no-schedule`."""
    if not isinstance(whole, dict) or "results" not in whole:
        return None
    results = whole["results"]
    if isinstance(results, dict):
        entries = [entry for days in results.values() for day in _values(days) for entry in _values(day)]
        events = [_event(one) for entry in entries for one in _with_parts(entry)]
        if not events:
            raise other("Indico", _("Export the timetable (/export/timetable/….json) instead"))
        return schedule(events)
    whole_events = [row for row in rows_of(results) if row.get("_type") == "Conference"]
    rows = [row for one in whole_events for row in rows_of(one.get("contributions"))]
    rows += [
        row
        for one in whole_events
        for block in rows_of(one.get("sessions"))
        for row in rows_of(block.get("contributions"))
    ]
    if not rows:
        raise other("Indico", _("Export it with its sessions (?detail=sessions), or the timetable, instead"))
    first = whole_events[0]
    days = {name: part.get("date", "") for name, key in (("start", "startDate"), ("end", "endDate"))
            if isinstance(part := first.get(key), dict)}  # fmt: skip
    zone = first.get("timezone", "")
    return schedule([_event(row) for row in rows], title=first.get("title", ""), time_zone_name=zone, **days)


def _values(found: Any) -> list[Dict]:
    return [row for row in found.values() if isinstance(row, dict)] if isinstance(found, dict) else []


def _with_parts(entry: Dict) -> list[Dict]:
    """The entries of a block, each in its track; a block that has none is a session itself."""
    parts = _values(entry.get("entries"))
    return [{"room": entry.get("room"), "session": entry.get("title")} | {key: value for key, value in part.items() if value}
            for part in parts] or [entry]  # fmt: skip


def _event(found: Dict) -> Dict:
    speakers = found.get("presenters") or found.get("speakers") or found.get("conveners")
    kinds = {"Contribution": "c", "Break": "b", "Session": "s"}
    kind = kinds.get(str(found.get("entryType") or found.get("_type")), "")
    number = found.get("contributionId") or found.get("db_id") or found.get("id") or ""
    return {
        "guid": f"indico:{kind}{str(number).removeprefix(kind)}",
        "title": found.get("title"),
        "description": found.get("description") or "",
        "date": _time(found.get("startDate")),
        "end": _time(found.get("endDate")),
        "room": found.get("room") or found.get("location") or "",
        "track": found.get("session") or found.get("track") or "",
        "persons": [_person(one) for one in rows_of(speakers)],
    }


def _time(found: Any) -> str:
    if not isinstance(found, dict):
        return ""
    text = f"{found.get('date', '')}T{found.get('time', '')}"
    moment, name = dates.moment(text), str(found.get("tz", ""))
    zone = zone_of(name)
    return moment.replace(tzinfo=zone).isoformat() if moment and zone else f"{text} {name}".strip()


def _person(found: Dict) -> Dict:
    first, last = (
        str(found.get(names[0]) or found.get(names[1]) or "")
        for names in (("firstName", "first_name"), ("familyName", "last_name"))
    )
    name = f"{first} {last}".strip() or found.get("name") or found.get("fullName") or ""
    return {"name": name, "affiliation": found.get("affiliation") or ""}
