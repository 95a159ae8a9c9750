"""How high a hidden number can be, for a reader who knows sums of hidden numbers: a linear program, solved by simplex.

Pure. The numbers are small and the factors 1 or -1, so floats are exact enough.
"""

from collections.abc import Mapping, Sequence

NOTHING = 1e-6
STEPS = 60  # after so many it is too much trouble: the answer is no


class Solutions:
    """All lists of non-negative numbers that have the same sums as a given one.

    `numbers`: the given list. `sums`: what is known of it; each has its members by their place, with a factor.
    A row of the table is a sum solved for one number (`_basis`): how much that number falls when another rises by 1.
    """

    def __init__(self, numbers: Sequence[float], sums: Sequence[Mapping[int, int]]) -> None:
        self._numbers = list(numbers)
        self._rows: list[list[float]] = []
        self._basis: list[int] = []
        self.present = self._numbers
        self._solve([[float(one.get(place, 0)) for place in range(len(numbers))] for one in sums])

    def reaches(self, target: int, height: float) -> bool:
        """Whether a number can be so high. If so, `present` is a solution in which it is.

        From the given list on, the number is raised by raising or lowering one other at a time. After a step that led
        nowhere it is the first that helps (Bland's rule), so that the table never goes in circles.
        """
        now, is_stuck = list(self._numbers), False
        for _step in range(STEPS):
            if now[target] >= height - NOTHING:
                self.present = now
                return True
            helps = self._helps(target, now)
            if not helps:
                break
            place = min(helps) if is_stuck else max(helps, key=lambda n: abs(helps[n]))
            is_stuck = self._step(place, helps[place], height - now[target], now) < NOTHING
        return False

    def _solve(self, rows: list[list[float]]) -> None:
        """Solve the sums for the largest numbers, which have most to give; sums that say nothing new are left out."""
        for place in sorted(range(len(self._numbers)), key=lambda place: -self._numbers[place]):
            row = next((row for row in rows if abs(row[place]) > NOTHING), None)
            if row is not None:
                rows.remove(row)
                self._rows.append(row)
                self._basis.append(place)
                self._pivot(row, place, others=[*self._rows, *rows])

    @staticmethod
    def _pivot(row: list[float], place: int, *, others: Sequence[list[float]]) -> None:
        """Solve a row for a number, and replace that number in all other rows."""
        divisor = row[place]
        row[:] = [value / divisor for value in row]
        for other in others:
            factor = other[place]
            if other is not row and abs(factor) > NOTHING:
                other[:] = [value - factor * own for value, own in zip(other, row, strict=True)]

    def _helps(self, target: int, now: Sequence[float]) -> dict[int, float]:
        """The numbers whose change raises the target, with how much it does; below 0 they are to be lowered."""
        if target not in self._basis:
            return {target: 1.0}
        row = self._rows[self._basis.index(target)]
        return {
            n: -value
            for n, value in enumerate(row)
            if n != target and (value < -NOTHING or (value > NOTHING and now[n] > NOTHING))
        }

    def _step(self, place: int, help: float, gap: float, now: list[float]) -> float:
        """Change a number as far as it helps to close the gap, and as no other falls below 0. Return how far."""
        sign = 1 if help > 0 else -1
        limits = [
            (now[basic] / (sign * row[place]), basic, number)
            for number, (basic, row) in enumerate(zip(self._basis, self._rows, strict=True))
            if sign * row[place] > NOTHING
        ]
        step, _basic, number = min(limits, default=(float("inf"), 0, 0))
        most = min(gap / abs(help), float("inf") if sign > 0 else now[place])
        taken = min(step, most)
        for basic, row in zip(self._basis, self._rows, strict=True):
            now[basic] -= sign * row[place] * taken
        now[place] += sign * taken
        if step < most:
            self._basis[number] = place
            self._pivot(self._rows[number], place, others=self._rows)
        return taken
