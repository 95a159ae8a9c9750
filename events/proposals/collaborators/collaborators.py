"""Co-editors: the proposer asks people by mail to edit a proposal with them, and they join with accounts of their own.

The link in the mail holds for 30 days and brings in one person once: nobody who was removed comes back by it.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import CollaboratorInvitation, HostedSession, Invitation, Proposal, ProposalReview, User
from events.proposals import mails
from events.proposals.collaborators import collaborator_mails
from events.proposals.states import OVER, State
from events.shared.drafts.drafts import check_columns
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.invitations import DAY, addresses_of, settle, there, too_soon
from events.shared.pages.find_forum import check_open
from events.shared.secret_links import opened_by

MOST_A_PROPOSAL, MOST_A_PERSON = 10, 30  # invitations within a day: a proposal is no way to write to everybody
Answer = CollaboratorInvitation.State


def find(token: str) -> CollaboratorInvitation | None:
    """The invitation that a link names, whether or not it still holds; None for a token that is not ours."""
    return opened_by(token, CollaboratorInvitation.objects.select_related("proposal__forum", "proposal__proposer"))


def holds(invitation: CollaboratorInvitation, *, now: datetime) -> bool:
    """Whether somebody can still join by it."""
    is_waiting = invitation.state == Answer.INVITED and now < invitation.ends
    return is_waiting and invitation.proposal.state not in OVER


@transaction.atomic
def invite(proposal: Proposal, *, email: str, by: User, now: datetime) -> CollaboratorInvitation:
    """Ask a person by mail to edit a proposal. The answer is the same whether or not the address has an account.

    Refuses `not-yours` (only the proposer asks), `not-confirmed` (they need a confirmed address themselves), `not-wanted`
    (withdrawn, declined or merged), at `email` what is no address, `own-address`, `already-there` (joined by this
    address), `said-no` (within 30 days) and `mailed-already` (within a day), and `too-many` (within a day 10 for a
    proposal, 30 by a person).
    """
    address = email.strip().lower()
    check_columns(Invitation(email=address), ["email"])
    User.objects.locked(by.pk)
    row = Proposal.objects.lock(proposal.pk)
    _check_proposer(row, by=by)
    if not by.has_confirmed_address():
        raise ValidationError(_("Confirm your e-mail address first, then invite others"), code="not-confirmed")
    if row.state in OVER:
        raise ValidationError(_("This proposal is no longer considered"), code="not-wanted")
    _check_address(row, address=address, by=by, now=now)
    _check_number(row, by=by, now=now)
    row.collaborator_invitations.filter(email=address, state=Answer.INVITED).update(
        state=Answer.TAKEN_BACK, changed=now
    )
    made = CollaboratorInvitation.objects.create(proposal=row, email=address, invited=now, changed=now)
    history.record(row, verb=Verb.ASK_EDITOR, by=by, now=now)
    collaborator_mails.write_invitation(made, now=now)
    return made


def _check_proposer(row: Proposal, *, by: User) -> None:
    if row.proposer_id != by.pk:
        raise ValidationError(_("Only the proposer can do this"), code="not-yours")


def _check_address(row: Proposal, *, address: str, by: User, now: datetime) -> None:
    """Looks at invitations and at one's own addresses only, so that it tells nothing about accounts of others."""
    last = row.collaborator_invitations.filter(email=address).exclude(state=Answer.TAKEN_BACK).last()
    if address in {*addresses_of(by), by.email.lower()}:
        code, words = "own-address", _("This address is your own")
    elif last and last.state == Answer.ACCEPTED and row.editors.filter(pk=last.user_id).exists():
        code, words = "already-there", _("This person edits the proposal already")
    elif last and (found := too_soon(last, now=now)):
        code, words = found
    else:
        return
    raise ValidationError({"email": ValidationError(words, code=code)})


def _check_number(row: Proposal, *, by: User, now: datetime) -> None:
    asked = CollaboratorInvitation.objects.filter(invited__gt=now - DAY)
    of_person = asked.filter(proposal__proposer=by).count()
    if asked.filter(proposal=row).count() >= MOST_A_PROPOSAL or of_person >= MOST_A_PERSON:
        raise ValidationError(_("You have asked many people within a day. Ask more tomorrow"), code="too-many")


def _lock_named(token: str) -> CollaboratorInvitation:
    """The invitation that a link names, with its locked proposal. Refuses `expired` where there is none."""
    if (named := find(token)) is None:
        raise _expired()
    proposal = Proposal.objects.lock(named.proposal_id)
    named.refresh_from_db()  # as it is under the lock
    named.proposal = proposal
    return named


