"""An expert's verbs: answer a proposed conflict, recuse oneself, give points, finish, take up again.

Each takes the moment at which the request arrived; each is refused to anybody but the expert. What a recused expert
wrote is kept and does not count.
"""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Assignment, Criterion, Edition, Nomination, Phase, Score
from prizes.models.review import MOST_POINTS

State = Assignment.State
MOST_CHARACTERS = 2000  # of an answer or a reason


def is_open(edition: Edition, *, now: datetime) -> bool:
    """Whether points can be given at `now`."""
    return edition.is_in(Phase.Kind.REVIEW, now=now) and not is_over(edition, now=now)


def is_over(edition: Edition, *, now: datetime) -> bool:
    """Whether nothing can be changed any more: the review has ended, or the nominees are published."""
    phase = edition.phase(Phase.Kind.REVIEW)
    return phase is None or phase.ends <= now or edition.nominees_published is not None


def _check_not_over(edition: Edition, *, now: datetime) -> None:
    if is_over(edition, now=now):
        raise ValidationError(_("The review is over. Nothing can be changed any more"), code="review-closed")


def _locked(assignment: Assignment, *, by: User) -> Assignment:
    """The row as it is, locked; refuses whoever is not its expert, and nominations that left the review."""
    row = (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("expert", "nomination__edition")
        .get(pk=assignment.pk)
    )
    if row.expert.user_id != by.pk:
        raise ValidationError(_("This review is another expert’s"), code="not-yours")
    if not row.expert.is_active:
        raise ValidationError(_("You are not an active expert of this edition"), code="not-active")
    if row.nomination.nominator_id == by.pk:
        raise ValidationError(_("Nobody reviews their own nomination"), code="own-nomination")
    if row.nomination.state not in Nomination.REVIEWED:
        raise ValidationError(_("This nomination is not under review any more"), code="not-in-review")
    return row


def _move(
    row: Assignment, *, to: str, verb: str, by: User, now: datetime, reason: str = "", **details: object
) -> Assignment:
    if to not in Assignment.TRANSITIONS[row.state]:
        raise ValidationError(_("This review cannot go that way from where it is"), code="wrong-state")
    row.state, row.updated = to, now
    row.save(update_fields=["state", "answer", "updated"])
    _record(row, verb=verb, by=by, now=now, reason=reason, **details)
    return row


def _record(row: Assignment, *, verb: str, by: User, now: datetime, reason: str = "", **details: object) -> None:
    about, after = row.nomination, {"expert": row.expert_id, **details}
    log.record(about.edition, row=about, verb=verb, by=by, now=now, reason=reason, after=after)


def _words(text: str, *, code: str) -> str:
    text = text.strip()
    if not text:
        raise ValidationError(_("Say why, in a sentence or two"), code=code)
    if len(text) > MOST_CHARACTERS:
        words = _("This has %(n)s characters. Shorten it to %(most)s") % {"n": len(text), "most": MOST_CHARACTERS}
        raise ValidationError(words, code="too-long")
    return text


@transaction.atomic
def answer(assignment: Assignment, *, by: User, has_conflict: bool, text: str, now: datetime) -> Assignment:
    """Confirm a proposed conflict (the expert is recused) or say why there is none. The words are kept.

    Refuses `answer-required`, `too-long`, `wrong-state` where nothing waits for an answer, `review-closed`, `not-yours`,
    `not-active`, `own-nomination`, `not-in-review`.
    """
    row = _locked(assignment, by=by)
    _check_not_over(row.nomination.edition, now=now)
    if row.state != State.CONFLICT:
        raise ValidationError(_("No conflict waits for an answer here"), code="wrong-state")
    row.answer = text = _words(text, code="answer-required")
    to = State.RECUSED if has_conflict else State.ASSIGNED
    verb = PrizeVerb.CONFIRM_CONFLICT if has_conflict else PrizeVerb.DENY_CONFLICT
    return _move(row, to=to, verb=verb, by=by, now=now, reason=text, conflicts=row.conflicts)


