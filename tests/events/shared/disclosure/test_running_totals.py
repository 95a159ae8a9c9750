from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.shared.disclosure.running_totals import told_points


def told_of(before, now):
    """Of one measure."""
    told = told_points([None if number is None else (number,) for number in before], [(number,) for number in now])
    return [point and point[0] for point in told]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ([], [], []),
        ([], [10, 20], [10, 20]),
        ([], [3, 20], [None, 20]),
        ([], [10, 12, 30], [None, 12, 30]),
        ([], [10, 20, 22], [10, None, 22]),
        ([], [8, 8, 12], [None, None, 12]),
        ([10], [10, 15], [10, 15]),
        ([10], [12, 15], [10, 15]),  # two came after the last look, and one would know when
        ([10], [15, 20], [15, 20]),
        ([None, 20], [12, 30], [None, 30]),
        ([10, 20], [15, 25], [15, 25]),
        ([10, 20], [13, 25], [10, 25]),
    ],
)
def test_told_points(before, now, told):
    assert told_of(before, now) == told


def test_told_points_move_in_all_measures_or_in_none():
    assert told_points([(30, 10)], [(50, 12), (90, 20)]) == [(30, 10), (90, 20)]


@given(st.lists(st.integers(0, 9), max_size=12))
def test_told_points_have_no_small_steps_and_keep_the_total(grown):
    points = [sum(grown[: n + 1]) for n in range(len(grown))]
    if points and 0 < points[-1] < 5:
        return

    told = told_of([], points)

    assert told[-1:] == points[-1:]
    shown = [0, *(number for number in told if number is not None)]
    assert all(after == before or after - before >= 5 for before, after in pairwise(shown))
