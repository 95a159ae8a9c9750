"""Which points of running totals are told, so that no step between two of them, and no change of one, tells of a small group. Pure."""

from collections.abc import Iterable, Sequence
from operator import sub

from events.shared.disclosure.hidden_cells import is_small

type Point = tuple[int, ...]  # the number of each measure


def told_points(before: Sequence[Point | None], now: Sequence[Point]) -> list[Point | None]:
    """Return what is told of each point, None where it is nothing.

    `before`: what was told of the first of them; a point that was passed over stays so. `now`: the true running totals. The last
    one is the total; points before it give way. A point changes by nothing or at least five in each measure, and so does its
    distance from the next one.
    """
    nothing = (0,) * len(now[0]) if now else ()
    latest = next((point for point in reversed(before) if point is not None), nothing)
    known = [*before, *[latest] * (len(now) - len(before))]
    told: list[Point | None] = [*before, *[None] * (len(now) - len(before))]
    after = None  # by how much the next point that is told changed
    for place in reversed(range(len(now))):
        base = known[place]
        if base is None:
            continue
        change = tuple(map(sub, now[place], base))
        if _is_told(change) and (after is None or _is_told(map(sub, after, change))):
            told[place], after = now[place], change
        elif told[place] is not None:
            after = nothing
    return told


def _is_told(change: Iterable[int]) -> bool:
    return not any(is_small(abs(number)) for number in change)
