"""The best free slots of a session."""

from datetime import UTC, datetime, timedelta

import pytest

from events.schedule.conflicts import CheckedSession, Rules, Span
from events.schedule.fair_hours.free_slots import HeldSessions, Slot, SlotDay, best_slots

MONDAY = datetime(2020, 6, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = Rules(opens=MONDAY, closes=MONDAY + timedelta(days=7))


def at(hour, *, day=0, hours=1):
    starts = MONDAY + timedelta(days=day, hours=hour)
    return Span(starts, starts + hours * HOUR)


def day(number=0, *, first=9, last=18):
    opens = MONDAY + timedelta(days=number)
    return SlotDay(tuple(opens + hour * HOUR for hour in range(first, last)), opens + last * HOUR)


MONDAY_HOURS = (day(),)


def noon_is_best(span):
    """1 at twelve, a tenth less for each hour from it."""
    hour = (span.starts - MONDAY) % timedelta(days=1) / HOUR
    return max(0.0, 1 - abs(hour - 12) / 10)


WAITS = CheckedSession(1, None)
NOON_TAKEN = CheckedSession(2, at(12), room=1)
QUARTER = Rules(RULES.opens, RULES.closes, turn_round=timedelta(minutes=15))
FIFTY = Rules(RULES.opens, RULES.closes, seats={1: 50})
CROWDED = CheckedSession(1, None, audience=60)
TWO_DAYS = (day(0), day(1))


def best(item, items=(), *, days=MONDAY_HOURS, rooms=(1,), rules=RULES, length=HOUR, **more):
    return best_slots(item, length, days=days, rooms=rooms, held=HeldSessions(items, rules), value=noon_is_best, **more)


@pytest.mark.parametrize(
    ("item", "items", "options", "found"),
    [
        # The best of each day; a day on which it is taken comes last.
        (WAITS, [NOON_TAKEN], {"days": [day(n) for n in range(4)]}, [Slot(at(12, day=n), 1, 1.0) for n in (1, 2, 3)]),
        # Taken: the next best, and of two alike the earlier one.
        (WAITS, [NOON_TAKEN], {"most": 1}, [Slot(at(11), 1, 0.9)]),
        # Another room is free at the best hour.
        (WAITS, [NOON_TAKEN], {"rooms": (1, 2), "most": 1}, [Slot(at(12), 2, 1.0)]),
        # The session's own place is offered too.
        (CheckedSession(1, at(12), room=1), [CheckedSession(1, at(12), room=1)], {"most": 1}, [Slot(at(12), 1, 1.0)]),
        # The turn-round is kept.
        (WAITS, [NOON_TAKEN], {"rules": QUARTER, "most": 1}, [Slot(at(10), 1, 0.8)]),
        # Days that are too few give their next best, and none that overlaps.
        (
            WAITS,
            [],
            {"days": TWO_DAYS, "most": 4, "length": 2 * HOUR},
            [Slot(at(hour, day=n, hours=2), 1, value) for hour, value in ((12, 1.0), (10, 0.8)) for n in (0, 1)],
        ),
        # A day that is full gives no more.
        (WAITS, [], {"days": [day(first=11, last=13)]}, [Slot(at(12), 1, 1.0), Slot(at(11), 1, 0.9)]),
        # A slot that warns comes after the free ones,
        (
            CheckedSession(1, None, unwanted=(at(0, hours=24),)),
            [],
            {"days": TWO_DAYS, "most": 2},
            [Slot(at(12, day=1), 1, 1.0), Slot(at(12), 1, 1.0, 1)],
        ),
        # and is offered where none is free,
        (
            CROWDED,
            [],
            {"days": TWO_DAYS, "rules": FIFTY, "most": 2},
            [Slot(at(12, day=n), 1, 1.0, warnings=1) for n in (0, 1)],
        ),
        (CROWDED, [], {"rules": FIFTY, "rooms": (1, 2), "most": 1}, [Slot(at(12), 2, 1.0)]),
        # the one with the fewest warnings.
        (
            CheckedSession(1, None, audience=60, unwanted=(at(12),)),
            [],
            {"rules": FIFTY, "most": 1},
            [Slot(at(11), 1, 0.9, warnings=1)],
        ),
        # Nothing: everything is blocked, no day, longer than the day.
        (WAITS, [CheckedSession(2, at(0, hours=24), room=1)], {}, []),
        (WAITS, [], {"days": []}, []),
        (WAITS, [], {"length": 10 * HOUR}, []),
    ],
)
def test_best_slots(item, items, options, found):
    assert best(item, items, **options) == found
