"""Speakers of a proposal: asked by mail when it is submitted, and their answers.

Whoever has the token may answer; no account is needed. An answer can be changed until the session begins. Whose answer
is yes stands in the session once the proposal is accepted, and before the public with the next release.
"""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events import revision
from events.consultation import letters
from events.consultation.organisations import find_or_make
from events.consultation.standing import State, lock, remark
from events.models import Appearance, Invitation, Proposal, Speaker
from events.scheduling import locked

OWN_WORDS = ("name", "position", "organisation_name", "biography")
# Proposals whose speakers nobody waits for any more.
OVER = frozenset({State.DRAFT, State.DECLINED, State.MERGED, State.WITHDRAWN})


def invite(proposal: Proposal, *, now: datetime) -> None:
    """Write a mail to each speaker who was not asked yet; inside the transaction of the verb that submits."""
    for invitation in proposal.invitations.filter(invited=None):
        invitation.invited = now
        invitation.save(update_fields=["invited"])
        letters.write_invitation(invitation, proposal=proposal, now=now)


def is_answerable(invitation: Invitation, *, now: datetime) -> bool:
    """Whether an answer still counts. `invitation.proposal.session` must be loaded."""
    proposal = invitation.proposal
    session = proposal.session
    has_begun = bool(session and session.starts and session.starts <= now)
    return invitation.invited is not None and proposal.state not in OVER and not has_begun


@transaction.atomic
def answer(invitation: Invitation, *, is_accepted: bool, words: Mapping[str, str], now: datetime) -> Invitation:
    """Keep a speaker's answer and what they say of themselves (`OWN_WORDS`). The same answer again changes nothing else.

    Refuses `not-wanted` (the proposal is no longer considered, or the session has begun), and by field values that the
    columns cannot hold.
    """
    proposal = lock(invitation.proposal)
    row = Invitation.objects.select_related("speaker").get(pk=invitation.pk)
    row.proposal = proposal
    if not is_answerable(row, now=now):
        raise ValidationError(_("This invitation can no longer be answered"), code="not-wanted")
    for name in OWN_WORDS:
        setattr(row, name, words.get(name, getattr(row, name)))
    row.clean_fields(exclude=["proposal", "speaker", "token"])
    wanted = Invitation.State.ACCEPTED if is_accepted else Invitation.State.DECLINED
    if row.state != wanted:
        verb = "speaker-accepted" if is_accepted else "speaker-declined"
        remark(proposal, verb=verb, by=None, now=now, text=row.name)
    row.state = wanted
    row.answered = now
    row.save()
    if proposal.session is not None:
        with locked(proposal.forum):
            appear(row)
    return row


def appear(invitation: Invitation) -> None:
    """Put a speaker who said yes into the proposal's session, and take out one who said no. The caller holds the lock.

    The same address is the same speaker of a forum. Someone who goes is gone from the public page at once; who is new
    comes with the next release.
    """
    proposal = invitation.proposal
    assert proposal.session is not None  # noqa: S101  the callers looked
    if invitation.state != Invitation.State.ACCEPTED:
        if proposal.session.appearances.filter(speaker=invitation.speaker).delete()[0]:
            revision.bump()
        return
    speaker = invitation.speaker or _same_person(invitation) or Speaker(forum=proposal.forum)
    speaker.name = invitation.name
    speaker.position = invitation.position
    speaker.biography = invitation.biography or speaker.biography
    speaker.organisation = find_or_make(invitation.organisation_name) or speaker.organisation
    speaker.is_sample = proposal.is_sample
    speaker.save()
    invitation.speaker = speaker
    invitation.save(update_fields=["speaker"])
    role = Appearance.Role.MODERATOR if invitation.is_moderator else Appearance.Role.PANELLIST
    found, is_new = Appearance.objects.get_or_create(
        session=proposal.session,
        speaker=speaker,
        defaults={"role": role, "order": proposal.session.appearances.count() + 1},
    )
    if found.is_released and not is_new:
        revision.bump()


def _same_person(invitation: Invitation) -> Speaker | None:
    others = Invitation.objects.filter(
        email__iexact=invitation.email, proposal__forum=invitation.proposal.forum, speaker__isnull=False
    )
    other = others.select_related("speaker").first()
    return other.speaker if other else None
