"""What organisers and reviewers do with proposals: score, comment, ask for changes, accept, decline, reopen.

A decision is pending first: its mails wait as drafts, and its people know nothing of it (`events.proposals.apply_decisions`).
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import HistoryEntry, Proposal, ProposalComment, ProposalReview, User
from events.models.proposals import ProposalKind
from events.proposals import mails
from events.proposals.speakers import speaker_mails
from events.proposals.states import SCORED, State
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.mail import outbox

MOST_POINTS = 5
MOST_SAID = 4000  # characters


def may(user: User, *, verb: str, proposal: Proposal | None = None) -> bool:
    """Whether an account may “decide” or “score” a proposal; without one: those of some forum."""
    return user.has_perm(f"events.{verb}_proposal", proposal)


def _check_may(by: User, *, verb: str, proposal: Proposal) -> None:
    if not may(by, verb=verb, proposal=proposal):
        raise ValidationError(_("Your account may not do this with proposals"), code="not-allowed")


@transaction.atomic
def score(proposal: Proposal, *, by: User, points: int, comment: str = "", now: datetime) -> ProposalReview:
    """Give a proposal 0 to 5 points; a second time changes one's own. Refuses `not-allowed`, `own-proposal`,
    `wrong-state` (not with the organisers), `points`, `too-long`."""
    _check_may(by, verb="score", proposal=proposal)
    row = Proposal.objects.lock(proposal.pk)
    check_not_own(row, by=by)
    if row.decided_state not in SCORED:
        raise ValidationError(_("Only proposals that wait for a decision are scored"), code="wrong-state")
    said = _said(comment, field="comment")
    if not 0 <= points <= MOST_POINTS:
        raise ValidationError({"points": ValidationError(_("Give 0 to 5 points"), code="points")})
    review, _is_new = ProposalReview.objects.update_or_create(
        proposal=row, reviewer=by, defaults={"points": points, "comment": said, "updated": now}
    )
    history.record(row, verb=Verb.SCORE_PROPOSAL, by=by, now=now)
    return review


def reviews_seen_by(user: User, *, proposal: Proposal) -> list[ProposalReview]:
    """The reviews of a proposal that a person may read: who has not scored does not see others' points, unless they decide;
    of their own proposal they see none (`check_not_own`)."""
    reviews = list(proposal.reviews.select_related("reviewer"))
    has_scored = any(one.reviewer_id == user.pk for one in reviews)
    return reviews if has_scored or may(user, verb="decide", proposal=proposal) else []


@transaction.atomic
def comment(proposal: Proposal, *, by: User, text: str, now: datetime) -> ProposalComment:
    """Add to the discussion. Refuses `not-allowed`, `own-proposal`, `empty`, `too-long`."""
    _check_may(by, verb="score", proposal=proposal)
    row = Proposal.objects.lock(proposal.pk)
    check_not_own(row, by=by)
    return ProposalComment.objects.create(proposal=row, author=by, at=now, text=_said(text, is_needed=True))


def check_not_own(row: Proposal, *, by: User) -> None:
    """Nobody judges what they proposed themselves or once edited, whatever their rights."""
    if Proposal.objects.touched_by(by).filter(pk=row.pk).exists():
        raise ValidationError(_("This proposal is your own. Somebody else has to do this"), code="own-proposal")


def _said(text: str, *, is_needed: bool = False, field: str = "text") -> str:
    if is_needed and not text.strip():
        raise ValidationError({field: ValidationError(_("Write a sentence or two"), code="empty")})
    if len(text) > MOST_SAID:
        raise ValidationError({field: ValidationError(_("Shorten this to 4,000 characters"), code="too-long")})
    return text.strip()


def drop(row: Proposal) -> None:
    """Drop what was decided of a locked proposal and not told, with the drafts of its mails."""
    if row.pending_state:
        outbox.drop_drafts(kinds=mails.DECISIONS, about=row.pk)
        clear(row)


def clear(row: Proposal) -> None:
    """Make a locked proposal one that nothing is decided of."""
    row.pending_state, row.merged_into = "", None
    row.save(update_fields=["pending_state", "merged_into"])


def decide(
    proposal: Proposal,
    *,
    to: str,
    verb: Verb,
    by: User,
    text: str,
    into: Proposal | None = None,
    now: datetime,
) -> tuple[Proposal, HistoryEntry]:
    """What all decisions share: the right, the lock, the table, the log, the drafts of the mails in place of those of an
    earlier decision. What is decided to be as its people know it already is told to nobody. Refuses `own-proposal` too."""
    _check_may(by, verb="decide", proposal=proposal)
    said = _said(text, is_needed=verb == Verb.ASK_CHANGES)
    row = Proposal.objects.lock(proposal.pk)
    check_not_own(row, by=by)
    was = row.decided_state
    Proposal.check_move(was, to=to)
    drop(row)
    row.pending_state = to if to != row.state else ""
    row.merged_into = into
    row.decided = now
    row.save(update_fields=["pending_state", "merged_into", "decided"])
    moved = {"before": {"state": was}, "after": {"state": to}}
    entry = history.record(row, verb=verb, by=by, now=now, reason=said, **moved)
    if row.pending_state:
        mails.write_decision(row, entry=entry, now=now)
    return row, entry


@transaction.atomic
def ask_for_changes(proposal: Proposal, *, by: User, text: str, now: datetime) -> Proposal:
    """Give a proposal back to its people, with words to them. Refuses `not-allowed`, `wrong-state`, `empty`, `too-long`."""
    return decide(proposal, to=State.CHANGES, verb=Verb.ASK_CHANGES, by=by, text=text, now=now)[0]


@transaction.atomic
def accept(proposal: Proposal, *, by: User, text: str = "", now: datetime) -> Proposal:
    """Accept a proposal; a workshop becomes a session once its people are told. Refuses `not-allowed`, `wrong-state`,
    `too-long`, and `no-type` where a workshop has no type of session: what is declined while its people change it, and then
    taken up again, was not checked as a whole."""
    row, _entry = decide(proposal, to=State.ACCEPTED, verb=Verb.ACCEPT_PROPOSAL, by=by, text=text, now=now)
    if row.kind == ProposalKind.WORKSHOP and row.session_type is None:
        raise ValidationError(_("The proposal has no type of session"), code="no-type")
    return row


@transaction.atomic
def decline(proposal: Proposal, *, by: User, text: str = "", now: datetime) -> Proposal:
    """Decline a proposal; its speakers who said yes are told too. Refuses `not-allowed`, `wrong-state`, `too-long`."""
    row, entry = decide(proposal, to=State.DECLINED, verb=Verb.DECLINE_PROPOSAL, by=by, text=text, now=now)
    if row.pending_state:
        speaker_mails.write_declined(row, entry=entry, now=now)
    return row


@transaction.atomic
def reopen(proposal: Proposal, *, by: User, text: str = "", now: datetime) -> Proposal:
    """Take a declined proposal up again. Where the no was told, its people are, and the speakers who know of it; else it is
    as before. Refuses `not-allowed`, `own-proposal`, `wrong-state` (not declined), `too-long`."""
    was = Proposal.objects.lock(proposal.pk)
    check_not_own(was, by=by)
    if was.decided_state != State.DECLINED:  # what is to be changed is for its people to submit
        raise ValidationError(_("Only a declined proposal is taken up again"), code="wrong-state")
    if was.pending_state:
        _check_may(by, verb="decide", proposal=was)
        drop(was)
        history.record(was, verb=Verb.REOPEN_PROPOSAL, by=by, now=now, reason=_said(text))
        return was
    row, entry = decide(proposal, to=State.SUBMITTED, verb=Verb.REOPEN_PROPOSAL, by=by, text=text, now=now)
    speaker_mails.write_reopened(row, entry=entry, now=now)
    return row
