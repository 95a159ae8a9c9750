"""Types, tracks, rooms and what else sessions are sorted by: found by name, or made ready to be added."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django.db.models import Model
from django.utils.text import slugify

from events.models import SDG, ActionLine, Forum, Organisation, Room, SessionType, Track
from events.tables.cells import Finder

CODE_LIMIT = 40
LINKED: dict[str, type[Model]] = {"organisers": Organisation, "action_lines": ActionLine, "sdgs": SDG}


class Known[Named: Model](dict[str, Named]):
    """Rows by what people write for them (small letters), and the `new` ones that an import would add."""

    def __init__(self, rows: Iterable[tuple[str, Named]], *, make: Callable[..., Named], limit: int) -> None:
        super().__init__((word.casefold(), row) for word, row in rows)
        self.make, self.limit = make, limit
        self.new: list[Named] = []

    def row_of(self, word: str) -> Named | None:
        """The row that a word means, a new one from now on known; None for an empty word."""
        word = word[: self.limit].strip()
        if word and word.casefold() not in self:
            self[word.casefold()] = self.make(name=word, order=len(self.new))
            self.new.append(self[word.casefold()])
        return self.get(word.casefold())


class Names:
    """What there is by name, and what an import would add. Reads organisations, lines and goals when asked.

    `rooms`: what the file says of rooms, by name.
    """

    def __init__(self, forum: Forum, *, rooms: Mapping[str, Room]) -> None:
        self.forum, self.told_rooms = forum, rooms
        types = list(SessionType.objects.order_by("-pk"))
        self.codes = {row.code for row in types}
        words = [*((row.code, row) for row in types), *((row.name, row) for row in types)]
        tracks, rooms_there = Track.objects.filter(forum=forum.pk), Room.objects.filter(forum=forum.pk)
        self.types = Known(words, make=self._type, limit=80)
        self.tracks = Known(((row.name, row) for row in tracks), make=partial(Track, forum=forum), limit=120)
        self.rooms = Known(((row.name, row) for row in rooms_there), make=self._room, limit=80)
        self.find = Finder()

    @property
    def are_all_known(self) -> bool:
        return not (self.types.new or self.tracks.new or self.rooms.new)

    def _type(self, *, name: str, order: int) -> SessionType:
        """A new session type, after all others, with a code like no other."""
        stem = slugify(name).replace("-", "_")[: CODE_LIMIT - 4] or "session"
        code, count = stem, 1
        while code in self.codes:
            count += 1
            code = f"{stem}_{count}"
        self.codes.add(code)
        return SessionType(code=code, name=name, order=1000)

    def _room(self, *, name: str, order: int) -> Room:
        row = self.told_rooms.get(name) or Room(is_virtual=False)
        row.forum, row.name, row.order = self.forum, name, order
        return row

    def linked(self, name: str, words: Iterable[str]) -> tuple[list[Any], list[str]]:
        """The rows that words mean, and the words that mean none. `name`: organisers, action_lines or sdgs."""
        found = {word: self.find.all(word, LINKED[name]) for word in words}
        rows = dict.fromkeys(rows[0] for rows in found.values() if rows)
        return list(rows), [word for word, rows in found.items() if not rows]
