"""The end of a running vote: moved by two people only, never to less than a day ahead, and told to everybody."""

from datetime import datetime, timedelta
from typing import NamedTuple, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, User
from events.shared.rights.two_people import approvals
from events.shared.rights.two_people.approvals import ApprovalKind, Proposing
from prizes.chain.commitments import stamp
from prizes.editions import phases
from prizes.editions.verbs import PrizeVerb
from prizes.models import Edition, Phase, check_phase_order

LEAST = timedelta(hours=24)


@transaction.atomic
def propose(edition: Edition, *, ends: datetime, **proposing: Unpack[Proposing]) -> Approval:
    """Propose another end of the running vote. Refuses what `_move` refuses, and as `approvals.propose` does."""
    locked = Edition.objects.lock(edition.pk)
    values = {"ends": stamp(ends), "ended": stamp(_check(locked, ends=ends, now=proposing["now"]).ends)}
    return approvals.propose(MOVE_END, locked, forum=locked.forum, values=values, **proposing)


def _move(approval: Approval, edition: Edition, by: User, now: datetime) -> None:
    """The vote ends at the new moment. The chain notes it, the public pages and a mail tell it.

    Refuses `vote-not-open`; `same-end`; `too-soon` (less than 24 hours from `now`); `phase-order` (the next phase begins
    before).
    """
    ends = datetime.fromisoformat(approval.values["ends"])
    voting = _check(edition, ends=ends, now=now)
    approval.values["ended"] = stamp(voting.ends)
    approval.save(update_fields=["values"])
    phases.move_end(edition, phase=voting, ends=ends, by=by, reason=approval.reason, now=now)


MOVE_END = approvals.add(
    ApprovalKind(
        name="move-end",
        words=gettext_lazy("Move the end of the vote"),
        permission="prizes.move_end_edition",
        verbs=(PrizeVerb.PROPOSE_END, "", PrizeVerb.DROP_END),
        lock=lambda approval, _now: Edition.objects.lock(approval.subject),
        carry_out=_move,
    )
)


def _check(edition: Edition, *, ends: datetime, now: datetime) -> Phase:
    """The running vote, which may end at `ends`."""
    voting = edition.phase(Phase.Kind.VOTING)
    if voting is None or not voting.is_open(now) or edition.polls_sealed or edition.closed:
        raise ValidationError(_("No vote is open: there is no end to move"), code="vote-not-open")
    if ends == voting.ends:
        raise ValidationError(_("The vote ends at this moment already"), code="same-end")
    if ends < now + LEAST:
        raise ValidationError(_("Choose an end that is 24 hours ahead or more"), code="too-soon")
    check_phase_order([(row.kind, row.starts, ends if row == voting else row.ends) for row in edition.phases.all()])
    return voting


class Move(NamedTuple):
    """How the end of a vote was moved, as the public reads it."""

    key: int
    old_end: datetime
    new_end: datetime
    reason: str
    decided: datetime


def last_move(edition: Edition) -> Move | None:
    """How the end of the vote was moved last, for the public; None where it never was. One query."""
    done = Approval.objects.agreed().filter(kind=MOVE_END.name, subject=edition.pk).order_by("decided").last()
    if done is None or done.decided is None:
        return None
    old, new = (datetime.fromisoformat(done.values[name]) for name in ("ended", "ends"))
    return Move(done.pk, old, new, done.reason, done.decided)
