"""The weighted mean and its spread: bounds, order, weights."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes.review import leaderboard

KEYS = range(1, 10)
POINTS = st.dictionaries(st.sampled_from(KEYS), st.integers(0, 5), min_size=1)
FULL = st.fixed_dictionaries({key: st.integers(0, 5) for key in KEYS})
WEIGHT = st.decimals("0.01", "99.99", places=2)
WEIGHTS = st.fixed_dictionaries(dict.fromkeys(KEYS, WEIGHT))


def test_mark_is_the_weighted_mean_of_what_has_a_weight():
    assert leaderboard.mark({1: 5, 2: 2}, weights={1: Decimal(2), 2: Decimal(1)}) == Fraction(4)
    assert leaderboard.mark({1: 5, 99: 0}, weights={1: 1, 2: 7}) == 5
    assert leaderboard.mark({}, weights={1: 1}) is leaderboard.mark({2: 3}, weights={1: 1}) is None
    assert leaderboard.score([], weights={1: 1}) is leaderboard.score([{}], weights={1: 1}) is None


def test_score_says_mean_spread_and_number_and_each_expert_counts_once():
    found = leaderboard.score([{1: 5, 2: 5}, {1: 2, 2: 2}, {1: 2, 2: 2}], weights={1: 1, 2: 1})
    uneven = leaderboard.score([{1: 5, 2: 5, 3: 5}, {1: 1}], weights={1: 1, 2: 1, 3: 1})

    assert (found.mean, found.lowest, found.highest, found.reviews) == (3, 2, 5, 3)
    assert found.deviation == pytest.approx(2**0.5)
    assert (uneven.mean, uneven.reviews) == (3, 2)


@given(st.lists(POINTS, min_size=1, max_size=6), WEIGHTS)
def test_score_lies_within_the_points(reviews, weights):
    found = leaderboard.score(reviews, weights=weights)

    values = [value for points in reviews for value in points.values()]
    assert min(values) <= found.lowest <= found.mean <= found.highest <= max(values)
    assert 0 <= found.deviation <= float(found.highest - found.lowest) / 2 + 1e-9
    assert found.reviews == len(reviews)


@given(st.lists(POINTS, min_size=1, max_size=6), WEIGHTS, st.randoms(), st.integers(1, 50))
def test_score_depends_on_neither_the_order_nor_the_unit_of_the_weights(reviews, weights, chance, factor):
    turned = [dict(chance.sample(list(points.items()), len(points))) for points in reviews]
    chance.shuffle(turned)
    scaled = {key: weight * factor for key, weight in weights.items()}

    assert leaderboard.score(turned, weights=scaled) == leaderboard.score(reviews, weights=weights)