@transaction.atomic
def join(token: str, *, by: User, now: datetime) -> Proposal:
    """Edit a proposal from now on; after its acceptance also its session. For a co-editor nothing changes.

    Refuses `not-for-you` (the account has not confirmed the address that was asked), `not-wanted` (withdrawn, declined
    or merged), `archived`, and `expired` (no link of ours, 30 days old, used, taken back, or the person was removed since).
    """
    asked = _lock_named(token)
    row = asked.proposal
    check_open(row.forum)
    if row.is_edited_by(by):
        return row
    if asked.email not in addresses_of(by):
        raise ValidationError(_("This invitation is for another address"), code="not-for-you")
    if row.state in OVER:
        raise ValidationError(_("This invitation no longer holds"), code="not-wanted")
    removed = row.collaborator_invitations.filter(user=by, state=Answer.REMOVED, changed__gte=asked.invited)
    if not holds(asked, now=now) or removed.exists():
        raise _expired()
    row.editors.add(by)
    ProposalReview.objects.filter(proposal=row, reviewer=by).delete()  # points for what is their own now
    settle(asked, Answer.ACCEPTED, verb=Verb.JOIN_EDITOR, about=row, by=by, now=now, changed=now, user=by)
    if row.session is not None and row.state == State.ACCEPTED:
        organiser = row.session.organisers.first()
        HostedSession.objects.get_or_create(session=row.session, user=by, defaults={"organisation": organiser})
    mails.tell_too(row, person=by, now=now)
    collaborator_mails.tell_joined(asked, now=now)
    return row


@transaction.atomic
def decline(token: str, *, now: datetime) -> CollaboratorInvitation:
    """Say no to an invitation; whoever has the link may, without an account. The proposer is told, and does not ask this
    address again for 30 days. Twice says it once. Refuses `expired` (as `join` does, and for what is over)."""
    asked = _lock_named(token)
    if asked.state == Answer.DECLINED:
        return asked
    if not holds(asked, now=now):
        raise _expired()
    settle(asked, Answer.DECLINED, verb=Verb.DECLINE_EDITOR, about=asked.proposal, by=None, now=now, changed=now)
    collaborator_mails.tell_declined(asked, now=now)
    return asked


def _expired() -> ValidationError:
    return ValidationError(_("This invitation no longer holds"), code="expired")


@transaction.atomic
def remove(proposal: Proposal, *, user: int, by: User, now: datetime) -> None:
    """Take the proposal, and its session, out of an account's hands (`user`: its primary key): the proposer removes
    anybody, co-editors only themselves. Refuses `not-yours`, `not-there`."""
    row = Proposal.objects.lock(proposal.pk)
    if by.pk not in {row.proposer_id, user}:
        raise ValidationError(_("Only the proposer can do this"), code="not-yours")
    person = row.editors.filter(pk=user).first()
    if person is None:
        raise ValidationError(_("This person does not edit the proposal any more"), code="not-there")
    row.editors.remove(person)
    if row.session_id:
        HostedSession.objects.filter(session=row.session_id, user=person).delete()
    joined = row.collaborator_invitations.filter(user=person, state=Answer.ACCEPTED).last()
    if joined is None:  # came by a merger
        joined = CollaboratorInvitation(proposal=row, email=person.email.lower(), invited=now)
    joined.state, joined.changed, joined.user = Answer.REMOVED, now, person
    joined.save()
    history.record(row, verb=Verb.REMOVE_EDITOR, by=by, now=now, reason=person.name)
    collaborator_mails.tell_removed(joined, by=by, now=now)


@transaction.atomic
def take_back(proposal: Proposal, *, invitation: int, by: User, now: datetime) -> None:
    """Take back an invitation (its primary key) that nobody has used. Refuses `not-yours`, `not-there`."""
    row = Proposal.objects.lock(proposal.pk)
    _check_proposer(row, by=by)
    asked = there(row.collaborator_invitations.open_at(now), invitation)
    settle(asked, Answer.TAKEN_BACK, verb=Verb.TAKE_BACK_EDITOR, about=row, by=by, now=now, changed=now)


def forget_addresses(*, now: datetime) -> int:
    """Empty the addresses of invitations once their links are dead; return how many."""
    old = CollaboratorInvitation.objects.filter(changed__lte=now - CollaboratorInvitation.LIVES).exclude(email="")
    return old.update(email="")
