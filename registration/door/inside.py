"""Who is inside a building, a room or a session now, by what its doors saw on the day."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max, Q, QuerySet

from events.models import Forum
from registration.models import Door, Outcome, Scan

COUNTED = (Outcome.IN, Outcome.ALREADY_IN, Outcome.OUT)


def place_of(door: Door) -> Q:
    """The scans at all doors of the same place: who came in by one may leave by another."""
    if door.session_id:
        return Q(door__session=door.session_id)
    if door.room_id:
        return Q(door__room=door.room_id)
    return Q(door__forum=door.forum_id, door__room=None, door__session=None)


def day_of(forum: Forum, at: datetime) -> tuple[datetime, datetime]:
    """The midnights before and after a moment, in the forum's zone. Nobody stays the night: each day is counted for itself."""
    midnight = forum.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight, midnight + timedelta(days=1)


def people_inside(door: Door, *, at: datetime) -> QuerySet[Scan, Any]:
    """Who is inside the place of a door at a moment: `registration`, and when they were seen coming last (`came`). Whoever was
    last seen leaving is out. One query."""
    rows = Scan.objects.filter(place_of(door), undone=None, outcome__in=COUNTED)
    rows = rows.filter(at__gte=day_of(door.forum, at)[0], at__lte=at).order_by()
    seen = rows.values("registration").annotate(
        came=Max("at", filter=Q(direction=Scan.Direction.IN)), left=Max("at", filter=Q(direction=Scan.Direction.OUT))
    )
    return seen.filter(Q(left=None) | Q(came__gt=F("left")), came__isnull=False)
