"""How many places of a session are free for whom: those that are booked or offered, and those that are kept for a kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, QuerySet, Value
from django.db.models.functions import Coalesce

from events.models import Session
from events.prepared_queries import Prepared, slot
from registration.models import Booking, SeatHold, Waiting

NO_KIND = 0  # of people who registered without one
# What a row of `_rows` counts.
BOOKED, OF_KIND, OFFERED, HELD, WAITING = "booked", "of kind", "offered", "held", "waiting"


@dataclass(frozen=True)
class Places:
    """The places of a session at a moment, without the session: `total` (None: no limit), how many are `taken` by people of each
    kind (who booked in a kind for which nothing is held counts as NO_KIND), how many are `held` for a kind, the first hold first,
    and how many people are `waiting` in the line."""

    total: int | None
    taken: Mapping[int, int]
    held: Sequence[tuple[int, int]] = ()
    waiting: int = 0

    @property
    def booked(self) -> int:
        return sum(self.taken.values())

    def left(self, kind: int | None) -> int | None:
        """How many places somebody of a kind may take; None: no limit. Those kept for others, and not taken yet, are not among
        them; together the holds never keep more than there is."""
        if self.total is None:
            return None
        room, free = self.total, self.total - self.booked
        for holder, number in self.held:
            kept, room = min(number, room), max(room - number, 0)
            free -= max(kept - self.taken.get(holder, 0), 0) if holder != (kind or NO_KIND) else 0
        return max(free, 0)

    def kinds_with_places(self) -> set[int] | None:
        """For which kinds places are left; None: for all."""
        if self.left(NO_KIND) != 0:
            return None
        return {holder for holder, _number in self.held if self.left(holder)}


def _rows() -> QuerySet[Any, Any]:
    """What is known of the places of a session: (what, kind, how many, minutes before the start, key of the hold)."""
    session, kind = slot("session", int), Coalesce(F("registration__kind"), NO_KIND)
    waitings, bookings = Waiting.objects.filter(session=session), Booking.objects.filter(session=session)
    held = SeatHold.objects.filter(session=session).order_by()
    counted = [
        (BOOKED, Value(NO_KIND), bookings),
        (OF_KIND, kind, bookings.filter(registration__kind__in=held.values("kind"))),
        (OFFERED, kind, waitings.offered(slot("now", datetime))),
        (WAITING, Value(NO_KIND), waitings.in_line()),
    ]
    counts = [
        rows.order_by()
        .values(what=Value(what, CharField()), of=of)
        .annotate(n=Count("*"), minutes=Value(0), place=Value(0))
        for what, of, rows in counted
    ]
    holds = held.values_list(Value(HELD, CharField()), "kind", "seats", "free_minutes", "pk")
    return holds.union(*counts, all=True)


_ROWS = Prepared(_rows)


def places(session: Session, *, now: datetime) -> Places:
    """The places of a session (with its room) at a moment. One query where they are limited, none else."""
    if session.seats is None:
        return Places(None, {})
    taken: Counter[int] = Counter()
    held, waiting = [], 0
    for what, of, number, minutes, place in _ROWS.all(session=session.pk, now=now):
        if what == WAITING:
            waiting = number
        elif what != HELD:
            taken[of] += number
            taken[NO_KIND] -= number if what == OF_KIND else 0
        elif session.starts and now < session.starts - timedelta(minutes=minutes):
            held.append((place, of, number))
    return Places(session.seats, taken, [(of, number) for _place, of, number in sorted(held)], waiting)
