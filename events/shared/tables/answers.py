"""What a file leaves open, and what the person who brings it in answers: which column is meant, and which row a name means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
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
    """`columns`: key of a header → column, "" where it is left out. `names`: the key of a `Question` → `MAKE`, `LEAVE` or
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
class Question:
    """What a text of a file means, such as a name that no row has. `answer`: one of its `choices`, or "" while it is open; `label`: what
    is asked about, such as “room”. `near`: rows of nearly the same name, also those that the file has just made; `row`: the one
    that is meant."""

    key: str
    text: str
    label: str
    choices: Sequence[tuple[str, str]]  # with their words
    answer: str
    near: Sequence[Any] = ()
    row: Any = None


class Questions:
    """What the texts of one file mean, each asked about once. A name that is not like another one is made, where it can be."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.asked: dict[str, Question] = {}

    @staticmethod
    def key(text: str, model: type[Model]) -> str:
        """What the answer to a name is sent by."""
        return f"{model._meta.model_name}:{line(text, most=LONGEST).casefold()}"

    def is_open(self, text: str, model: type[Model]) -> bool:
        """Whether a name that was asked about has no answer yet."""
        return not self.asked[self.key(text, model)].answer

    def answer(
        self,
        text: str,
        model: type[Model],
        *,
        rows: Iterable[Found],
        pieces: Sequence[str] | None = None,
        usual: str = "",
    ) -> Any:
        """What a name means that none of these rows has: a row of them, `MAKE`, `EACH` (of its `pieces`), or None where it is left out or
        still open. One that may mean `pieces`, or (none of them) several rows, is not made unless somebody says so. `usual`: what it
        means as long as nobody says more, and no row has nearly the same name."""
        key = self.key(text, model)
        if key not in self.asked:
            self.asked[key] = self._ask(key, text, model, list(rows), pieces=pieces, usual=usual)
        question = self.asked[key]
        return question.answer if question.answer in {MAKE, EACH} else question.row

    def choose(self, text: str, *, key: str, of: str, offered: Sequence[tuple[str, str]]) -> str:
        """What somebody says that a text is (`of`: what is asked about), of what is `offered`; "" while they have not."""
        given = self._answers.names.get(key, "")
        given = given if given in dict(offered) else ""
        self.asked.setdefault(key, Question(key, text, of, offered, given))
        return given

    def _ask(
        self, key: str, text: str, model: type[Model], rows: list[Found], *, pieces: Sequence[str] | None, usual: str
    ) -> Question:
        near, by_key = near_rows(text, rows), {_key(row): row for _name, row in rows}
        others = [row for row in by_key.values() if row.pk and row not in near]
        offered = sorted(others, key=str) if len(others) <= MOST_OFFERED else []
        own = [(EACH, "; ".join(pieces))] if pieces else []
        own += [(MAKE, _("Make it"))] if model in MAKEABLE else []
        usual = "" if near else usual or (MAKE if model in MAKEABLE and pieces is None else "")
        given = self._answers.names.get(key, usual)
        given = given if given in {LEAVE, *by_key, *dict(own)} else usual
        first, last = ([(_key(row), str(getattr(row, "name", row))) for row in rows] for rows in (near, offered))
        choices = [*first, *own, (LEAVE, _("Leave it out")), *last]
        return Question(key, text, str(model._meta.verbose_name), choices, given, near, by_key.get(given))


def _key(row: Any) -> str:
    """What the answer says that means a row; one that the file makes has no lasting key yet."""
    return f"new:{row.name.casefold()}" if not row.pk or hasattr(row, "made_by_file") else str(row.pk)


def near_rows(text: str, rows: Iterable[Found]) -> list[Any]:
    """The rows whose names are nearly the same, the nearest first: other spellings, but not another number or letter (“Room 1”
    and “Room 2” are two)."""
    pairs = list(rows)
    wanted, marks = _spelt(text)
    spelt = [_spelt(name) for name, _row in pairs]
    names = [name if own == marks else "" for name, own in spelt]
    found = process.extract(wanted, names, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR, limit=2 * MOST_NEAR)
    return list({_key(pairs[place][1]): pairs[place][1] for _name, _score, place in found}.values())[:MOST_NEAR]


@lru_cache(maxsize=20_000)  # each name of a file is compared with each
def _spelt(name: str) -> tuple[str, list[str]]:
    """A name without accents and signs, and its numbers and single letters."""
    words = plain(name)
    return words, sorted(word for word in words.split() if len(word) == 1 or any(sign.isdigit() for sign in word))
