"""The fair hours of a forum's draft: what the board shows of a session, the best slots, the burdens.

How the hours of a session are weighed against each other: by the forum's registered people; where at least five have
booked it, half by them and half by the forum's. Those who have booked have chosen by the present hour, so they alone
would speak for leaving it there. Each region counts alike: none loses for being small.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from events.models import Audience, Forum
from events.models.reference import Region
from events.models.time_zones import is_zone
from events.schedule.conflicts import Span
from events.schedule.draft_timetable import DraftSlot, TimetableDraft, midnight
from events.schedule.fair_hours import free_slots, waking_hours
from events.schedule.fair_hours.free_slots import HeldSessions, Slot, SlotDay, Value
from events.schedule.fair_hours.waking_hours import Crowd, CrowdPart, Dial
from events.shared.disclosure.hidden_cells import THRESHOLD

DAY = timedelta(days=1)
EARLIEST, LATEST = time(6), time(23)  # of a slot that is offered, on the forum's clock: somebody must open the room
STEP = timedelta(minutes=30)  # between the starts that are offered
FINE = timedelta(minutes=5)  # between the starts whose shares the board knows


@dataclass(frozen=True)
class Crowds:
    """Who is there: the forum's registered people, and those who booked each session (by its key)."""

    forum: Crowd
    booked: dict[int, Crowd]

    def of(self, key: int) -> Crowd | None:
        """Those who booked a session; None where they are too few to be told by themselves."""
        crowd = self.booked.get(key)
        return crowd if crowd and crowd.total >= THRESHOLD else None


class Shares(NamedTuple):
    """The shares of a session for each start of a day, five minutes apart from midnight on the forum's clock.

    `curves`: of "all" who registered, of those who "booked" it, of each region by its code, and of "zone": the time zone
    that is worst off in the whole draft.
    """

    curves: dict[str, list[float]]
    zone: str | None


class Reach(NamedTuple):
    """For what part of the people something falls within their day, 0 to 1; and the mean of the regions' shares."""

    people: float
    regions: float


class Burden(NamedTuple):
    """The burden of a region, or of a time zone, in each week (None: no sessions) and over all weeks."""

    name: str
    people: int
    weeks: list[float | None]
    whole: float
    is_zone: bool = False

    @property
    def label(self) -> str:
        return zone_label(self.name) if self.is_zone else str(Region(self.name).label)


def zone_label(zone: str | None) -> str:
    """The name of the worst-off time zone's row."""
    return _("Worst-off time zone: %(zone)s") % {"zone": zone}


