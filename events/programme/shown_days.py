"""What of a programme stands on a page, and the ways to the rest.

The whole programme shows the days around now, or those from a day that an address names: on a phone a thousand sessions are two
hundred thousand pixels. A bar of days leads to every other one in one step, also without script. What a search or filters
leave has parts of 50 sessions. A page of one day has a grid of its rooms and hours.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext

from events.models import Forum
from events.programme import session_entries
from events.programme.session_entries import ProgrammeDay, ProgrammeEntry
from events.shared.formatting.names import folded
from events.shared.formatting.times import place_name
from events.shared.pages import embedding

ZONE = "tz"  # the parameter that names another zone than the forum's
START = "from"  # the parameter that names the day from which on the whole programme is shown
ENOUGH = 40  # sessions of the whole programme: further days wait for another page
A_PART = 50  # sessions of what a search or filters leave


class FilterLink(NamedTuple):
    """An address of this page with other parameters: without one of its filters, in another order, another part. Without an
    address: this part, or those left out in between ("…")."""

    label: str
    url: str
    is_current: bool = False


class DayLink(NamedTuple):
    """A day on the bar: where it stands, and whether that is on this page."""

    date: date
    address: str
    is_today: bool
    is_here: bool


class Cut(NamedTuple):
    """What stands on this page: its days, the page on which each of all days begins ("": this one), and its neighbours."""

    days: list[ProgrammeDay]
    every_day: list[ProgrammeDay]
    pages: dict[date, str]
    turns: Sequence[FilterLink] = ()
    earlier: FilterLink | None = None
    later: FilterLink | None = None
    start: date | None = None  # the day that the address names

    def address(self, day: ProgrammeDay) -> str:
        return f"{self.pages[day.date]}#{day.anchor}"


def address(data: QueryDict, **values: str) -> str:
    """The address of the page with other values of parameters; an empty one is left out."""
    query = data.copy()
    for name, value in values.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode(safe='/')}" if query else "./"


# --- the whole programme --------------------------------------------------------------------------
def around(
    data: QueryDict, *, shown: Iterable[ProgrammeEntry], start: date | None, forum: Forum, zone: ZoneInfo, now: datetime
) -> Cut:
    """The days from `start` on, or those around now. Their addresses hold what such a page goes by, and nothing else."""
    data = _whole(data, zone=zone)
    days = session_entries.days(shown, forum=forum)
    usual = from_now(days, today=now.astimezone(zone).date(), now=now)
    here = from_day(days, start) if start else usual
    pages = {day.date: address(data, **{START: day.date.isoformat()}) for day in days}
    pages |= {day.date: address(data, **{START: ""}) for day in usual} | {day.date: "" for day in here}
    cut = Cut(here, days, pages, start=start)
    if not here:
        return cut
    earlier = before([day for day in days if day.date < here[0].date])
    later = _enough(day for day in days if day.date > here[-1].date)
    return cut._replace(earlier=_neighbour(earlier, cut=cut), later=_neighbour(later, cut=cut))


def _whole(data: QueryDict, *, zone: ZoneInfo) -> QueryDict:
    """Of the parameters of an address those by which pages of the whole programme differ, but for the day."""
    kept = QueryDict(mutable=True)
    for name in (ZONE, embedding.PARAMETER):
        if name in data and (name != ZONE or data[name] == zone.key):
            kept.setlist(name, data.getlist(name)[-1:])
    return kept


def from_now(days: Sequence[ProgrammeDay], *, today: date, now: datetime) -> list[ProgrammeDay]:
    """The days from today on; the last ones where all are past.

    The day before is there too while something of it still runs, if both fit: what goes on past midnight does not push
    today off the page.
    """
    place = next((n for n, day in enumerate(days) if day.date >= today), None)
    if place is None:
        return before(days)
    with_night = _enough(days[place - 1 :]) if place and not days[place - 1].is_over(now) else []
    return with_night if len(with_night) > 1 else _enough(days[place:])


def from_day(days: Sequence[ProgrammeDay], start: date) -> list[ProgrammeDay]:
    """The days from a date on; from the last day where none comes after it."""
    place = next((n for n, day in enumerate(days) if day.date >= start), len(days) - 1)
    return _enough(days[place:])


def before(days: Sequence[ProgrammeDay]) -> list[ProgrammeDay]:
    """The last of the days, as many as a page holds."""
    return _enough(reversed(days))[::-1]


def _enough(days: Iterable[ProgrammeDay]) -> list[ProgrammeDay]:
    """The first of the days, as many as a page holds: one at least."""
    kept, sessions = list[ProgrammeDay](), 0
    for day in days:
        sessions += len(day.entries)
        if kept and sessions > ENOUGH:
            break
        kept.append(day)
    return kept


def _neighbour(days: list[ProgrammeDay], *, cut: Cut) -> FilterLink | None:
    """The link to the days before or after those of this page."""
    if not days:
        return None
    first, last = (date_format(day.date, "l j F") for day in (days[0], days[-1]))
    label = gettext("%(first)s to %(last)s") % {"first": first, "last": last} if first != last else first
    return FilterLink(capfirst(label), cut.address(days[0]))


# --- what a search or filters leave ---------------------------------------------------------------
def part(data: QueryDict, *, shown: list[ProgrammeEntry], has_order: bool, forum: Forum) -> Cut:
    """The part of the sessions that the address names. `has_order`: of time; else no day leads anywhere."""
    found = Paginator(shown, A_PART).get_page(data.get("page"))
    days = session_entries.days(shown, forum=forum) if has_order else []
    pages, place = dict[date, str](), 0
    for day in days:
        number = place // found.paginator.per_page + 1
        pages[day.date] = "" if number == found.number else address(data, page=str(number))
        place += len(day.entries)
    turns = turns_of(data, found=found)
    return Cut(session_entries.days(found.object_list, forum=forum), days, pages, turns)


def turns_of(data: QueryDict, *, found: Page[Any]) -> list[FilterLink]:
    """The links to the other parts; none where there is one part."""
    links = []
    numbers = found.paginator.get_elided_page_range(found.number, on_each_side=2, on_ends=1)
    for number in numbers if found.has_other_pages() else ():
        is_other = isinstance(number, int) and number != found.number
        url = address(data, page=str(number)) if is_other else ""
        links.append(FilterLink(str(number), url, number == found.number))
    return links


# --- the bars -------------------------------------------------------------------------------------
def context(cut: Cut, *, forum: Forum, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """What the template needs of the cut: its days and their zone, and the bars of weeks and days, which lead to all others.

    Days are those of the zone shown; when the forum runs, and in which of its weeks, goes by its own.
    """
    today, days = now.astimezone(zone).date(), cut.every_day
    forum_day = forum.today(now)
    is_running = forum.starts <= forum_day <= forum.ends
    ahead = next((day for day in days if day.date >= today), None) if is_running else None
    first_days = {day.week: day for day in reversed(days)}
    weeks = session_entries.weeks(forum, dates=[], today=forum_day)
    for week in weeks:
        week.address = cut.address(first_days[week.number]) if week.number in first_days else ""
    return {
        "now": now,
        "today": today,
        "zone": zone,
        "place": place_name(zone, forum=forum),
        "start": cut.start,
        "days": cut.days,
        "turns": cut.turns,
        "earlier": cut.earlier,
        "later": cut.later,
        "weeks": weeks,
        "day_links": [DayLink(day.date, cut.address(day), day.date == today, not cut.pages[day.date]) for day in days],
        "is_over": forum_day > forum.ends,
        "next_address": _next_address(ahead, cut=cut, now=now) if ahead else "",
        "is_today": ahead is not None and ahead.date == today,
    }


def _next_address(day: ProgrammeDay, *, cut: Cut, now: datetime) -> str:
    """Where what is not over begins: the day that comes next, or on a day that runs the first such session."""
    first = next((entry for entry in day.entries if entry.ends > now), day.entries[0])
    if first is day.entries[0] or cut.turns:
        return cut.address(day)
    first.is_next = True
    return f"{cut.pages[day.date]}#next"


# --- the grid of a day: rooms side by side, rows of a quarter of an hour; day_grid.css draws it -----
A_ROW = timedelta(minutes=15)
LONGEST = timedelta(hours=6)  # what lasts longer, as an exhibition, would fill a column: it stands above
MOST_ROOMS = 16  # that the sheet has columns for


@dataclass(slots=True)
class GridBlock:
    """A session in the grid: its first row, from 0, how many rows it takes, and which half where two share a room."""

    entry: ProgrammeEntry
    row: int
    rows: int
    half: str = ""  # or "first", "second"

    @property
    def end(self) -> int:
        return self.row + self.rows


@dataclass(slots=True)
class GridRoom:
    """A room with its column, from 1, and its sessions in order of time."""

    name: str
    column: int
    blocks: list[GridBlock] = field(default_factory=list)


@dataclass(slots=True)
class DayGrid:
    """The rooms of a day, the full hours by their rows, and the sessions that have no place in it."""

    rooms: list[GridRoom]
    hours: list[tuple[int, str]]
    apart: list[ProgrammeEntry]


def grid(entries: Iterable[ProgrammeEntry], *, day: date, zone: ZoneInfo) -> DayGrid | None:
    """The grid of the sessions of a day in a zone; None where no session has a place in it.

    Apart stand sessions without a room, those that last longer than six hours or into another day, a third one in a
    room at the same time, and rooms after the sixteenth.
    """
    by_room, apart = defaultdict[str, list[ProgrammeEntry]](list), list[ProgrammeEntry]()
    for entry in sorted(entries, key=lambda one: (one.starts, one.pk)):
        last = (entry.ends - A_ROW / 15).astimezone(zone).date()
        has_place = entry.room_name and entry.ends - entry.starts <= LONGEST and last == day
        (by_room[entry.room_name or ""] if has_place else apart).append(entry)
    names = sorted(by_room, key=folded)
    apart += [entry for name in names[MOST_ROOMS:] for entry in by_room[name]]
    placed = [entry for name in names[:MOST_ROOMS] for entry in by_room[name]]
    if not placed:
        return None
    first = min(entry.starts for entry in placed).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    rooms = []
    for column, name in enumerate(names[:MOST_ROOMS], start=1):
        blocks, left = _blocks(by_room[name], first=first)
        rooms.append(GridRoom(name, column, blocks))
        apart += left
    rows = max(block.end for room in rooms for block in room.blocks)
    hours = [(row, (first + row * A_ROW).astimezone(zone).strftime("%H:%M")) for row in range(0, rows, 4)]
    return DayGrid(rooms, hours, sorted(apart, key=lambda one: (one.starts, one.pk)))


def _blocks(entries: Iterable[ProgrammeEntry], *, first: datetime) -> tuple[list[GridBlock], list[ProgrammeEntry]]:
    """The sessions of a room in their rows, and those for which neither half of the room is free."""
    blocks, left = list[GridBlock](), list[ProgrammeEntry]()
    for entry in entries:
        row = (entry.starts - first) // A_ROW
        block = GridBlock(entry, row, max(-((first - entry.ends) // A_ROW) - row, 1))
        beside = [one for one in blocks if one.end > row]
        taken = {one.half for one in beside}
        if len(beside) > 1 and {"first", "second"} <= taken:
            left.append(entry)
            continue
        if beside:
            for one in beside:
                one.half = one.half or "first"
            block.half = "second" if "first" in {one.half for one in beside} else "first"
        blocks.append(block)
    return blocks, left
