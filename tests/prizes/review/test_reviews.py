"""An expert's verbs, each in its window, each for its own expert only."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from events.models import HistoryEntry
from prizes.models import Assignment, Nomination, Score
from prizes.review import criteria, reviews
from tests.factories import NOW, ForumFactory, boss
from tests.prizes.factories import make_edition
from tests.prizes.reviewers import give, make_assignment, make_expert
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    edition = make_edition(phase="review")
    criteria.ensure(edition)
    return edition


def verbs(row, *, by, now=NOW):
    """Every verb with arguments that are right for some state."""
    return [
        lambda: reviews.answer(row, by=by, has_conflict=False, text="None", now=now),
        lambda: reviews.recuse(row, by=by, reason="My brother", now=now),
        lambda: reviews.give_points(row, by=by, points={1: 3}, now=now),
        lambda: reviews.finish(row, by=by, now=now),
        lambda: reviews.reopen(row, by=by, now=now),
    ]


# --- conflicts ------------------------------------------------------------------------------------
def test_conflict_is_confirmed_or_denied_once_and_in_words(edition):
    row = make_assignment(edition, state="conflict", conflicts=["same-organisation"])
    other = make_assignment(edition, state="conflict", conflicts=["co-speaker"])
    by = row.expert.user
    for text, code in (("", "answer-required"), (" \n", "answer-required"), ("a" * 2001, "too-long")):
        assert refused(reviews.answer, row, by=by, has_conflict=False, text=text, now=NOW) == code

    done = reviews.answer(row, by=by, has_conflict=True, text=" I work there ", now=NOW)
    reviews.answer(other, by=other.expert.user, has_conflict=False, text="We never met", now=NOW)

    assert (done.state, done.answer, done.updated) == ("recused", "I work there", NOW)
    other.refresh_from_db()
    assert (other.state, other.answer, other.conflicts) == ("assigned", "We never met", ["co-speaker"])
    denied, confirmed = HistoryEntry.objects.order_by("-pk")
    assert (confirmed.verb, confirmed.reason, confirmed.subject) == (
        "confirm-conflict", "I work there", row.nomination.code,
    )  # fmt: skip
    assert denied.verb == "deny-conflict"
    for state in ("assigned", "done", "recused"):
        Assignment.objects.update(state=state)
        assert refused(reviews.answer, row, by=by, has_conflict=False, text="No", now=NOW) == "wrong-state"


# --- recusal --------------------------------------------------------------------------------------
def test_recusal_keeps_points_and_reason_and_happens_once(edition):
    rows = [give(make_assignment(edition), 4) for _n in range(3)]
    for row, state in zip(rows, ["conflict", "assigned", "done"], strict=True):
        Assignment.objects.filter(pk=row.pk).update(state=state, answer="We never met")
        by = row.expert.user
        assert refused(reviews.recuse, row, by=by, reason=" ", now=NOW) == "reason-required"

        reviews.recuse(row, by=by, reason="My brother joined it", now=NOW)

        assert refused(reviews.recuse, row, by=by, reason="Again", now=NOW) == "wrong-state"
        row.refresh_from_db()
        assert (row.state, row.answer) == ("recused", "We never met\n\nMy brother joined it")
        assert row.scores.count() == 9
        entry = HistoryEntry.objects.latest("pk")
        assert (entry.verb, entry.reason) == ("recuse", "My brother joined it")


# --- points ---------------------------------------------------------------------------------------
def test_points_are_saved_one_by_one_and_the_log_never_says_how_many(edition):
    row = make_assignment(edition)
    by = row.expert.user

    for values in ({"points": {1: 3}}, {"points": {2: 5}}, {"points": {}, "comment": "Good"}, {"points": {1: 0}}):
        reviews.give_points(row, by=by, now=NOW, **values)
    again = {"points": {1: 0}, "comment": "Good"}
    reviews.give_points(row, by=by, now=NOW + timedelta(hours=1), **again)  # changes nothing

    row.refresh_from_db()
    assert list(row.scores.values_list("criterion__number", "points")) == [(1, 0), (2, 5)]
    assert (row.comment, row.state, row.updated) == ("Good", "assigned", NOW)
    assert [entry.after for entry in HistoryEntry.objects.order_by("pk")] == [
        {"expert": row.expert.pk, "criteria": numbers, "comment": is_comment}
        for numbers, is_comment in (([1], False), ([2], False), ([], True), ([1], False))
    ]


def test_wrong_points_are_refused_as_a_whole(edition):
    row = make_assignment(edition)
    of_another = make_assignment(make_edition(phase="review", forum=ForumFactory(slug="2019")))
    wrong = [({99: 3}, "unknown-criterion"), ({1: 6}, "points-out-of-range"), ({1: -1}, "points-out-of-range")]

    for points, code in wrong:
        assert refused(reviews.give_points, row, by=row.expert.user, points={2: 3} | points, now=NOW) == code
    with pytest.raises(ValidationError):
        reviews.give_points(row, by=row.expert.user, points={1: 1}, comment="a" * 6001, now=NOW)
    by = of_another.expert.user
    assert refused(reviews.give_points, of_another, by=by, points={1: 3}, now=NOW) == "unknown-criterion"
    assert Score.objects.count() == 0


# --- finishing ------------------------------------------------------------------------------------
def test_review_is_finished_with_points_for_every_criterion_and_taken_up_again(edition):
    row = make_assignment(edition)
    by = row.expert.user
    reviews.give_points(row, by=by, points=dict.fromkeys(range(1, 9), 3), now=NOW)
    assert refused(reviews.finish, row, by=by, now=NOW) == "incomplete"
    assert [criterion.number for criterion in reviews.missing(row)] == [9]
    reviews.give_points(row, by=by, points={9: 0}, now=NOW)

    reviews.finish(row, by=by, now=NOW)
    reviews.finish(row, by=by, now=NOW)
    reviews.give_points(row, by=by, points={1: 1}, now=NOW)
    assert Assignment.objects.get().state == "done"
    assert HistoryEntry.objects.filter(verb="finish-review").count() == 1

    reviews.reopen(row, by=by, now=NOW)
    assert Assignment.objects.get().state == "assigned"
    assert HistoryEntry.objects.filter(verb="reopen-review").exists()
    assert refused(reviews.reopen, row, by=by, now=NOW) == "wrong-state"
    Score.objects.all().delete()
    edition.criteria.all().delete()
    assert refused(reviews.finish, row, by=by, now=NOW) == "incomplete"


@pytest.mark.parametrize(("state", "code"), [("conflict", "conflict-open"), ("recused", "recused")])
def test_nothing_is_written_without_an_answer_or_after_a_recusal(edition, state, code):
    row = give(make_assignment(edition), 4)
    Assignment.objects.update(state=state)
    by = row.expert.user

    assert refused(reviews.give_points, row, by=by, points={1: 1}, now=NOW) == code
    assert refused(reviews.finish, row, by=by, now=NOW) == code
    assert refused(reviews.reopen, row, by=by, now=NOW) == code


# --- windows and people ---------------------------------------------------------------------------
def test_points_count_by_the_moment_they_arrive_and_conflicts_are_answered_earlier(edition):
    row, phase = make_assignment(edition, state="conflict"), edition.phase("review")
    by, instant = row.expert.user, timedelta(microseconds=1)

    def give_points(value, now):
        return reviews.give_points(row, by=by, points={1: value}, now=now)

    reviews.answer(row, by=by, has_conflict=False, text="None", now=phase.starts - instant)
    assert refused(give_points, 1, now=phase.starts - instant) == "review-not-open"
    give_points(1, phase.starts)
    give_points(2, phase.ends - instant)
    assert refused(give_points, 3, now=phase.ends) == "review-closed"
    assert Score.objects.get().points == 2
    reviews.recuse(row, by=by, reason="After all", now=phase.starts - instant)
    assert Assignment.objects.get().state == "recused"


@pytest.mark.parametrize("state", ["conflict", "assigned", "done"])
def test_nothing_changes_after_the_review(edition, state):
    row = give(make_assignment(edition), 4)
    Assignment.objects.update(state=state)
    late = edition.phase("review").ends

    assert {refused(verb) for verb in verbs(row, by=row.expert.user, now=late)} == {"review-closed"}
    type(edition).objects.update(nominees_published=NOW)
    assert {refused(verb) for verb in verbs(row, by=row.expert.user)} == {"review-closed"}
    type(edition).objects.update(nominees_published=None)
    edition.phases.all().delete()
    assert {refused(verb) for verb in verbs(row, by=row.expert.user)} == {"review-closed"}


def test_nobody_else_touches_a_review_nor_an_expert_of_before_nor_a_nominator(edition):
    row, other = make_assignment(edition), make_expert(edition)

    for person in (other.user, boss()):
        assert {refused(verb) for verb in verbs(row, by=person)} == {"not-yours"}
    for state in ("withdrawn", "nominated", "not_nominated", "draft"):
        Nomination.objects.filter(pk=row.nomination_id).update(state=state)
        assert {refused(verb) for verb in verbs(row, by=row.expert.user)} == {"not-in-review"}
    row.expert.is_active = False
    row.expert.save()
    assert {refused(verb) for verb in verbs(row, by=row.expert.user)} == {"not-active"}
    own = make_assignment(edition)  # who became the nominator later, or got in by hand
    Nomination.objects.filter(pk=own.nomination_id).update(nominator=own.expert.user)
    assert {refused(verb) for verb in verbs(own, by=own.expert.user)} == {"own-nomination"}
    assert Score.objects.count() == 0
