"""Fair hours: for how many people a session falls within their day. Pure functions, without the database.

A person's day runs from 8:00 to 22:00 on the clock of their own time zone. A session falls within it when it begins and
ends within it, on one local day. The *share* of a session is the part of its people for whom it does; the *burden* of
a region is the part of what is offered to its people (sessions times people) that does not. What lasts longer than such
a day (an exhibition that is open around the clock) cannot fall within it, and lets everybody choose their hour: it is
weighed nowhere.

Source of the day's limits: the issue “Fair hours”; there is no norm of the ITU for them.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from events.disclosure.hidden_cells import hide_in_table
from events.schedule.conflicts import Span

DAY_BEGINS, DAY_ENDS = 8 * 60, 22 * 60  # minutes since local midnight
LONGEST = timedelta(minutes=DAY_ENDS - DAY_BEGINS)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Weighing(StrEnum):
    """How people count where an hour is chosen: each alike; each region alike, whatever its size; or by its burden too."""

    PEOPLE = "people"
    REGIONS = "regions"
    NEED = "need"


@dataclass(frozen=True, slots=True)
class Crowd:
    """People by region and time zone (IANA name). An empty region is nobody's: it counts among all, not by itself."""

    people: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.people.values())

    def by_zone(self) -> Counter[str]:
        """People per time zone."""
        zones: Counter[str] = Counter()
        for (_region, zone), number in self.people.items():
            zones[zone] += number
        return zones

    def of_region(self, region: str) -> "Crowd":
        return Crowd({key: number for key, number in self.people.items() if key[0] == region})

    def of_zone(self, zone: str) -> "Crowd":
        return Crowd({key: number for key, number in self.people.items() if key[1] == zone})

    def by_region(self) -> Counter[str]:
        """People per region; under "" those of none."""
        regions: Counter[str] = Counter()
        for (region, _zone), number in self.people.items():
            regions[region] += number
        return regions

    def zones(self) -> list[str]:
        """The time zones that can be told, the fullest first."""
        return told(self.by_zone())

    def regions(self) -> list[str]:
        """The regions that can be told, by name: the hours of one with a single person would tell where that one is."""
        return sorted(told(self.by_region(), nobody=""))

    @property
    def untold(self) -> int:
        """How many people belong to no region that can be told."""
        sizes = self.by_region()
        return self.total - sum(sizes[region] for region in self.regions())


def told(sizes: Mapping[str, int], *, nobody: str | None = None) -> list[str]:
    """The groups that may be told by themselves, the fullest first. `nobody`: the name of those without a group; never told."""
    hidden = hide_in_table(sizes, are_named=False)
    open_ones = [name for name, size in sizes.items() if size and name not in hidden.cells and name != nobody]
    return sorted(open_ones, key=lambda name: (-sizes[name], name))


def is_weighed(span: Span) -> bool:
    """Whether a span can fall within a day at all."""
    return span.ends - span.starts <= LONGEST


def is_by_day(span: Span, *, zone: ZoneInfo) -> bool:
    """Whether a span (UTC) lies within 8:00–22:00 of one local day of a zone."""
    starts, ends = (moment.astimezone(zone) for moment in span)
    return (
        starts.date() == ends.date()
        and starts.hour * 60 + starts.minute >= DAY_BEGINS
        and ends.hour * 60 + ends.minute + ends.second / 60 <= DAY_ENDS
    )


class Dial:
    """The shares of one crowd over a stretch of time, quickly: for thousands of spans.

    Zones that keep the same distance from UTC throughout are taken together; a zone whose clocks change within the
    stretch is asked each time. `regions` says how much each region weighs; without it, people count alike.
    """

    def __init__(self, crowd: Crowd, stretch: Span, *, regions: Mapping[str, float] | None = None) -> None:
        self._known: dict[Span, float] = {}
        self.steady: dict[int, float] = {}
        self.changing: list[tuple[ZoneInfo, float]] = []
        for zone, weight in _weights(crowd, regions).items():
            offset = _steady_offset(zone, stretch)
            if offset is None:
                self.changing.append((_zone(zone), weight))
            else:
                self.steady[offset] = self.steady.get(offset, 0) + weight

    def share(self, span: Span) -> float:
        """The share of a span (UTC) inside the stretch; 0 where there is nobody."""
        if span not in self._known:
            self._known[span] = self._share(span)
        return self._known[span]

    def _share(self, span: Span) -> float:
        starts, minutes = span.starts, (span.ends - span.starts) / MINUTE
        begins = starts.hour * 60 + starts.minute
        found = 0.0
        for offset, weight in self.steady.items():
            local = (begins + offset) % 1440
            if local >= DAY_BEGINS and local + minutes <= DAY_ENDS:
                found += weight
        for zone, weight in self.changing:
            if is_by_day(span, zone=zone):
                found += weight
        return found


