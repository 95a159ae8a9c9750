"""A reader who wants to know of small groups: with a linear solver, from nothing but what is published."""

from scipy.optimize import linprog
from scipy.sparse import csr_array

LARGE = 5
MOST = 1_000_000  # more than any group has


def published(cells, hidden):
    """The listed cells: key → number, or None where it is not shown."""
    return {k: None if k in hidden.cells else n for k, n in cells.items() if n and k not in hidden.unnamed}


class Reader:
    """`shown`: the published cells. `sums`: (whole, parts), the whole a cell or a number. A cell that isn't listed has 0 or more."""

    def __init__(self, shown, sums):
        self.shown, self.sums = shown, sums
        keys = {key for whole, parts in sums for key in (*parts, whole) if not isinstance(key, int)}
        self.unknown = sorted((key for key in keys if shown.get(key) is None), key=str)
        self.matrix, self.right = [], []
        for whole, parts in sums:
            row = dict.fromkeys(self.unknown, 0)
            right = 0
            for key, sign in [*((part, 1) for part in parts), (whole, -1)]:
                if key in row:
                    row[key] += sign
                else:
                    right -= sign * (key if isinstance(key, int) else shown[key])
            if any(row.values()):
                self.matrix.append(list(row.values()))
                self.right.append(right)
        self.matrix = csr_array(self.matrix) if self.matrix else None

    def highest(self, key):
        """The highest number that a cell can have."""
        if key not in self.unknown:
            return self.shown[key]
        solved = self._solved([-1 if other == key else 0 for other in self.unknown])
        if solved.status == 3:  # without a limit
            return float("inf")
        assert solved.status == 0, solved.message
        return round(-solved.fun, 6)

    def finds(self, truth):
        """The small groups, of all that there are, that cannot be as large as one that is shown."""
        small = {key for key, number in truth.items() if 0 < number < LARGE}
        while reached := self._reached(small & {*self.unknown}):
            small -= reached
        return {key for key in small if self.highest(key) < LARGE}

    def _reached(self, keys):
        """Those that are large where all of them together are as large as they can be: to ask for each of many takes long."""
        if not keys:
            return set()
        solved = self._solved([-1 if key in keys else 0 for key in self.unknown], most=MOST)
        return {key for key, number in zip(self.unknown, solved.x, strict=True) if key in keys and number >= LARGE}

    def _solved(self, aim, *, most=None):
        bounds = [(1 if key in self.shown else 0, most) for key in self.unknown]
        return linprog(aim, A_eq=self.matrix, b_eq=self.right or None, bounds=bounds)
