"""A reader who wants to know of small groups: with a linear solver, from nothing but what is published."""

from scipy.optimize import linprog

LARGE = 5


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

    def highest(self, key):
        """The highest number that a cell can have."""
        if key not in self.unknown:
            return self.shown[key]
        bounds = [(1 if other in self.shown else 0, None) for other in self.unknown]
        aim = [-1 if other == key else 0 for other in self.unknown]
        solved = linprog(aim, A_eq=self.matrix or None, b_eq=self.right or None, bounds=bounds)
        if solved.status == 3:  # without a limit
            return float("inf")
        assert solved.status == 0, solved.message
        return round(-solved.fun, 6)

    def finds(self, truth):
        """The small groups, of all that there are, that cannot be as large as one that is shown."""
        return {key for key, number in truth.items() if 0 < number < LARGE and self.highest(key) < LARGE}
