"""Hypothesis plays the verbs of nominators, organisers and experts in any order: no state is reached outside the tables."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import HistoryEntry
from prizes.models import Assignment, Linkage, Nomination
from prizes.nominations import submission
from prizes.review import criteria, reviews
from prizes.review.shortlist import shortlisting
from tests.factories import NOW, SDGFactory, UserFactory
from tests.prizes.factories import NominationFactory, make_edition, set_phase, voter
from tests.prizes.reviewers import make_assignment

pytestmark = pytest.mark.django_db
PLACES = 2  # nominees per category
play = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refused(call):
    """Call in a transaction of its own; return whether it was refused, which it must say with a code."""
    said = None
    try:
        with transaction.atomic():
            call()
    except ValidationError as refusal:
        said = refusal
    if said is None:
        return False
    fields = getattr(said, "error_dict", {"": said.error_list if hasattr(said, "error_list") else [said]})
    assert all(error.code for errors in fields.values() for error in errors), said
    return True


# --- nominations ----------------------------------------------------------------------------------
def draft(edition):
    values = {"state": "draft", "submitted": None, "entity_key": "", "title_key": ""}
    row = NominationFactory(category=edition.categories.first(), nominator=voter(), **values)
    Linkage.objects.create(nomination=row, sdg=SDGFactory(), text=row.description)
    return row


def submit(row, *, by, now):
    submission.submit(row, by=row.nominator, is_different=True, arrived=now, now=now)


def withdraw(row, *, by, now):
    submission.withdraw(row, by=row.nominator, now=now)


NOMINATION_VERBS = {
    "submit": submit,
    "withdraw": withdraw,
    "shortlist": lambda row, by, now: shortlisting.shortlist(row, by=by, reason="", now=now),
    "unshortlist": lambda row, by, now: shortlisting.unshortlist(row, by=by, reason="", now=now),
    "publish": lambda row, by, now: shortlisting.publish_nominees(row.edition, by=by, reason="The jury met", now=now),
}
NOMINATION_STEPS = st.lists(
    st.tuples(st.sampled_from(list(NOMINATION_VERBS)), st.integers(0, 3), st.booleans()), max_size=18
)


@play
@given(steps=NOMINATION_STEPS, submitted=st.integers(0, 4))
def test_nominations_keep_to_their_table(steps, submitted):
    """The clock moves on from the submission to the review once, where a step says so."""
    with transaction.atomic():
        edition = make_edition(phase="submission", nominees_per_category=PLACES)
        rows, officer = [draft(edition) for _n in range(4)], UserFactory()
        now = NOW
        for row in rows[:submitted]:
            assert not refused(lambda row=row: submit(row, by=None, now=NOW))
        for verb, place, is_late in steps:
            now = max(now, edition.phase("review").starts) if is_late else now
            before, entries = stands(Nomination), HistoryEntry.objects.count()
            is_refused = refused(lambda v=verb, p=place, t=now: NOMINATION_VERBS[v](rows[p], by=officer, now=t))
            after = stands(Nomination)
            if is_refused:
                assert (after, HistoryEntry.objects.count()) == (before, entries)
            else:
                assert HistoryEntry.objects.count() == entries + 1
            check(before, after, table=Nomination.TRANSITIONS)
            taken = [state for state in after.values() if state in {"shortlisted", "nominated"}]
            assert len(taken) <= PLACES
            edition.refresh_from_db()
            if edition.nominees_published:
                assert not {"submitted", "shortlisted"} & set(after.values())
            else:
                assert not {"nominated", "not_nominated"} & set(after.values())
        transaction.set_rollback(True)


def stands(model):
    return dict(model.objects.values_list("pk", "state"))


def check(before, after, *, table):
    for key, state in after.items():
        assert state in table
        assert state == before[key] or state in table[before[key]]


# --- reviews --------------------------------------------------------------------------------------
def points(row, now, numbers=range(1, 10)):
    return reviews.give_points(row, by=row.expert.user, points=dict.fromkeys(numbers, 3), now=now)


REVIEW_VERBS = {
    "deny": lambda row, now: reviews.answer(row, by=row.expert.user, has_conflict=False, text="None", now=now),
    "confirm": lambda row, now: reviews.answer(row, by=row.expert.user, has_conflict=True, text="Yes", now=now),
    "recuse": lambda row, now: reviews.recuse(row, by=row.expert.user, reason="Yes", now=now),
    "some points": lambda row, now: points(row, now, [1, 2]),
    "all points": points,
    "finish": lambda row, now: reviews.finish(row, by=row.expert.user, now=now),
    "reopen": lambda row, now: reviews.reopen(row, by=row.expert.user, now=now),
    "withdraw": lambda row, now: submission.withdraw(row.nomination, by=row.nomination.nominator, now=now),
}
REVIEW_STEPS = st.lists(
    st.tuples(st.sampled_from(list(REVIEW_VERBS)), st.integers(0, 2), st.integers(0, 12)), max_size=25
)


@play
@given(steps=REVIEW_STEPS, states=st.lists(st.sampled_from(["conflict", "assigned"]), min_size=3, max_size=3))
def test_reviews_keep_to_their_table(steps, states):
    """Each step may come a few days after the one before it, and so behind the end of the review."""
    with transaction.atomic():
        edition = make_edition(phase="review")
        criteria.ensure(edition)
        rows = [make_assignment(edition, state=state) for state in states]
        now = NOW
        for verb, place, days in steps:
            now += timedelta(days=days if days > 10 else 0)
            before, given_points = stands(Assignment), scores()
            is_refused = refused(lambda v=verb, p=place, t=now: REVIEW_VERBS[v](rows[p], now=t))
            after = stands(Assignment)
            if is_refused:
                assert (after, scores()) == (before, given_points)
            check(before, after, table=Assignment.TRANSITIONS)
            for row in Assignment.objects.all():
                assert row.state != "done" or row.scores.count() == 9
                assert row.state != "recused" or row.answer
            if verb != "withdraw" and now >= edition.phase("review").ends:
                assert is_refused
        transaction.set_rollback(True)


def scores():
    return sorted(
        Assignment.objects.values_list("pk", "scores__criterion__number", "scores__points", "comment"), key=str
    )


# --- the negative controls: the machines above can reach every state ------------------------------
def test_every_state_of_a_nomination_can_be_reached():
    edition = make_edition(phase="submission")
    officer, rows = UserFactory(), [draft(edition) for _n in range(4)]
    for row in rows[:3]:
        submit(row, by=officer, now=NOW)
    set_phase(edition, "review")
    shortlisting.shortlist(rows[0], by=officer, reason="", now=NOW)
    withdraw(rows[1], by=officer, now=NOW)
    assert set(stands(Nomination).values()) == {"shortlisted", "withdrawn", "submitted", "draft"}

    NOMINATION_VERBS["publish"](rows[0], by=officer, now=NOW)

    assert set(stands(Nomination).values()) == {"nominated", "withdrawn", "not_nominated", "draft"}


def test_a_state_outside_the_table_would_be_found():
    with pytest.raises(AssertionError):
        check({1: "recused"}, {1: "assigned"}, table=Assignment.TRANSITIONS)
    with pytest.raises(AssertionError):
        check({1: "draft"}, {1: "nominated"}, table=Nomination.TRANSITIONS)
