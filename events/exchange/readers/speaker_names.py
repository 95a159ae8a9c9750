"""Who speaks, out of texts that name several: “Conway, Radia (ITU), Wirth, John (UN)” are two people, and so are “Radia Conway,
John Wirth”. What a comma means is the same in a whole file; where nothing in it tells, somebody is asked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.utils.translation import gettext as _

from events.exchange.readers.records import Person, Programme, Talk
from events.formatting.plain_text import line
from events.models import Appearance
from events.tables.answers import LEAVE, LONGEST, Answers

PAIRS, LIST, NAME_FIRST = "pairs", "list", "first"  # “Last, First”; one after the other; a name and what its bearer does
OUTSIDE = r"(?![^(（]*[)）])"  # not within brackets
ALWAYS = re.compile(rf"[;؛；、|\n•]{OUTSIDE}")  # part people, whatever the file
OFTEN = re.compile(rf"\s*([,，،])\s*(?:(?:and|et|und|&)\s+)?{OUTSIDE}|\s+(and|et|und|&|/)\s+{OUTSIDE}")
BRACKET = re.compile(r"(.*?\S)\s*(?:[(（]([^()（）]*)[)）]|\s[-–—]\s(.+))")
WHOLE_NAMES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af]")  # no blanks inside
ACRONYM = re.compile(r"[A-Z]{2,6}")
PARTICLES = frozenset("van von der de del della di da dos du le la el al bin ben abu ter ten".split())
SUFFIXES = frozenset("jr sr ii iii iv phd md mba esq dphil".split())
TITLES = frozenset("dr prof mr mrs ms mx sir eng".split())
# Words of posts and bodies: what holds one is not somebody's name.
NO_NAME = frozenset(
    "minister ministre ministro director directeur directrice direktor president président chair chairman chairperson chef head"
    " ceo cto cio coo founder officer manager secretary secrétaire secretario ambassador professor professeur countess chief lead"
    " university université universität universidad institute institut ministry ministère ministerio department bank council"
    " commission committee union organization organisation association foundation team group office agency authority inc ltd"
    " gmbh company of for the".split()
)
UNKNOWN_PERSON = re.compile(r"to be |tb[acd]\b|n/a\b", re.IGNORECASE)
LONGEST_NAME, MOST_PARTED = 80, 5
ROLES = frozenset(Appearance.Role.values)


@dataclass(slots=True)
class _Part:
    """A piece of a text between commas: the words, and what stands in brackets behind them. `is_joined`: “and” follows."""

    name: str
    bracket: str = ""
    is_joined: bool = False

    @property
    def words(self) -> int:
        return 2 if WHOLE_NAMES.search(self.name) else len(self.name.split())

    @property
    def role(self) -> str:
        return self.bracket.casefold() if self.bracket.casefold() in ROLES else ""

    @property
    def is_no_name(self) -> bool:
        found = set(re.findall(r"\w+", self.name.casefold()))
        return bool(found & NO_NAME) or bool(ACRONYM.fullmatch(self.name))

    @property
    def is_family(self) -> bool:
        """Whether it may be a family name alone: one word, a small one before it, or all in capitals."""
        words = [word for word in self.name.split() if word.casefold().strip(".") not in TITLES]
        return len(words) == 1 or words[:1] and words[0].casefold() in PARTICLES or self.name.isupper()  # type: ignore[return-value]

    def person(self, name: str = "") -> Person:
        found = Person(name or self.name, role=self.role)
        if self.bracket and not self.role:
            is_post = "," in self.bracket or bool(set(re.findall(r"\w+", self.bracket.casefold())) & NO_NAME - BODIES)
            setattr(found, "position" if is_post else "affiliation", line(self.bracket, most=200))
        return found
