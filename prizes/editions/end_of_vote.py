"""The end of a running vote: moved by two people only, never to less than a day ahead, and told to everybody."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from prizes.editions import by_two, phases
from prizes.models import ActByTwo, Edition, Phase, check_phase_order

LEAST = timedelta(hours=24)


@transaction.atomic
def propose(
    edition: Edition, *, ends: datetime, reason: str, by: User, now: datetime, authenticated: datetime | None = None
) -> ActByTwo:
    """Propose another end of the running vote. Refuses what `move` refuses of the end, `reason-missing`, `act-waits`,
    `no-second-factor`, `not-recent`."""
    locked = Edition.objects.lock(edition.pk)
    voting = _check(locked, ends=ends, now=now)
    return by_two.propose(
        locked,
        kind=ActByTwo.Kind.MOVE_END,
        reason=reason,
        by=by,
        authenticated=authenticated,
        ends=(voting.ends, ends),
        now=now,
    )


@transaction.atomic
def move(act: ActByTwo, *, by: User, now: datetime, authenticated: datetime | None = None) -> ActByTwo:
    """A second person agrees: the vote ends at the new moment. The chain notes it, the public pages and a mail tell it.

    Refuses what `by_two.agree` refuses; `vote-not-open`; `same-end`; `too-soon` (less than 24 hours from `now`);
    `phase-order` (the next phase begins before).
    """
    done = by_two.agree(act, by=by, authenticated=authenticated, now=now)
    assert done.new_end is not None  # noqa: S101  a constraint of its table
    voting = _check(done.edition, ends=done.new_end, now=now)
    if done.old_end != voting.ends:
        ActByTwo.objects.filter(pk=done.pk).update(old_end=voting.ends)
    phases.move_end(done.edition, phase=voting, ends=done.new_end, by=by, reason=done.reason, now=now)
    return done


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


def last_move(edition: Edition) -> ActByTwo | None:
    """How the end of the vote was moved last, for the public; None where it never was. One query."""
    done = ActByTwo.objects.filter(edition=edition, kind=ActByTwo.Kind.MOVE_END, state=ActByTwo.State.DONE)
    return done.order_by("decided").last()
