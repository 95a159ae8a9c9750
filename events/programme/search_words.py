"""Words as the search compares them: the same on every database, because they are made here and not there.

Folding, cutting and plurals need no dictionary, no extension and no locale of the database. Scripts that are written without
spaces between words (Chinese, Japanese, Thai …) are cut into their signs and pairs of signs.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from events.models import Appearance, Forum, Session, SessionText

MOST_WORDS = 8
LONGEST_QUERY = 100  # characters; what is longer is cut
LONGEST_WORD = 60  # characters; what is longer is compared by its beginning

_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = "".join(sign for sign in map(chr, range(0x300, 0x1E100)) if unicodedata.category(sign) in {"Mn", "Mc"})
_RUN = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}_])[\w{_MARKS}])+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_HISSING = ("che", "she", "sse", "xe", "ze")
_NO_PLURALS = frozenset({"news"})


def folded(text: str) -> str:
    """Text as it is compared: without accents and vowel signs, in lower case, compatible signs made one."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()


def words(query: str) -> list[str]:
    """The words of a query, folded: at most 8, from its first 100 characters."""
    return folded(query.replace("\0", " ")[:LONGEST_QUERY]).split()[:MOST_WORDS]


def singular(word: str) -> str:
    """A (folded) word of English or French as its plural is compared with it: both "policy" and "policies" are "polici".

    Only what parts the numbers of a word is taken off. Stems would find more, but too much: those of Snowball are the
    same for "university" and "universal", "international" and "internal".
    """
    if len(word) < 4 or not (word.isascii() and word.isalpha()) or word in _NO_PLURALS:
        return word
    if word.endswith("aux") and not word.endswith("eaux"):
        word = word[:-2] + "l"
    elif word.endswith(("eaux", "eux")) or (word.endswith("s") and not word.endswith(("is", "ss", "us"))):
        word = word[:-1]
    if word.endswith(("ie", *_HISSING)):
        return word[:-1]
    return word[:-1] + "i" if word.endswith("y") and word[-2] not in "aeiou" else word


def tokens(text: str) -> Iterator[str]:
    """The words of a (folded) text, in its order, each with its singular where that is another; of unspaced scripts each
    sign and each pair of signs."""
    for run in _RUN.findall(text):
        if _IS_UNSPACED.match(run):
            yield from run
            yield from _pairs(run)
        else:
            word = run[:LONGEST_WORD]
            yield word
            if (other := singular(word)) != word:
                yield other


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


@dataclass(frozen=True)
class Terms:
    """What a session must hold to be found: each of `whole` (singulars), and a word that begins with `beginning` or has the
    same singular (may be empty).

    Without both (a query of signs only) nothing is found.
    """

    whole: frozenset[str]
    beginning: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.whole and not self.beginning

    @property
    def last(self) -> str:
        """The singular of `beginning`: it may be a whole word, in the plural."""
        return singular(self.beginning)


def terms(query: str) -> Terms:
    """What a query asks for; its last word may be half typed."""
    runs = [run for word in words(query) for run in _RUN.findall(word)]
    whole: set[str] = set()
    beginning = ""
    for place, run in enumerate(runs):
        if _IS_UNSPACED.match(run):
            whole |= set(_pairs(run) or [run])
        elif place == len(runs) - 1:
            beginning = run[:LONGEST_WORD]
        else:
            whole.add(singular(run[:LONGEST_WORD]))
    return Terms(frozenset(whole), beginning)


@dataclass(slots=True)
class Document:
    """The texts of one session by weight: titles, people (speakers and organisers), descriptions."""

    titles: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def parts(self) -> tuple[list[str], list[str], list[str]]:
        """The tokens of the titles, of the people and of the descriptions."""
        titles, people, texts = (list(tokens(folded("\n".join(part)))) for part in self._texts())
        return titles, people, texts

    def _texts(self) -> tuple[list[str], list[str], list[str]]:
        return self.titles, self.people, self.texts


def documents(forum: Forum) -> dict[int, Document]:
    """The texts of the forum's released sessions by primary key, in every language; those under embargo too, which
    whoever asks leaves out. Four queries."""
    shown = Session.objects.released().filter(forum=forum).order_by()
    found: dict[int, Document] = defaultdict(Document)
    for key, title, text in shown.values_list("pk", "title", "description"):
        found[key].titles.append(title)
        found[key].texts.append(text)
    other = SessionText.objects.filter(session__in=shown)
    for key, title, text in other.values_list("session", "title", "description"):
        found[key].titles.append(title)
        found[key].texts.append(text)
    for key, name, acronym in shown.filter(organisers__isnull=False).values_list(
        "pk", "organisers__name", "organisers__acronym"
    ):
        found[key].people += [name, acronym]
    names = Appearance.objects.released().filter(session__in=shown).order_by()
    for key, name in names.values_list("session", "speaker__name"):
        found[key].people.append(name)
    return dict(found)
