"""Who is inside a building, a room or a session now, by what its doors saw on the day."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext as _

from events.models import Forum
from registration.models import Door, Outcome, Registration, Scan
from registration.registering.people_search import people

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
    return _inside(Scan.objects.filter(place_of(door)), "registration", forum=door.forum, at=at)


def _inside(rows: QuerySet[Scan], *by: str, forum: Forum, at: datetime) -> QuerySet[Scan, Any]:
    rows = rows.filter(undone=None, outcome__in=COUNTED, at__gte=day_of(forum, at)[0], at__lte=at).order_by()
    seen = rows.values(*by).annotate(
        came=Max("at", filter=Q(direction=Scan.Direction.IN)), left=Max("at", filter=Q(direction=Scan.Direction.OUT))
    )
    return seen.filter(Q(left=None) | Q(came__gt=F("left")), came__isnull=False)


class DoorPlace(NamedTuple):
    """A place that has doors: the building, a room or a session; `door` is one of them."""

    door: Door
    people: int

    @property
    def name(self) -> str:
        return str(self.door.session or self.door.room or _("Building"))


def places(forum: Forum, *, at: datetime) -> list[DoorPlace]:
    """The places of a forum that have doors, and how many people are inside each at a moment: the building, the rooms, then
    sessions as they begin. Two queries."""
    inside = _inside(
        Scan.objects.filter(door__forum=forum), "door__room", "door__session", "registration", forum=forum, at=at
    )
    people: Counter[Any] = Counter(inside.values_list("door__room", "door__session"))
    doors = Door.objects.filter(forum=forum).select_related("forum", "room", "session__room")
    found: dict[Any, Door] = {}  # room and session → a door
    for door in doors.order_by(F("session__starts").asc(nulls_first=True), F("room__name").asc(nulls_first=True), "pk"):
        found.setdefault((door.room_id, door.session_id), door)
    return [DoorPlace(door, people[key]) for key, door in found.items()]


def people_named(place: DoorPlace, *, query: str, at: datetime) -> QuerySet[Registration, Any]:
    """The people inside a place at a moment whose names or organisations hold the words of a query (all, where it is empty),
    with their accounts and kinds, by name."""
    rows = Registration.objects.filter(pk__in=people_inside(place.door, at=at).values("registration"))
    found = people(rows, query)[1] if query else rows
    return found.select_related("user", "kind", "forum").order_by("name", "pk")
