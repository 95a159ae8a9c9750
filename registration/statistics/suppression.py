"""Which cells of a public table are not shown, so that nobody can work out how many people a small group has.

Pure: no database. A cell holds people (unique) and attendances (cumulative, never fewer than the people);
both are hidden together, because either would tell of the other. Totals stand.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

THRESHOLD = 5


class Counts(NamedTuple):
    attendances: int
    people: int


def _is_safe(hidden: Sequence[Counts], *, threshold: int) -> bool:
    """True when the hidden cells can't be worked out from the total and what is shown.

    What is hidden adds up to the total less the shown cells, so the hidden ones together are a group that every
    reader can count: it must not be small itself. And one person must be free to stand in another cell, without
    emptying any: at least two cells, and more people than cells.
    """
    people = sum(counts.people for counts in hidden)
    return not hidden or (len(hidden) >= 2 and people >= threshold and people > len(hidden))


def hidden_values(cells: Mapping[str, Counts], *, threshold: int = THRESHOLD) -> frozenset[str] | None:
    """Return the values of the cells to hide: those of 1 to `threshold` - 1 people, and as many of the next
    smallest as keep them secret. None: no choice of cells does, so the whole table is to be withheld.

    Cells without people are not hidden and must not be listed (a listed zero tells where the hidden people aren't).
    """
    filled = sorted((counts.people, counts.attendances, value) for value, counts in cells.items() if counts.people)
    size = sum(people < threshold for people, _attendances, _value in filled)
    while not _is_safe([cells[value] for _p, _a, value in filled[:size]], threshold=threshold):
        size += 1
        if size > len(filled):
            return None
    return frozenset(value for _p, _a, value in filled[:size])


def publish(cells: Mapping[str, Counts], *, threshold: int = THRESHOLD) -> dict[str, Counts | None] | None:
    """Return the table as the public may see it, in the given order: None for a hidden cell, no empty cells.

    None instead of a table: it is withheld, only its total may be shown.
    """
    hidden = hidden_values(cells, threshold=threshold)
    if hidden is None:
        return None
    return {value: None if value in hidden else counts for value, counts in cells.items() if counts.people}


def publish_growth(points: Sequence[Counts], *, threshold: int = THRESHOLD) -> list[Counts | None]:
    """Return running totals with None where the growth since the point shown before would tell of a small group.

    `points`: attendances and people up to the end of each week. The last point is the total and stands, so
    points before it give way. Each step between two shown points is nothing, or at least `threshold` of either kind.
    """

    def is_large(before: Counts, after: Counts) -> bool:
        return all(new == old or new - old >= threshold for old, new in zip(before, after, strict=True))

    shown: list[Counts | None] = []
    last = Counts(0, 0)
    for point in points:
        if is_large(last, point):
            last = point
            shown.append(point)
        else:
            shown.append(None)
    if points and shown[-1] is None:
        # Going back, the first point from which the total is a large step (or the start) stays; those after it go.
        for index in range(len(points) - 2, -1, -1):
            candidate = shown[index]
            if candidate is not None and is_large(candidate, points[-1]):
                break
            shown[index] = None
        shown[-1] = points[-1]
    return shown
