"""Which mails of the consultation nobody wants any more: asked once more just before sending (`events.mail.outbox.recheck`).

Registered as the app starts (`events.apps`), so in every process that sends.
"""

from collections.abc import Sequence
from datetime import datetime

from events.mail.outbox import recheck
from events.models import HostedSession, Invitation, Message, Proposal
from events.proposals.states import asked_editors
from events.proposals.telling import (
    DECISIONS,
    EDITOR,
    HOST,
    INVITED,
    LATE,
    LEFT_OUT,
    NO_SPEAKERS,
    OVER,
    SAID_NO,
    SPEAKER_DECLINED,
    SPEAKER_REOPENED,
    SPEAKER_WITHDRAWN,
    numbers,
)


def _named(messages: Sequence[Message]) -> dict[int, tuple[int, int]]:
    """Message id → the numbers in its key: (row, remark or account)."""
    return {one.pk: (numbers(one)[0], numbers(one)[-1]) for one in messages}


def _unwanted_decisions(messages: Sequence[Message], now: datetime) -> set[int]:
    """The proposal went on to another state since the draft was written, or the person no longer edits it."""
    named = _named(messages)
    rows = Proposal.objects.filter(pk__in=[row for row, _n in named.values()])
    states = dict(rows.values_list("pk", "state"))
    people = {*rows.values_list("pk", "proposer"), *rows.values_list("pk", "editors")}
    gone = {one.pk for one in messages if states.get(named[one.pk][0]) not in DECISIONS[one.kind]}
    return gone | {one.pk for one in messages if one.user_id and (named[one.pk][0], one.user_id) not in people}


for _kind in DECISIONS:
    recheck(_kind)(_unwanted_decisions)


def _unwanted_speaker_letters(messages: Sequence[Message], now: datetime) -> set[int]:
    """As with decisions; or the speaker no longer says yes."""
    asked = {one.pk: numbers(one)[1] for one in messages}
    coming = Invitation.objects.filter(pk__in=asked.values(), state=Invitation.State.ACCEPTED)
    known = set(coming.values_list("pk", flat=True))
    return _unwanted_decisions(messages, now) | {pk for pk, row in asked.items() if row not in known}


for _kind in (SPEAKER_DECLINED, SPEAKER_WITHDRAWN, SPEAKER_REOPENED):
    recheck(_kind)(_unwanted_speaker_letters)


@recheck(LEFT_OUT)
@recheck(SAID_NO)
def _unwanted_answers(messages: Sequence[Message], now: datetime) -> set[int]:
    """The speaker was taken in again, or says yes after all."""
    named = _named(messages)
    rows = Invitation.objects.filter(pk__in=[row for row, _n in named.values()])
    states = dict(rows.values_list("pk", "state"))
    wanted = {LEFT_OUT: Invitation.State.TAKEN_BACK, SAID_NO: Invitation.State.DECLINED}
    return {one.pk for one in messages if states.get(named[one.pk][0]) != wanted[one.kind]}


@recheck(EDITOR)
def _unwanted_editors(messages: Sequence[Message], now: datetime) -> set[int]:
    """The invitation was taken back or sent anew, or the proposal is no longer considered."""
    named = _named(messages)
    asked = asked_editors(now=now).filter(pk__in=[entry for _row, entry in named.values()])
    wanted = set(asked.exclude(proposal__state__in=OVER).values_list("pk", flat=True))
    return {pk for pk, (_row, entry) in named.items() if entry not in wanted}


@recheck(INVITED)
def _unwanted_invitations(messages: Sequence[Message], now: datetime) -> set[int]:
    """The speaker was left out or has answered, or the proposal is no longer considered."""
    named = _named(messages)
    rows = Invitation.objects.filter(pk__in=[row for row, _n in named.values()], state=Invitation.State.INVITED)
    wanted = set(rows.exclude(proposal__state__in=NO_SPEAKERS).values_list("pk", flat=True))
    return {pk for pk, (row, _n) in named.items() if row not in wanted}


@recheck(HOST)
def _unwanted_hosts(messages: Sequence[Message], now: datetime) -> set[int]:
    """The account no longer edits the session."""
    named = _named(messages)
    rows = HostedSession.objects.filter(session__in=[row for row, _n in named.values()])
    wanted = set(rows.values_list("session_id", "user_id"))
    return {pk for pk, name in named.items() if name not in wanted}


@recheck(LATE)
def _unwanted_late(messages: Sequence[Message], now: datetime) -> set[int]:
    """An outcome was reported meanwhile, or the account no longer organises the session."""
    named = _named(messages)
    rows = HostedSession.objects.filter(session__in=[row for row, _n in named.values()], session__outcomes=None)
    wanted = set(rows.values_list("session_id", "user_id"))
    return {pk for pk, name in named.items() if name not in wanted}
