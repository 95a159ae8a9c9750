"""One day of the scheduling board: its sessions by room, the bar of weeks and days, and what waits at the side."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from events.models import Forum, Placement
from events.models.forum import monday_of
from events.schedule.conflicts import Clash
from events.schedule.draft_timetable import LABELS, DraftSlot, TimetableDraft
from events.shared.formatting.times import span

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
AT_THE_SIDE = 50  # more are found by searching


@dataclass(frozen=True, slots=True)
class Card:
    """A session on a day. `begins`: minutes on the forum's clock since midnight, where it is drawn.

    `minutes`: how long it is drawn. `first`: the day on which it begins, where this is the rest of a session that runs
    over midnight; a rest is read, not moved. `goes_on`: another rest stands on the next day. `problems`: the kinds of its
    clashes in words, each with whether it blocks a release.
    """

    place: DraftSlot
    begins: int
    minutes: int
    hours: str
    problems: dict[str, bool]
    first: date | None = None
    goes_on: bool = False

    @property
    def is_cancelled(self) -> bool:
        return self.place.state == Placement.State.CANCELLED

    @property
    def look(self) -> str:
        """The classes that draw it."""
        is_blocked = any(self.problems.values())
        classes = {
            "blocked": is_blocked,
            "warned": bool(self.problems) and not is_blocked,
            "off": self.is_cancelled,
            "rest": self.first is not None,
            "goes-on": self.goes_on,
        }
        return " ".join(["card", *(name for name, holds in classes.items() if holds)])


@dataclass(slots=True)
class RoomColumn:
    """A room with its cards; `key` is 0 for sessions without a room."""

    key: int
    name: str
    seats: int | None = None
    cards: list[Card] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tab:
    """A day or a week in the bar, with how many sessions and clashes it meets: those over midnight on every day."""

    day: date
    number: int
    sessions: int
    clashes: int
    is_current: bool


@dataclass(frozen=True)
class BoardSheet:
    day: date
    weeks: list[Tab]
    days: list[Tab]
    columns: list[RoomColumn]
    side: list[DraftSlot]
    waiting: int  # how many are not scheduled, or match the search
    clashes: list[Clash]  # in which a session of the day takes part
    total: int  # of the whole forum


def day_of(place: DraftSlot | Placement, *, forum: Forum) -> date | None:
    """The day of the board on which a session stands, on the forum's clock; None where it waits at the side."""
    return forum.local(place.starts).date() if place.state != Placement.State.UNSCHEDULED and place.starts else None


def days_of(place: DraftSlot, *, forum: Forum) -> tuple[date, date] | None:
    """The first and the last day on which a session is held, on the forum's clock; None where it waits at the side.

    One that ends at midnight does not reach into the day that then begins.
    """
    first = day_of(place, forum=forum)
    return (first, forum.local(place.ends - MOMENT).date()) if first and place.ends else None


def chosen_day(text: str, *, draft: TimetableDraft, now: datetime) -> date:
    """The day that an address asks for; the forum's nearest to now where it asks for none of the board."""
    forum = draft.forum
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        wanted = date.min
    stands = [days_of(place, forum=forum) for place in draft.places.values()]
    if forum.starts <= wanted <= forum.ends or any(days[0] <= wanted <= days[1] for days in stands if days):
        return wanted
    return forum.today(forum.within(now))


def sheet(draft: TimetableDraft, *, day: date, clashes: list[Clash], query: str = "") -> BoardSheet:
    """Lay out a day of a draft whose clashes are known. No queries."""
    forum = draft.forum
    reach = {key: days for key, place in draft.places.items() if (days := days_of(place, forum=forum))}
    stands = {key: set(_each_day(days, around=day, forum=forum)) for key, days in reach.items()}
    struck = [set().union(*(stands[key] for key in clash.keys if key in stands)) for clash in clashes]
    here = {key for key, days in stands.items() if day in days}
    mine = [clash for clash in clashes if not here.isdisjoint(clash.keys)]
    matching = _waiting(draft.places.values(), query)
    return BoardSheet(
        day=day,
        weeks=_weeks(forum, day, *map(_met_in_weeks, (stands.values(), struck))),
        days=_days(forum, day, *map(_met, (stands.values(), struck))),
        columns=_columns(draft, [place for key, place in draft.places.items() if key in here], mine, day),
        side=matching[:AT_THE_SIDE],
        waiting=len(matching),
        clashes=mine,
        total=len(clashes),
    )


def _each_day(days: tuple[date, date], *, around: date, forum: Forum) -> Iterator[date]:
    """The days on which a session is held, of those that the bar can show: the forum's weeks and the week of `around`."""
    shown = (forum.starts, forum.ends, around)
    day = max(days[0], monday_of(min(shown)))
    last = min(days[1], monday_of(max(shown)) + 6 * DAY)
    while day <= last:
        yield day
        day += DAY


def _met(found: Iterable[set[date]]) -> Counter[date]:
    """How many sessions or clashes each day meets."""
    return Counter(day for days in found for day in days)


def _met_in_weeks(found: Iterable[set[date]]) -> Counter[date]:
    """The same of each week, by its Monday; what lasts several days counts once."""
    return _met({monday_of(day) for day in days} for days in found)


def _weeks(forum: Forum, day: date, sessions: Counter[date], clashes: Counter[date]) -> list[Tab]:
    return [
        Tab(max(monday, forum.starts), number, sessions[monday], clashes[monday], monday_of(day) == monday)
        for number, monday in enumerate(forum.mondays, start=1)
    ]


def _days(forum: Forum, day: date, sessions: Counter[date], clashes: Counter[date]) -> list[Tab]:
    week = [monday_of(day) + n * DAY for n in range(7)]
    return [
        Tab(d, d.day, sessions[d], clashes[d], is_current=d == day)
        for d in week
        if forum.starts <= d <= forum.ends or sessions[d]
    ]


def _columns(draft: TimetableDraft, places: Iterable[DraftSlot], clashes: list[Clash], day: date) -> list[RoomColumn]:
    problems: dict[int, dict[str, bool]] = {}
    for clash in clashes:
        for key in clash.keys:
            problems.setdefault(key, {})[str(LABELS[clash.kind])] = clash.is_blocking
    columns = {room.pk: RoomColumn(room.pk, room.name, room.capacity) for room in draft.rooms}
    without = RoomColumn(0, _("No room"))
    for place in places:
        card = _card(place, forum=draft.forum, day=day, problems=problems.get(place.key, {}))
        columns.get(place.room or 0, without).cards.append(card)
    return [*columns.values(), without]


def _card(place: DraftSlot, *, forum: Forum, day: date, problems: dict[str, bool]) -> Card:
    assert place.starts and place.ends  # noqa: S101, PT018  it stands on a day
    first, last = forum.today(place.starts), forum.today(place.ends - MOMENT)
    begins, minutes = _minute(forum.local(place.starts)), place.minutes
    if first < day:
        begins, minutes = 0, 24 * 60 if last > day else _minute(forum.local(place.ends)) or 24 * 60
    return Card(
        place=place,
        begins=begins,
        minutes=minutes,
        hours=span(place.starts, ends=place.ends, zone=forum.zone),
        problems=problems,
        first=first if first < day else None,
        goes_on=last > day,
    )


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def _waiting(places: Iterable[DraftSlot], query: str) -> list[DraftSlot]:
    words = query.casefold().split()
    return [
        place
        for place in places
        if not place.is_on_timetable
        and all(word in f"{place.title} {place.code} {place.number or ''}".casefold() for word in words)
    ]
