"""How full the sessions of a forum are, for organisers: places, bookings, places kept and offered, people who wait."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from events.models import Forum, Session
from events.schedule.releases import hooks
from registration.models import Booking, SeatHold, Waiting

TOLD = 5  # sessions of which organisers are told at once


def _of_session(rows: QuerySet[Any], number: Any) -> Coalesce:
    counted = rows.filter(session=OuterRef("pk")).order_by().values("session").annotate(n=number).values("n")
    return Coalesce(Subquery(counted), 0)


def sessions(forum: Forum) -> QuerySet[Any]:
    """The scheduled sessions of a forum, as `_counted` gives them."""
    return _counted(forum.sessions.all())


def _counted(found: QuerySet[Session]) -> QuerySet[Any]:
    """Those of these sessions that are scheduled and have limited places, each with `places`, `booked`, `kept`, `waits` and `excess` (how many
    more have booked than there are places); those with an excess first, then in order of start. One query."""
    rows = found.filter(state=Session.State.SCHEDULED).annotate(places=Coalesce("capacity", "room__capacity"))
    rows = rows.filter(places__isnull=False).annotate(
        booked=_of_session(Booking.objects.all(), Count("pk")),
        kept=_of_session(SeatHold.objects.all(), Sum("seats")),
        waits=_of_session(Waiting.objects.all(), Count("pk")),
    )
    return rows.annotate(excess=Greatest(F("booked") - F("places"), 0)).order_by("-excess", "starts", "pk")


@hooks.places_changed()
def lacking(changed: QuerySet[Session], now: datetime) -> list[str]:
    """What organisers are told who have left sessions ahead with fewer places than are booked. One query."""
    words = _(
        "%(session)s: more people have booked (%(booked)s) than there are places (%(places)s). Nobody loses theirs: find a"
        " larger room, or write to them."
    )
    rows = _counted(changed).filter(excess__gt=0, starts__gt=now)[:TOLD]
    return [words % {"session": row.title, "booked": row.booked, "places": row.places} for row in rows]


def overbooked(forum: Forum, *, now: datetime) -> int:
    """How many sessions ahead have more bookings than places. One query."""
    return sessions(forum).filter(excess__gt=0, starts__gt=now).count()
