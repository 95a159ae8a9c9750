"""The ranking of a category: arithmetic without a database.

Nominees with as many votes share a rank, and the ranks after them are left out (1, 2, 2, 4). Champions are those of
rank 1 to n with at least one vote: a tie across the line takes in all who are tied. Nothing is ever drawn by lot.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Placed[K](NamedTuple):
    """A nominee's place; `is_tied`: on the line, and taken in although more than n are champions."""

    key: K
    votes: int
    rank: int
    is_champion: bool
    is_tied: bool


def rank[K](votes: Mapping[K, int], *, champions: int) -> list[Placed[K]]:
    """Rank the nominees of one category by their valid votes, most votes first; equal ones stay in the given order.

    `champions`: how many there are when nobody is tied (the edition's setting).
    """
    order = sorted(votes.items(), key=lambda entry: -entry[1])
    ranks: dict[int, int] = {}
    for place, (_key, number) in enumerate(order, start=1):
        ranks.setdefault(number, place)
    chosen = [number for _key, number in order if number and ranks[number] <= champions]
    line = min(chosen, default=0) if len(chosen) > champions else None  # the votes of those tied across the line
    return [
        Placed(
            key,
            number,
            ranks[number],
            is_champion := number > 0 and ranks[number] <= champions,
            is_champion and number == line,
        )
        for key, number in order
    ]
