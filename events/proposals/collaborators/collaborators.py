"""Editing a proposal together: who made it asks people by mail, and they join with accounts of their own.

There is no table of invitations. Each is an entry in the course of the proposal (`standing.ASK_EDITOR`, its text is the
address), and the link in the mail is the signed number of that entry. It holds for 30 days, and while the course says
nothing newer of the address: joining uses it up, so it brings nobody back who was removed.
"""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import HostedSession, Invitation, Proposal, ProposalReview, Remark, User
from events.proposals import mails, telling
from events.proposals.collaborators import collaborator_mails
from events.proposals.states import (
    ASK_EDITOR,
    DECLINE_EDITOR,
    EDITOR_VERBS,
    JOIN,
    LINK_HOLDS,
    REMOVE_EDITOR,
    TAKE_BACK_EDITOR,
    State,
    asked_editors,
    is_own,
    lock,
    remark,
)

MOST_A_PROPOSAL, MOST_A_PERSON = 10, 30  # invitations within a day: a proposal is no way to write to everybody
DAY = timedelta(days=1)
_signer = signing.Signer(sep=".", salt="events.proposals.collaborators.collaborators")


def token(invitation: Remark) -> str:
    """The part of the link that names an invitation and that nobody else can make."""
    return _signer.sign(str(invitation.pk))


def find(token: str) -> Remark | None:
    """The invitation that a link names, whether or not it still holds; None for a token that is not ours."""
    try:
        pk = int(_signer.unsign(token))
    except signing.BadSignature:
        return None
    rows = Remark.objects.select_related("proposal__forum", "proposal__proposer")
    return rows.filter(pk=pk, verb=ASK_EDITOR).first()


def holds(invitation: Remark, *, now: datetime) -> bool:
    """Whether somebody can still join by it. Also no for a proposal that was merged: its people are taken over at once."""
    row = invitation.proposal
    is_wanted = row.state != State.MERGED and not telling.is_over(row)
    return is_wanted and asked_editors(now=now).filter(pk=invitation.pk).exists()


@transaction.atomic
def invite(proposal: Proposal, *, email: str, by: User, now: datetime) -> Remark:
    """Ask a person by mail to edit a proposal. The answer is the same whether or not the address has an account.

    Refuses `not-yours` (only who made it asks), `not-confirmed` (they need a confirmed address themselves),
    `not-wanted` (withdrawn, declined or merged), at `email` what is no address, `own-address`, `already-there` (joined
    by this address), `said-no` (within 30 days) and `already-asked` (within a day), and `too-many` (within a day 10 for a proposal, 30 by a person).
    """
    address = _clean(email)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    row = lock(proposal)
    _check_proposer(row, by=by)
    if not by.has_confirmed_address():
        raise ValidationError(_("Confirm your e-mail address first, then invite others"), code="not-confirmed")
    if telling.is_over(row):
        raise ValidationError(_("This proposal is no longer considered"), code="not-wanted")
    _check_address(row, address=address, by=by, now=now)
    _check_number(row, by=by, now=now)
    entry = remark(row, verb=ASK_EDITOR, by=by, now=now, text=address)
    collaborator_mails.write_editor_invitation(row, remark=entry, token=token(entry), now=now)
    return entry


def _clean(email: str) -> str:
    try:
        address = Invitation._meta.get_field("email").clean(email.strip().lower(), None)
    except ValidationError as refusal:
        raise ValidationError({"email": refusal}) from None
    return str(address)


def _check_proposer(row: Proposal, *, by: User) -> None:
    if row.proposer_id != by.pk:
        raise ValidationError(_("Only who made the proposal can do this"), code="not-yours")


def _check_address(row: Proposal, *, address: str, by: User, now: datetime) -> None:
    """Looks at the course and at one's own addresses only, so that it tells nothing about accounts of others."""
    last = row.remarks.filter(verb__in=EDITOR_VERBS, text=address).order_by("pk").last()
    if address in {*addresses_of(by), by.email.lower()}:
        words, code = _("This address is your own"), "own-address"
    elif last and last.verb == JOIN and row.editors.filter(pk=last.author_id).exists():
        words, code = _("This person edits the proposal already"), "already-there"
    elif last and last.verb == DECLINE_EDITOR and last.at > now - LINK_HOLDS:
        words, code = _("This person said no"), "said-no"
    elif last and last.verb == ASK_EDITOR and last.at > now - DAY:
        words, code = _("This person was asked within a day"), "already-asked"
    else:
        return
    raise ValidationError({"email": ValidationError(words, code=code)})


def _check_number(row: Proposal, *, by: User, now: datetime) -> None:
    asked = Remark.objects.filter(verb=ASK_EDITOR, at__gt=now - DAY)
    if asked.filter(proposal=row).count() >= MOST_A_PROPOSAL or asked.filter(author=by).count() >= MOST_A_PERSON:
        raise ValidationError(_("You have asked many people within a day. Ask more tomorrow"), code="too-many")


