"""The fair hours of a forum's draft: what the board shows of a session, the best slots, the burdens.

How the hours of a session are weighed against each other: by the forum's registered people; where at least five have
booked it, half by them and half by the forum's. Those who have booked have chosen by the present hour, so they alone
would speak for leaving it there. A week's moves are in events.schedule.fair_hours.week_suggestion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from events.disclosure.hidden_cells import THRESHOLD
from events.models import Audience, Forum
from events.models.time_zones import is_zone
from events.schedule.board.draft_timetable import Draft, Place, midnight
from events.schedule.conflicts import Span
from events.schedule.fair_hours import better_slots, day_shares
from events.schedule.fair_hours.better_slots import Day, Held, Slot, Value
from events.schedule.fair_hours.day_shares import Crowd, Dial, Weighing

DAY = timedelta(days=1)
EARLIEST, LATEST = time(6), time(23)  # of a suggestion, on the forum's clock: somebody must open the room
STEP = timedelta(minutes=30)  # between the starts that are suggested
DEFAULT = Weighing.REGIONS  # a region does not lose for being small
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


@dataclass(frozen=True)
class Shares:
    """The shares of a session for each start of a day, five minutes apart from midnight on the forum's clock.

    `zone`: the time zone that is worst off in the whole draft, and its shares.
    """

    forum: list[float]
    booked: list[float] | None
    regions: dict[str, list[float]]
    zone: tuple[str, list[float]] | None


class Reach(NamedTuple):
    """For what part of the people something falls within their day, 0 to 1; and the mean of the regions' shares."""

    people: float
    regions: float


@dataclass(frozen=True)
class Burden:
    """The burden of a region, or of a time zone, in each week (None: no sessions) and over all weeks."""

    name: str
    people: int
    weeks: list[float | None]
    whole: float
    is_zone: bool = False


def crowds(forum: Forum) -> Crowds:
    """The people of a forum and of its sessions, as they were counted last. One query."""
    everybody: dict[tuple[str, str], int] = {}
    booked: dict[int, dict[tuple[str, str], int]] = {}
    rows = Audience.objects.filter(forum=forum).order_by("pk")
    for session, region, zone, people in rows.values_list("session", "region", "time_zone", "people"):
        if is_zone(zone):
            found = everybody if session is None else booked.setdefault(session, {})
            found[region, zone] = found.get((region, zone), 0) + people
    return Crowds(Crowd(everybody), {key: Crowd(people) for key, people in booked.items()})


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - day.weekday() * DAY


