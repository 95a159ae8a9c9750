"""What one person is told of the places of a session: how many are free for them, and where they stand on its waiting list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from events.models import Session
from registration.models import Registration, Waiting
from registration.registering.kinds import FEW
from registration.sessions.seats import promotion
from registration.sessions.seats.capacity import places
from registration.sessions.seats.entering import walk_in_from

SHOWN = (
    "offered_until",
    "registration_id",
    "session__code",
    "session__title",
    "session__starts",
    "session__translations",
)


@dataclass(frozen=True)
class Seat:
    """`left`: the places that are free for this person (None: no limit); `row`: their own on the waiting list, at `place` (from
    1); `can_wait`: there is a list that still moves; `walk_in`: when places of those who have not come
    are given away."""

    left: int | None = None
    row: Waiting | None = None
    place: int = 0
    can_wait: bool = False
    is_offered: bool = False
    walk_in: datetime | None = None

    @property
    def is_full(self) -> bool:
        """Whether nobody in this person's place can book: nothing is free, or what is free is for those who wait."""
        return self.left == 0

    @property
    def has_few(self) -> bool:
        return self.left is not None and self.left < FEW


def _with_place(rows: QuerySet[Waiting]) -> QuerySet[Any]:
    """Each with its `place` in the line, from 1."""
    line = Waiting.objects.in_line().filter(session=OuterRef("session")).order_by()
    line = line.filter(Q(rank__lt=OuterRef("rank")) | Q(rank=OuterRef("rank"), pk__lt=OuterRef("pk")))
    before = line.values("session").annotate(n=Count("pk")).values("n")
    return rows.annotate(place=Coalesce(Subquery(before), 0) + 1)


def seat(session: Session, *, registration: Registration | None, now: datetime) -> Seat:
    """What a person is told of a session (with its room). No query where its places are not limited, one where some are free
    or nobody can wait, else two."""
    if session.seats is None:
        return Seat()
    known = places(session, now=now)
    left = known.left(registration.kind_id if registration else None)
    can_wait, walk_in = promotion.moves_up(session, now=now), walk_in_from(session)
    if left or not can_wait:
        return Seat(left, can_wait=can_wait, walk_in=walk_in)
    own = Waiting.objects.filter(session=session, registration=registration)
    row = _with_place(own).first() if registration else None
    is_offered = row is not None and row.is_offered(now)
    place = row.place if row and not row.offered_until else 0
    return Seat(left, row, place, can_wait=True, is_offered=is_offered, walk_in=walk_in)


def is_waiting() -> Exists:
    """Of a row of registrations: whether the person is on any waiting list."""
    return Exists(Waiting.objects.filter(registration=OuterRef("pk")).order_by())


def my_waitings(registration: Registration, *, now: datetime) -> list[Any]:
    """The waiting lists of sessions ahead that a person is on, in order of start, each with its `place`. One query."""
    rows = Waiting.objects.filter(registration=registration).exclude(offered_until__lte=now)
    ahead = rows.filter(session__state=Session.State.SCHEDULED, session__starts__gt=now)
    shown = ahead.select_related("session").only(*SHOWN).order_by("session__starts", "pk")
    return list(_with_place(shown))
