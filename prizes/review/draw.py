"""Who reviews what, drawn: pure functions on keys. Nobody who must not review a nomination is among its candidates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Need:
    """A nomination that needs `wanted` more experts. `doubtful`: candidates of whom the data propose a conflict."""

    nomination: int
    wanted: int
    candidates: frozenset[int]
    doubtful: frozenset[int] = frozenset()


type Pair = tuple[int, int]  # expert, nomination


def evenly(needs: Iterable[Need], *, loads: Mapping[int, int]) -> list[Pair]:
    """Give each nomination the experts who have least to do; the same rows always give the same pairs.

    `loads`: expert to the reviews that they have already. Nominations with few candidates choose first, so that
    theirs are not used up; experts in doubt are taken only where nobody else is left.
    """
    counts = dict(loads)
    pairs = []
    for need in sorted(needs, key=lambda need: (len(need.candidates), need.nomination)):
        order = sorted(need.candidates, key=lambda expert: (expert in need.doubtful, counts.get(expert, 0), expert))
        for expert in order[: max(need.wanted, 0)]:
            counts[expert] = counts.get(expert, 0) + 1
            pairs.append((expert, need.nomination))
    return pairs


def at_random(needs: Iterable[Need], *, seed: int) -> list[Pair]:
    """Draw each nomination's experts by chance. The same rows and `seed` give the same pairs, so a draw can be repeated."""
    chance = Random(seed)  # noqa: S311 - a lot that can be drawn again, no secret
    pairs = []
    for need in sorted(needs, key=lambda need: need.nomination):
        sure, doubtful = sorted(need.candidates - need.doubtful), sorted(need.candidates & need.doubtful)
        wanted = max(need.wanted, 0)
        drawn = chance.sample(sure, min(wanted, len(sure)))
        drawn += chance.sample(doubtful, min(wanted - len(drawn), len(doubtful)))
        pairs += [(expert, need.nomination) for expert in drawn]
    return pairs
