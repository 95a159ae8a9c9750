from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registration.sessions.attendance.linked_tables import Counts
from registration.statistics import charts
from registration.statistics.tables import PublicTable, StatisticsRow


def table(*numbers, total=None):
    rows = [StatisticsRow(str(i), f"Row {i}", n if n is None else Counts(n, n)) for i, n in enumerate(numbers, start=1)]
    return PublicTable(
        "region", rows, Counts(total, total) if total is not None else Counts(sum(n or 0 for n in numbers), 0)
    )


def test_bars_are_drawn_against_the_longest_and_share_the_total():
    bars = charts.bars(table(50, 25, None, total=100))

    assert bars == [
        charts.Bar("1", "Row 1", 50, 50, 100.0, 50),
        charts.Bar("2", "Row 2", 25, 25, 50.0, 25),
        charts.Bar("3", "Row 3", None, None, 0, None),
    ]


@pytest.mark.parametrize(
    ("numbers", "most", "codes"),
    [((9, 8, 7), 2, ["1", "2"]), ((9, None, 7), 2, ["1", "3"]), ((None, None), 1, ["1"])],
)
def test_bars_that_are_cut_leave_the_hidden_out_unless_all_are(numbers, most, codes):
    assert [bar.code for bar in charts.bars(table(*numbers), most=most)] == codes


@pytest.mark.parametrize(
    ("part", "total", "expected"), [(1, 3, 33), (2, 3, 67), (1, 200, 1), (1, 201, 0), (5, 5, 100), (0, 0, 0)]
)
def test_share_in_whole_percent(part, total, expected):
    assert charts.share(part, total=total) == expected


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [0, 1]),
        (7, [0, 2, 4, 6, 8]),
        (90, [0, 25, 50, 75, 100]),
        (15_000, [0, 5000, 10_000, 15_000]),
        (16_000, [0, 5000, 10_000, 15_000, 20_000]),
    ],
)
def test_scale(most, ticks):
    assert charts.scale(most) == ticks


@given(st.integers(0, 10**12))
def test_scale_covers_with_few_even_steps(most):
    ticks = charts.scale(most)

    assert ticks[0] == 0
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= 5
    assert len({after - before for before, after in pairwise(ticks)}) == 1


def test_lines_bridge_hidden_weeks_and_leave_room_for_those_to_come():
    lines = charts.lines(table(10, None, 40), weeks=5)

    assert lines.attendances == "0,75 50,0"
    assert lines.people == lines.attendances
    assert lines.area == "0,100 0,75 50,0 50,100"
    assert lines.ticks == [40, 30, 20, 10, 0]
    assert lines.grid == [100, 75, 50, 25, 0]
    assert lines.weeks == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("numbers", [(), (10,), (None, 10)])
def test_lines_need_two_points(numbers):
    assert charts.lines(table(*numbers), weeks=12) is None


def test_lines_of_many_weeks_name_only_some():
    assert charts.lines(table(*range(5, 35)), weeks=30).weeks[:4] == ["1", "", "", "4"]


@pytest.mark.parametrize(
    ("number", "shade"), [(None, 0), (0, 0), (1, 1), (9, 1), (10, 2), (49, 2), (50, 3), (250, 4), (999, 4), (1000, 5)]
)
def test_shade_says_the_order_of_a_number(number, shade):
    assert charts.shade(number) == shade
