"""Which cells of published tables are hidden, so that nobody can work out that a group is small, or how small.

Pure. One rule for all that is published together (docs/decisions/0011-hidden-cells.md): a cell of 1 to 4 people is
hidden, and as many others as it takes that each of them may still be one of at least five, whatever a reader adds up
and takes away. Cells without people are never listed.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from events.shared.disclosure.linear_bounds import NOTHING, Solutions

THRESHOLD = 5

Key = Hashable


class Sum(NamedTuple):
    """What every reader knows: these cells add up to a cell, or to a number that stands whatever is hidden (None)."""

    whole: Any
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Hidden:
    """The cells whose number is not shown. Those of `unnamed` are not even listed: they look like empty ones."""

    cells: frozenset[Key] = frozenset()
    unnamed: frozenset[Key] = frozenset()


def is_small(people: int) -> bool:
    """Whether a number of people is not told: 1 to 4."""
    return 0 < people < THRESHOLD


def hide(
    cells: Mapping[Any, int],
    sums: Iterable[Sum],
    *,
    small: Iterable[Key] | None = None,
    unlisted: Iterable[Key] = (),
    least: Mapping[Any, int] | None = None,
    silent: Iterable[Key] = (),
    are_named: bool = True,
) -> Hidden:
    """Choose the cells to hide: the small ones, and others as few and small as may be.

    `cells`: the numbers of all that is published together. `sums`: which of them add up to what. `small`: the cells to
    protect (by default those of 1 to 4). `unlisted`: cells that are published nowhere, and are part of a sum. `least`:
    what a reader knows from elsewhere that a cell holds at the least. `silent`: cells that look empty where they are hidden,
    though they are listed. `are_named`: whether hidden cells are listed.
    """
    known = {key: number for key, number in cells.items() if number}
    protected = {key for key in known if is_small(known[key])} if small is None else known.keys() & {*small}
    parts = [
        Sum(one.whole if one.whole in known else None, tuple(part for part in one.parts if part in known))
        for one in sums
    ]
    return _hide(
        tuple(known.items()),
        tuple(one for one in parts if one.parts),
        frozenset(protected - {*unlisted}),
        frozenset(known.keys() & {*unlisted}),
        tuple((least or {}).items()),
        frozenset(silent),
        are_named,
    )


def hide_changes(
    before: Mapping[Any, int | None],
    now: Mapping[Any, int],
    sums: Iterable[Sum],
    *,
    small: Iterable[Key] = (),
    unlisted: Iterable[Key] = (),
) -> Hidden:
    """Choose the cells whose number stays as it was told last, so that nobody who saw that knows of a change of 1 to 4.

    The change of each cell is a table like any other; one that is hidden looks like none. `before`: what was told; None of a
    cell that was listed without its number, nothing of one that was not listed. `now`: the true numbers. `small`: more cells
    to protect.
    """
    change = {key: abs(now.get(key, 0) - (before.get(key) or 0)) for key in (*now, *before)}
    return hide(
        change,
        sums,
        small={key for key in change if is_small(change[key]) or is_small(now.get(key, 0))}.union(small),
        unlisted=unlisted,
        least={key: 1 for key, number in before.items() if number is None},
        silent=[key for key, number in before.items() if number is not None],
    )


def hide_in_table(cells: Mapping[Any, int], *, are_named: bool = True) -> Hidden:
    """Choose the cells to hide of one table by itself, whose total stands. `are_named`: whether it lists the hidden ones."""
    return hide(cells, [Sum(None, tuple(cells))], are_named=are_named)


@lru_cache(maxsize=64)  # the same numbers are asked for by every page, file and language
def _hide(
    cells: tuple[tuple[Key, int], ...],
    sums: tuple[Sum, ...],
    protected: frozenset[Key],
    unlisted: frozenset[Key],
    least: tuple[tuple[Key, int], ...],
    silent: frozenset[Key],
    are_named: bool,
) -> Hidden:
    unnamed = {*unlisted} if are_named else {*unlisted, *dict(cells)}
    choice = _Choice(dict(cells), sums, protected, dict(least), silent, {*protected, *unlisted}, unnamed)
    if protected:
        while choice.loosen_tight() or choice.loosen_linked():
            pass
        choice.show_again()
    return Hidden(frozenset(choice.hidden - unlisted), frozenset(choice.unnamed - unlisted))


@dataclass
class _Choice:
    """The cells that are hidden so far."""

    cells: Mapping[Key, int]
    sums: Sequence[Sum]
    protected: Set[Key]
    known_least: Mapping[Key, int]
    silent: Set[Key]
    hidden: set[Key] = field(default_factory=set)
    unnamed: set[Key] = field(default_factory=set)

    def least(self, key: Key) -> int:
        """What a reader takes for granted: a cell that is listed has somebody in it."""
        known = max(self.known_least.get(key, 0), 0 if key in self.unnamed or key in self.silent else 1)
        return min(known, self.cells[key])

    def wanted(self, key: Key) -> int:
        """What a protected cell must seem able to be: large enough to be shown, and more than it is."""
        return max(THRESHOLD, self.cells[key] + 1)

    def exposed(self) -> Iterator[Key]:
        """The protected cells of which a reader can tell that they are small."""
        places = {key: place for place, key in enumerate(self._by_size(self.hidden))}
        known = [{places[key]: factor for key, factor in _members(one) if key in places} for one in self.sums]
        solutions = Solutions([self.cells[key] - self.least(key) for key in places], [one for one in known if one])
        in_doubt = set(self.protected)
        for key in self._by_size(self.protected):
            if key in in_doubt:
                if not solutions.reaches(places[key], self.wanted(key) - self.least(key)):
                    yield key
                now = solutions.present  # one solution may clear several cells
                in_doubt = {k for k in in_doubt if now[places[k]] + self.least(k) < self.wanted(k) - NOTHING}

    def loosen_tight(self) -> bool:
        """Hide more in each sum that alone gives a cell away; return whether there was one."""
        has_changed = False
        for key in self._by_size(self.protected):
            for one in self.sums:
                if _holds(one, key) and self._is_tight(one, key):
                    has_changed |= self._loosen(one)
        return has_changed

    def loosen_linked(self) -> bool:
        """Hide more near each cell that several sums together give away; return whether there was one."""
        has_changed = False
        for key in list(self.exposed()):
            has_changed |= any(self._loosen(one) for one in self._linked(key))
        return has_changed

    def show_again(self) -> None:
        """Show what was hidden without need, the largest first."""
        for key in reversed(self._by_size(self.hidden - self.unnamed - self.protected)):
            self.hidden.remove(key)
            if any(True for _exposed in self.exposed()):
                self.hidden.add(key)

    def _is_tight(self, one: Sum, key: Key) -> bool:
        """Whether a sum alone gives a cell away: what else is hidden in it cannot be so much smaller."""
        hidden = self.hidden.intersection(one.parts)
        if key == one.whole:
            return not hidden
        if one.whole in self.hidden:
            return False
        others = sum(self.cells[part] - self.least(part) for part in hidden if part != key)
        return self.cells[key] + others < self.wanted(key)

    def _linked(self, key: Key) -> list[Sum]:
        """The sums that hold a cell, then those that share a hidden cell with one of them; small ones first."""
        reached, found, left = {key}, [], list(self.sums)
        while near := [one for one in left if any(_holds(one, cell) for cell in reached)]:
            found += sorted(near, key=lambda one: len(one.parts))
            left = [one for one in left if one not in near]
            reached = {cell for one in near for cell in (one.whole, *one.parts) if cell in self.hidden}
        return found

    def _loosen(self, one: Sum) -> bool:
        """Hide a sum's smallest shown part; where none is left, the names of its parts, then its whole, then its name."""
        shown = self._by_size(part for part in one.parts if part not in self.hidden)
        if shown:
            self._hide(shown[0])
        elif not self.unnamed.issuperset(one.parts):
            self.unnamed.update(one.parts)
        elif one.whole is None or one.whole in self.unnamed:
            return False
        elif one.whole in self.hidden:
            self.unnamed.add(one.whole)
        else:
            self._hide(one.whole)
        return True

    def _hide(self, key: Key) -> None:
        """Hide a cell, and one of its own parts with it, as they would add up to it."""
        self.hidden.add(key)
        for one in self.sums:
            if one.whole == key and self.hidden.isdisjoint(one.parts):
                self._hide(self._by_size(one.parts)[0])

    def _by_size(self, keys: Iterable[Key]) -> list[Key]:
        """The smallest first."""
        return sorted(keys, key=lambda key: (self.cells[key], str(key)))


def _holds(one: Sum, key: Key | None) -> bool:
    return key == one.whole or key in one.parts


def _members(one: Sum) -> Iterable[tuple[Key, int]]:
    """The members of a sum with their sign: what the parts gain, the whole gains."""
    yield from ((part, 1) for part in one.parts)
    if one.whole is not None:
        yield one.whole, -1
