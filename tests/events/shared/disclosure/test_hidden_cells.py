import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from events.shared.disclosure.hidden_cells import Hidden, Sum, hide, hide_in_table
from events.shared.disclosure.linear_bounds import Solutions
from tests.events.shared.disclosure.attacker import Reader, published


def table(*people):
    return dict(zip("abcdefgh", people, strict=False))


def standing(sums, cells):
    """The sums with the numbers of those that stand."""
    return [(sum(cells[p] for p in parts) if whole is None else whole, parts) for whole, parts in sums]


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ([], ""),
        ([0], ""),
        ([0, 5, 9], ""),
        ([4, 4, 50], "ab"),  # each may be 1 to 7
        ([4, 9, 20], "ab"),  # the total would give the 4 away
        ([1, 2, 9], "abc"),  # the 2 could be 2 at the most
        ([2, 3, 9, 20], "abc"),  # the 3 could be 4 at the most
        ([3, 3], "ab"),
        ([1, 1, 1, 1, 1, 30], "abcdef"),  # five cells of five people: each is 1
        ([1, 6, 9], "ab"),
    ],
)
def test_hide_in_table_hides_the_small_and_the_next(people, hidden):
    assert hide_in_table(table(*people)) == Hidden(frozenset(hidden))


@pytest.mark.parametrize("people", [[4], [0, 3], [1, 1], [2, 2], [4, 1]])
def test_hide_in_table_names_no_groups_that_nothing_keeps_secret(people):
    filled = frozenset(key for key, number in table(*people).items() if number)

    assert hide_in_table(table(*people)) == Hidden(filled, filled)


def test_hide_in_table_that_lists_no_hidden_groups_shows_more():
    # Where nobody knows who the others are, each of them may be all five.
    assert hide_in_table(table(3, 2, 7), are_named=False).cells == {"a", "b"}


def test_hide_looks_at_every_sum_that_holds_a_cell():
    cells = {"ML": 3, "KE": 90, "TN": 50, "FR": 40, "LU": 6, "africa": 93, "arab": 50, "europe": 46}
    sums = [
        Sum(None, ("africa", "arab", "europe")),
        Sum("africa", ("ML", "KE")),
        Sum("arab", ("TN",)),
        Sum("europe", ("FR", "LU")),
    ]

    # In the table of countries Luxembourg would do; but Africa's number less Kenya's gives Mali away.
    assert hide(cells, sums).cells == {"ML", "KE"}


def test_hide_takes_a_part_with_a_hidden_whole():
    cells = {"ML": 3, "FR": 40, "LU": 6, "JP": 70, "africa": 3, "europe": 46, "asia": 70}
    sums = [Sum(None, ("africa", "europe", "asia")), Sum("africa", ("ML",)), Sum("europe", ("FR", "LU"))]

    assert hide(cells, sums).cells == {"ML", "africa", "europe", "LU"}


def test_hide_counts_on_what_is_known_from_elsewhere():
    cells = {"a": 3, "b": 6, "c": 9}

    assert hide(cells, [Sum(None, tuple(cells))], least={"b": 6}).cells == {"a", "c"}


def test_hide_counts_on_cells_that_are_published_nowhere():
    cells = {"a": 3, "b": 6, "c": 9}

    assert hide(cells, [Sum(None, tuple(cells))], unlisted=["c"]).cells == {"a"}


# --- the attack ------------------------------------------------------------------------------------
KEYS = "abcdefghij"


@st.composite
def linked_tables(draw):
    """Ten cells with a total, in weeks of at least five people that stand, and in sums that overlap as Action Lines do."""
    cells = {key: draw(st.integers(0, 12)) for key in KEYS}
    weeks, week = [], []
    for key in KEYS:
        week.append(key)
        if sum(cells[k] for k in week) >= 5 and draw(st.booleans()):
            weeks.append(tuple(week))
            week = []
    sums = [Sum(None, tuple(KEYS)), *(Sum(None, found) for found in weeks)]
    for number in range(draw(st.integers(0, 5))):
        parts = tuple(sorted(draw(st.sets(st.sampled_from(KEYS), min_size=1))))
        cells[f"sum {number}"] = sum(cells[key] for key in parts)
        sums.append(Sum(f"sum {number}", parts))
    return cells, sums


@given(linked_tables())
@settings(max_examples=150)
def test_hide_leaves_nothing_to_a_reader_with_a_solver(tables):
    cells, sums = tables

    hidden = hide(cells, sums)

    found = Reader(published(cells, hidden), standing(sums, cells)).finds(cells)
    # A total of 1 to 4 stands, and so does what is left of it after the weeks: then nobody is named.
    rest = sum(cells[key] for key in KEYS) - sum(
        cells[key] for week in sums[1:] if not week.whole for key in week.parts
    )
    assert not found or rest < 5
    assert not found & set(published(cells, hidden))


@given(linked_tables())
@settings(max_examples=50)
def test_hide_hides_no_more_than_it_must(tables):
    """No number that was hidden besides, and is listed, can be shown without giving a small group away."""
    cells, sums = tables

    hidden = hide(cells, sums)

    empty = {key: 0 for key, number in cells.items() if not number}
    shown = published(cells, hidden) | empty
    before = Reader(shown, standing(sums, cells)).finds(cells)
    for key in hidden.cells - hidden.unnamed:
        if cells[key] >= 5:
            assert Reader(shown | {key: cells[key]}, standing(sums, cells)).finds(cells) > before


def test_reader_with_a_solver_finds_what_each_table_by_itself_would_hide():
    """The control: hidden in each table alone, as it once was, a country comes out."""
    regions = {"africa": 93, "europe": 46}
    countries = {"ML": 3, "KE": 90, "FR": 40, "LU": 6}
    shown = published(regions, hide_in_table(regions)) | published(countries, hide_in_table(countries))

    reader = Reader(shown, [("africa", ["ML", "KE"]), ("europe", ["FR", "LU"]), (139, [*countries])])

    assert reader.finds(countries) == {"ML"}


@given(st.data())
@settings(max_examples=150)
def test_solutions_reach_as_high_as_the_solver_says(data):
    numbers = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=7))
    members = st.dictionaries(st.sampled_from(range(len(numbers))), st.sampled_from([1, 1, -1]), min_size=1)
    sums = data.draw(st.lists(members, min_size=1, max_size=5))
    place, height = data.draw(st.integers(0, len(numbers) - 1)), data.draw(st.integers(0, 20))
    matrix = [[one.get(n, 0) for n in range(len(numbers))] for one in sums]
    right = [sum(numbers[n] * factor for n, factor in one.items()) for one in sums]

    solutions = Solutions(numbers, sums)
    reaches = solutions.reaches(place, height)

    solved = linprog([-(n == place) for n in range(len(numbers))], A_eq=matrix, b_eq=right)
    assert reaches == (solved.status == 3 or -solved.fun >= height - 1e-6)
    if reaches:
        assert solutions.present[place] >= height - 1e-6
        assert min(solutions.present) > -1e-6
        for row, total in zip(matrix, right, strict=True):
            assert sum(map(operator.mul, row, solutions.present)) == pytest.approx(total, abs=1e-6)
