import pytest

from prizes.count import ranking


@pytest.mark.parametrize(
    ("votes", "champions", "ranked"),
    [
        ({}, 5, []),
        # equal votes share a rank, the next is left out, equal ones stay in the given order
        (
            {"d": 1, "c": 5, "b": 5, "a": 9},
            3,
            [("a", 9, 1, True, False), ("c", 5, 2, True, False), ("b", 5, 2, True, False), ("d", 1, 4, False, False)],
        ),
        # a tie across the line takes in all who are tied
        (
            {"a": 5, "b": 3, "c": 3, "d": 3, "e": 1},
            2,
            [
                ("a", 5, 1, True, False),
                ("b", 3, 2, True, True),
                ("c", 3, 2, True, True),
                ("d", 3, 2, True, True),
                ("e", 1, 5, False, False),
            ],
        ),
        # a tie above it does not
        ({"a": 5, "b": 5, "c": 3}, 2, [("a", 5, 1, True, False), ("b", 5, 1, True, False), ("c", 3, 3, False, False)]),
        # nobody is champion without a vote
        ({"a": 0, "b": 0}, 2, [("a", 0, 1, False, False), ("b", 0, 1, False, False)]),
        ({"a": 4, "b": 0}, 2, [("a", 4, 1, True, False), ("b", 0, 2, False, False)]),
    ],
)
def test_ranking_of_one_category(votes, champions, ranked):
    assert [tuple(placed) for placed in ranking.rank(votes, champions=champions)] == ranked
