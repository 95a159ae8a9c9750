import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes.count import ranking


def ranked(votes, *, champions=2):
    return [tuple(placed) for placed in ranking.rank(votes, champions=champions)]


def test_equal_votes_share_a_rank_and_the_next_is_left_out():
    assert [placed.rank for placed in ranking.rank({"a": 9, "b": 5, "c": 5, "d": 1}, champions=3)] == [1, 2, 2, 4]


def test_champions_are_the_first_with_votes():
    assert ranked({"a": 1, "b": 3, "c": 2}) == [
        ("b", 3, 1, True, False),
        ("c", 2, 2, True, False),
        ("a", 1, 3, False, False),
    ]


def test_tie_across_the_line_takes_in_all_who_are_tied():
    assert ranked({"a": 5, "b": 3, "c": 3, "d": 3, "e": 1}) == [
        ("a", 5, 1, True, False),
        ("b", 3, 2, True, True),
        ("c", 3, 2, True, True),
        ("d", 3, 2, True, True),
        ("e", 1, 5, False, False),
    ]


def test_tie_above_the_line_is_none():
    assert ranked({"a": 5, "b": 5, "c": 3}) == [
        ("a", 5, 1, True, False),
        ("b", 5, 1, True, False),
        ("c", 3, 3, False, False),
    ]


def test_nobody_is_champion_without_a_vote():
    assert ranked({"a": 0, "b": 0, "c": 0}) == [
        ("a", 0, 1, False, False),
        ("b", 0, 1, False, False),
        ("c", 0, 1, False, False),
    ]
    assert ranked({"a": 4, "b": 0}) == [("a", 4, 1, True, False), ("b", 0, 2, False, False)]


def test_equal_ones_stay_in_the_given_order():
    assert [placed.key for placed in ranking.rank({"z": 2, "a": 2, "m": 3}, champions=1)] == ["m", "z", "a"]


def test_nobody_to_rank():
    assert ranking.rank({}, champions=5) == []


@given(votes=st.dictionaries(st.integers(), st.integers(0, 6), max_size=12), champions=st.integers(1, 6))
def test_ranking_agrees_with_its_definition(votes, champions):
    found = ranking.rank(votes, champions=champions)

    assert sorted(placed.key for placed in found) == sorted(votes)
    chosen = [placed for placed in found if placed.is_champion]
    for placed in found:
        better = sum(number > placed.votes for number in votes.values())
        assert placed.votes == votes[placed.key]
        assert placed.rank == better + 1
        assert placed.is_champion == (placed.votes > 0 and better < champions)
        assert placed.is_tied == (
            placed.is_champion and len(chosen) > champions and placed.votes == min(row.votes for row in chosen)
        )
    if chosen and len(chosen) < champions:
        assert all(placed.is_champion or placed.votes == 0 for placed in found)


@pytest.mark.parametrize("champions", [1, 5])
def test_more_votes_never_rank_lower(champions):
    found = ranking.rank({place: place % 7 for place in range(40)}, champions=champions)

    assert [placed.votes for placed in found] == sorted((placed.votes for placed in found), reverse=True)
    assert [placed.rank for placed in found] == sorted(placed.rank for placed in found)
