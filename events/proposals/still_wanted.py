"""Which mails on proposals nobody wants any more: asked once more just before sending (`events.shared.hooks.unwanted`).

Registered as the app starts (`events.apps`), so in every process that sends.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy

from events.models import CollaboratorInvitation, HostedSession, Invitation, Message, Proposal, Speaker
from events.models.outcome import has_reported
from events.proposals.hosting.host_mails import HOST, LATE, SAID_NO
from events.proposals.mails import (
    DECISIONS,
    JOINED,
    SPEAKER_DECLINED,
    SPEAKER_REOPENED,
    SPEAKER_WITHDRAWN,
    TOLD_BY,
    WITHDRAWN,
)
from events.proposals.speakers.speaker_mails import LEFT_OUT, LINK
from events.proposals.states import NO_SPEAKERS, OVER, State
from events.shared.invitations import TO_EDIT, TO_SPEAK
from events.shared.mail import hooks
from events.shared.mail.hooks import MailKind
from events.shared.mail.outbox import about_others, all_but, rows_of


def _unwanted_decisions(messages: Sequence[Message], now: datetime) -> set[int]:
    """The proposal went on to another state since the draft was written, or the person no longer edits it."""
    rows = Proposal.objects.filter(pk__in=rows_of(messages))
    states = dict(rows.values_list("pk", "state"))
    people = {*rows.values_list("pk", "proposer"), *rows.values_list("pk", "editors")}
    gone = {one.pk for one in messages if states.get(one.about or 0) not in DECISIONS[one.kind]}
    return gone | all_but([one for one in messages if one.user_id], people, by="about user_id")


for _kind in (*TOLD_BY.values(), WITHDRAWN):
    hooks.unwanted(_kind)(_unwanted_decisions)


@hooks.unwanted(SPEAKER_DECLINED)
@hooks.unwanted(SPEAKER_WITHDRAWN)
@hooks.unwanted(SPEAKER_REOPENED)
def _unwanted_by_speakers(messages: Sequence[Message], now: datetime) -> set[int]:
    """As with decisions; or the speaker no longer says yes, to the proposal or to the hosts of its session."""
    coming = Invitation.objects.filter(state=Invitation.State.ACCEPTED)
    known = {
        *coming.filter(proposal__in=rows_of(messages)).values_list("proposal", "email"),
        *coming.filter(session__proposal__in=rows_of(messages)).values_list("session__proposal", "email"),
    }
    return _unwanted_decisions(messages, now) | all_but(messages, known, by="about to")


@hooks.unwanted(JOINED)
def _unwanted_joined(messages: Sequence[Message], now: datetime) -> set[int]:
    """The merger was given up, nobody considers the other proposal any more, or the person does not edit that one."""
    rows = Proposal.objects.filter(pk__in=rows_of(messages), state=State.MERGED).exclude(merged_into__state__in=OVER)
    people = {*rows.values_list("pk", "merged_into__proposer"), *rows.values_list("pk", "merged_into__editors")}
    return all_but(messages, people, by="about user_id")


@hooks.unwanted(LEFT_OUT)
@hooks.unwanted(SAID_NO)
def _unwanted_answers(messages: Sequence[Message], now: datetime) -> set[int]:
    """The speaker was taken in again, or says yes after all."""
    wanted = {Invitation.State.TAKEN_BACK: LEFT_OUT, Invitation.State.DECLINED: SAID_NO}
    answers = Invitation.objects.filter(pk__in=rows_of(messages), state__in=wanted).values_list("pk", "state")
    return all_but(messages, [(pk, wanted[Invitation.State(state)]) for pk, state in answers], by="about kind")


@hooks.unwanted(TO_EDIT)
def _unwanted_editors(messages: Sequence[Message], now: datetime) -> set[int]:
    """The invitation was taken back or sent again, or the proposal is no longer considered."""
    return about_others(messages, CollaboratorInvitation.objects.open_at(now).exclude(proposal__state__in=OVER))


@hooks.unwanted(TO_SPEAK)
def _unwanted_invitations(messages: Sequence[Message], now: datetime) -> set[int]:
    """The speaker was left out or has answered, or the proposal is no longer considered."""
    rows = Invitation.objects.filter(state=Invitation.State.INVITED)
    return about_others(messages, rows.exclude(proposal__state__in=NO_SPEAKERS))


@hooks.unwanted(LINK)
def _unwanted_links(messages: Sequence[Message], now: datetime) -> set[int]:
    """The speaker has connected an account since."""
    return about_others(messages, Speaker.objects.filter(account=None))


@hooks.unwanted(HOST)
@hooks.unwanted(LATE)
def _unwanted_hosts(messages: Sequence[Message], now: datetime) -> set[int]:
    """The account no longer edits the session; or, where the mail asks for a report, one has been submitted since."""
    rows = HostedSession.objects.filter(session__in=rows_of(messages))
    if messages[0].kind == LATE:  # they come kind by kind
        rows = rows.exclude(has_reported("session"))
    return all_but(messages, rows.values_list("session", "user"), by="about user_id")


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("When I have not reported on a session that I organise")
    return [MailKind(LATE, name, frozenset({LATE}), roles=frozenset({"host"}))]
