"""Types, tracks, rooms and what else sessions are sorted by: found by name, or noted down to be made."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.text import slugify

from events.models import SDG, ActionLine, Forum, Organisation, Room, SessionType, Track
from events.tables.cells import Finder

USUAL_TYPE = "Session"
TYPE_LIMIT, TRACK_LIMIT, ROOM_LIMIT, CODE_LIMIT = 80, 120, 80, 40


LINKED: dict[str, type[Model]] = {"organisers": Organisation, "action_lines": ActionLine, "sdgs": SDG}


class Names:
    """What there is by name (small letters), and what an import would add. Reads the rest when asked."""

    def __init__(self, forum: Forum) -> None:
        kinds = SessionType.objects.values_list("code", "name")
        self.codes = {code for code, _name in kinds}
        self.types = {code.casefold(): name for code, name in kinds} | {name.casefold(): name for _code, name in kinds}
        self.tracks = _by_name(Track.objects.filter(forum=forum.pk))
        self.rooms = _by_name(Room.objects.filter(forum=forum.pk))
        self.find = Finder()
        self.new_types: list[str] = []
        self.new_tracks: list[str] = []
        self.new_rooms: list[str] = []

    def is_type(self, word: str) -> bool:
        return word.casefold() in self.types

    def is_line(self, word: str) -> bool:
        return bool(self.find.all(word, ActionLine))

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
        rows, unknown = [], []
        for word in words:
            found = self.find.all(word, LINKED[name])
            if not found:
                unknown.append(word)
            elif found[0] not in rows:
                rows.append(found[0])
        return rows, unknown


def _by_name(rows: QuerySet[Any]) -> dict[str, str]:
    return {name.casefold(): name for name in rows.values_list("name", flat=True)}


def _named(word: str, *, known: dict[str, str], new: list[str]) -> str:
    if word and word.casefold() not in known:
        known[word.casefold()] = word
        new.append(word)
    return known[word.casefold()] if word else ""
