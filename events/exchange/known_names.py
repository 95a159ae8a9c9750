"""Types, tracks, rooms and what else sessions are sorted by: found by name, or made ready to be added."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from django.db.models import Model
from django.utils.text import slugify
from django.utils.translation import gettext as _

from events.models import SDG, ActionLine, Forum, Organisation, Room, SessionType, Track
from events.shared.formatting.plain_text import line
from events.shared.tables.answers import EACH, LEAVE, LONGEST, Answers, Questions
from events.shared.tables.cells import Finder, meaning

CODE_LIMIT = 40
COMMAS = r"\s*[,/|，、،]\s*(?:(?:and|et|und|&)\s+)?"  # may part names, and stand within one, as “and” may
BETWEEN = re.compile(
    rf"{COMMAS}|\s+(?:and|et|und|y|e|и|و|と|&|\+)\s+|\s+و(?=ال)|\s*(?:以及|(?<!共)[和与])\s*", re.IGNORECASE
)
COMMA = re.compile(COMMAS, re.IGNORECASE)
ACRONYM = re.compile(r"[A-Z][A-Z-]{1,9}")
LINKED: dict[str, type[Model]] = {"organisers": Organisation, "action_lines": ActionLine, "sdgs": SDG}


class Known[Named: Model](dict[str, Named]):
    """Rows by what people write for them (small letters), and the `new` ones that an import would add. Names that no row has
    are asked about."""

    def __init__(
        self,
        rows: Iterable[tuple[str, Named]],
        model: type[Named],
        *,
        make: Callable[..., Named],
        limit: int,
        questions: Questions,
    ) -> None:
        super().__init__((word.casefold(), row) for word, row in rows)
        self.model, self.make, self.limit, self.questions = model, make, limit, questions
        self.new: list[Named] = []

    def row_of(self, word: str) -> Named | None:
        """The row that a word means, a new one from now on known; None for an empty word, for one that says nothing (“TBC”),
        and for one that is left out, as “Online” is where no room has that name, unless somebody says more."""
        word = word[: self.limit].strip()
        if not word or word.casefold() in self:
            return self.get(word.casefold())
        if meaning(word, "nothing"):
            return None
        usual = LEAVE if self.model is Room and meaning(word, "online") else ""
        meant: Named | str | None = self.questions.answer(word, self.model, rows=self.items(), usual=usual)
        return self.add(word) if isinstance(meant, str) else meant

    def add(self, word: str) -> Named:
        """A new row of this name."""
        made = self[word.casefold()] = self.make(name=word, order=len(self.new))
        made.made_by_file = True  # type: ignore[attr-defined]  # for the answers
        self.new.append(made)
        return made


class Names:
    """What there is by name, and what an import would add. Reads organisations, lines and goals when asked.

    `rooms`: what the file says of rooms, by name.
    """

    def __init__(self, forum: Forum, *, rooms: Mapping[str, Room], answers: Answers) -> None:
        self.forum, self.told_rooms = forum, rooms
        self.questions = Questions(answers)
        types = list(SessionType.objects.known_in(forum))
        self.codes = set(SessionType.objects.values_list("code", flat=True))
        words = [*((row.code, row) for row in types), *((row.name, row) for row in types)]
        tracks, rooms_there = Track.objects.filter(forum=forum.pk), Room.objects.filter(forum=forum.pk)
        known = partial(Known, questions=self.questions)
        self.types = known(words, SessionType, make=self._type, limit=80)
        self.tracks = known(((row.name, row) for row in tracks), Track, make=partial(Track, forum=forum), limit=120)
        self.rooms = known(((row.name, row) for row in rooms_there), Room, make=self._room, limit=80)
        self.find = Finder(questions=self.questions)
        self.new_organisations: list[Organisation] = []

    @property
    def are_all_known(self) -> bool:
        return not (self.types.new or self.tracks.new or self.rooms.new or self.new_organisations)

    @property
    def usual_type(self) -> SessionType:
        """That of a session of which the file says none."""
        return self.types.get("session") or self.types.add("Session")

    def _type(self, *, name: str, order: int) -> SessionType:
        """A new session type of the forum alone, after all others, with a code like no other."""
        stem = slugify(name).replace("-", "_")[: CODE_LIMIT - 4] or "session"
        code, count = stem, 1
        while code in self.codes:
            count += 1
            code = f"{stem}_{count}"
        self.codes.add(code)
        return SessionType(code=code, name=name, order=1000, is_additional=True)

    def _room(self, *, name: str, order: int) -> Room:
        row = self.told_rooms.get(name) or Room(is_virtual=False)
        row.forum, row.name, row.order = self.forum, name, order
        return row

    def is_cancelled(self, state: str) -> bool | None:
        """What a word for the state of a session says; None while somebody has to say it, and where they leave it out."""
        offered = [("cancelled", _("It is cancelled")), ("held", _("It takes place")), (LEAVE, _("Leave it out"))]
        found = meaning(state, "cancelled", "held") or self.questions.choose(
            state, key=f"state:{line(state, most=LONGEST).casefold()}", of=_("state"), offered=offered
        )
        return {"cancelled": True, "held": False}.get(found)

    def linked(self, name: str, words: Iterable[str]) -> tuple[list[Any], list[str]]:
        """The rows that words mean, and the words that mean none. `name`: organisers, action_lines or sdgs. Organisations that
        nobody knows are asked about, and are in `new_organisations` where they are to be made."""
        rows: dict[int, Any] = {}
        unknown = []
        for word, row in chain.from_iterable(self._meant(word, LINKED[name]) for word in words):
            if row is None:
                unknown.append(word)
            else:
                rows[id(row)] = row
        return list(rows.values()), unknown

    def _meant(self, word: str, model: type[Model]) -> Iterator[tuple[str, Any]]:
        """“ITU, UNESCO” and “ITU and UNESCO” are two where each of them is known, and no row has the whole name, or where somebody
        says so."""
        found = self.find.all(word, model)
        if not found and meaning(word, "nothing"):
            return
        between = BETWEEN if model is Organisation else COMMA
        pieces = [] if found else [piece.strip() for piece in between.split(word) if piece.strip()]
        row: Any = found[0] if len(found) == 1 else None
        is_each = len(pieces) > 1 and all(self.find.all(piece, model) for piece in pieces)
        if row is None and not is_each and model is Organisation:
            row = self._asked(word, found=found, pieces=pieces)
            is_each = row == EACH
        if is_each:
            yield from chain.from_iterable(self._meant(piece, model) for piece in pieces)
        else:
            yield word, row

    def organisation(self, word: str) -> Any:
        """The organisation that a name means, None for “n/a”. It is in `new_organisations` where it is to be made."""
        found = self.find.all(word, Organisation)
        if not found and meaning(word, "nothing"):
            return None
        return found[0] if len(found) == 1 else self._asked(word, found=found)

    def _are_bodies(self, pieces: Sequence[str]) -> bool:
        """Whether each of several is known or an acronym."""
        known = (ACRONYM.fullmatch(piece) or self.find.all(piece, Organisation) for piece in pieces)
        return len(pieces) > 1 and all(known)

    def _asked(self, word: str, *, found: Sequence[Any], pieces: Sequence[str] = ()) -> Any:
        """The organisation that somebody means by a name which none or several (`found`) have; `EACH` where it is its `pieces`."""
        told = pieces if len(pieces) > 1 else ()
        is_unsure = bool(found) or bool(told) or bool(COMMA.search(word)) or self._are_bodies(BETWEEN.split(word))
        usual = EACH if told and self._are_bodies(told) else ""
        row = self.find.asked(word, Organisation, pieces=told if is_unsure else None, usual=usual)
        is_new = isinstance(row, Organisation) and row.pk is None
        if is_new and not any(row is new for new in self.new_organisations):
            self.new_organisations.append(row)
        return row
