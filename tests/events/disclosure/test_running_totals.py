from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.disclosure.running_totals import shown_points, steps


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        ([], []),
        ([(10, 8), (20, 15)], [0, 1]),
        ([(3, 3), (20, 15)], [1]),
        ([(10, 8), (12, 8), (30, 20)], [0, 2]),
        ([(10, 8), (20, 15), (22, 16)], [0, 2]),
        ([(10, 8), (10, 8), (12, 9)], [2]),
        ([(3, 3)], [0]),
        ([(0, 0), (0, 0), (3, 3)], [2]),
        ([(10, 10), (14, 14), (18, 18)], [0, 2]),
    ],
)
def test_shown_points(points, shown):
    assert shown_points(points) == shown


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_shown_points_have_no_small_steps_and_keep_the_total(grown):
    points = [(sum(a for a, _b in grown[: n + 1]), sum(b for _a, b in grown[: n + 1])) for n in range(len(grown))]

    shown = shown_points(points)

    assert shown[-1:] == [len(points) - 1] * bool(points)
    for before, after in pairwise(shown):
        assert all(new == old or new - old >= 5 for old, new in zip(points[before], points[after], strict=True))


def test_steps_are_what_lies_between_two_shown_points():
    assert steps([1, 2, 5]) == [range(2), range(2, 3), range(3, 6)]
