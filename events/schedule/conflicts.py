"""Checks of a timetable: which sessions clash, with what, and how badly. Pure functions, without the database.

| kind | what clashes | blocks a release | `about` |
|---|---|---|---|
| `room` | two sessions in one room at once | yes | the room |
| `person` | a speaker or moderator in two sessions at once | yes | the people |
| `outside` | a session outside the forum's days | yes | – |
| `availability` | a speaker cannot come at that time | no | the people |
| `size` | more people expected, booked or free to book than the room holds | no | people, seats |
| `captioners`, `interpreters` | more sessions at one moment than there are teams | no | sessions, teams |
| `wish` | a time that the organisers do not want, or none of those that they want | no | – |
| `turn_round` | too little time between two sessions in one room | no | minutes between, minutes needed |
| `action_line` | two sessions of one Action Line at once | no | the Action Lines |

A span is half-open, `[starts, ends)`: sessions that only touch do not overlap. A session without a span (not scheduled,
or cancelled) clashes with nothing. Each check sorts once and then looks only at what still runs, so the cost grows with
the sessions and with what is found, not with all pairs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

MINUTE = timedelta(minutes=1)


class Span(NamedTuple):
    """A half-open stretch of time `[starts, ends)`, in UTC."""

    starts: datetime
    ends: datetime


class ConflictKind(StrEnum):
    """The checks, in the order in which they are told."""

    ROOM = "room"
    PERSON = "person"
    OUTSIDE = "outside"
    AVAILABILITY = "availability"
    SIZE = "size"
    CAPTIONERS = "captioners"
    INTERPRETERS = "interpreters"
    WISH = "wish"
    TURN_ROUND = "turn_round"
    ACTION_LINE = "action_line"


BLOCKING = frozenset({ConflictKind.ROOM, ConflictKind.PERSON, ConflictKind.OUTSIDE})
_ORDER = {kind: place for place, kind in enumerate(ConflictKind)}


@dataclass(frozen=True, slots=True)
class CheckedSession:
    """What the checks need to know of a session. Rooms, people and Action Lines are keys; `span` None: it is not held."""

    key: int
    span: Span | None
    room: int | None = None
    people: frozenset[int] = frozenset()
    action_lines: frozenset[int] = frozenset()
    audience: int = 0
    is_captioned: bool = False
    is_interpreted: bool = False
    wanted: tuple[Span, ...] = ()
    unwanted: tuple[Span, ...] = ()

    def at(self, span: Span | None, *, room: int | None) -> Self:
        """The same session at another time and in another room."""
        return replace(self, span=span, room=room)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a timetable must keep to. `seats` per room and `free` per person hold only those that have a limit."""

    opens: datetime
    closes: datetime
    turn_round: timedelta = timedelta(0)
    captioners: int | None = None
    interpreters: int | None = None
    seats: Mapping[int, int] = field(default_factory=dict)
    free: Mapping[int, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clash:
    """One finding. Of two sessions `first` begins earlier; `others` are the further ones of `captioners` and `interpreters`."""

    kind: ConflictKind
    first: int
    second: int | None = None
    about: tuple[int, ...] = ()
    others: tuple[int, ...] = ()

    @property
    def is_blocking(self) -> bool:
        return self.kind in BLOCKING

    @property
    def keys(self) -> tuple[int, ...]:
        """The sessions that take part, the one told first in front."""
        return (self.first, *(() if self.second is None else (self.second,)), *self.others)

    @property
    def place(self) -> tuple[int, int, int]:
        """Sorts clashes: by kind (blocking ones come first), then by session."""
        return _ORDER[self.kind], self.first, self.second or 0


class _Held(NamedTuple):
    """A session that is held, as the sweeps sort it: by start, then by key."""

    starts: datetime
    key: int
    ends: datetime
    item: CheckedSession


def all_clashes(items: Iterable[CheckedSession], rules: Rules) -> list[Clash]:
    """Return every clash of a timetable, sorted by kind and session."""
    held = sorted(
        (_Held(item.span.starts, item.key, item.span.ends, item) for item in items if item.span), key=lambda h: h[:2]
    )
    found = [clash for one in held for clash in _alone(one.item, Span(one.starts, one.ends), rules)]
    found += _in_rooms(held, rules)
    found += _at_once(held, ConflictKind.PERSON)
    found += _at_once(held, ConflictKind.ACTION_LINE)
    found += _over([one for one in held if one.item.is_captioned], ConflictKind.CAPTIONERS, rules.captioners)
    found += _over([one for one in held if one.item.is_interpreted], ConflictKind.INTERPRETERS, rules.interpreters)
    return sorted(found, key=lambda clash: clash.place)


def clashes_of(item: CheckedSession, items: Iterable[CheckedSession], rules: Rules) -> list[Clash]:
    """Return the clashes that one session takes part in; `items` may hold it, at any place: `item` counts."""
    if item.span is None:
        return []
    starts, ends = item.span.starts - rules.turn_round, item.span.ends + rules.turn_round
    near = [
        other
        for other in items
        if other.span and other.key != item.key and other.span.starts < ends and starts < other.span.ends
    ]
    return [clash for clash in all_clashes([item, *near], rules) if item.key in clash.keys]


def _alone(item: CheckedSession, span: Span, rules: Rules) -> Iterator[Clash]:
    """What is wrong with a session's place whatever else is held."""
    if span.starts < rules.opens or span.ends > rules.closes:
        yield Clash(ConflictKind.OUTSIDE, item.key)
    if rules.free:
        away = sorted(p for p in item.people if p in rules.free and not is_within(span, rules.free[p]))
        if away:
            yield Clash(ConflictKind.AVAILABILITY, item.key, about=tuple(away))
    seats = rules.seats.get(item.room) if item.room is not None else None
    if seats is not None and item.audience > seats:
        yield Clash(ConflictKind.SIZE, item.key, about=(item.audience, seats))
    is_unwanted = any(span.starts < no.ends and no.starts < span.ends for no in item.unwanted)
    if is_unwanted or (item.wanted and not is_within(span, item.wanted)):
        yield Clash(ConflictKind.WISH, item.key)


def is_within(span: Span, spans: Iterable[Span]) -> bool:
    """Whether a span lies wholly inside others, which may touch or overlap."""
    reached = span.starts
    for other in sorted(spans):
        if other.starts > reached:
            break
        reached = max(reached, other.ends)
    return reached >= span.ends


def _pairs(held: Sequence[_Held], gap: timedelta) -> Iterator[tuple[_Held, _Held]]:
    """The pairs, earlier first, of which the second begins before the first has ended and `gap` has passed."""
    running: list[_Held] = []
    for one in held:
        running = [other for other in running if other.ends + gap > one.starts]
        for other in running:
            yield other, one
        running.append(one)


def grouped[K, V](pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """The values of each key, in their order."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _in_rooms(held: Sequence[_Held], rules: Rules) -> Iterator[Clash]:
    rooms = grouped((one.item.room, one) for one in held if one.item.room is not None)
    for room, sessions in rooms.items():
        for one, other in _pairs(sessions, rules.turn_round):
            if other.starts < one.ends:
                yield Clash(ConflictKind.ROOM, one.key, other.key, about=(room,))
            else:
                minutes = ((other.starts - one.ends) // MINUTE, rules.turn_round // MINUTE)
                yield Clash(ConflictKind.TURN_ROUND, one.key, other.key, about=minutes)


def _at_once(held: Sequence[_Held], kind: ConflictKind) -> Iterator[Clash]:
    """One clash for each pair of sessions that share people (or Action Lines) and a moment; `about` names what they share."""
    is_person = kind == ConflictKind.PERSON
    groups = grouped((key, one) for one in held for key in (one.item.people if is_person else one.item.action_lines))
    pairs = ((pair, key) for key in sorted(groups) for pair in _pairs(groups[key], timedelta(0)))
    shared = grouped(((one.key, other.key), key) for (one, other), key in pairs)
    for (first, second), keys in shared.items():
        yield Clash(kind, first, second, about=tuple(keys))


def _over(held: Sequence[_Held], kind: ConflictKind, limit: int | None) -> Iterator[Clash]:
    """One clash for each moment at which a session begins and more run than there are teams."""
    if limit is None:
        return
    running: list[_Held] = []
    for place, one in enumerate(held):
        running = [other for other in running if other.ends > one.starts]
        running.append(one)
        is_last = place + 1 == len(held) or held[place + 1].starts > one.starts
        if is_last and len(running) > limit:
            others = tuple(sorted(other.key for other in running[:-1]))
            yield Clash(kind, one.key, about=(len(running), limit), others=others)
