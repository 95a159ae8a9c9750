"""How full the sessions of a forum are, for organisers: places, bookings, places kept and offered, people who wait."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from events.models import Forum, Session
from registration.models import Booking, SeatHold, Waiting


def _of_session(rows: QuerySet[Any], number: Any) -> Coalesce:
    counted = rows.filter(session=OuterRef("pk")).order_by().values("session").annotate(n=number).values("n")
    return Coalesce(Subquery(counted), 0)


def sessions(forum: Forum) -> QuerySet[Any]:
    """The scheduled sessions of a forum with limited places, each with `places`, `booked`, `kept`, `waits` and `excess` (how many
    more have booked than there are places); those with an excess first, then in order of start. One query."""
    rows = forum.sessions.filter(state=Session.State.SCHEDULED).annotate(places=Coalesce("capacity", "room__capacity"))
    rows = rows.filter(places__isnull=False).annotate(
        booked=_of_session(Booking.objects.all(), Count("pk")),
        kept=_of_session(SeatHold.objects.all(), Sum("seats")),
        waits=_of_session(Waiting.objects.all(), Count("pk")),
    )
    return rows.annotate(excess=Greatest(F("booked") - F("places"), 0)).order_by("-excess", "starts", "pk")


def overbooked(forum: Forum, *, now: datetime) -> int:
    """How many sessions ahead have more bookings than places. One query."""
    return sessions(forum).filter(excess__gt=0, starts__gt=now).count()
