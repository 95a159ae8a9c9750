"""What people write in the cells of a table, and what it means: texts, numbers, languages, choices, names of rows."""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from events.models import SDG, ActionLine, Country, Forum, Organisation
from events.models.programme import Language
from events.models.reference import StakeholderType
from events.shared.formatting.plain_text import clean
from events.shared.tables.answers import MAKE, Questions

SEPARATOR = ";"
SIGNS = r"[=+\-@＝＋－＠﹢﹣﹫−]"
FORMULA = re.compile(rf"[\s\ufeff]*{SIGNS}|[\t\r\n]")
# Where commas part decimals, Excel takes semicolons for the ends of a CSV's cells, and their quotes for letters.
INSIDE, MENDED = (re.compile(rf"([;\t\r\n](?:[^\S\t\r\n]|[\"\ufeff])*){mark}(?={SIGNS})") for mark in ("", "'"))
KATAKANA = re.compile(r"[\u30a0-\u30ff]+")
EAST_ASIAN = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")
HALF_A_SECOND = timedelta(milliseconds=500)


def safe(value: object) -> object:
    """Return what a spreadsheet shows and never runs, for one cell.

    Text that may be taken for a formula (it begins with = + - @ or one of their wide forms, also behind blanks;
    or with a tab, a return or a new line) gets an apostrophe in front; NUL is left out. Numbers stay numbers,
    None is an empty cell, a moment is written in ISO form with its offset, anything else is written as its text.
    """
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    text = str(value).replace("\0", "")
    return f"'{text}" if FORMULA.match(text) else text


def safe_in_csv(value: object) -> object:
    """The same for a cell of a CSV file, in the middle of which a spreadsheet may begin another one."""
    cell = safe(value)
    return INSIDE.sub(r"\1'", cell) if isinstance(cell, str) else cell


def text_of(value: object) -> str:
    """Return a cell as text: dates and times in ISO form to the nearest second, whole numbers without “.0”, our apostrophes taken off
    again, and what other systems write so that it is no formula (="text")."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = (value + HALF_A_SECOND).replace(microsecond=0)
        return value.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
    if isinstance(value, time):
        value = (datetime.combine(date.min, value) + HALF_A_SECOND).time().replace(microsecond=0)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = clean(str(value)).strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1].strip()
    text = text[1:].strip() if text.startswith("'") and safe(text[1:]) == text else text
    return MENDED.sub(r"\1", text)


def fold(text: str) -> str:
    """Letters and digits alone, small and without accents: “Prénom :” and prenom are one, राम and रमा are not."""
    return "".join(
        sign for sign in unicodedata.normalize("NFKD", text).casefold() if sign.isalnum() or _is_letter(sign)
    )


def _is_letter(mark: str) -> bool:
    """Whether a mark is what other scripts have for a letter: a vowel or tone of Asia; no accent, no Arabic or Hebrew point."""
    kind = unicodedata.combining(mark)
    return unicodedata.category(mark) in {"Mn", "Mc"} and (kind < 10 or 36 < kind < 200)


@lru_cache(maxsize=2_000, typed=True)  # a word and a label of the same letters are two
def spellings(label: object) -> frozenset[str]:
    """A label of the catalogue in each of the site's languages, folded."""
    found = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.add(fold(str(label)))
    return frozenset(found)


def whole_name(name: str, *, first: str, last: str) -> str:
    """The name of a person, of a table with a column of first or of last names: “Nom” beside “Prénom” is a part of it. In East
    Asia the family comes first, without a blank, but in foreign names."""
    words = set(map(fold, name.split()))
    first, last = ("" if set(map(fold, part.split())) < words else part for part in (first, last))
    if name and first and last:
        return name
    given, family = (first, name or last) if first else (name, last)
    if EAST_ASIAN.fullmatch(family) and EAST_ASIAN.fullmatch(given) and not KATAKANA.fullmatch(family):
        return family + given
    return " ".join(filter(None, (given, family)))


# --- several values in one cell -------------------------------------------------------------------
def parts(text: str) -> list[str]:
    """Split a cell that holds several values, also on lines of their own: “A; B” → A, B."""
    return [part.strip() for part in re.split(rf"[{SEPARATOR}\n]", text) if part.strip()]


def joined(values: Iterable[object]) -> str:
    """Several values in one cell. A semicolon in a value would part it: a comma stands there instead."""
    return f"{SEPARATOR} ".join(str(value).replace(SEPARATOR, ",") for value in values)


# --- numbers, choices, languages ------------------------------------------------------------------
def whole_number(text: str, *, most: int = 2_147_483_647) -> int | None:
    """Read a whole number; None for an empty cell. Refuses `bad-number`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise ValidationError(_("“%(text)s” is not a whole number"), code="bad-number", params={"text": text[:40]})
    return int(text)


def yes(text: str) -> bool:
    """Whether a cell says yes; an empty one does not. Refuses (`unknown-choice`) what is neither yes nor no."""
    found = meaning(text, "yes", "no") if text else "no"
    if not found:
        words = _("“%(text)s” is neither yes nor no")
        raise ValidationError(words, code="unknown-choice", params={"text": text[:40]})
    return found == "yes"


def meaning(text: str, *meanings: str) -> str:
    """Which of some meanings a word has, in the languages of cell_words.csv; "" for none of them."""
    return next((one for one in meanings if _bare(text) in _words()[one]), "")


def _bare(text: str) -> str:
    return fold(text) or text.strip()


@cache
def _words() -> dict[str, set[str]]:
    with Path(__file__).with_name("cell_words.csv").open(encoding="utf-8", newline="") as file:
        return {row["meaning"]: set(map(_bare, row["words"].split())) for row in csv.DictReader(file)}


def choice(text: str, *, choices: Iterable[tuple[str, Any]]) -> str:
    """Read a value of a list, by its code or by its name in one of the site's languages. Refuses `unknown-choice`."""
    pairs = list(choices)
    word = fold(text)
    for code, name in pairs:
        if word and (word == fold(code) or word in spellings(name)):
            return code
    raise _unknown(text, codes=[code for code, _name in pairs])


