"""The change log of a release in words, for pages, the feed and the organisers."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Forum
from events.schedule.releases.diff import ChangeKind, Entry, TimetableChange
from events.shared.formatting.names import term
from events.shared.formatting.times import dated_span

LABELS = {
    ChangeKind.NEW: gettext_lazy("New sessions"),
    ChangeKind.MOVED: gettext_lazy("Moved"),
    ChangeKind.CANCELLED: gettext_lazy("Cancelled"),
    ChangeKind.RESTORED: gettext_lazy("Take place after all"),
    ChangeKind.REMOVED: gettext_lazy("Off the programme"),
    ChangeKind.JOINED: gettext_lazy("New speakers"),
    ChangeKind.LEFT: gettext_lazy("Speakers who left"),
}


# How many of each kind, in the change log's one line.
COUNTS = {
    ChangeKind.NEW: ngettext_lazy("%(n)s new", "%(n)s new", "n"),
    ChangeKind.MOVED: ngettext_lazy("%(n)s moved", "%(n)s moved", "n"),
    ChangeKind.CANCELLED: ngettext_lazy("%(n)s cancelled", "%(n)s cancelled", "n"),
    ChangeKind.RESTORED: ngettext_lazy("%(n)s takes place after all", "%(n)s take place after all", "n"),
    ChangeKind.REMOVED: ngettext_lazy("%(n)s off the programme", "%(n)s off the programme", "n"),
    ChangeKind.JOINED: ngettext_lazy("%(n)s with new speakers", "%(n)s with new speakers", "n"),
    ChangeKind.LEFT: ngettext_lazy("%(n)s without a speaker it had", "%(n)s without a speaker they had", "n"),
}


@dataclass(frozen=True)
class ReleasedSpot:
    """A place in the timetable, read from what a release keeps."""

    starts: datetime
    ends: datetime
    room: str
    is_cancelled: bool = False

    def words(self, *, forum: Forum, with_room: bool = True) -> str:
        """“22 July, 14:00–15:30 Geneva, Room 1” on the forum's clock."""
        time = dated_span(self.starts, ends=self.ends, forum=forum)
        return _("%(when)s, %(room)s") % {"when": time, "room": term(self.room)} if with_room and self.room else time


@dataclass(frozen=True)
class LoggedChange:
    """One change: where the session stands (or stood, when it is gone), and what is to be said of it."""

    code: str
    title: str
    spot: ReleasedSpot | None
    where: str
    words: str


@dataclass(frozen=True)
class ChangeGroup:
    kind: str
    label: str
    lines: list[LoggedChange]


def spot(entry: Entry) -> ReleasedSpot:
    """Read a place as `Release.timetable` and `Release.changes` hold it."""
    room = entry["room"]
    return ReleasedSpot(
        starts=datetime.fromisoformat(entry["starts"]),
        ends=datetime.fromisoformat(entry["ends"]),
        room=room["name"] if room else "",
        is_cancelled=entry.get("state") == "cancelled",
    )


def groups(changes: Iterable[TimetableChange], *, forum: Forum, hidden: Collection[str] = ()) -> list[ChangeGroup]:
    """The changes by kind, in the order of the kinds; sessions with a code in `hidden` are left out."""
    by_kind: dict[str, list[LoggedChange]] = {kind: [] for kind in ChangeKind}
    for change in changes:
        if change.code not in hidden:
            by_kind[change.kind].append(_line(change, forum=forum))
    return [ChangeGroup(kind, str(LABELS[ChangeKind(kind)]), lines) for kind, lines in by_kind.items() if lines]


def _line(change: TimetableChange, *, forum: Forum) -> LoggedChange:
    # Of a session that is cancelled its hour until now: where it stands afterwards, nobody ever heard of.
    data: Any = change.before if change.kind == ChangeKind.CANCELLED else change.after or change.before
    if "speakers" in data and "starts" not in data:
        names = [person["name"] for person in data["speakers"]]
        return LoggedChange(change.code, change.title, None, "", _(", ").join(names))
    at = spot(data)
    return LoggedChange(change.code, change.title, at, at.words(forum=forum), _words(change, forum=forum))


def _words(change: TimetableChange, *, forum: Forum) -> str:
    if change.kind != ChangeKind.MOVED:
        return ""
    assert change.before is not None  # noqa: S101  a move has both sides
    assert change.after is not None  # noqa: S101
    before, after = spot(change.before), spot(change.after)
    if (before.starts, before.ends) == (after.starts, after.ends):
        if not before.room:
            return _("Has a room now")
        return _("Before: %(place)s") % {"place": term(before.room)}
    return _("Before: %(place)s") % {"place": before.words(forum=forum, with_room=before.room != after.room)}


def counts(changes: Iterable[TimetableChange], *, hidden: Collection[str] = ()) -> str:
    """How many of each kind, as one line: “2 new, 3 moved, 1 cancelled”; empty for none."""
    numbers = Counter(change.kind for change in changes if change.code not in hidden)
    return _(", ").join(words % {"n": numbers[kind]} for kind, words in COUNTS.items() if numbers[kind])
