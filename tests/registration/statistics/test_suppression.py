from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registration.statistics import suppression
from registration.statistics.suppression import Counts

COUNTS = st.integers(0, 30).flatmap(lambda people: st.integers(0, 40).map(lambda more: Counts(people + more, people)))
TABLES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), COUNTS, max_size=8)


def table(*people: int) -> dict[str, Counts]:
    return {"abcdefgh"[i]: Counts(n * 2, n) for i, n in enumerate(people)}


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ([], set()),
        ([5, 9], set()),
        ([0, 5, 9], set()),
        ([4, 9, 20], {"a", "b"}),  # the total would give the 4 away
        ([1, 2, 9], {"a", "b", "c"}),  # 1 and 2 together are a small group, too
        ([4, 3, 9], {"a", "b"}),
        ([1, 1, 1, 1, 1, 30], {"a", "b", "c", "d", "e", "f"}),  # five cells of five people: each is 1
        ([1, 1, 1, 1, 2, 30], {"a", "b", "c", "d", "e"}),
        ([3, 3], {"a", "b"}),
    ],
)
def test_hidden_values(people, hidden):
    assert suppression.hidden_values(table(*people)) == hidden


@pytest.mark.parametrize("people", [[4], [0, 3], [1, 1], [2, 2]])
def test_publish_withholds_a_table_that_nothing_keeps_secret(people):
    assert suppression.publish(table(*people)) is None


def test_publish_keeps_the_order_and_drops_empty_cells():
    cells = {"z": Counts(9, 9), "a": Counts(3, 2), "m": Counts(0, 0), "b": Counts(8, 6)}

    published = suppression.publish(cells)

    assert list(published.items()) == [("z", Counts(9, 9)), ("a", None), ("b", None)]


@given(TABLES)
def test_publish_never_shows_a_small_group(cells):
    published = suppression.publish(cells) or {}

    for value, counts in published.items():
        assert counts in (None, cells[value])
        if counts is not None:
            assert counts.people >= suppression.THRESHOLD


@given(TABLES)
def test_publish_leaves_every_hidden_cell_open(cells):
    """For each hidden cell there is another table with the same public face in which that cell is another one."""
    published = suppression.publish(cells)
    if published is None:
        return
    hidden = [value for value, counts in published.items() if counts is None]
    assert not hidden or sum(cells[value].people for value in hidden) >= suppression.THRESHOLD
    for value in hidden:
        others = [other for other in hidden if other != value]
        # Move one person with one attendance from one hidden cell to another, none of them getting empty.
        if cells[value].people > 1:
            giver, taker = value, others[0]
        else:
            giver, taker = next(other for other in others if cells[other].people > 1), value
        moved = dict(cells)
        moved[giver] = Counts(cells[giver].attendances - 1, cells[giver].people - 1)
        moved[taker] = Counts(cells[taker].attendances + 1, cells[taker].people + 1)
        assert moved[value] != cells[value]
        assert all(moved[v].attendances >= moved[v].people >= 1 for v in hidden)
        for column in (0, 1):
            assert sum(c[column] for c in moved.values()) == sum(c[column] for c in cells.values())


@given(TABLES)
def test_publish_hides_no_more_than_it_must(cells):
    """The largest hidden cell is small itself, or without it the others could be worked out."""
    hidden = suppression.hidden_values(cells)
    if not hidden:
        return
    largest = max(hidden, key=lambda value: (cells[value], value)[0].people)
    rest = [cells[value].people for value in hidden if value != largest]

    assert cells[largest].people < 5 or len(rest) < 2 or sum(rest) < 5 or sum(rest) == len(rest)


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        ([], []),
        ([(10, 8), (20, 15)], [(10, 8), (20, 15)]),
        ([(3, 3), (20, 15)], [None, (20, 15)]),
        ([(10, 8), (12, 8), (30, 20)], [(10, 8), None, (30, 20)]),
        ([(10, 8), (20, 15), (22, 16)], [(10, 8), None, (22, 16)]),
        ([(10, 8), (10, 8), (12, 9)], [None, None, (12, 9)]),
        ([(3, 3)], [(3, 3)]),
        ([(0, 0), (0, 0), (3, 3)], [None, None, (3, 3)]),
        ([(10, 10), (14, 14), (18, 18)], [(10, 10), None, (18, 18)]),
    ],
)
def test_publish_growth(points, shown):
    expected = [point and Counts(*point) for point in shown]

    assert suppression.publish_growth([Counts(*point) for point in points]) == expected


@given(st.lists(COUNTS, max_size=12))
def test_publish_growth_has_no_small_steps_and_keeps_the_total(steps):
    points, total = [], Counts(0, 0)
    for step in steps:
        total = Counts(total.attendances + step.attendances, total.people + step.people)
        points.append(total)

    shown = [point for point in suppression.publish_growth(points) if point is not None]

    assert shown[-1:] == points[-1:]
    for before, after in pairwise(shown):
        for old, new in zip(before, after, strict=True):
            assert new == old or new - old >= suppression.THRESHOLD
