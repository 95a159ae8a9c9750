"""What organisers and reviewers do with proposals: score, comment, ask for changes, accept, decline, reopen, merge.

Each verb locks the proposal, asks the table of moves, leaves a remark, and drafts the mail to who proposed.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.mail import outbox
from events.models import Invitation, Proposal, ProposalReview, Remark, User
from events.models.consultation import ProposalKind, new_token
from events.proposals import mails, telling
from events.proposals.speakers import speaker_mails
from events.proposals.speakers.speaker_invitations import OWN_WORDS
from events.proposals.states import State, check_may, lock, move, remark
from events.proposals.to_session import make_session

MOST_POINTS = 5
OPEN = frozenset({Invitation.State.INVITED, Invitation.State.TAKEN_BACK})  # not answered, or left out since
SCORED = frozenset({State.SUBMITTED, State.CHANGES})


@transaction.atomic
def score(proposal: Proposal, *, by: User, points: int, comment: str = "", now: datetime) -> ProposalReview:
    """Give a proposal 0 to 5 points; a second time changes one's own. Refuses `not-allowed`, `own-proposal`,
    `wrong-state` (not with the organisers), `points`, `too-long`."""
    check_may(by, verb="score")
    row = lock(proposal)
    _check_not_own(row, by=by)
    if row.state not in SCORED:
        raise ValidationError(_("Only proposals that wait for a decision are scored"), code="wrong-state")
    if not 0 <= points <= MOST_POINTS:
        raise ValidationError({"points": ValidationError(_("Give 0 to 5 points"), code="points")})
    if len(comment) > 4000:
        raise ValidationError({"comment": ValidationError(_("Shorten this to 4,000 signs"), code="too-long")})
    review, _is_new = ProposalReview.objects.update_or_create(
        proposal=row, reviewer=by, defaults={"points": points, "comment": comment, "updated": now}
    )
    remark(row, verb="score", by=by, now=now)
    return review


@transaction.atomic
def comment(proposal: Proposal, *, by: User, text: str, now: datetime) -> Remark:
    """Add to the discussion. Refuses `not-allowed`, `own-proposal`, `empty`, `too-long`."""
    check_may(by, verb="score")
    row = lock(proposal)
    _check_not_own(row, by=by)
    return remark(row, verb="", by=by, now=now, text=_said(text, is_needed=True))


def _check_not_own(row: Proposal, *, by: User) -> None:
    """Nobody judges what they proposed themselves or once edited, whatever their rights."""
    if Proposal.objects.touched_by(by).filter(pk=row.pk).exists():
        raise ValidationError(_("This proposal is your own. Somebody else has to do this"), code="own-proposal")


def _said(text: str, *, is_needed: bool) -> str:
    if is_needed and not text.strip():
        raise ValidationError({"text": ValidationError(_("Write a sentence or two"), code="empty")})
    if len(text) > 4000:
        raise ValidationError({"text": ValidationError(_("Shorten this to 4,000 signs"), code="too-long")})
    return text.strip()


def _decide(proposal: Proposal, *, to: str, verb: str, by: User, text: str, now: datetime) -> tuple[Proposal, Remark]:
    """What all decisions share: the right, the lock, the table, the time, the remark. Refuses `own-proposal` too."""
    check_may(by, verb="decide")
    said = _said(text, is_needed=verb == "ask-changes")
    row = lock(proposal)
    _check_not_own(row, by=by)
    move(row, to=to)
    row.decided = now
    row.save(update_fields=["state", "decided"])
    return row, remark(row, verb=verb, by=by, now=now, text=said)


@transaction.atomic
def ask_for_changes(proposal: Proposal, *, by: User, text: str, now: datetime) -> Proposal:
    """Give a proposal back to its people, with words to them. Refuses `not-allowed`, `wrong-state`, `empty`, `too-long`."""
    row, entry = _decide(proposal, to=State.CHANGES, verb="ask-changes", by=by, text=text, now=now)
    mails.write_decision(row, kind="proposal-changes", remark=entry, now=now)
    return row


@transaction.atomic
def accept(proposal: Proposal, *, by: User, text: str = "", now: datetime) -> Proposal:
    """Accept a proposal; a workshop becomes a session. Refuses `not-allowed`, `wrong-state`, `too-long`."""
    row, entry = _decide(proposal, to=State.ACCEPTED, verb="accept", by=by, text=text, now=now)
    if row.kind == ProposalKind.WORKSHOP:
        row.session = make_session(row, now=now)
        row.save(update_fields=["session"])
    mails.write_decision(row, kind="proposal-accepted", remark=entry, now=now)
    return row


@transaction.atomic
def decline(proposal: Proposal, *, by: User, text: str = "", now: datetime) -> Proposal:
    """Decline a proposal; its speakers who said yes are told too. Refuses `not-allowed`, `wrong-state`, `too-long`."""
    row, entry = _decide(proposal, to=State.DECLINED, verb="decline", by=by, text=text, now=now)
    mails.write_decision(row, kind="proposal-declined", remark=entry, now=now)
    speaker_mails.write_declined(row, remark=entry, now=now)
    return row


@transaction.atomic
def reopen(proposal: Proposal, *, by: User, text: str = "", now: datetime) -> Proposal:
    """Take a declined proposal up again; of its people and speakers those who know of the no are told,
    the drafts to the others are taken back.

    Refuses `not-allowed`, `own-proposal`, `wrong-state` (not declined), `too-long`.
    """
    was = lock(proposal)
    _check_not_own(was, by=by)
    told = [one for one in mails.people_of(was) if was.pk not in telling.untold(one, forum=was.forum)]
    if was.state != State.DECLINED:  # what is to be changed is for its people to submit
        raise ValidationError(_("Only a declined proposal is taken up again"), code="wrong-state")
    row, entry = _decide(proposal, to=State.SUBMITTED, verb="reopen", by=by, text=text, now=now)
    for mail in telling.drafts_of_no(row):  # else a second no would call them back, and be told twice
        outbox.cancel(mail, now=now)
    mails.write_reopened(row, people=told, remark=entry, now=now)
    speaker_mails.write_reopened(row, remark=entry, now=now)
    return row


@transaction.atomic
def merge(proposal: Proposal, *, into: Proposal, by: User, text: str = "", now: datetime) -> Proposal:
    """Make a proposal part of another: its organisations and speakers go along, and its people edit the other too. The
    people of both are told.

    Refuses `not-allowed`, `wrong-state` (of either), `not-mergeable` (itself, another forum or kind), `too-long`.
    """
    first, second = sorted((proposal.pk, into.pk))
    list(Proposal.objects.select_for_update(no_key=True).filter(pk__in=[first, second]).order_by("pk"))
    target = lock(into)
    for one in (target, proposal):  # before their states, which their people may not know yet
        _check_not_own(one, by=by)
    if proposal.pk == into.pk or proposal.forum_id != target.forum_id or proposal.kind != target.kind:
        raise ValidationError(_("Choose another proposal of the same forum and kind of request"), code="not-mergeable")
    if target.state not in SCORED:
        raise ValidationError(_("Merge into a proposal that waits for a decision"), code="wrong-state")
    row, entry = _decide(proposal, to=State.MERGED, verb="merge", by=by, text=text, now=now)
    row.merged_into = target
    row.save(update_fields=["merged_into"])
    names = [row.organisation_name, *row.co_organisers]
    known = {target.organisation_name, *target.co_organisers}
    target.co_organisers = [
        *target.co_organisers,
        *(name for name in dict.fromkeys(names) if name and name not in known),
    ]
    target.revision += 1
    target.updated = now
    target.save(update_fields=["co_organisers", "revision", "updated"])
    joined = remark(target, verb="merge-other", by=by, now=now, text=f"{row.code} {row.title}".strip())
    mails.write_decision(row, kind="proposal-merged", remark=entry, other=target, now=now)
    mails.write_joined(target, remark=joined, other=row, now=now)
    there, here = set(mails.people_of(target)), set(mails.people_of(row))
    target.editors.add(*(here - {target.proposer}))
    ProposalReview.objects.filter(proposal__in=[row, target], reviewer__in=there | here).delete()  # of their own now
    _hand_over_speakers(row, target=target)
    _hand_over_reasons(row, target=target)
    return row


def _hand_over_speakers(row: Proposal, *, target: Proposal) -> None:
    """Who was asked goes along with the link in their mail; the proposal keeps a copy, so that it reads as before. Whom
    the target asked too stays as they are there; a yes to this proposal counts where they did not answer there."""
    there = {one.email.lower(): one for one in target.invitations.all()}
    for one in row.invitations.exclude(state=Invitation.State.TAKEN_BACK):
        other = there.get(one.email.lower())
        if other is None:
            Invitation.objects.filter(pk=one.pk).update(proposal=target)
            one.pk, one.token = None, new_token()
            one.save()
        elif one.state == Invitation.State.ACCEPTED and other.state in OPEN:
            for name in ("state", "answered", "invited", *OWN_WORDS):
                setattr(other, name, getattr(one, name))
            other.save()


def _hand_over_reasons(row: Proposal, *, target: Proposal) -> None:
    """The Action Lines and goals of both, each with its reason; where both name one, that of the target."""
    there = {(link.action_line_id, link.sdg_id): link for link in target.links.all()}
    for link in row.links.all():
        other = there.get((link.action_line_id, link.sdg_id))
        if other is None:
            target.links.create(action_line=link.action_line, sdg=link.sdg, rationale=link.rationale)
        elif not other.rationale:
            other.rationale = link.rationale
            other.save(update_fields=["rationale"])
