"""Taking a person's addresses and names out of texts that belong to others. Exact ones only: “joann@x.org” stays when
“ann@x.org” goes, and “Mary Ann Lee”, who is somebody else, when “Ann Lee” goes. No database.
"""

import html
import json
import re
from collections.abc import Collection, Iterator
from functools import reduce
from typing import Any
from urllib.parse import quote

GONE = "…"  # stands where a name or an address was
# A longer address or name begins or ends there.
ADDRESS = r"(?<![\w.+%~$#!^*`{{|}}-])(?<!\w')(?:{})(?!-?\w)(?!\.\w)"
NAME = r"(?<!\w)(?<!\w-)(?:{})(?!-?\w)"


class Redaction:
    """What is taken out: `addresses` and `names`. `others`: longer names of other people in which one of these stands, or the
    same ones; they stay.

    Addresses go from everywhere. Names only from these texts (`whole`, without blanks around them), and of a dict only from
    what stands under keys that begin with one of these words (`under`), where that is given.
    """

    def __init__(
        self,
        *,
        addresses: Collection[str],
        names: Collection[str] = (),
        others: Collection[str] = (),
        whole: Collection[str] | None = None,
        under: Collection[str] = (),
    ) -> None:
        self._words, self._whole, self._under = sorted({*addresses, *names}), whole, under
        self._patterns = [
            _pattern(ADDRESS, words=set(addresses), kept=set()),
            _pattern(NAME, words=set(names), kept=set(others)),
        ]

    @property
    def asked(self) -> str:
        """What to ask a database for, in texts and in JSON: a regular expression, in whatever capitals, that finds all that has
        something to take out, and more. "" where there is nothing."""
        forms = {one for word in self._words for one in (*_forms(word), *_in_json(word))}
        return "|".join(re.escape(one) for one in sorted(forms))

    def __call__(self, value: Any) -> Any:
        """A text without the words; of lists and dicts each text in them. Whoever calls it twice gets the same."""
        if self._under and isinstance(value, dict):
            return {
                name: self._left(one, has_names=name.partition(" ")[0] in self._under) for name, one in value.items()
            }
        return self._left(value)

    def _left(self, value: Any, *, has_names: bool = True) -> Any:
        if isinstance(value, dict):
            return {name: self._left(one, has_names=has_names) for name, one in value.items()}
        if isinstance(value, list):
            return [self._left(one, has_names=has_names) for one in value]
        if isinstance(value, str):
            has_names = has_names and (self._whole is None or value.strip() in self._whole)
            patterns = self._patterns if has_names else self._patterns[:1]
            return reduce(lambda text, pattern: pattern.sub(_kept, text), patterns, value)
        return value

    def finds(self, text: str) -> bool:
        """Whether there is something to take out of a text."""
        return bool(self(text) != text)


def _pattern(frame: str, *, words: set[str], kept: set[str]) -> re.Pattern[str]:
    """A pattern that finds the names to be kept first, in a group of their own, then the words."""
    groups = (f"(?P<kept>{_any(kept)})", _any(words))
    found = "|".join(group for group, among in zip(groups, (kept, words), strict=True) if among)
    return re.compile(frame.format(found) if found else r"(?!)", re.IGNORECASE)


def _any(words: set[str]) -> str:
    forms = {one for word in words for one in _forms(word)}
    return "|".join(re.escape(one) for one in sorted(forms, key=len, reverse=True))


def _forms(word: str) -> Iterator[str]:
    yield word
    yield html.escape(word)
    yield quote(word, safe="")


def _in_json(word: str) -> Iterator[str]:
    """As PostgreSQL and as SQLite keep it."""
    yield json.dumps(word, ensure_ascii=False)[1:-1]
    yield json.dumps(word)[1:-1]


def _kept(match: re.Match[str]) -> str:
    return match.group() if match.groupdict().get("kept") else GONE
