"""Whose waking hours a session falls into. Pure functions, without the database.

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
from datetime import timedelta
from enum import IntEnum
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from events.schedule.conflicts import Span
from events.shared.disclosure.hidden_cells import hide_in_table

DAY_BEGINS, DAY_ENDS = 8 * 60, 22 * 60  # minutes since local midnight
LONGEST = timedelta(minutes=DAY_ENDS - DAY_BEGINS)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class CrowdPart(IntEnum):
    """By what a crowd is divided: its place in the keys of `Crowd.people`."""

    REGION = 0
    ZONE = 1


@dataclass(frozen=True, slots=True)
class Crowd:
    """People (more than none) by region and time zone (IANA name). An empty region is nobody's: it counts among all, not
    by itself."""

    people: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.people.values())

    def sizes(self, part: CrowdPart) -> Counter[str]:
        """People per region (under "" those of none), or per time zone."""
        found: Counter[str] = Counter()
        for key, number in self.people.items():
            found[key[part]] += number
        return found

    def of(self, part: CrowdPart, name: str) -> "Crowd":
        """Those of one region, or of one time zone."""
        return Crowd({key: number for key, number in self.people.items() if key[part] == name})

    def zones(self) -> list[str]:
        """The time zones that can be told, the fullest first."""
        return told(self.sizes(CrowdPart.ZONE))

    def regions(self) -> list[str]:
        """The regions that can be told, by name: the hours of one with a single person would tell where that one is."""
        return sorted(told(self.sizes(CrowdPart.REGION), nobody=""))

    @property
    def untold(self) -> int:
        """How many people belong to no region that can be told."""
        sizes = self.sizes(CrowdPart.REGION)
        return self.total - sum(sizes[region] for region in self.regions())


def told(sizes: Mapping[str, int], *, nobody: str | None = None) -> list[str]:
    """The groups that may be told by themselves, the fullest first. `nobody`: the name of those without a group; never told."""
    hidden = hide_in_table(sizes, are_named=False).cells
    return sorted((name for name in sizes if name not in hidden and name != nobody), key=lambda n: (-sizes[n], n))


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
        for zone, weight in _weights(crowd, regions or {}).items():
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
        return found + sum(weight for zone, weight in self.changing if is_by_day(span, zone=zone))


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


def _weights(crowd: Crowd, regions: Mapping[str, float]) -> dict[str, float]:
    """What the people of each zone weigh; all together weigh 1. Where no region weighs anything, people count alike."""
    sizes = crowd.sizes(CrowdPart.REGION)
    parts = {region: regions.get(region, 0.0) for region in sizes}
    if not any(parts.values()):
        parts = dict(sizes)
    whole = sum(parts.values())
    weights: dict[str, float] = {}
    for (region, zone), number in crowd.people.items():
        weights[zone] = weights.get(zone, 0) + parts[region] / whole * number / sizes[region]
    return weights


def region_weights(crowd: Crowd) -> dict[str, float]:
    """How much each region of a crowd weighs where each counts alike, whatever its size. The regions that are too small to be told
    weigh as one together, each by its people."""
    weights = dict.fromkeys(crowd.regions(), 1.0)
    small = {name: size for name, size in crowd.sizes(CrowdPart.REGION).items() if name and name not in weights}
    return weights | {region: size / sum(small.values()) for region, size in small.items()}


def burden(spans: Sequence[Span], crowd: Crowd) -> float:
    """What part, 0 to 1, of what is offered to a crowd falls outside its people's day.

    The average over spans and people: 0.25 means that a person finds a quarter of the sessions at night. 0 without spans.
    """
    return at_night(spans, Dial(crowd, stretch_of(spans))) if spans else 0.0


def stretch_of(spans: Collection[Span]) -> Span:
    """From the first start of spans (at least one) to the last end."""
    return Span(min(span.starts for span in spans), max(span.ends for span in spans))


def at_night(spans: Collection[Span], dial: Dial) -> float:
    """The burden of a dial's crowd by spans (at least one) inside the dial's stretch."""
    return max(0.0, 1 - sum(dial.share(span) for span in spans) / len(spans))


def worst_zone(spans: Sequence[Span], crowd: Crowd) -> str | None:
    """The time zone with the heaviest burden, of those that can be told; among equals the fullest. None without burden.

    Regions are large: who is at night in one of its zones is hidden by those who are not.
    """
    if not spans:
        return None
    stretch = stretch_of(spans)
    # To a clock that does not change, every day is like the first.
    of_one_day = [Span(*(moment - (span.starts - stretch.starts) // DAY * DAY for moment in span)) for span in spans]
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
