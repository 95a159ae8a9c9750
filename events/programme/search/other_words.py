"""Words for the same: what else a query means, by the groups of words that the organisers keep (`SearchWords`).

A word means the others of its own groups and no more: what these mean in other groups is not looked for, so that no circle is
walked.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from events.models import SearchWords
from events.programme.search.words import Term, base, terms
from events.shared.once_a_revision import once_a_revision

ANY_END = "*"
LONGEST = 6  # words of a phrase

type Phrase = tuple[Term, ...]
type Key = tuple[str, ...]


class OtherWords:
    """The groups, by the words that stand in them. `groups`: of each its words and phrases."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._same: dict[Key, list[Phrase]] = defaultdict(list)
        self._beginnings: dict[str, list[Phrase]] = defaultdict(list)
        for lines in groups:
            phrases = {line: _phrase(line) for line in lines}
            for line, phrase in phrases.items():
                if phrase:
                    others = [other for other in phrases.values() if other and other != phrase]
                    self._same[_key(phrase)] += others
                    if line.endswith(ANY_END) and len(phrase) == 1:
                        self._beginnings[phrase[0].word] += [phrase, *others]

    def widened(self, sought: Sequence[Term]) -> list[Term]:
        """The terms of a query, each with the others that mean the same; the words of a phrase that has such are one term."""
        found, place = list[Term](), 0
        while place < len(sought):
            for length in range(min(LONGEST, len(sought) - place), 0, -1):
                phrase = tuple(sought[place : place + length])
                if others := self._others(phrase):
                    break
            found.append(_as_one(phrase, others))
            place += length
        return found

    def _others(self, phrase: Phrase) -> list[Phrase]:
        found = list(self._same.get(_key(phrase), ()))
        if len(phrase) == 1:
            for beginning, phrases in self._beginnings.items():
                if phrase[0].word.startswith(beginning):
                    found += phrases
        return found


@once_a_revision
def kept() -> OtherWords:
    """The groups as they are. One query after the public revision rose."""
    return OtherWords(row.lines() for row in SearchWords.objects.all())


def _phrase(line: str) -> Phrase:
    found = terms(line)[:LONGEST]
    *first, last = found or [Term("")]
    return (*first, replace(last, is_half_typed=line.endswith(ANY_END))) if last.word else ()


def _key(phrase: Phrase) -> Key:
    return tuple(base(term.word) for term in phrase)


def _as_one(phrase: Phrase, others: list[Phrase]) -> Term:
    if len(phrase) == 1:
        return replace(phrase[0], others=tuple(others))
    return Term(" ".join(term.word for term in phrase), parts=phrase, others=tuple(others))
