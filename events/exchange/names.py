"""Types, tracks, rooms and what else sessions are sorted by: found by name, or noted down to be made."""

from collections.abc import Iterable
from typing import Any

from django.utils.text import slugify

from events.models import SDG, ActionLine, Forum, Organisation, Room, SessionType, Track

USUAL_TYPE = "Session"
TYPE_LIMIT, TRACK_LIMIT, ROOM_LIMIT, CODE_LIMIT = 80, 120, 80, 40


class Names:
    """What there is by name (small letters), and what an import would add. Reads organisers and goals when asked."""

    def __init__(self, forum: Forum) -> None:
        self.types: dict[str, str] = {}
        self.codes: set[str] = set()
        for row in SessionType.objects.all():
            self.codes.add(row.code)
            self.types.setdefault(row.code.casefold(), row.name)
            self.types[row.name.casefold()] = row.name
        is_saved = forum.pk is not None
        tracks = Track.objects.filter(forum=forum) if is_saved else Track.objects.none()
        rooms = Room.objects.filter(forum=forum) if is_saved else Room.objects.none()
        self.tracks = {name.casefold(): name for name in tracks.values_list("name", flat=True)}
        self.rooms = {name.casefold(): name for name in rooms.values_list("name", flat=True)}
        self.lines: dict[str, Any] = {}
        for line in ActionLine.objects.all():
            self.lines[line.code.casefold()] = self.lines[line.label.casefold()] = line
        self._organisers: dict[str, Any] | None = None
        self._goals: dict[str, Any] | None = None
        self.new_types: list[str] = []
        self.new_tracks: list[str] = []
        self.new_rooms: list[str] = []

    def is_type(self, word: str) -> bool:
        return word.casefold() in self.types

    def is_line(self, word: str) -> bool:
        return word.casefold() in self.lines

    def type_of(self, word: str) -> str:
        """The name of a session type; the usual one for an empty word."""
        return _named(word[:TYPE_LIMIT].strip() or USUAL_TYPE, known=self.types, new=self.new_types)

    def track_of(self, word: str) -> str:
        return _named(word[:TRACK_LIMIT].strip(), known=self.tracks, new=self.new_tracks)

    def room_of(self, word: str) -> str:
        return _named(word[:ROOM_LIMIT].strip(), known=self.rooms, new=self.new_rooms)

    def code_for(self, name: str) -> str:
        """A code for a new session type, like no other."""
        stem = slugify(name).replace("-", "_")[: CODE_LIMIT - 4] or "session"
        code, count = stem, 1
        while code in self.codes:
            count += 1
            code = f"{stem}_{count}"
        self.codes.add(code)
        return code

    def linked(self, name: str, words: Iterable[str]) -> tuple[list[Any], list[str]]:
        """The rows that words mean, and the words that mean none. `name`: organisers, action_lines or sdgs."""
        known = {"organisers": self._organisations, "sdgs": self._all_goals}.get(name, lambda: self.lines)()
        rows, unknown = [], []
        for word in words:
            row = known.get(word.casefold().strip())
            if row is None:
                unknown.append(word)
            elif row not in rows:
                rows.append(row)
        return rows, unknown

    def _organisations(self) -> dict[str, Any]:
        if self._organisers is None:
            rows = list(Organisation.objects.all())
            self._organisers = {row.acronym.casefold(): row for row in rows if row.acronym}
            self._organisers |= {row.name.replace(";", ",").casefold(): row for row in rows}
        return self._organisers

    def _all_goals(self) -> dict[str, Any]:
        if self._goals is None:
            self._goals = {str(goal.number): goal for goal in SDG.objects.all()}
            self._goals |= {f"sdg {number}": goal for number, goal in list(self._goals.items())}
        return self._goals


def _named(word: str, *, known: dict[str, str], new: list[str]) -> str:
    if word and word.casefold() not in known:
        known[word.casefold()] = word
        new.append(word)
    return known[word.casefold()] if word else ""
