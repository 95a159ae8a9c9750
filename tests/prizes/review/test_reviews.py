"""An expert's verbs, each in its window, each for its own expert only."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from events.models import HistoryEntry
from prizes.models import Assignment, Score
from prizes.review import criteria, reviews
from tests.factories import NOW, UserFactory
from tests.prizes.factories import NominationFactory, make_edition
from tests.prizes.reviewers import give, make_assignment, make_expert

pytestmark = pytest.mark.django_db
ALL = dict.fromkeys(range(1, 10), 4)


@pytest.fixture
def edition():
    edition = make_edition(phase="review")
    criteria.ensure(edition)
    return edition


def refused(call, *args, **values):
    with pytest.raises(ValidationError) as refusal:
        call(*args, **values)
    return refusal.value.code


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
def test_confirmed_conflict_recuses_and_keeps_the_reason(edition):
    row = make_assignment(edition, state="conflict", conflicts=["same-organisation"])

    done = reviews.answer(row, by=row.expert.user, has_conflict=True, text=" I work there ", now=NOW)

    assert (done.state, done.answer, done.updated) == ("recused", "I work there", NOW)
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.reason, entry.subject) == ("confirm-conflict", "I work there", row.nomination.code)


def test_denied_conflict_opens_the_review_and_keeps_the_answer(edition):
    row = make_assignment(edition, state="conflict", conflicts=["co-speaker"])

    reviews.answer(row, by=row.expert.user, has_conflict=False, text="We never met", now=NOW)

    row.refresh_from_db()
    assert (row.state, row.answer, row.conflicts) == ("assigned", "We never met", ["co-speaker"])
    assert HistoryEntry.objects.get().verb == "deny-conflict"


@pytest.mark.parametrize(
    ("text", "code"), [("", "answer-required"), (" \n", "answer-required"), ("a" * 2001, "too-long")]
)
def test_answer_needs_words(edition, text, code):
    row = make_assignment(edition, state="conflict")

    assert refused(reviews.answer, row, by=row.expert.user, has_conflict=False, text=text, now=NOW) == code
    assert Assignment.objects.get().state == "conflict"


@pytest.mark.parametrize("state", ["assigned", "done", "recused"])
def test_only_an_open_conflict_is_answered(edition, state):
    row = make_assignment(edition, state=state)

    assert refused(reviews.answer, row, by=row.expert.user, has_conflict=False, text="No", now=NOW) == "wrong-state"


# --- recusal --------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["conflict", "assigned", "done"])
def test_recusal_keeps_points_and_reason(edition, state):
    row = give(make_assignment(edition), 4)
    Assignment.objects.update(state=state, answer="We never met")

    reviews.recuse(row, by=row.expert.user, reason="My brother joined it", now=NOW)

    row.refresh_from_db()
    assert (row.state, row.answer) == ("recused", "We never met\n\nMy brother joined it")
    assert row.scores.count() == 9
    assert (HistoryEntry.objects.get().verb, HistoryEntry.objects.get().reason) == ("recuse", "My brother joined it")


def test_recusal_needs_a_reason_and_happens_once(edition):
    row = make_assignment(edition)
    assert refused(reviews.recuse, row, by=row.expert.user, reason=" ", now=NOW) == "reason-required"
    reviews.recuse(row, by=row.expert.user, reason="My brother", now=NOW)

    assert refused(reviews.recuse, row, by=row.expert.user, reason="Again", now=NOW) == "wrong-state"
    assert Assignment.objects.get().answer == "My brother"


# --- points ---------------------------------------------------------------------------------------
def test_points_are_saved_one_by_one(edition):
    row = make_assignment(edition)

    reviews.give_points(row, by=row.expert.user, points={1: 3}, now=NOW)
    reviews.give_points(row, by=row.expert.user, points={2: 5}, comment="Good", now=NOW)
    reviews.give_points(row, by=row.expert.user, points={1: 0}, now=NOW)

    row.refresh_from_db()
    assert list(row.scores.values_list("criterion__number", "points")) == [(1, 0), (2, 5)]
    assert (row.comment, row.state) == ("Good", "assigned")
    assert [e.after["criteria"] for e in HistoryEntry.objects.order_by("pk")] == [[1], [2], [1]]


def test_log_says_which_criteria_and_never_how_many_points(edition):
    row = make_assignment(edition)

    reviews.give_points(row, by=row.expert.user, points={7: 2}, comment="Weak", now=NOW)

    assert HistoryEntry.objects.get().after == {"expert": row.expert.pk, "criteria": [7], "comment": True}


def test_the_same_points_again_change_nothing(edition):
    row = make_assignment(edition)
    reviews.give_points(row, by=row.expert.user, points={1: 3}, comment="Good", now=NOW)

    reviews.give_points(row, by=row.expert.user, points={1: 3}, comment="Good", now=NOW + timedelta(hours=1))

    assert (Assignment.objects.get().updated, HistoryEntry.objects.count()) == (NOW, 1)


@pytest.mark.parametrize(
    ("points", "code"),
    [({99: 3}, "unknown-criterion"), ({1: 6}, "points-out-of-range"), ({1: -1}, "points-out-of-range")],
)
def test_wrong_points_are_refused_as_a_whole(edition, points, code):
    row = make_assignment(edition)

    assert refused(reviews.give_points, row, by=row.expert.user, points={2: 3} | points, now=NOW) == code
    assert Score.objects.count() == 0


def test_comment_has_a_limit(edition):
    row = make_assignment(edition)

    with pytest.raises(ValidationError):
        reviews.give_points(row, by=row.expert.user, points={1: 1}, comment="a" * 6001, now=NOW)
    assert Score.objects.count() == 0


def test_points_of_another_edition_do_not_exist(edition):
    from tests.factories import ForumFactory

    other = make_edition(phase="review", forum=ForumFactory(slug="2019"))
    row = make_assignment(other)

    assert refused(reviews.give_points, row, by=row.expert.user, points={1: 3}, now=NOW) == "unknown-criterion"


# --- finishing ------------------------------------------------------------------------------------
def test_review_is_finished_with_points_for_every_criterion(edition):
    row = make_assignment(edition)
    reviews.give_points(row, by=row.expert.user, points=dict.fromkeys(range(1, 9), 3), now=NOW)
    assert refused(reviews.finish, row, by=row.expert.user, now=NOW) == "incomplete"
    assert [criterion.number for criterion in reviews.missing(row)] == [9]
    reviews.give_points(row, by=row.expert.user, points={9: 0}, now=NOW)

    reviews.finish(row, by=row.expert.user, now=NOW)
    reviews.finish(row, by=row.expert.user, now=NOW)

    assert Assignment.objects.get().state == "done"
    assert HistoryEntry.objects.filter(verb="finish-review").count() == 1


def test_review_without_criteria_cannot_be_finished(edition):
    edition.criteria.all().delete()
    row = make_assignment(edition)

    assert refused(reviews.finish, row, by=row.expert.user, now=NOW) == "incomplete"


def test_finished_review_can_be_changed_and_taken_up_again(edition):
    row = give(make_assignment(edition), 4)

    reviews.give_points(row, by=row.expert.user, points={1: 1}, now=NOW)
    assert Assignment.objects.get().state == "done"
    reviews.reopen(row, by=row.expert.user, now=NOW)

    assert Assignment.objects.get().state == "assigned"
    assert HistoryEntry.objects.filter(verb="reopen-review").exists()
    assert refused(reviews.reopen, row, by=row.expert.user, now=NOW) == "wrong-state"


@pytest.mark.parametrize(("state", "code"), [("conflict", "conflict-open"), ("recused", "recused")])
def test_nothing_is_written_without_an_answer_or_after_a_recusal(edition, state, code):
    row = give(make_assignment(edition), 4)
    Assignment.objects.update(state=state)
    by = row.expert.user

    assert refused(reviews.give_points, row, by=by, points={1: 1}, now=NOW) == code
    assert refused(reviews.finish, row, by=by, now=NOW) == code
    assert refused(reviews.reopen, row, by=by, now=NOW) == code


# --- windows and people ---------------------------------------------------------------------------
def test_points_count_by_the_moment_they_arrive(edition):
    row, phase = make_assignment(edition), edition.phase("review")
    by, instant = row.expert.user, timedelta(microseconds=1)

    assert refused(reviews.give_points, row, by=by, points={1: 1}, now=phase.starts - instant) == "review-not-open"
    reviews.give_points(row, by=by, points={1: 1}, now=phase.starts)
    reviews.give_points(row, by=by, points={1: 2}, now=phase.ends - instant)
    assert refused(reviews.give_points, row, by=by, points={1: 3}, now=phase.ends) == "review-closed"
    assert Score.objects.get().points == 2


def test_conflicts_can_be_answered_before_the_review_begins(edition):
    row, phase = make_assignment(edition, state="conflict"), edition.phase("review")
    early = phase.starts - timedelta(hours=1)

    reviews.answer(row, by=row.expert.user, has_conflict=False, text="None", now=early)
    reviews.recuse(row, by=row.expert.user, reason="After all", now=early)

    assert Assignment.objects.get().state == "recused"


@pytest.mark.parametrize("state", ["conflict", "assigned", "done"])
def test_nothing_changes_after_the_review(edition, state):
    row = give(make_assignment(edition), 4)
    Assignment.objects.update(state=state)
    late = edition.phase("review").ends

    assert {refused(verb) for verb in verbs(row, by=row.expert.user, now=late)} == {"review-closed"}
    edition.phases.all().delete()
    assert {refused(verb) for verb in verbs(row, by=row.expert.user)} == {"review-closed"}


def test_nobody_else_touches_a_review(edition):
    row, other = make_assignment(edition), make_expert(edition)

    for person in (other.user, UserFactory(is_staff=True, is_superuser=True)):
        assert {refused(verb) for verb in verbs(row, by=person)} == {"not-yours"}


def test_who_is_no_expert_any_more_touches_nothing(edition):
    row = make_assignment(edition)
    row.expert.is_active = False
    row.expert.save()

    assert {refused(verb) for verb in verbs(row, by=row.expert.user)} == {"not-active"}


@pytest.mark.parametrize("state", ["withdrawn", "nominated", "not_nominated", "draft"])
def test_nomination_that_left_the_review_is_not_reviewed(edition, state):
    row = make_assignment(edition)
    row.nomination.state = state
    row.nomination.save()

    assert {refused(verb) for verb in verbs(row, by=row.expert.user)} == {"not-in-review"}


def test_own_nomination_is_never_reviewed_even_if_it_was_assigned(edition):
    """Who becomes the nominator later, or got in by hand, is refused by every verb."""
    expert = make_expert(edition)
    own = NominationFactory(category=edition.categories.first(), nominator=expert.user)
    row = make_assignment(edition, expert=expert, nomination=own)

    assert {refused(verb) for verb in verbs(row, by=expert.user)} == {"own-nomination"}
    assert Score.objects.count() == 0
