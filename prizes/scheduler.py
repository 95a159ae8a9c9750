"""What the site does for the vote by itself: open the chain, seal every hour, seal and count at the close, and count again where that was asked for."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from events.shared.jobs.sweeps import Sweep
from prizes.chain import chain, closing_time
from prizes.count import counting
from prizes.editions import log as editions_log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Edition, Phase, Recount
from prizes.vote import cast_vote, voter_traces

VOTES = Sweep("votes", gettext_lazy("Chain and count of a vote"), longest=timedelta(minutes=1))
TRACES = Sweep("voter-traces", gettext_lazy("Addresses under which somebody voted"), longest=timedelta(minutes=1))


def tend(now: datetime) -> None:
    """Do what is due for every edition at `now`. Running it twice, or late, changes nothing but when."""
    VOTES.each(_to_tend(now), lambda edition: _tend_edition(edition, now=now), now=now, is_whole=False)
    begun = Edition.objects.with_begun_vote(now).order_by("pk")
    TRACES.each(begun, voter_traces.catch_up, now=now, is_whole=False)


def _to_tend(now: datetime) -> QuerySet[Edition]:
    """The editions whose vote has begun and is not counted yet."""
    begun = Edition.objects.with_begun_vote(now)
    return begun.filter(Q(polls_sealed__isnull=True) | Q(counts__isnull=True)).order_by("pk").distinct()


def waits_since(now: datetime) -> datetime | None:
    """Since when something waits that `tend` does: the chain to open, an hour or the close to seal, votes to count. None:
    nothing waits."""
    moments = [_waits_since(edition, now=now) for edition in _to_tend(now).prefetch_related("phases")]
    moments += Recount.objects.waiting(now).values_list("asked", flat=True)
    return min((moment for moment in moments if moment), default=None)


def _waits_since(edition: Edition, *, now: datetime) -> datetime | None:
    if edition.polls_sealed:
        return edition.polls_sealed
    close, block = closing_time.close_of(edition), chain.last(edition)
    if closing_time.is_settled(edition, now=now):
        return close + closing_time.GRACE if close else None
    if block is None:
        phase = edition.phase(Phase.Kind.VOTING)
        return max(phase.starts, edition.nominees_published or phase.starts) if phase else None
    is_hour_due = close is not None and now < close and is_due(block.sealed, now=now)
    return block.sealed.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) if is_hour_due else None


def _tend_edition(edition: Edition, *, now: datetime) -> None:
    if edition.polls_sealed is None:
        block = chain.last(edition) or chain.open_chain(edition, now=now)
        close = closing_time.close_of(edition)
        cast_vote.complete_again(edition, now=now)
        if closing_time.is_settled(edition, now=now):
            close_polls(edition, now=now)
        elif close and now < close and is_due(block.sealed, now=now):
            seal_hour(edition, now=now)
    if edition.polls_sealed:
        count_first(edition, now=now)


def is_due(sealed: datetime, *, now: datetime) -> bool:
    """Whether a new hour of the clock (UTC) began since the last block was sealed."""
    return sealed < now.replace(minute=0, second=0, microsecond=0)


@transaction.atomic
def seal_hour(edition: Edition, *, now: datetime) -> None:
    """Seal the block of an hour, asking again under the lock: of two processes at it, the second has nothing to do."""
    locked = Edition.objects.lock(edition.pk)
    block = chain.last(locked)
    if block and is_due(block.sealed, now=now):
        chain.seal(locked, now=now, is_hourly=True)


@transaction.atomic
def close_polls(edition: Edition, *, now: datetime) -> None:
    """Seal the last block; from here on no choice is accepted, and which ballots are complete is settled."""
    block = chain.seal(edition, now=now, is_last=True)
    cast_vote.complete_again(edition, now=now)
    if block:
        editions_log.record(
            edition, verb=PrizeVerb.SEAL_POLLS, by=None, now=now, subject=block.head, after={"block": block.number}
        )


@transaction.atomic
def count_first(edition: Edition, *, now: datetime) -> None:
    """Make the first count; nothing where there is one, or where another process is at it."""
    locked = Edition.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=edition.pk).first()
    if locked and counting.latest(locked) is None:
        counting.count(locked, now=now)
