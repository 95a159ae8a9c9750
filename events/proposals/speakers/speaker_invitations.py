"""Speakers: asked by mail when a proposal is submitted, or by the hosts of a session, and their answers.

Whoever has the link may answer; no account is needed, until an account says that the speaker is theirs: then it alone answers, for
the address may be another person's by now. An answer can be changed until the session begins. Who says
yes stands in the session once the proposal is accepted, and before the public with the next release.
"""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from events.models import Appearance, Invitation, Organisation, Proposal, Session, Speaker, User
from events.proposals.hosting import host_mails
from events.proposals.speakers import speaker_accounts, speaker_mails
from events.proposals.states import NO_SPEAKERS, State
from events.reference.organisations import find, find_or_make
from events.schedule import panels
from events.schedule.moves import locked
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages import revision

OWN_WORDS = ("name", "position", "organisation_name", "biography")
MOST_ANSWERS = 10  # different ones within an hour of the clock: each may change pages that everybody keeps


def invite(proposal: Proposal, *, now: datetime) -> None:
    """Write a mail to each speaker who was not asked yet; inside the transaction of the verb that submits."""
    for invitation in proposal.invitations.filter(invited=None):
        invitation.invited = now
        invitation.save(update_fields=["invited"])
        speaker_mails.write_invitation(invitation, now=now)


def is_answerable(invitation: Invitation, *, now: datetime) -> bool:
    """Whether an answer still counts: not after hosts took it back, nor once the session has begun or the forum is over.
    That a proposal is declined or merged closes it once its people are told."""
    forum = invitation.forum
    session, proposal = invitation.stage, invitation.proposal
    has_begun = bool(session and session.starts and session.starts <= now) or forum.today(now) > forum.ends
    is_over = proposal is not None and proposal.state in NO_SPEAKERS
    is_asked = invitation.invited is not None and invitation.state != Invitation.State.TAKEN_BACK
    return is_asked and not is_over and not has_begun


def account_of(invitation: Invitation) -> User | None:
    """The account that says it is the speaker who is asked; None: nobody has."""
    return (invitation.speaker and invitation.speaker.account) or invitation.account


@transaction.atomic
def answer(
    invitation: Invitation, *, is_accepted: bool, by: User | None = None, now: datetime, **words: str
) -> Invitation:
    """Keep a speaker's answer and what they say of themselves (`OWN_WORDS`). The same answer again changes nothing. `by`: who is
    signed in.

    Refuses `other-account` (`by` is not the account of the speaker), `not-wanted` (the proposal is no longer considered, the hosts took the invitation back, or the session has
    begun), `outdated` (the proposal was merged in this moment, or its people took the speaker out), `too-often` (10 different answers within an hour), by
    field values that the columns cannot hold, and `second-organisation` (one more that nobody knows).
    """
    proposal = Proposal.objects.lock(invitation.proposal_id) if invitation.proposal_id else None
    with locked(invitation.forum):
        rows = Invitation.objects.select_for_update(of=("self",)).select_related(
            "speaker__account", "account", "session__forum"
        )
        row = rows.filter(pk=invitation.pk).first()
        if row is None or row.proposal_id != invitation.proposal_id:
            raise ValidationError(_("Something changed in this moment. Send your answer again"), code="outdated")
        row.proposal = proposal
        if account_of(row) not in {None, by}:
            words_of_refusal = _("Log in with the account with which this speaker is connected")
            raise ValidationError(words_of_refusal, code="other-account")
        if not is_answerable(row, now=now):
            raise ValidationError(_("This invitation can no longer be answered"), code="not-wanted")
        wanted = Invitation.State.ACCEPTED if is_accepted else Invitation.State.DECLINED
        is_new = row.state != wanted
        if not _say(row, words=words) and not is_new:
            return row
        _count(row, now=now)
        row.state, row.answered = wanted, now
        row.save()
        if is_new:
            verb = Verb.SPEAKER_ACCEPTED if is_accepted else Verb.SPEAKER_DECLINED
            history.record(row.parent, verb=verb, by=account_of(row), now=now, reason=row.name)
        if is_new and not is_accepted:
            host_mails.write_said_no(row, now=now)
        if row.stage is not None:
            appear(row, joins=is_new, now=now)
    if proposal is not None and proposal.pending_state == State.DECLINED:  # a yes of now is told with the others
        decision = history.of(proposal).filter(verb=Verb.DECLINE_PROPOSAL).latest("pk")
        speaker_mails.write_declined(proposal, entry=decision, now=now)
    return row


