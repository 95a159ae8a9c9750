"""Words as the search compares them, in texts and in queries: folded, each with its base form, no dictionary needed.

Scripts that are written without spaces between words (Chinese, Japanese, Thai …) are cut into characters and pairs of
characters.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from events.shared.formatting.names import folded

MOST_WORDS = 8
LONGEST_QUERY = 100  # characters; what is longer is cut
SHORT = 2  # letters
LONGEST_WORD = 60  # characters; what is longer is compared by its beginning

_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_MARKS = "".join(
    sign
    for sign in map(chr, range(0x300, 0x1E100))
    if unicodedata.category(sign) in {"Mn", "Mc"} and not _IS_UNSPACED.match(sign)
)
_SPACED = rf"(?:[^\W_{_UNSPACED}]+|[{_MARKS}]+)+"
_HYPHENS = re.compile("[-\u2010\u2011]")
_WORD = re.compile(rf"[{_UNSPACED}]+|{_SPACED}(?:[-\u2010\u2011]{_SPACED})*")
# Letters that people write one for the other, the stretching stroke, and the digits of Arabic and Persian.
_ARABIC = str.maketrans("ةى" + "٠١٢٣٤٥٦٧٨٩" + "۰۱۲۳۴۵۶۷۸۹", "هي" + "0123456789" * 2, "ـ")
_ARTICLE = re.compile(r"(?:[وفبك]?ال|لل)(?=\w{3})")
_HISSING = ("che", "she", "sse", "xe", "ze")
_NO_PLURALS = frozenset({"news"})


def base(word: str) -> str:
    """A (folded) word without what its number adds in English or French, and without the article in Arabic: both
    "policy" and "policies" are "polici".

    Only that is taken off. Stems would find more, but too much: those of Snowball are the same for "university" and
    "universal", "international" and "internal".
    """
    if not word.isascii():
        return _ARTICLE.sub("", word, count=1) if _ARTICLE.match(word) else word
    if len(word) < 4 or not word.isalpha() or word in _NO_PLURALS:
        return word
    if word.endswith("aux") and not word.endswith("eaux"):
        word = word[:-2] + "l"
    elif word.endswith(("eaux", "eux")) or (word.endswith("s") and not word.endswith(("is", "ss", "us"))):
        word = word[:-1]
    if word.endswith(("ie", *_HISSING)):
        return word[:-1]
    return word[:-1] + "i" if word.endswith("y") and word[-2] not in "aeiou" else word


def tokens(text: str) -> Iterator[str]:
    """The words of a text with their base forms; of "e-learning" also "elearning"; of unspaced scripts each character
    and each pair of characters."""
    for run in _WORD.findall(_comparable(text)):
        yield from _forms(run)


@lru_cache(maxsize=10_000)
def _forms(run: str) -> tuple[str, ...]:
    if _IS_UNSPACED.match(run):
        return (*run, *_pairs(run))
    parts = _HYPHENS.split(run)
    whole = [word[:LONGEST_WORD] for word in (parts if len(parts) == 1 else (*parts, "".join(parts)))]
    return tuple(form for word in whole for form in dict.fromkeys((word, base(word))))


def _comparable(text: str) -> str:
    return folded(text).translate(_ARABIC)


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


@dataclass(frozen=True)
class Term:
    """A word that a session must hold, or all `parts` of a word with hyphens. The last word of a query may be half
    typed; a character or pair of an unspaced script stands for itself only (`is_exact`). `others`: what may stand in its
    place, each of one or several terms."""

    word: str
    parts: tuple["Term", ...] = ()
    is_half_typed: bool = False
    is_exact: bool = False
    others: tuple[tuple["Term", ...], ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether it is hardly half typed where it stands somewhere as it is: “AI”, “SDG 4”."""
        return len(self.word) <= SHORT or self.word.isdecimal()


def words(query: str) -> list[str]:
    """The words of a query, folded: at most 8, from its first 100 characters."""
    return _comparable(query.replace("\0", " ")[:LONGEST_QUERY]).split()[:MOST_WORDS]


def terms(query: str) -> list[Term]:
    """What a query asks for; nothing where it holds no letters and digits."""
    runs = [run for word in words(query) for run in _WORD.findall(word)]
    found: list[Term] = []
    for place, run in enumerate(runs, start=1):
        if _IS_UNSPACED.match(run):
            found += [Term(part, is_exact=True) for part in _pairs(run) or [run]]
        else:
            found.append(_term(_HYPHENS.split(run), is_last=place == len(runs)))
    return found


def _term(parts: list[str], *, is_last: bool) -> Term:
    *first, last = (Term(part[:LONGEST_WORD]) for part in parts)
    last = replace(last, is_half_typed=is_last)
    return replace(last, word="".join(parts)[:LONGEST_WORD], parts=(*first, last)) if first else last
