"""What changes between two versions of a timetable: a pure comparison, without a database.

A version is a list of entries, as it stands in `Release.timetable`: for each session its `code`, `title`, `starts` and
`ends` (UTC, ISO), `room` ({"id", "name"} or None), `state` ("scheduled" or "cancelled") and `speakers` ({"id", "name"},
in their order). Titles and names are kept to be read; they are no part of the comparison, because their corrections
are seen at once.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

type Entry = dict[str, Any]
PLACE = ("starts", "ends", "room")


class ChangeKind(StrEnum):
    NEW = "new"
    MOVED = "moved"  # another time, another room, or both
    CANCELLED = "cancelled"
    RESTORED = "restored"  # takes place after all
    REMOVED = "removed"  # off the timetable
    JOINED = "joined"  # speakers who are new in a session
    LEFT = "left"  # speakers who are no longer in it


# What attendees who booked the session are told of.
TOLD = frozenset({ChangeKind.MOVED, ChangeKind.CANCELLED, ChangeKind.RESTORED, ChangeKind.REMOVED})


@dataclass(frozen=True)
class TimetableChange:
    """One change of one session: of a moved one the place `before` and `after`; of a new or a removed one all of it;
    of speakers those who joined (`after`) or left (`before`)."""

    kind: str
    code: str
    title: str
    before: Entry | None = None
    after: Entry | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(rows: Iterable[dict[str, Any]]) -> list[TimetableChange]:
    """The changes as they were kept in `Release.changes`."""
    return [TimetableChange(**row) for row in rows]


def compare(before: Iterable[Entry], after: Iterable[Entry]) -> list[TimetableChange]:
    """What has to happen to `before` so that it becomes `after`: in the order of `after`, the removed ones last.

    Codes are unique within a version. A session has at most one change of each kind.
    """
    old, new = ({entry["code"]: entry for entry in version} for version in (before, after))
    found = [change for code, entry in new.items() for change in _of_session(old.get(code), entry)]
    gone = [
        TimetableChange(ChangeKind.REMOVED, code, entry["title"], before=entry)
        for code, entry in old.items()
        if code not in new
    ]
    return found + gone


def _of_session(old: Entry | None, new: Entry) -> list[TimetableChange]:
    code, title = new["code"], new["title"]
    if old is None:
        return [TimetableChange(ChangeKind.NEW, code, title, after=new)]
    found = []
    if _spot(old) != _spot(new):
        found.append(TimetableChange(ChangeKind.MOVED, code, title, before=_place(old), after=_place(new)))
    if old["state"] != new["state"]:
        kind = ChangeKind.CANCELLED if new["state"] == "cancelled" else ChangeKind.RESTORED
        # The whole place goes along: who reads of the change wants to know when that session was to be.
        found.append(TimetableChange(kind, code, title, before=_place(old), after=_place(new)))
    known, wanted = ({person["id"] for person in entry["speakers"]} for entry in (old, new))
    joined = [person for person in new["speakers"] if person["id"] not in known]
    left = [person for person in old["speakers"] if person["id"] not in wanted]
    if joined:
        found.append(TimetableChange(ChangeKind.JOINED, code, title, after={"speakers": joined}))
    if left:
        found.append(TimetableChange(ChangeKind.LEFT, code, title, before={"speakers": left}))
    return found


def _place(entry: Entry) -> Entry:
    return {name: entry[name] for name in PLACE}


def _spot(entry: Entry) -> tuple[str, str, int | None]:
    return entry["starts"], entry["ends"], entry["room"]["id"] if entry["room"] else None


def fingerprint(log: Iterable[TimetableChange]) -> str:
    """What tells one change log from another, in a few characters: 64 hexadecimal digits."""
    rows = json.dumps([change.as_json() for change in log], sort_keys=True)
    return hashlib.sha256(rows.encode()).hexdigest()