def _say(row: Invitation, *, words: Mapping[str, str]) -> bool:
    """Put the words of an answer into its row; return whether they are others than before."""
    before = {name: getattr(row, name) for name in OWN_WORDS}
    for name in OWN_WORDS:
        setattr(row, name, words.get(name, getattr(row, name)))
    row.clean_fields(exclude=["proposal", "session", "speaker"])
    after = {name: getattr(row, name) for name in OWN_WORDS}
    is_other = bool(row.organisation_name) and row.organisation_name != before["organisation_name"]
    if is_other and row.has_made_organisation and not _known(row):
        sentence = _("An organisation of yours is entered already. Write to the organisers to correct its name")
        raise ValidationError({"organisation_name": ValidationError(sentence, code="second-organisation")})
    return before != after


def _count(row: Invitation, *, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    row.answers_in_hour = row.answers_in_hour + 1 if row.answered and row.answered >= hour else 1
    if row.answers_in_hour > MOST_ANSWERS:
        raise ValidationError(
            _("You have changed your answer many times within an hour. Change it again later"), code="too-often"
        )


def appear(invitation: Invitation, *, joins: bool = True, now: datetime) -> None:
    """Put a speaker who said yes into the session, and take out one who said no. The caller holds the lock.

    `joins`: the yes is new; else only words change, and whoever has been taken out since stays out. Someone who goes is gone
    from the public page at once; who is new comes with the next release.
    """
    session = invitation.stage
    assert session is not None  # noqa: S101  the callers looked
    if invitation.state != Invitation.State.ACCEPTED:
        if panels.take_out(session, speaker=invitation.speaker):
            revision.touch([session.pk], now=now)
            revision.bump()
        return
    speaker = _speaker(invitation, session=session)
    invitation.speaker = speaker
    invitation.save(update_fields=["speaker", "has_made_organisation"])
    revision.touch([session.pk], now=now)  # the organisers' search asks for it
    if speaker.appearances.filter(is_released=True).exists():
        revision.bump()
    if joins:
        usual = Appearance.Role.MODERATOR if invitation.is_moderator else Appearance.Role.PANELLIST
        panels.add(session, speaker=speaker, role=invitation.role or usual)


def _speaker(invitation: Invitation, *, session: Session) -> Speaker:
    """The person with the words of this answer, saved. An address may be that of an office: it is the same speaker of a forum
    where the account is the same, or the name and no other account."""
    is_same = Q(name__iexact=invitation.name)
    if invitation.account_id:
        is_same = Q(account=invitation.account_id) | is_same & Q(account=None)
    known = Speaker.objects.filter(is_same, forum=session.forum, invitations__email__iexact=invitation.email)
    speaker = invitation.speaker or known.order_by("pk").first() or Speaker(forum=session.forum)
    speaker.name = invitation.name
    speaker.position = invitation.position
    speaker.biography = invitation.biography or speaker.biography
    speaker.organisation = _organisation(invitation) or speaker.organisation
    speaker.is_sample = session.is_sample
    speaker_accounts.connect_new(speaker, invitation=invitation)
    speaker.save()
    return speaker


def _known(invitation: Invitation) -> Organisation | None:
    return find(" ".join(invitation.organisation_name.split()))


def _organisation(invitation: Invitation) -> Organisation | None:
    """The organisation of an answer; one that nobody knows is made once: the page is open to whoever has the link."""
    if not invitation.organisation_name:
        return None
    if _known(invitation) is None:
        if invitation.has_made_organisation:
            return None
        invitation.has_made_organisation = True
    return find_or_make(invitation.organisation_name)
