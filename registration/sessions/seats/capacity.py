"""How many places of a session are free for whom: those that are booked or offered, and those that are kept for a kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from events.models import Session
from registration.models import Booking, SeatHold, Waiting

NO_KIND = 0  # of people who registered without one
# What a row of `_rows` counts.
TAKEN, HELD, WAITING = "taken", "held", "waiting"


@dataclass(frozen=True)
class Seats:
    """The places of a session at a moment, without the session: `total` (None: no limit), how many are `taken` by people of each
    kind, how many are `held` for a kind, the first hold first, and how many people are `waiting` in the line."""

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


def _counted(rows: QuerySet[Any], what: Any) -> QuerySet[Any, Any]:
    counted = rows.order_by().values(what=what, of=Coalesce(F("registration__kind"), NO_KIND))
    return counted.annotate(n=Count("*"), minutes=Value(0), place=Value(0))


# What is known of the places of sessions: (what, kind, how many, minutes before the start, key of the hold).
_BOOKINGS = _counted(Booking.objects.all(), Value(TAKEN, CharField()))
_WAITINGS = _counted(
    Waiting.objects.all(), Case(When(offered_until=None, then=Value(WAITING)), default=Value(TAKEN, CharField()))
)
_HELD = SeatHold.objects.order_by().values_list(Value(HELD, CharField()), "kind", "seats", "free_minutes", "pk")


_own = {"session": OuterRef("pk")}
_booked = Booking.objects.filter(**_own).order_by().values("session").annotate(n=Count("*")).values("n")
# Of sessions: how many booked, and whether places are held or somebody is on the waiting list, as for few of them.
_PLAIN = Session.objects.order_by().values_list(
    Subquery(_booked), Exists(SeatHold.objects.filter(**_own)), Exists(Waiting.objects.filter(**_own))
)


def _rows(session: Session, *, now: datetime) -> QuerySet[Any, Any]:
    """What is known of the places of one session."""
    waitings = _WAITINGS.filter(Q(offered_until=None) | Q(offered_until__gt=now), session=session.pk)
    return _HELD.filter(session=session.pk).union(_BOOKINGS.filter(session=session.pk), waitings, all=True).order_by()


def places(session: Session, *, now: datetime) -> Seats:
    """The places of a session (with its room) at a moment. One query where they are limited, two where some are held for a kind or
    somebody waits, none else."""
    if session.seats is None:
        return Seats(None, {})
    booked, has_holds, has_line = _PLAIN.get(pk=session.pk)
    if not has_holds and not has_line:
        return Seats(session.seats, {NO_KIND: booked or 0})
    taken: Counter[int] = Counter()
    held, waiting = [], 0
    for what, of, number, minutes, place in _rows(session, now=now):
        if what == WAITING:
            waiting += number
        elif what == TAKEN:
            taken[of] += number
        elif session.starts and now < session.starts - timedelta(minutes=minutes):
            held.append((place, of, number))
    return Seats(session.seats, taken, [(of, number) for _place, of, number in sorted(held)], waiting)