@transaction.atomic
def recuse(assignment: Assignment, *, by: User, reason: str, now: datetime) -> Assignment:
    """Step back from a review for good, with a reason. Points given stay in the table and do not count.

    Refuses `reason-required`, `too-long`, `wrong-state` (recused already), `review-closed`, and whom `_locked` refuses.
    """
    row = _locked(assignment, by=by)
    _check_not_over(row.nomination.edition, now=now)
    reason = _words(reason, code="reason-required")
    row.answer = f"{row.answer}\n\n{reason}" if row.answer else reason
    return _move(row, to=State.RECUSED, verb=PrizeVerb.RECUSE, by=by, now=now, reason=reason)


def _check_writable(row: Assignment, *, now: datetime) -> None:
    edition = row.nomination.edition
    _check_not_over(edition, now=now)
    if not is_open(edition, now=now):
        raise ValidationError(_("The review has not begun yet"), code="review-not-open")
    if row.state == State.CONFLICT:
        raise ValidationError(_("Answer first whether you have a conflict of interest"), code="conflict-open")
    if row.state == State.RECUSED:
        raise ValidationError(_("You have recused yourself from this review"), code="recused")


@transaction.atomic
def give_points(
    assignment: Assignment, *, by: User, points: Mapping[int, int], comment: str | None = None, now: datetime
) -> Assignment:
    """Write points (number of the criterion to points) and, unless None, the comment; what is not named stays.

    Refuses `review-not-open`, `review-closed`, `conflict-open`, `recused`, `unknown-criterion`,
    `points-out-of-range`, `not-yours`, `not-active`, `own-nomination`, `not-in-review`.
    """
    row = _locked(assignment, by=by)
    _check_writable(row, now=now)
    criteria = {c.number: c for c in Criterion.objects.filter(edition=row.nomination.edition_id)}
    if not set(points) <= set(criteria):
        raise ValidationError(_("This criterion is not one of the edition"), code="unknown-criterion")
    if not all(0 <= value <= MOST_POINTS for value in points.values()):
        words = _("Points go from 0 to %(most)s") % {"most": MOST_POINTS}
        raise ValidationError(words, code="points-out-of-range")
    before = dict(row.scores.values_list("criterion__number", "points"))
    changed = sorted(number for number, value in points.items() if before.get(number) != value)
    for number in changed:
        Score.objects.update_or_create(assignment=row, criterion=criteria[number], defaults={"points": points[number]})
    is_comment_new = comment is not None and comment != row.comment
    if comment is not None:
        row.comment = comment
        Assignment._meta.get_field("comment").run_validators(comment)
    if changed or is_comment_new:
        row.updated = now
        row.save(update_fields=["comment", "updated"])
        _record(row, verb=PrizeVerb.GIVE_POINTS, by=by, now=now, criteria=changed, comment=is_comment_new)
    return row


def missing(assignment: Assignment) -> list[Criterion]:
    """The criteria that have no points in this review yet. One query."""
    edition = assignment.nomination.edition_id
    return list(Criterion.objects.filter(edition=edition).exclude(scores__assignment=assignment))


@transaction.atomic
def finish(assignment: Assignment, *, by: User, now: datetime) -> Assignment:
    """Say that the review is complete: from now on it counts. Doing it twice changes nothing.

    Refuses `incomplete` unless every criterion has points, and what `give_points` refuses.
    """
    row = _locked(assignment, by=by)
    _check_writable(row, now=now)
    if row.state == State.DONE:
        return row
    if missing(row) or not row.scores.exists():
        raise ValidationError(_("Give points for every criterion to finish"), code="incomplete")
    return _move(row, to=State.DONE, verb=PrizeVerb.FINISH_REVIEW, by=by, now=now)


@transaction.atomic
def reopen(assignment: Assignment, *, by: User, now: datetime) -> Assignment:
    """Take up a finished review again; it does not count until it is finished. Refuses `wrong-state` and as above."""
    row = _locked(assignment, by=by)
    _check_writable(row, now=now)
    return _move(row, to=State.ASSIGNED, verb=PrizeVerb.REOPEN_REVIEW, by=by, now=now)