def crowds(forum: Forum) -> Crowds:
    """The people of a forum and of its sessions, as they were counted last. One query."""
    found: defaultdict[int | None, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = Audience.objects.filter(forum=forum, people__gt=0)
    for session, region, zone, people in rows.values_list("session", "region", "time_zone", "people"):
        if is_zone(zone):
            found[session][region, zone] = people
    everybody = Crowd(found[None])
    return Crowds(everybody, {key: Crowd(people) for key, people in found.items() if key is not None})


# --- one session ------------------------------------------------------------------------------------
def shares_of_day(draft: TimetableDraft, crowds: Crowds, key: int, *, day: date) -> Shares:
    """For each start of a day: for what part of the people the session would fall within their day."""
    length = timedelta(minutes=draft.places[key].minutes)
    opens, closes = midnight(day, forum=draft.forum), midnight(day + DAY, forum=draft.forum)
    stretch = Span(opens.astimezone(UTC), closes.astimezone(UTC) + length)
    # By the clock on the wall, as the board draws it.
    starts = [(opens + number * FINE).astimezone(UTC) for number in range(DAY // FINE)]
    zone, booked, everybody = worst_zone(draft, crowds), crowds.of(key), crowds.forum
    groups = {"all": everybody, **({"booked": booked} if booked else {})}
    groups |= {region: everybody.of(CrowdPart.REGION, region) for region in everybody.regions()}
    if zone:
        groups["zone"] = everybody.of(CrowdPart.ZONE, zone)
    dials = {name: Dial(crowd, stretch) for name, crowd in groups.items()}
    return Shares(
        {name: [dial.share(Span(start, start + length)) for start in starts] for name, dial in dials.items()}, zone
    )


class Scales:
    """The sessions of a stretch of time, weighed: each dial is built once.

    The weighing only chooses (see `value`); what is told of an hour is always its reach.
    """

    def __init__(self, crowds: Crowds, stretch: Span) -> None:
        forum = crowds.forum
        self.crowds, self.stretch = crowds, stretch
        self.weights = waking_hours.region_weights(forum)
        self.people = Dial(forum, stretch)
        self.regions = {region: Dial(forum.of(CrowdPart.REGION, region), stretch) for region in forum.regions()}
        self._forum = Dial(forum, stretch, regions=self.weights)

    def value(self, key: int) -> Value:
        """How a session's hours are weighed against each other (see the head of this module)."""
        booked = self.crowds.of(key)
        if booked is None:
            return self._forum.share
        dial = Dial(booked, self.stretch, regions=self.weights)
        return lambda span: (self._forum.share(span) + dial.share(span)) / 2

    def reach(self, span: Span) -> Reach:
        """For whom a span falls within their day, however it was chosen."""
        return Reach(self.people.share(span), self.mean_of_regions(span))

    def mean_of_regions(self, span: Span) -> float:
        """The mean of the shares of the regions that can be told; the share of the people where none can."""
        shares = [dial.share(span) for dial in self.regions.values()] or [self.people.share(span)]
        return sum(shares) / len(shares)


def best_slots(
    draft: TimetableDraft, crowds: Crowds, key: int, *, monday: date, now: datetime
) -> list[tuple[Slot, Reach]]:
    """The three best free slots of a session in a week, the best first; none where nobody has registered."""
    if not crowds.forum.total:
        return []
    place = draft.places[key]
    scales = Scales(crowds, stretch_of(draft, monday))
    slots = free_slots.best_slots(
        draft.places[key],
        timedelta(minutes=place.minutes),
        days=week(draft, monday, now=now),
        rooms=rooms_for(draft, place),
        held=HeldSessions(draft.places.values(), draft.rules),
        value=scales.value(key),
    )
    return [(slot, scales.reach(slot.span)) for slot in slots]


def rooms_for(draft: TimetableDraft, place: DraftSlot) -> list[int | None]:
    """The rooms in which a slot may be offered: its own first, then those of its kind (virtual or not).

    A session without a room: any room if it waits at the side, and none if it is held without one.
    """
    own = next((room for room in draft.rooms if room.pk == place.room), None)
    if own:
        others = [room.pk for room in draft.rooms if room.is_virtual == own.is_virtual and room.pk != own.pk]
        return [own.pk, *others]
    rooms = [] if place.span else [room.pk for room in draft.rooms]
    return [*rooms] or [None]


def week(draft: TimetableDraft, monday: date, *, now: datetime) -> list[SlotDay]:
    """The days of a week on which slots may be offered, with the starts still to come.

    Days of the forum from Monday to Friday, and Saturdays or Sundays where its draft holds sessions on such a day, from 6:00 to
    23:00 on the forum's clock.
    """
    forum = draft.forum
    used = {forum.local(place.span.starts).weekday() for place in draft.places.values() if place.span}
    days = []
    for number in sorted(used | set(range(5))):
        day = monday + number * DAY
        if forum.starts <= day <= forum.ends:
            opens, closes = (
                datetime.combine(day, hour, tzinfo=forum.zone).astimezone(UTC) for hour in (EARLIEST, LATEST)
            )
            starts = (opens + number * STEP for number in range((closes - opens) // STEP))
            days.append(SlotDay(tuple(moment for moment in starts if moment > now), closes))
    return days


def stretch_of(draft: TimetableDraft, monday: date) -> Span:
    """A week with what may run over from it, in UTC."""
    opens, closes = midnight(monday, forum=draft.forum), midnight(monday + 8 * DAY, forum=draft.forum)
    return Span(opens.astimezone(UTC), closes.astimezone(UTC))


# --- the forum --------------------------------------------------------------------------------------
def weighed(draft: TimetableDraft) -> dict[int, Span]:
    """When the sessions are held that are not longer than anybody's day."""
    return {
        key: place.span for key, place in draft.places.items() if place.span and waking_hours.is_weighed(place.span)
    }


def burden_table(draft: TimetableDraft, crowds: Crowds) -> list[Burden]:
    """The burden of each region, week by week and over all weeks, the heaviest first; last, the worst-off time zone's."""
    forum = draft.forum
    spans: dict[int, list[Span]] = {number: [] for number in range(1, forum.weeks + 1)}
    for span in weighed(draft).values():
        spans.get(forum.week_of(forum.today(span.starts)), []).append(span)
    everything = [span for found in spans.values() for span in found]

    def row(part: CrowdPart, name: str) -> Burden:
        crowd = crowds.forum.of(part, name)
        weeks = [waking_hours.burden(found, crowd) if found else None for found in spans.values()]
        return Burden(name, crowd.total, weeks, waking_hours.burden(everything, crowd), part == CrowdPart.ZONE)

    rows = [row(CrowdPart.REGION, region) for region in crowds.forum.regions()]
    zone = worst_zone(draft, crowds)
    return sorted(rows, key=lambda row: (-row.whole, row.name)) + ([row(CrowdPart.ZONE, zone)] if zone else [])


def worst_zone(draft: TimetableDraft, crowds: Crowds) -> str | None:
    """The time zone that has the most of the draft at night (waking_hours.worst_zone)."""
    return waking_hours.worst_zone([*weighed(draft).values()], crowds.forum)


def zones(crowd: Crowd) -> tuple[list[tuple[str, int]], int]:
    """The time zones that can be told, the fullest first, and how many people are in all others together."""
    sizes = crowd.sizes(CrowdPart.ZONE)
    told = [(zone, sizes[zone]) for zone in crowd.zones()]
    return told, crowd.total - sum(people for _zone, people in told)


def reached(draft: TimetableDraft, crowds: Crowds) -> Sequence[tuple[DraftSlot, float]]:
    """Every session that is weighed with the share of the forum's people whom it reaches by day, the lowest first."""
    held = weighed(draft)
    if not held or not crowds.forum.total:
        return []
    dial = Dial(crowds.forum, waking_hours.stretch_of(held.values()))
    found = [(draft.places[key], dial.share(span)) for key, span in held.items()]
    return sorted(found, key=lambda pair: (round(pair[1], free_slots.EVEN), pair[0].starts, pair[0].code))
