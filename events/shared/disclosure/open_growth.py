"""How much of what a whole grew by is still open to each of its parts, for a reader who kept all that was told of both. Pure.

Of a whole and its parts each number is told now and then, the whole at each step at which one of them is. Between two steps the parts
that were told at both account for some of the growth of the whole; what is left may be anybody's. Where that is nothing or at least
five, for all pairs of steps, nobody can tell of a part that grew by 1 to 4 that it grew by fewer than five: those five people may all
be of it (Hall's condition for intervals).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from events.shared.disclosure.hidden_cells import is_small

KEPT = 3  # of steps between which the same parts were told only those with the least left matter


@dataclass
class OpenGrowth:
    """Of one whole: its number at the last step (`whole`), what the numbers that are told of its parts leave of it (`rest`), and for
    each earlier step what is `left` of the growth since."""

    whole: int = 0
    rest: int = 0
    left: dict[int, int] = field(default_factory=lambda: {0: 0})

    def held_back(
        self, whole: int, moved: Mapping[Any, int], *, parts: Collection[Any], since: Mapping[Any, int]
    ) -> set[Any]:
        """The parts that must not be told at this step. `moved`: by how much those would move that would be told; `since`: the step at
        which each was told last."""
        told = dict(moved)
        by_size = sorted(moved, key=lambda key: (moved[key], str(key)))
        is_done = False
        while not is_done:
            is_done = True
            for step in self.left:
                recent = {key for key in told if since.get(key, 0) >= step}
                wanted = told.keys() & recent if is_small(abs(self._left(step, whole, told, since=since))) else set()
                if not wanted and is_small(abs(self._of_others(step, whole, told, parts=parts, since=since))):
                    wanted = told.keys() - recent
                if wanted:
                    del told[next(key for key in by_size if key in wanted)]
                    is_done = False
        return moved.keys() - told.keys()

    def tell(
        self, whole: int, moved: Mapping[Any, int], *, parts: Collection[Any], since: Mapping[Any, int], step: int
    ) -> None:
        """Write down what is told at a step."""
        left = {one: self._left(one, whole, moved, since=since) for one in self.left} | {step: 0}
        self.rest += whole - self.whole - sum(moved.values())
        self.whole = whole
        edges = sorted({step if key in moved else since.get(key, 0) for key in parts})
        self.left = {}
        groups: dict[int, set[int]] = {}
        for one in sorted(left, key=lambda one: (left[one], one)):
            group = groups.setdefault(sum(edge < one for edge in edges), set())
            if left[one] not in group and len(group) < KEPT:
                group.add(left[one])
                self.left[one] = left[one]

    def _left(self, step: int, whole: int, told: Mapping[Any, int], *, since: Mapping[Any, int]) -> int:
        """What is left of the growth since a step by parts that were told at both ends."""
        return self.left[step] + whole - self.whole - sum(told[key] for key in told if since.get(key, 0) >= step)

    def _of_others(
        self, step: int, whole: int, told: Mapping[Any, int], *, parts: Collection[Any], since: Mapping[Any, int]
    ) -> int:
        """What parts grew by since a step at which they were not told, where all that are not told now were; else 0."""
        if any(since.get(key, 0) < step for key in parts if key not in told):
            return 0
        rest = self.rest + whole - self.whole - sum(told.values())
        return self._left(step, whole, told, since=since) - rest
