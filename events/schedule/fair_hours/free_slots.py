"""Free slots for sessions: the best free slots of one, and a week’s moves to fairer hours. Pure functions.

A slot is free when the session, put there, takes part in no clash at all (events.schedule.conflicts). How good a slot is, is told
by a value between 0 and 1 (events.schedule.fair_hours.waking_hours: the share of the people for whom it falls within their day).

A week's moves are found greedily: the move that gains most is taken first, then the next one. Every new place is free
beside both the old *and* the new places of the moves before it. So the moves do not depend on each other: any of them
can be accepted and the others left, in any order, and no accepted one clashes. The price is that a place which a move
would clear is not offered at once; after accepting, ask again. The same draft always gives the same moves.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from events.schedule import conflicts
from events.schedule.conflicts import Clash, Item, Rules, Span

DAY = timedelta(days=1)
LEAST_GAIN = 0.01  # one in a hundred; less is not worth a move
EVEN = 9  # digits; values that differ by less are the same

Value = Callable[[Span], float]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a session, what it is worth, and how many warnings it brings (a free slot: none)."""

    span: Span
    room: int | None
    value: float
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A session (by key) that would gain by going to a slot. `value`: what its present place is worth."""

    key: int
    value: float
    slot: Slot

    @property
    def gain(self) -> float:
        return self.slot.value - self.value


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which sessions may be held: the starts that are offered, and the moment by which all must have ended."""

    starts: tuple[datetime, ...]
    closes: datetime

    def spans(self, length: timedelta) -> Iterator[Span]:
        """The spans of that length that fit into the day."""
        return (Span(starts, starts + length) for starts in self.starts if starts + length <= self.closes)


class Held:
    """The sessions that are held, found by day: a session is checked against those near it, not against all."""

    def __init__(self, items: Iterable[Item], rules: Rules) -> None:
        self.rules = rules
        self._days: dict[date, list[Item]] = {}
        for item in items:
            self.add(item)

    def add(self, item: Item) -> None:
        """Take in a session at one more place. Nothing is taken out: it may hold its old place and a new one."""
        for day in self._days_of(item):
            self._days.setdefault(day, []).append(item)

    def clashes(self, item: Item) -> list[Clash]:
        """The clashes of a session at a place, beside all places of the others."""
        near = {id(other): other for day in self._days_of(item) for other in self._days.get(day, ())}
        return conflicts.clashes_of(item, near.values(), self.rules)

    def _days_of(self, item: Item) -> Iterator[date]:
        if item.span is not None:
            day, last = (moment.date() for moment in item.span)
            day, last = day - DAY, last + DAY  # a turn-round may reach over midnight
            while day <= last:
                yield day
                day += DAY


def best_slots(
    item: Item,
    length: timedelta,
    *,
    days: Sequence[Day],
    rooms: Sequence[int | None],
    held: Held,
    value: Value,
    most: int = 3,
) -> list[Slot]:
    """Return the best slots of a session: one of each day, and where the days are too few, the next best of the same days.

    Free ones first, then those with fewest warnings; among equals the one of the highest value, then the earlier. Never
    a slot with a blocking clash, and no two that overlap. `rooms` are tried in their order. The place where the session
    stands now is offered too.
    """
    found: list[Slot] = []
    spans = [list(day.spans(length)) for day in days]
    while len(found) < most:
        best = [_best_of_day(item, day, rooms=rooms, held=held, value=value) for day in spans]
        offered = [slot for slot in best if slot is not None]
        if not offered:
            break
        found += sorted(offered, key=_best_first)[: most - len(found)]
        spans = [
            [span for span in day if slot and (span.ends <= slot.span.starts or slot.span.ends <= span.starts)]
            for day, slot in zip(spans, best, strict=True)
        ]
    return sorted(found, key=_best_first)


def _best_first(slot: Slot) -> tuple[int, float, Span]:
    return slot.warnings, -slot.value, slot.span


def _best_of_day(
    item: Item, spans: Iterable[Span], *, rooms: Sequence[int | None], held: Held, value: Value
) -> Slot | None:
    """The free slot of the highest value among a day's; where none is free, the best of those with fewest warnings."""
    best: Slot | None = None
    for worth, span in sorted((-round(value(span), EVEN), span) for span in spans):
        for room in rooms:
            clashes = held.clashes(item.at(span, room=room))
            if not clashes:
                return Slot(span, room, -worth)
            is_better = best is None or len(clashes) < best.warnings
            if is_better and not any(clash.is_blocking for clash in clashes):
                best = Slot(span, room, -worth, len(clashes))
    return best


def week_moves(
    movable: Iterable[Item],
    *,
    days: Sequence[Day],
    rooms: Mapping[int, Sequence[int | None]],
    held: Held,
    values: Mapping[int, Value],
) -> list[Move]:
    """Return the moves that make a week's hours fairer, the one that gains most first (see the head of this module).

    `movable` are sessions with a span; `rooms` and `values` are by session. `held` is changed: the new places are added.
    Each session moves once at most, and only where it gains `LEAST_GAIN` or more.
    """
    items = {item.key: item for item in movable}
    options = {key: _gains(item, days, rooms=rooms[key], value=values[key]) for key, item in items.items()}
    waiting: list[tuple[float, int, Move]] = []

    def is_free(move: Move) -> bool:
        return not held.clashes(items[move.key].at(move.slot.span, room=move.slot.room))

    def offer(key: int) -> None:
        """Let the next free place wait for its turn. One that was taken stays taken: nothing is taken out of `held`."""
        move = next(filter(is_free, options[key]), None)
        if move:
            heapq.heappush(waiting, (-round(move.gain, EVEN), key, move))

    for key in sorted(items):
        offer(key)
    moves = []
    while waiting:
        _gain, key, move = heapq.heappop(waiting)
        if is_free(move):
            held.add(items[key].at(move.slot.span, room=move.slot.room))
            moves.append(move)
        else:
            offer(key)
    return moves


def _gains(item: Item, days: Sequence[Day], *, rooms: Sequence[int | None], value: Value) -> Iterator[Move]:
    """The places at which a session would gain, the best first (then the nearest to now)."""
    assert item.span is not None  # noqa: S101  only sessions with a time are moved
    present, starts = value(item.span), item.span.starts
    worth = [(value(span), span) for day in days for span in day.spans(item.span.ends - starts)]
    better = [
        (-round(gained, EVEN), abs(span.starts - starts), span)
        for gained, span in worth
        if gained - present >= LEAST_GAIN
    ]
    for gained, _far, span in sorted(better):
        for room in rooms:
            yield Move(item.key, present, Slot(span, room, -gained))


def ceiling(item: Item, *, days: Sequence[Day], value: Value) -> float:
    """The value of a session's best hour if nothing else were held: what no timetable of these days can exceed."""
    assert item.span is not None  # noqa: S101  only sessions with a time are asked
    length = item.span.ends - item.span.starts
    return max([value(item.span), *(value(span) for day in days for span in day.spans(length))])
