"""The best free slots of a session. Pure functions.

A slot is free when the session, put there, takes part in no clash at all (events.schedule.conflicts). How good a slot is, is told
by a value between 0 and 1 (events.schedule.fair_hours.waking_hours: the share of the people for whom it falls within their day).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from events.schedule import conflicts
from events.schedule.conflicts import CheckedSession, Clash, Rules, Span

DAY = timedelta(days=1)
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
class SlotDay:
    """A day on which sessions may be held: the starts that are offered, and the moment by which all must have ended."""

    starts: tuple[datetime, ...]
    closes: datetime

    def spans(self, length: timedelta) -> Iterator[Span]:
        """The spans of that length that fit into the day."""
        return (Span(starts, starts + length) for starts in self.starts if starts + length <= self.closes)


class HeldSessions:
    """The sessions that are held, found by day: a session is checked against those near it, not against all."""

    def __init__(self, items: Iterable[CheckedSession], rules: Rules) -> None:
        self.rules = rules
        self._days: dict[date, list[CheckedSession]] = {}
        for item in items:
            for day in self._days_of(item):
                self._days.setdefault(day, []).append(item)

    def clashes(self, item: CheckedSession) -> list[Clash]:
        """The clashes of a session at a place, beside the others."""
        near = {id(other): other for day in self._days_of(item) for other in self._days.get(day, ())}
        return conflicts.clashes_of(item, near.values(), self.rules)

    def _days_of(self, item: CheckedSession) -> Iterator[date]:
        if item.span is not None:
            day, last = (moment.date() for moment in item.span)
            day, last = day - DAY, last + DAY  # a turn-round may reach over midnight
            while day <= last:
                yield day
                day += DAY


def best_slots(
    item: CheckedSession,
    length: timedelta,
    *,
    days: Sequence[SlotDay],
    rooms: Sequence[int | None],
    held: HeldSessions,
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
    item: CheckedSession, spans: Iterable[Span], *, rooms: Sequence[int | None], held: HeldSessions, value: Value
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