@cache
def _zone(name: str) -> ZoneInfo:
    """A zone; the standard library itself keeps only the last eight."""
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def _offsets(name: str, stretch: Span) -> tuple[timedelta | None, ...]:
    """How far a zone is ahead of UTC, at both ends of a stretch and twice a day between.

    That is all of its clock: no zone changes it there and back within half a day.
    """
    zone, moment, offsets = _zone(name), stretch.starts, []
    while moment < stretch.ends:
        offsets.append(moment.astimezone(zone).utcoffset())
        moment += timedelta(hours=12)
    return (*offsets, stretch.ends.astimezone(zone).utcoffset())


@lru_cache(maxsize=4096)
def _steady_offset(name: str, stretch: Span) -> int | None:
    """How many minutes a zone is ahead of UTC throughout a stretch; None where its clocks change in it."""
    offset, *others = set(_offsets(name, stretch))
    return offset // MINUTE if offset is not None and not others else None


def _weights(crowd: Crowd, regions: Mapping[str, float] | None) -> dict[str, float]:
    """What the people of each zone weigh; all together weigh 1. Where no region weighs anything, people count alike."""
    sizes = crowd.by_region()
    parts = {region: (regions or {}).get(region, 0.0) for region, size in sizes.items() if size}
    if not any(parts.values()):
        parts = {region: float(size) for region, size in sizes.items() if size}
    whole = sum(parts.values())
    weights: dict[str, float] = {}
    for (region, zone), number in crowd.people.items():
        if number:
            weights[zone] = weights.get(zone, 0) + parts[region] / whole * number / sizes[region]
    return weights


def region_weights(weighing: Weighing, crowd: Crowd, *, burdens: Mapping[str, float]) -> dict[str, float] | None:
    """How much each region of a crowd weighs; None where people count alike. `burdens`: of the whole draft, by region.

    By need a region weighs from 1 (none of the draft at night) to 2 (all of it): it counts more, and the others still do.
    The regions that are too small to be told weigh as one together, each by its people.
    """
    match weighing:
        case Weighing.REGIONS:
            weights = dict.fromkeys(crowd.regions(), 1.0)
        case Weighing.NEED:
            weights = {region: 1 + burdens.get(region, 0.0) for region in crowd.regions()}
        case _:
            return None
    small = {region: size for region, size in crowd.by_region().items() if region and region not in weights}
    return weights | {region: size / sum(small.values()) for region, size in small.items() if size}


def burdens(spans: Sequence[Span], crowd: Crowd) -> dict[str, float]:
    """The burden of each region that can be told."""
    return {region: burden(spans, crowd.of_region(region)) for region in crowd.regions()}


def burden(spans: Sequence[Span], crowd: Crowd) -> float:
    """What part, 0 to 1, of what is offered to a crowd falls outside its people's day.

    The average over spans and people: 0.25 means that a person finds a quarter of the sessions at night. 0 without spans.
    """
    if not spans:
        return 0.0
    dial = Dial(crowd, Span(min(span.starts for span in spans), max(span.ends for span in spans)))
    return at_night(spans, dial)


def at_night(spans: Collection[Span], dial: Dial) -> float:
    """The burden of a dial's crowd by spans (at least one) inside the dial's stretch."""
    return max(0.0, 1 - sum(dial.share(span) for span in spans) / len(spans))


def worst_zone(spans: Sequence[Span], crowd: Crowd) -> str | None:
    """The time zone with the heaviest burden, of those that can be told; among equals the fullest. None without burden.

    Regions are large: who is at night in one of its zones is hidden by those who are not.
    """
    if not spans:
        return None
    stretch = Span(min(span.starts for span in spans), max(span.ends for span in spans))
    of_one_day = [_on_the_first_day(span, stretch.starts) for span in spans]  # the same to a clock that does not change
    found: dict[tuple[timedelta | None, ...], float] = {}  # by clock: many zones share one
    burdens = {}
    for zone in crowd.zones():
        clock = _offsets(zone, stretch)
        if clock not in found:
            dial = Dial(Crowd({("", zone): 1}), stretch)
            found[clock] = round(at_night(spans if dial.changing else of_one_day, dial), 9)
        burdens[zone] = found[clock]
    worst = max(burdens, key=lambda zone: burdens[zone], default=None)
    return worst if worst and burdens[worst] else None


def _on_the_first_day(span: Span, first: datetime) -> Span:
    days = (span.starts - first) // DAY * DAY
    return Span(span.starts - days, span.ends - days)


def losing(crowd: Crowd, before: Span, after: Span) -> int:
    """How many people of a crowd have the first span within their day, and not the second."""
    return sum(
        number
        for zone, number in crowd.by_zone().items()
        if is_by_day(before, zone=_zone(zone)) and not is_by_day(after, zone=_zone(zone))
    )
