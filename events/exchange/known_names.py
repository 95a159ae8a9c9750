"""Types, tracks, rooms and what else sessions are sorted by: found by name, or noted down to be made."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils.text import slugify

from events.models import SDG, ActionLine, Forum, Organisation, Room, SessionType, Track
from events.tables.cells import Finder

CODE_LIMIT = 40
LINKED: dict[str, type[Model]] = {"organisers": Organisation, "action_lines": ActionLine, "sdgs": SDG}


class Known(dict[str, str]):
    """Names by what people write for them (small letters), and the `new` ones that an import would add."""

    def __init__(self, pairs: Iterable[tuple[str, str]], *, limit: int, usual: str = "") -> None:
        super().__init__((word.casefold(), name) for word, name in pairs)
        self.limit, self.usual = limit, usual
        self.new: list[str] = []

    def name_of(self, word: str) -> str:
        """The name that a word means, from now on known; the usual one, or none, for an empty word."""
        word = word[: self.limit].strip() or self.usual
        if word and word.casefold() not in self:
            self[word.casefold()] = word
            self.new.append(word)
        return self.get(word.casefold(), "")


class Names:
    """What there is by name, and what an import would add. Reads organisations, lines and goals when asked."""

    def __init__(self, forum: Forum) -> None:
        kinds = SessionType.objects.values_list("code", "name")
        self.codes = {code for code, _name in kinds}
        self.types = Known([*kinds, *((name, name) for _code, name in kinds)], limit=80, usual="Session")
        self.tracks = Known(Track.objects.filter(forum=forum.pk).values_list("name", "name"), limit=120)
        self.rooms = Known(Room.objects.filter(forum=forum.pk).values_list("name", "name"), limit=80)
        self.find = Finder()

    @property
    def are_all_known(self) -> bool:
        return not (self.types.new or self.tracks.new or self.rooms.new)

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
        found = {word: self.find.all(word, LINKED[name]) for word in words}
        rows = dict.fromkeys(rows[0] for rows in found.values() if rows)
        return list(rows), [word for word, rows in found.items() if not rows]
