"""The leaderboard: what counts, in which order, with how many questions to the database."""

from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes.models import Assignment, Criterion, Edition
from prizes.review import criteria, leaderboard
from tests.factories import NOW
from tests.prizes.factories import NominationFactory, make_edition, voter
from tests.prizes.reviewers import give, make_assignment

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    return make_edition(phase="review")


@pytest.fixture
def category(edition):
    return edition.categories.first()


def reviewed(category, *points, **values):
    nomination = NominationFactory(category=category, **values)
    for each in points:
        give(make_assignment(category.edition, nomination=nomination), each)
    return nomination


def test_best_first_and_those_without_a_score_last(category):
    low, high = reviewed(category, 2, 2, title="Bbb"), reviewed(category, 5, 4, 4)
    alike, none = reviewed(category, 2, title="Ccc"), reviewed(category, title="Aaa")
    reviewed(category, 5, state="draft")
    reviewed(category, 5, state="withdrawn")

    found = leaderboard.rows(category)

    assert [(row, row.place) for row in found] == [(high, 1), (low, 2), (alike, 2), (none, None)]
    assert (found[0].score.mean, found[0].score.reviews, found[3].score) == (Fraction(13, 3), 3, None)
    assert found[0].figures == {"mean": "4.33", "deviation": "0.47", "lowest": "4.00", "highest": "5.00"}
    assert found[3].figures == {}


def test_only_finished_reviews_of_experts_who_are_not_recused_count(category):
    nomination = reviewed(category, 5, 1, 1, 1)
    rows = list(nomination.assignments.order_by("pk"))
    for row, state in zip(rows[1:], ["recused", "assigned", "conflict"], strict=True):
        Assignment.objects.filter(pk=row.pk).update(state=state)

    (found,) = leaderboard.rows(category)

    assert (found.score.mean, found.score.reviews) == (5, 1)
    assert (found.done, found.waiting, found.conflicts, found.recused) == (1, 1, 1, 1)
    nomination.assignments.exclude(pk=rows[0].pk).delete()
    rows[0].scores.exclude(criterion__number=1).update(points=0)
    Criterion.objects.filter(number=1).update(weight=8)  # weights move the score
    assert leaderboard.rows(category)[0].score.mean == 2.5


def test_progress_says_how_far_each_category_is(edition, category, django_assert_num_queries):
    reviewed(category, 4, state="shortlisted")
    nomination = reviewed(category)
    for state in ("assigned", "conflict", "recused"):
        make_assignment(edition, nomination=nomination, state=state)

    with django_assert_num_queries(1):
        first, *others = leaderboard.progress(edition)

    assert (first.ranked, first.shortlisted, first.left_behind, first.asked, first.done, first.conflicts) == (
        2,
        1,
        1,
        3,
        1,
        1,
    )
    assert [(other.ranked, other.asked) for other in others] == [(0, 0)] * 2


def test_table_holds_every_review(edition, category):
    nomination = reviewed(category, 4)
    row = make_assignment(
        edition, nomination=nomination, state="recused", answer="I work there", conflicts=["nominator"]
    )
    loose = reviewed(category, 1, state="withdrawn")
    loose.category = None
    loose.save()

    header, lines = leaderboard.table(edition)

    assert header[-1] == "9 Promotion of WSIS values"
    by_state = {(line[4], line[0]): line for line in lines}
    assert by_state["done", 1][7:10] == [4.0, "", 4]
    assert by_state["recused", 1][3:8] == [row.expert.user.email, "recused", "nominator", "I work there", ""]
    assert by_state["done", ""][1] == loose.code


# --- the score: pure arithmetic ---------------------------------------------------------------------
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


# --- what its nominator may read --------------------------------------------------------------------
def test_nominator_reads_points_and_comments_once_the_nominees_are_published(client):
    edition = make_edition(phase="voting")
    criteria.ensure(edition)
    row = NominationFactory(category=edition.categories.first(), state="not_nominated", nominator=voter())
    for points, comment in ((2, "Who <pays>?"), (5, "Ask for figures"), (4, "")):
        give(make_assignment(edition, nomination=row, comment=comment), points)
    make_assignment(edition, nomination=row, comment="Not finished")
    give(make_assignment(edition, comment="Of another project"), 1)
    client.force_login(row.nominator)
    seen = {}
    for is_given, published in product((True, False), (None, NOW)):
        Edition.objects.update(is_feedback_given=is_given, nominees_published=published)
        seen[is_given, bool(published)] = client.get(f"/2020/prizes/nominate/{row.code}/").content.decode()

    told = seen.pop((True, True))
    assert told.count("<dd>3.7</dd>") == edition.criteria.count()
    assert told.index("Ask for figures") < told.index("Who &lt;pays&gt;?")
    assert "Not finished" not in told
    assert "Of another project" not in told
    assert not any("<dd>3.7</dd>" in page or "Ask for figures" in page for page in seen.values())
    experts = Assignment.objects.values_list("expert__user__name", flat=True)
    assert not any(name in told for name in experts)


@pytest.mark.parametrize("state", ["nominated", "withdrawn", "submitted"])
def test_nobody_else_reads_them(client, state):
    edition = make_edition(phase="voting")
    Edition.objects.update(is_feedback_given=True, nominees_published=NOW)
    row = NominationFactory(category=edition.categories.first(), state=state, nominator=voter())
    give(make_assignment(edition, nomination=row, comment="For the desk"), 2)
    client.force_login(row.nominator)

    assert "For the desk" not in client.get(f"/2020/prizes/nominate/{row.code}/").content.decode()
