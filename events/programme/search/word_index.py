"""What the search looks into: the words of a forum's sessions, kept in the memory of each process for a public revision.

The words are made here and not in the database, so that every database finds the same.
"""

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain, takewhile

from rapidfuzz import process
from rapidfuzz.distance import OSA

from events.programme.search.words import Term, base, tokens

# Where a word stands, as bits: a better place is worth more than all lesser ones together.
TITLE, PEOPLE, TOPIC, TEXT = 8, 4, 2, 1
BITS = 4
HALF_TYPED = 0.9  # what a word is worth that only begins as it was typed …
OTHER_WORD = 0.8  # … one that means the same …
MISTYPED = 0.5  # … and one with other letters
ONE_MISTAKE, TWO_MISTAKES = 5, 8  # characters from which on a word may have so many

type Texts = Mapping[int, Iterable[str]]  # by where they stand
type Ranks = dict[int, float]


class Index:
    """Which sessions hold which words, and where. `texts`: those of each session by its primary key."""

    def __init__(self, texts: Mapping[int, Texts], *, revision: int) -> None:
        self.revision = revision
        self._keys = list(texts)
        self.keys = frozenset(texts)
        postings: dict[str, array[int]] = defaultdict(lambda: array("L"))
        cut = cache(lambda text: frozenset(tokens(text)))  # countries, Action Lines, rooms … stand in many sessions
        for number, parts in enumerate(texts.values()):
            places: dict[str, int] = defaultdict(int)
            for place, part in parts.items():
                for token in chain.from_iterable(map(cut, part)):
                    places[token] |= place
            for token, bits in places.items():
                postings[token].append(number << BITS | bits)
        self._postings = dict(postings)
        self._vocabulary = sorted(postings)

    def find(self, terms: Iterable[Term], *, among: Collection[int]) -> Ranks:
        """The sessions that hold every term, with a rank, of a term on average: the higher, the better it fits.

        Others than those `among` some keys do not exist: even whether a word is mistyped does not depend on them.
        """
        terms = list(terms)
        found = self._all(terms, among=self._numbers(among))
        return {self._keys[number]: rank / max(len(terms), 1) for number, rank in found.items()}

    def most(self, terms: Iterable[Term], *, among: Collection[int]) -> tuple[Ranks, list[Term]]:
        """The sessions that hold the most of some terms, each with its rank; and the terms that none of these holds."""
        numbers = self._numbers(among)
        held = {term: self._ranks(term, among=numbers) for term in terms}
        counts = Counter(chain.from_iterable(held.values()))
        best = max(counts.values(), default=0)
        found = {
            number: sum(ranks.get(number, 0.0) for ranks in held.values()) / best
            for number in counts
            if counts[number] == best
        }
        return {self._keys[number]: rank for number, rank in found.items()}, [
            term for term, ranks in held.items() if not ranks.keys() & found.keys()
        ]

    def _numbers(self, among: Collection[int]) -> set[int]:
        return {number for number, key in enumerate(self._keys) if key in among}

    def _all(self, terms: Iterable[Term], *, among: Collection[int]) -> Ranks:
        found = dict.fromkeys(among, 0.0)
        for term in terms:
            held = self._ranks(term, among=among)
            found = {number: found[number] + rank for number, rank in held.items() if number in found}
        return found

    def _ranks(self, term: Term, *, among: Collection[int]) -> Ranks:
        """The sessions with one term as it is typed; else with the parts of it; else with words like it."""
        whole = {term.word: 1.0, base(term.word): 1.0}
        found = self._holding(whole, among=among)
        if term.is_half_typed and not (found and term.is_short):
            found = self._holding(dict.fromkeys(self._beginning(term.word), HALF_TYPED) | whole, among=among)
        if not found and term.parts:
            found = self._all(term.parts, among=among)
        for other in term.others:
            for number, rank in self._all(other, among=among).items():
                found[number] = max(found.get(number, 0.0), OTHER_WORD * rank / len(other))
        if not found and not term.is_exact:
            found = self._holding(dict.fromkeys(self._alike(term.word), MISTYPED), among=among)
        return found

    def _holding(self, worth: Mapping[str, float], *, among: Collection[int]) -> Ranks:
        found: Ranks = {}
        for token, value in worth.items():
            for posting in self._postings.get(token, ()):
                number, rank = posting >> BITS, value * (posting & (1 << BITS) - 1)
                if number in among and rank > found.get(number, 0):
                    found[number] = rank
        return found

    def _beginning(self, word: str) -> Iterator[str]:
        start = bisect_left(self._vocabulary, word)
        return takewhile(lambda token: token.startswith(word), self._vocabulary[start:])

    def _alike(self, word: str) -> Iterator[str]:
        """The words that a mistyped one may mean: letters left out, added, changed, or two in the wrong order."""
        if len(word) < ONE_MISTAKE or not word.isalpha():
            return iter(())
        mistakes = 2 if len(word) >= TWO_MISTAKES else 1
        found = process.extract_iter(word, self._vocabulary, scorer=OSA.distance, score_cutoff=mistakes)
        return (token for token, _distance, _place in found)
