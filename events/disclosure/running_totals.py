"""Which points of running totals are shown, so that no step between two of them tells of a small group. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from events.disclosure.hidden_cells import is_small

Point = tuple[int, ...]


def shown_points(points: Sequence[Point]) -> list[int]:
    """Return the places of the points to show, in their order.

    `points`: running totals, each of one or more kinds, never falling. Each step between two shown points, and the one
    from nothing to the first, is nothing or at least five of every kind. The last point is the total and stands, so
    points before it give way.
    """
    shown: list[int] = []
    for place, point in enumerate(points):
        if _is_large(points[shown[-1]] if shown else None, point):
            shown.append(place)
    last = len(points) - 1
    if points and last not in shown:
        while shown and not _is_large(points[shown[-1]], points[last]):
            shown.pop()
        shown.append(last)
    return shown


def steps(shown: Sequence[int]) -> list[range]:
    """The places from after one shown point up to the next: what is known of them is their sum."""
    return [range(before + 1, place + 1) for before, place in pairwise([-1, *shown])]


def _is_large(before: Point | None, after: Point) -> bool:
    return not any(is_small(new - old) for old, new in zip(before or [0] * len(after), after, strict=True))
