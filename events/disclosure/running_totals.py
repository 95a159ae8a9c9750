"""Which points of running totals are told, so that no step between two of them, and no change of one, tells of a small group. Pure."""

from collections.abc import Sequence

from events.disclosure.hidden_cells import is_small


def told_points(before: Sequence[int | None], now: Sequence[int]) -> list[int | None]:
    """Return what is told of each point, None where it is nothing.

    `before`: what was told of the first of them; a point that was passed over stays so. `now`: the true running totals. The last
    one is the total, which changed by nothing or by five and more; points before it give way. A point changes by nothing or at
    least five, and so does its distance from the next one.
    """
    latest = next((number for number in reversed(before) if number is not None), 0)
    known = [*before, *[latest] * (len(now) - len(before))]
    told: list[int | None] = [*before, *[None] * (len(now) - len(before))]
    after = None  # by how much the next point that is told changed
    for place in reversed(range(len(now))):
        base = known[place]
        if base is None:
            continue
        change = now[place] - base
        if not is_small(abs(change)) and (after is None or not is_small(abs(after - change))):
            told[place], after = now[place], change
        elif told[place] is not None:
            after = 0
    return told
