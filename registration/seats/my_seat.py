"""What one person is told of the places of a session: how many are free for them, and where they stand on its waiting list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from events.models import Session
from registration.models import Registration, Waiting
from registration.seats import promotion, waiting_list
from registration.seats.capacity import places
from registration.seats.entering import walk_in_from


@dataclass(frozen=True)
class Seat:
    """`left`: the places that are free for this person (None: no limit); `row`: their own on the waiting list, at `place` (from
    1) of `waiting` people; `can_wait`: there is a list that still moves; `walk_in`: when places of those who have not come
    are given away."""

    left: int | None = None
    row: Waiting | None = None
    place: int = 0
    waiting: int = 0
    can_wait: bool = False
    is_offered: bool = False
    walk_in: datetime | None = None

    @property
    def is_full(self) -> bool:
        """Whether nobody in this person's place can book: nothing is free, or what is free is for those who wait."""
        return self.left == 0


def seat(session: Session, *, registration: Registration | None, now: datetime) -> Seat:
    """What a person is told of a session (with its room). No query where its places are not limited, else one to three."""
    if session.seats is None:
        return Seat()
    person = registration.pk if registration else 0
    left = places(session, now=now).left(registration.kind_id if registration else None)
    can_wait, walk_in = promotion.moves_up(session, now=now), walk_in_from(session)
    if left or not can_wait:
        return Seat(left, can_wait=can_wait, walk_in=walk_in)
    row = Waiting.objects.filter(session=session, registration=person).first()
    is_offered = row is not None and row.is_offered(now)
    line = Waiting.objects.in_line().filter(session=session).count()
    place = waiting_list.place(row) if row else 0
    return Seat(left, row, place, line, can_wait=True, is_offered=is_offered, walk_in=walk_in)


def my_waitings(registration: Registration, *, now: datetime) -> QuerySet[Any]:
    """The waiting lists of sessions ahead that a person is on, in order of start, each with its `place`. One query."""
    others = Waiting.objects.in_line().filter(session=OuterRef("session")).order_by().values("session")
    before = others.filter(pk__lt=OuterRef("pk")).annotate(n=Count("pk")).values("n")
    ahead = Coalesce(Subquery(before), 0)
    rows = registration.waitings.filter(session__state=Session.State.SCHEDULED, session__starts__gt=now)
    rows = rows.exclude(offered_until__lte=now).select_related("session")
    return rows.annotate(place=ahead + 1).order_by(F("session__starts"), "pk")