def _unknown(text: str, *, codes: Iterable[str]) -> ValidationError:
    words = _("“%(text)s” is not one of: %(codes)s")
    return ValidationError(words, code="unknown-choice", params={"text": text[:40], "codes": ", ".join(codes)})


@cache
def _language_codes() -> dict[str, str]:
    own = {"francais": "fr", "espanol": "es", "german": "de", "deutsch": "de"}
    return own | {word: code for code, label in Language.choices for word in spellings(label)}


def languages(text: str) -> list[str]:
    """The languages that a cell names, as codes, known to the site or not: “en-US; Français” → en, fr."""
    codes: list[str] = []
    for word in re.split(r"[;,/|]", text):
        name = word.strip().casefold()
        code = _language_codes().get(fold(name)) or name.replace("_", "-").partition("-")[0].strip()[:20]
        if code and code not in codes:
            codes.append(code)
    return codes


def known_languages(text: str) -> list[str]:
    """The same; refuses (`unknown-choice`) languages that the site does not have."""
    codes = languages(text)
    for code in codes:
        if code not in Language.values:
            raise _unknown(code, codes=Language.values)
    return codes


# --- names of rows --------------------------------------------------------------------------------
NAMES: dict[type[models.Model], tuple[str, ...]] = {
    Forum: ("slug",),
    Country: ("code", "name"),
    Organisation: ("name", "acronym"),
    ActionLine: ("code", "label"),
    SDG: ("number", "label"),
}


class Finder:
    """Finds rows by what people write in a cell: as it stands, else by its letters alone. Reads each table once per file.

    `among`: of some models these rows only. `questions`: asks about names that no row has.
    """

    def __init__(
        self,
        *,
        among: Mapping[type[models.Model], models.QuerySet[Any]] | None = None,
        questions: Questions | None = None,
    ) -> None:
        self._among = among or {}
        self._kept: dict[type[models.Model], list[dict[str, list[Any]]]] = {}
        self.questions = questions

    def all(self, text: str, model: type[models.Model]) -> list[Any]:
        """The rows whose code or name a cell holds."""
        if model not in self._kept:
            rows = list(self._among.get(model, model._default_manager.all()))
            self._kept[model] = [self._by_word(rows, spelt) for spelt in (_exact, fold)]
        exact, folded = self._kept[model]
        return exact.get(_exact(text)) or folded.get(fold(text), [])

    def one(self, text: str, model: type[models.Model]) -> Any:
        """The row whose code or name a cell holds, or that an answer means: a new one is saved at once. None where the answer
        leaves the name out, and for “n/a”. Refuses `several`, and `not-found` while the question is open."""
        found = self.all(text, model)
        if len(found) == 1:
            return found[0]
        if not found and meaning(text, "nothing"):
            return None
        meant = None if found else self.asked(text, model)
        if found or (meant is None and self._is_open(text, model)):
            words = _("Several have the name “%(text)s”") if found else _("“%(text)s” is not known here")
            raise ValidationError(words, code="several" if found else "not-found", params={"text": text[:80]})
        if meant is not None and meant.pk is None:
            meant.save()
        return meant

    def _is_open(self, text: str, model: type[models.Model]) -> bool:
        return self.questions is None or self.questions.is_open(text, model)

    def asked(
        self, text: str, model: type[models.Model], *, pieces: Sequence[str] | None = None, usual: str = ""
    ) -> Any:
        """The row that the answer to a name means which none has: an unsaved one where it is to be made, the same each time.
        None where the name is left out, or the question is open. `pieces`, `usual`: `Questions.answer`."""
        exact = self._kept[model][0]
        if self.questions is None:
            return None
        rows = ((name, row) for name, found in exact.items() for row in found)
        meant = self.questions.answer(text, model, rows=rows, pieces=pieces, usual=usual)
        if meant == MAKE:
            meant = Organisation(name=text[:200], stakeholder_type=StakeholderType.OTHER, is_checked=False)
            meant.made_by_file = True  # type: ignore[attr-defined]  # for the answers
            exact[_exact(text)] = [meant]
        return meant

    @staticmethod
    def _by_word(rows: list[Any], spelt: Callable[[str], str]) -> dict[str, list[Any]]:
        known: dict[str, list[Any]] = {}
        if rows and isinstance(rows[0], Organisation):
            models.prefetch_related_objects(rows, "other_names")
        for row in rows:
            is_body = isinstance(row, Organisation)
            others = [one.name for one in row.other_names.all()] if is_body else getattr(row, "names", [])
            for word in {spelt(str(text)) for text in (*(getattr(row, name) for name in NAMES[type(row)]), *others)} - {
                ""
            }:
                known.setdefault(word, []).append(row)
        return known


def _exact(text: str) -> str:
    return joined([text]).casefold().strip()
