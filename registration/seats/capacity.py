"""How many places of a session are free for whom: those that are booked or offered, and those that are kept for a kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Count, F, Value
from django.db.models.functions import Coalesce

from events.models import Session
from registration.models import Booking, SeatHold, Waiting

NO_KIND = 0  # of people who registered without one


@dataclass(frozen=True)
class Places:
    """The places of a session at a moment, without the session: `total` (None: no limit), how many are `taken` by people of each
    kind, and how many are `held` for a kind, the first hold first."""

    total: int | None
    taken: Mapping[int, int]
    held: Sequence[tuple[int, int]] = ()

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


def places(session: Session, *, now: datetime) -> Places:
    """The places of a session (with its room) at a moment. One query where they are limited, none else."""
    if session.seats is None:
        return Places(None, {})
    kind = Coalesce(F("registration__kind"), NO_KIND)
    rows = {"booked": Booking.objects.all(), "offered": Waiting.objects.offered(now)}
    counts = [
        found.filter(session=session).order_by().values(what=Value(what, CharField()), of=kind).annotate(n=Count("pk"))
        for what, found in rows.items()
    ]
    holds = SeatHold.objects.filter(session=session).order_by().values(what=Value("held", CharField()), of=F("kind"))
    holds = holds.annotate(n=F("seats"), minutes=F("free_minutes"), place=F("pk"))
    counts = [one.annotate(minutes=Value(0), place=Value(0)) for one in counts]
    taken: Counter[int] = Counter()
    held = []
    for row in holds.union(*counts, all=True):
        if row["what"] == "held":
            if session.starts and now < session.starts - timedelta(minutes=row["minutes"]):
                held.append((row["place"], row["of"], row["n"]))
        else:
            taken[row["of"]] += row["n"]
    return Places(session.seats, taken, [(of, n) for _place, of, n in sorted(held)])
