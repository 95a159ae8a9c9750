"""What a file leaves open, and what the person who brings it in answers: which column is meant, and which row a name means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from events.models import Organisation, Room, SessionType, Track
from events.shared.formatting.plain_text import line
from events.shared.formatting.similar_names import plain

MAKEABLE = frozenset[type[Model]]({Organisation, Room, SessionType, Track})
MAKE, LEAVE, EACH = "make", "leave", "each"
OPEN = "?"  # what a question sends that nobody answered
NEAR, MOST_NEAR = 84, 5  # per cent of the characters; rows that are offered first
MOST_OFFERED = 300  # further rows of a choice: all countries
LONGEST = 80  # characters of a name in the address of its answer
type Found = tuple[str, Any]  # a name, and the row that has it


@dataclass(frozen=True)
class Answers:
    """`columns`: key of a header → column, "" where it is left out. `names`: the key of a `NameQuestion` → `MAKE`, `LEAVE` or
    the key of a row."""

    columns: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def sent(cls, data: Mapping[str, Any]) -> "Answers":
        """The answers of a form: its fields `column:…` and `name:…`."""
        found: dict[str, dict[str, str]] = {"column": {}, "name": {}}
        for name in data:
            part, _colon, key = name.partition(":")
            if part in found and key and data[name] != OPEN:
                found[part][key] = data[name]
        return cls(found["column"], found["name"])


class Reading(NamedTuple):
    """A way to read a file: its value, what it is called, and some cells as they read in it."""

    value: str
    words: str
    examples: Sequence[str]


class OpenQuestion(ValidationError):
    """Before a file is read on, somebody says which of some `readings` is right: the page asks
    (templates/admin/events/exchange/open_question.html), and sends the value as `name:<key>`."""

    def __init__(self, message: Any, *, code: str, key: str = "", readings: Sequence[Reading] = ()) -> None:
        super().__init__(message, code=code)
        self.key, self.readings = key, readings


@dataclass(slots=True)
class NameQuestion:
    """A name of a file that no row has. `answer`: `MAKE`, `LEAVE`, the key of a row, or "" while it is open; `row`: the one
    that is meant. `near`: rows of nearly the same name, also those that the file has just made."""

    key: str
    model: type[Model]
    text: str
    near: list[Model]
    others: list[Model]
    answer: str
    row: Model | None = None
    pieces: Sequence[str] = ()  # names that it may be instead (the answer `EACH`)

    @property
    def label(self) -> str:
        """What it is the name of, such as “room”."""
        return str(self.model._meta.verbose_name)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The answers with their words, what is near first."""
        rows = [(_key(row), str(getattr(row, "name", row))) for row in (*self.near, *self.others)]
        own = [(EACH, "; ".join(self.pieces))] if self.pieces else []
        own += [(MAKE, _("Make it"))] if self.model in MAKEABLE else []
        return [*rows[: len(self.near)], *own, (LEAVE, _("Leave it out")), *rows[len(self.near) :]]


@dataclass(slots=True)
class ChoiceQuestion(NameQuestion):
    """What a text of a file means that is no name of a row. The answers say what it is then; `of`: what is asked about."""

    offered: Sequence[tuple[str, str]] = ()
    of: str = ""

    @property
    def label(self) -> str:
        return self.of

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [*self.offered]


class NameQuestions:
    """The names of one file that no row has, each asked about once. What is not like another name is made, where it can be."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.asked: dict[str, NameQuestion] = {}

    @property
    def open(self) -> list[NameQuestion]:
        """Those that have no answer yet."""
        return [one for one in self.asked.values() if not one.answer]

    @staticmethod
    def key(text: str, model: type[Model]) -> str:
        """What the answer to a name is sent by."""
        return f"{model._meta.model_name}:{line(text, most=LONGEST).casefold()}"

    def is_open(self, text: str, model: type[Model]) -> bool:
        """Whether a name that was asked about has no answer yet."""
        return not self.asked[self.key(text, model)].answer

    def answer(
        self, text: str, model: type[Model], *, rows: Iterable[Found], pieces: Sequence[str] | None = None
    ) -> Any:
        """What a name means that none of these rows has: a row of them, `MAKE`, `EACH` (of its `pieces`), or None where it is left out or
        still open. One that may mean `pieces`, or (none of them) several rows, is not made unless somebody says so."""
        key = self.key(text, model)
        if key not in self.asked:
            self.asked[key] = self._ask(key, text, model, list(rows), pieces=pieces)
        question = self.asked[key]
        return question.answer if question.answer in {MAKE, EACH} else question.row

    def choose(self, text: str, model: type[Model], *, key: str, of: str, offered: Sequence[tuple[str, str]]) -> str:
        """What somebody says of a text (`ChoiceQuestion`); "" while they have not."""
        given = self._answers.names.get(key, "")
        given = given if given in dict(offered) else ""
        if key not in self.asked:
            self.asked[key] = ChoiceQuestion(key, model, text, [], [], given, offered=offered, of=of)
        return given

    def _ask(
        self, key: str, text: str, model: type[Model], rows: list[Found], *, pieces: Sequence[str] | None
    ) -> NameQuestion:
        near = near_rows(text, rows)
        by_key = {_key(row): row for _name, row in rows}
        others = sorted((row for row in by_key.values() if row.pk and row not in near), key=str)
        usual = MAKE if model in MAKEABLE and not near and pieces is None else ""
        given = self._answers.names.get(key, usual)
        if given not in {LEAVE, *by_key, *([MAKE] if model in MAKEABLE else []), *([EACH] if pieces else [])}:
            given = usual
        offered = others if len(others) <= MOST_OFFERED else []
        return NameQuestion(key, model, text, near, offered, given, by_key.get(given), pieces or ())


def _key(row: Any) -> str:
    """What the answer says that means a row; one that the file makes has no lasting key yet."""
    return f"new:{row.name.casefold()}" if not row.pk or hasattr(row, "made_by_file") else str(row.pk)


def near_rows(text: str, rows: Iterable[Found]) -> list[Any]:
    """The rows whose names are nearly the same, the nearest first: other spellings, but not another number or letter (“Room 1”
    and “Room 2” are two)."""
    pairs = [(plain(name), row) for name, row in rows]
    wanted, marks = plain(text), _marks(plain(text))
    names = [name if _marks(name) == marks else "" for name, _row in pairs]
    found = process.extract(wanted, names, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR, limit=2 * MOST_NEAR)
    return list({_key(pairs[place][1]): pairs[place][1] for _name, _score, place in found}.values())[:MOST_NEAR]


def _marks(name: str) -> list[str]:
    return sorted(word for word in name.split() if len(word) == 1 or any(sign.isdigit() for sign in word))
