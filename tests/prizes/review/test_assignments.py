"""Who reviews what: evenly, by chance, from a table; never one's own."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.models import HistoryEntry
from prizes.models import Assignment, Criterion
from prizes.review import assignments
from prizes.review.assignments import Need
from tests.factories import NOW, ForumFactory, UserFactory
from tests.prizes.factories import make_edition, voter
from tests.prizes.reviewers import give, make_assignment, make_expert
from tests.prizes.reviewers import nominations as submitted
from tests.refusals import refused


# --- the draw -------------------------------------------------------------------------------------
def needs(count, *, experts, wanted=3):
    return [Need(key, wanted, frozenset(range(experts)), frozenset()) for key in range(100, 100 + count)]


@given(st.integers(0, 40), st.integers(0, 12), st.integers(0, 5))
def test_even_draw_differs_by_one_at_the_most(count, experts, wanted):
    """It looks at what experts have already."""
    pairs = assignments.evenly(needs(count, experts=experts, wanted=wanted), loads={})

    loads = [sum(expert == e for expert, _n in pairs) for e in range(experts)]
    assert len(pairs) == len(set(pairs)) == count * min(wanted, experts)
    assert not loads or max(loads) - min(loads) <= 1
    assert assignments.evenly(needs(1, experts=3, wanted=1), loads={0: 4, 1: 1, 2: 2}) == [(1, 100)]


@given(st.integers(0, 20), st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_random_draw_can_be_repeated_and_gives_each_what_it_wants(count, experts, seed):
    wanted = needs(count, experts=experts)

    pairs = assignments.at_random(wanted, seed=seed)

    assert pairs == assignments.at_random(list(reversed(wanted)), seed=seed)
    assert len(pairs) == len(set(pairs)) == count * min(3, experts)


NEED = st.builds(
    lambda key, wanted, candidates, doubtful: Need(key, wanted, candidates, candidates & doubtful),
    st.integers(100, 199),
    st.integers(0, 4),
    st.frozensets(st.integers(0, 8)),
    st.frozensets(st.integers(0, 8)),
)


@given(st.lists(NEED, unique_by=lambda need: need.nomination), st.integers(0, 99))
def test_only_candidates_are_drawn_and_those_in_doubt_last(rows, seed):
    for pairs in (assignments.evenly(rows, loads={}), assignments.at_random(rows, seed=seed)):
        for need in rows:
            drawn = {expert for expert, nomination in pairs if nomination == need.nomination}
            assert drawn <= need.candidates
            assert len(drawn) == min(need.wanted, len(need.candidates))
            assert not drawn & need.doubtful or need.candidates - need.doubtful <= drawn


# --- one by one -----------------------------------------------------------------------------------
@pytest.fixture
def edition(db):
    return make_edition(phase="review", reviews_per_nomination=2)


def nominations(edition, count, **values):
    return submitted(edition, count, stakeholder_type="academia", **values)


@pytest.fixture
def officer(db):
    return UserFactory(is_staff=True)


def test_assigned_nomination_waits_for_its_review_or_for_the_answer_to_a_conflict(edition, officer):
    expert = make_expert(edition, organisation="Entity X")
    (nomination,) = nominations(edition, 1, nominator=voter(email="n@other.net"))
    (near,) = nominations(edition, 1, entity_name="entity x", nominator=voter(email="m@other.net"))

    row = assignments.assign(expert=expert, nomination=nomination, by=officer, now=NOW, reason="Knows the field")
    doubtful = assignments.assign(expert=expert, nomination=near, by=officer, now=NOW)

    assert (row.state, row.conflicts, row.assigned) == ("assigned", [], NOW)
    assert (doubtful.state, doubtful.conflicts) == ("conflict", ["same-organisation"])
    entry, other = HistoryEntry.objects.order_by("pk")
    assert (entry.verb, entry.subject, entry.reason) == ("assign", nomination.code, "Knows the field")
    assert other.after == {"expert": expert.pk, "conflicts": ["same-organisation"]}
    assert Criterion.objects.filter(edition=edition).count() == 9


def test_own_nomination_is_refused_on_every_path(edition, officer):
    expert = make_expert(edition)
    (nomination,) = nominations(edition, 1)
    # The nominator is read from the database, not from what the caller holds.
    type(nomination).objects.filter(pk=nomination.pk).update(nominator=expert.user)

    assert refused(assignments.assign, expert=expert, nomination=nomination, by=officer, now=NOW) == "own-nomination"
    nomination.refresh_from_db()
    pairs = [(expert, nomination)]
    assert refused(assignments.give, edition, pairs=pairs, by=officer, now=NOW) == "own-nomination"
    for method in (assignments.EVENLY, assignments.AT_RANDOM):
        done = assignments.spread(edition, method=method, by=officer, now=NOW)
        assert (done.made, done.short) == ([], [nomination])
    assert Assignment.objects.count() == 0


def test_what_else_is_refused(edition, officer):
    expert, (nomination,) = make_expert(edition), nominations(edition, 1)
    (draft,) = nominations(edition, 1, state="draft")
    asleep = make_expert(edition, is_active=False)
    other = make_expert(make_edition(phase="review", forum=ForumFactory(slug="2019")))
    opens, ends = edition.phase("submission").ends, edition.phase("review").ends

    def code(**values):
        given = {"expert": expert, "nomination": nomination, "by": officer, "now": NOW} | values
        return refused(assignments.assign, **given)

    assert code(nomination=draft) == "not-in-review"
    assert code(expert=asleep) == "not-active"
    assert code(expert=other) == "wrong-edition"
    assert code(now=opens - timedelta(microseconds=1)) == "submission-open"
    assert code(now=ends) == "review-closed"
    late = {"edition": edition, "by": officer, "now": ends}
    assert refused(assignments.give, pairs=[(expert, nomination)], **late) == "review-closed"
    assert refused(assignments.spread, method="evenly", **late) == "review-closed"
    assert assignments.assign(expert=expert, nomination=nomination, by=officer, now=opens).pk
    assert code() == "already-assigned"
    edition.phases.filter(kind="review").delete()
    assert code() == "review-closed"
    edition.phases.all().delete()
    assert code() == "submission-open"


def test_nomination_is_taken_away_only_before_the_review_is_begun(edition, officer):
    row = make_assignment(edition)
    assignments.unassign(row, by=officer, now=NOW, reason="Ill")
    entries = [(entry.verb, entry.subject, entry.reason) for entry in HistoryEntry.objects.all()]
    assert entries == [("unassign", row.nomination.code, "Ill")]
    with_points = give(make_assignment(edition), 3)
    Assignment.objects.update(state="assigned")
    begun = [
        make_assignment(edition, **values) for values in ({"state": "recused"}, {"state": "done"}, {"answer": "No"})
    ]

    for row in [with_points, *begun]:
        assert refused(assignments.unassign, assignment=row, by=officer, now=NOW) == "review-begun"
    assert Assignment.objects.count() == 4


# --- many -----------------------------------------------------------------------------------------
def test_even_spread_fills_up_to_the_number_of_the_edition(edition, officer):
    experts = [make_expert(edition) for _n in range(3)]
    rows = nominations(edition, 6)
    make_assignment(edition, expert=experts[0], nomination=rows[0])
    make_assignment(edition, expert=experts[1], nomination=rows[0], state="recused")

    done = assignments.spread(edition, method=assignments.EVENLY, by=officer, now=NOW)

    counts = [row.assignments.exclude(state="recused").count() for row in rows]
    loads = [expert.assignments.exclude(state="recused").count() for expert in experts]
    assert (counts, done.short, done.seed) == ([2] * 6, [], None)
    assert sorted(loads) == [4, 4, 4]
    assert rows[0].assignments.filter(expert=experts[1]).count() == 1
    assert HistoryEntry.objects.get().verb == "assign-evenly"


def test_random_spread_logs_its_seed(edition, officer):
    for _n in range(5):
        make_expert(edition)
    nominations(edition, 4)
    done = assignments.spread(edition, method=assignments.AT_RANDOM, by=officer, now=NOW)
    first = {(row.expert_id, row.nomination_id) for row in done.made}
    Assignment.objects.all().delete()

    again = assignments.spread(edition, method=assignments.AT_RANDOM, by=officer, now=NOW, seed=done.seed)

    assert {(row.expert_id, row.nomination_id) for row in again.made} == first
    assert HistoryEntry.objects.filter(verb="assign-random").first().after["seed"] == done.seed


def test_spread_takes_active_experts_of_the_category_only_and_first_those_without_a_conflict(edition, officer):
    make_expert(edition, is_active=False)
    assert refused(assignments.spread, edition=edition, method="evenly", by=officer, now=NOW) == "no-experts"
    edition.reviews_per_nomination = 1
    edition.save()
    one, two = edition.categories.get(number=1), edition.categories.get(number=2)
    doubtful, of_one, of_two = make_expert(edition, organisation="Entity X"), make_expert(edition), make_expert(edition)
    doubtful.categories.add(one)
    of_one.categories.add(one)
    of_two.categories.add(two)
    nominations(edition, 1, number=1, entity_name="Entity X", nominator=voter(email="n@other.net"))
    nominations(edition, 2, number=3)

    done = assignments.spread(edition, method=assignments.EVENLY, by=officer, now=NOW)

    assert [(row.expert, row.nomination.category.number, row.state) for row in done.made] == [(of_one, 1, "assigned")]
    assert [row.category.number for row in done.short] == [3, 3]


def test_spread_of_chosen_nominations_and_categories(edition, officer, django_assert_max_num_queries):
    make_expert(edition)
    first, second, *_rest = nominations(edition, 12)
    (third,) = nominations(edition, 1, number=2)
    spread = partial(assignments.spread, edition, method=assignments.EVENLY, by=officer, now=NOW)

    spread(nominations=[second])
    assert [row.nomination for row in Assignment.objects.all()] == [second]
    spread(categories=[2])
    assert {row.nomination for row in Assignment.objects.all()} == {second, third}
    assert first.assignments.count() == 0
    with django_assert_max_num_queries(25):
        assert len(spread().made) == 11