def addresses_of(user: User) -> set[str]:
    """The confirmed addresses of an account, in small letters."""
    found = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return {address.lower() for address in found}


@transaction.atomic
def join(token: str, *, by: User, now: datetime) -> Proposal:
    """Edit a proposal from now on; after its acceptance also its session. Who edits it already changes nothing.

    Refuses `not-for-you` (the account has not confirmed the address that was asked), `not-wanted` (withdrawn, declined
    or merged), and `expired` (no link of ours, 30 days old, used, taken back, or the person was removed since).
    """
    asked = find(token)
    if asked is None:
        raise _expired()
    asked.proposal = row = lock(asked.proposal)
    if is_own(row, by=by):
        return row
    addresses = addresses_of(by)
    if asked.text not in addresses:
        raise ValidationError(_("This invitation is for another address"), code="not-for-you")
    if row.state == State.MERGED or telling.is_over(row):
        raise ValidationError(_("This invitation no longer holds"), code="not-wanted")
    if not holds(asked, now=now) or _was_removed(row, by=by, addresses=addresses, since=asked):
        raise _expired()
    row.editors.add(by)
    ProposalReview.objects.filter(proposal=row, reviewer=by).delete()  # points for what is their own now
    entry = remark(row, verb=JOIN, by=by, now=now, text=asked.text)
    if row.session is not None:
        organiser = row.session.organisers.first()
        HostedSession.objects.get_or_create(session=row.session, user=by, defaults={"organisation": organiser})
    mails.tell_too(row, person=by, now=now)
    collaborator_mails.tell_editors(row, entry=entry, person=by, now=now)
    return row


@transaction.atomic
def decline(token: str, *, now: datetime) -> Remark:
    """Say no to an invitation; whoever has the link may, without an account. Who made the proposal is told, and does not
    ask this address again for 30 days. Twice says it once. Refuses `expired` (as `join` does, and for what is over)."""
    asked = find(token)
    if asked is None:
        raise _expired()
    asked.proposal = row = lock(asked.proposal)
    if has_declined(asked):
        return asked
    if not holds(asked, now=now):
        raise _expired()
    entry = remark(row, verb=DECLINE_EDITOR, by=None, now=now, text=asked.text)
    collaborator_mails.tell_editors(row, entry=entry, now=now)
    return asked


def has_declined(invitation: Remark) -> bool:
    """Whether the answer to an invitation was no."""
    later = invitation.proposal.remarks.filter(verb__in=EDITOR_VERBS, text=invitation.text, pk__gt=invitation.pk)
    first = later.order_by("pk").first()
    return bool(first and first.verb == DECLINE_EDITOR)


def _expired() -> ValidationError:
    return ValidationError(_("This invitation no longer holds"), code="expired")


def _was_removed(row: Proposal, *, by: User, addresses: set[str], since: Remark) -> bool:
    """Whether the person was removed after this invitation, whatever address they came by."""
    known = {*addresses, by.email.lower(), *row.remarks.filter(verb=JOIN, author=by).values_list("text", flat=True)}
    return row.remarks.filter(verb=REMOVE_EDITOR, text__in=known, pk__gt=since.pk).exists()


@transaction.atomic
def remove(proposal: Proposal, *, user: int, by: User, now: datetime) -> None:
    """Take the proposal, and its session, out of an account's hands (`user`: its primary key): who made the proposal
    removes anybody, the others only themselves. Refuses `not-yours`, `not-there`."""
    row = lock(proposal)
    if by.pk not in {row.proposer_id, user}:
        raise ValidationError(_("Only who made the proposal can do this"), code="not-yours")
    person = row.editors.filter(pk=user).first()
    if person is None:
        raise ValidationError(_("This person does not edit the proposal any more"), code="not-there")
    row.editors.remove(person)
    if row.session_id:
        HostedSession.objects.filter(session=row.session_id, user=person).delete()
    joined = row.remarks.filter(verb=JOIN, author=person).order_by("pk").last()
    address = (joined.text if joined else "") or person.email.lower()
    entry = remark(row, verb=REMOVE_EDITOR, by=by, now=now, text=address)
    collaborator_mails.tell_editors(row, entry=entry, person=person, now=now)


@transaction.atomic
def take_back(proposal: Proposal, *, invitation: int, by: User, now: datetime) -> None:
    """Take back an invitation (its primary key) that nobody has used. Refuses `not-yours`, `not-there`."""
    row = lock(proposal)
    _check_proposer(row, by=by)
    asked = asked_editors(now=now).filter(proposal=row, pk=invitation).first()
    if asked is None:
        raise ValidationError(_("This invitation is used or taken back already"), code="not-there")
    remark(row, verb=TAKE_BACK_EDITOR, by=by, now=now, text=asked.text)


def forget_addresses(*, now: datetime) -> int:
    """Empty the addresses of editors in the courses once their links are dead; return how many."""
    old = Remark.objects.filter(verb__in=EDITOR_VERBS, at__lte=now - LINK_HOLDS).exclude(text="")
    return old.update(text="")