# --- one session ------------------------------------------------------------------------------------
def shares_of_day(draft: Draft, crowds: Crowds, key: int, *, day: date) -> Shares:
    """For each start of a day: for what part of the people the session would fall within their day."""
    opens, closes = midnight(day, forum=draft.forum), midnight(day + DAY, forum=draft.forum)
    length = timedelta(minutes=draft.places[key].minutes)
    stretch = Span(opens.astimezone(UTC), closes.astimezone(UTC) + length)
    spans = []
    for number in range(DAY // FINE):  # by the clock on the wall, as the board draws it
        starts = (datetime.combine(day, time(), tzinfo=draft.forum.zone) + number * FINE).astimezone(UTC)
        spans.append(Span(starts, starts + length))

    def shares(crowd: Crowd) -> list[float]:
        dial = Dial(crowd, stretch)
        return [dial.share(span) for span in spans]

    booked = crowds.of(key)
    regions = {region: shares(crowds.forum.of_region(region)) for region in crowds.forum.regions()}
    zone = worst_zone(draft, crowds)
    return Shares(
        shares(crowds.forum),
        shares(booked) if booked else None,
        regions,
        (zone, shares(crowds.forum.of_zone(zone))) if zone else None,
    )


class Scales:
    """The sessions of a stretch of time, weighed: each dial is built once. `burdens` are needed for a weighing by need.

    The weighing only chooses (see `value`); what is told of an hour is always its reach.
    """

    def __init__(
        self, crowds: Crowds, stretch: Span, *, weighing: Weighing = DEFAULT, burdens: Mapping[str, float] | None = None
    ) -> None:
        forum = crowds.forum
        self.crowds, self.stretch = crowds, stretch
        self.weights = day_shares.region_weights(weighing, forum, burdens=burdens or {})
        self.people = Dial(forum, stretch)
        self.regions = {region: Dial(forum.of_region(region), stretch) for region in forum.regions()}
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


def best_slots(draft: Draft, crowds: Crowds, key: int, *, monday: date, now: datetime) -> list[tuple[Slot, Reach]]:
    """The three best free slots of a session in a week, the best first; none where nobody has registered.

    Chosen as a week's suggestion is without anything asked: each region alike.
    """
    if not crowds.forum.total:
        return []
    place, item = draft.places[key], draft.items[key]
    scales = Scales(crowds, stretch_of(draft, monday))
    slots = better_slots.best_slots(
        item,
        timedelta(minutes=place.minutes),
        days=week(draft, monday, now=now),
        rooms=rooms_for(draft, place),
        held=Held(draft.items.values(), draft.rules),
        value=scales.value(key),
    )
    return [(slot, scales.reach(slot.span)) for slot in slots]


def rooms_for(draft: Draft, place: Place) -> list[int | None]:
    """The rooms that a session may be suggested for: its own first, then those of its kind (virtual or not).

    A session without a room: any room if it waits at the side, and none if it is held without one.
    """
    own = next((room for room in draft.rooms if room.pk == place.room), None)
    if own:
        others = [room.pk for room in draft.rooms if room.is_virtual == own.is_virtual and room.pk != own.pk]
        return [own.pk, *others]
    rooms = [] if place.span else [room.pk for room in draft.rooms]
    return [*rooms] or [None]


def week(draft: Draft, monday: date, *, now: datetime) -> list[Day]:
    """The days of a week on which sessions may be suggested, with the starts still to come.

    Days of the forum from Monday to Friday, and those on whose weekday its draft holds sessions, from 6:00 to 23:00 on
    the forum's clock.
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
            count = (closes - opens) // STEP
            starts = (opens + number * STEP for number in range(count))
            days.append(Day(tuple(moment for moment in starts if moment > now), closes))
    return days


def stretch_of(draft: Draft, monday: date) -> Span:
    """A week with what may run over from it, in UTC."""
    opens, closes = midnight(monday, forum=draft.forum), midnight(monday + 8 * DAY, forum=draft.forum)
    return Span(opens.astimezone(UTC), closes.astimezone(UTC))


# --- the forum --------------------------------------------------------------------------------------
def weighed(draft: Draft) -> list[tuple[Place, Span]]:
    """The sessions that are held and not longer than anybody's day."""
    found = [(place, place.span) for place in draft.places.values() if place.span]
    return [(place, span) for place, span in found if day_shares.is_weighed(span)]


def burden_table(draft: Draft, crowds: Crowds) -> list[Burden]:
    """The burden of each region, week by week and over all weeks, the heaviest first; last, the worst-off time zone's."""
    forum = draft.forum
    spans: list[list[Span]] = [[] for _week in range(forum.weeks)]
    for _place, span in weighed(draft):
        number = forum.week_of(forum.local(span.starts).date())
        if 1 <= number <= forum.weeks:
            spans[number - 1].append(span)
    everything = [span for found in spans for span in found]

    def row(name: str, crowd: Crowd, *, is_zone: bool = False) -> Burden:
        weeks = [day_shares.burden(found, crowd) if found else None for found in spans]
        return Burden(name, crowd.total, weeks, day_shares.burden(everything, crowd), is_zone)

    rows = [row(region, crowds.forum.of_region(region)) for region in crowds.forum.regions()]
    zone = worst_zone(draft, crowds)
    last = [row(zone, crowds.forum.of_zone(zone), is_zone=True)] if zone else []
    return sorted(rows, key=lambda row: (-row.whole, row.name)) + last


def worst_zone(draft: Draft, crowds: Crowds) -> str | None:
    """The time zone that has the most of the draft at night (fairness.worst_zone)."""
    return day_shares.worst_zone([span for _place, span in weighed(draft)], crowds.forum)


def zones(crowd: Crowd) -> tuple[list[tuple[str, int]], int]:
    """The time zones that can be told, the fullest first, and how many people are in all others together."""
    sizes = crowd.by_zone()
    told = [(zone, sizes[zone]) for zone in crowd.zones()]
    return told, crowd.total - sum(people for _zone, people in told)


def reached(draft: Draft, crowds: Crowds) -> Sequence[tuple[Place, float]]:
    """Every session that is weighed with the share of the forum's people whom it reaches by day, the lowest first."""
    held = weighed(draft)
    if not held or not crowds.forum.total:
        return []
    stretch = Span(min(span.starts for _place, span in held), max(span.ends for _place, span in held))
    dial = Dial(crowds.forum, stretch)
    found = [(place, dial.share(span)) for place, span in held]
    return sorted(found, key=lambda pair: (round(pair[1], better_slots.EVEN), pair[0].starts, pair[0].code))
