"""JSON of Sessionize."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from events.exchange.readers.json_parts import Dict, by, list_of, other, rows_of, schedule


def as_frab(whole: Any) -> Dict | None:
    """A file of Sessionize in frab's form; None for another one: the views “All” (ids of rooms, people and categories), “Grid” (days,
    rooms, sessions) and “Sessions” (groups). Refuses `no-schedule`."""
    if not isinstance(whole, list) and not (isinstance(whole, dict) and "sessions" in whole and "results" not in whole):
        return None
    parts = rows_of(whole) if isinstance(whole, list) else [whole]
    every = [row for part in parts for row in _sessions(part)]
    rooms = {key: row for part in parts for key, row in by(part.get("rooms"), "id").items()}
    people = {key: row for part in parts for key, row in by(part.get("speakers"), "id").items()}
    kinds = [kind for part in parts for kind in rows_of(part.get("categories"))]
    items = {key: (_called(kind), row) for kind in kinds for key, row in by(kind.get("items"), "id").items()}
    if not every:
        raise other("Sessionize", _("Export the view “All” or “Grid” as JSON instead"))
    events = {}
    for row in every:
        told = list_of(row.get("speakers"))
        speakers = [one if isinstance(one, dict) else people.get(str(one), {}) for one in told]
        chosen = [items[str(key)] for key in list_of(row.get("categoryItems")) if str(key) in items]
        chosen += [
            (_called(kind), item)
            for kind in rows_of(row.get("categories"))
            for item in rows_of(kind.get("categoryItems"))
        ]
        track, kind, rest = _sorted_out([(of, str(item.get("name") or "")) for of, item in chosen])
        events[str(row.get("id"))] = {
            "guid": f"sessionize:{row.get('id')}",
            "title": row.get("title"),
            "description": "\n\n".join(filter(None, [str(row.get("description") or ""), rest])),
            "meeting_url": row.get("liveUrl") or "",
            "type": kind,
            "state": row.get("status") or "",
            "date": row.get("startsAt") or "",
            "end": row.get("endsAt") or "",
            "room": row.get("room") or rooms.get(str(row.get("roomId")), {}).get("name", ""),
            "track": track,
            "recording_url": row.get("recordingUrl") or "",
            "persons": [_person(one | people.get(str(one.get("id")), {})) for one in speakers],
        }  # fmt: skip
    return schedule(list(events.values()))


def _sessions(part: Dict) -> Iterator[Dict]:
    rows = [
        *rows_of(part.get("sessions")),
        *(row for room in rows_of(part.get("rooms")) for row in rows_of(room.get("sessions"))),
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


def _person(found: Dict) -> Dict:
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
