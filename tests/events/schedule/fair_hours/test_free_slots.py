"""Free slots and the moves of a week: no accepted move clashes, whichever are accepted, and none is left to gain."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.schedule.conflicts import Item, Rules, Span, all_clashes
from events.schedule.fair_hours.free_slots import Day, Held, Move, Slot, best_slots, ceiling, week_moves

MONDAY = datetime(2020, 6, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = Rules(opens=MONDAY, closes=MONDAY + timedelta(days=7))


def at(hour, *, day=0, hours=1):
    starts = MONDAY + timedelta(days=day, hours=hour)
    return Span(starts, starts + hours * HOUR)


def day(number=0, *, first=9, last=18):
    opens = MONDAY + timedelta(days=number)
    return Day(tuple(opens + hour * HOUR for hour in range(first, last)), opens + last * HOUR)


MONDAY_HOURS = (day(),)


def noon_is_best(span):
    """1 at twelve, a tenth less for each hour from it."""
    hour = (span.starts - MONDAY) % timedelta(days=1) / HOUR
    return max(0.0, 1 - abs(hour - 12) / 10)


def moves(items, *, days=MONDAY_HOURS, rooms=(1,), rules=RULES, value=noon_is_best):
    return week_moves(
        items,
        days=days,
        rooms=dict.fromkeys((item.key for item in items), rooms),
        held=Held(items, rules),
        values=dict.fromkeys((item.key for item in items), value),
    )


# --- one session ------------------------------------------------------------------------------------
WAITS = Item(1, None)
NOON_TAKEN = Item(2, at(12), room=1)
QUARTER = Rules(RULES.opens, RULES.closes, turn_round=timedelta(minutes=15))
FIFTY = Rules(RULES.opens, RULES.closes, seats={1: 50})
CROWDED = Item(1, None, audience=60)
TWO_DAYS = (day(0), day(1))


def best(item, items=(), *, days=MONDAY_HOURS, rooms=(1,), rules=RULES, length=HOUR, **more):
    return best_slots(item, length, days=days, rooms=rooms, held=Held(items, rules), value=noon_is_best, **more)


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
        (Item(1, at(12), room=1), [Item(1, at(12), room=1)], {"most": 1}, [Slot(at(12), 1, 1.0)]),
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
            Item(1, None, unwanted=(at(0, hours=24),)),
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
            Item(1, None, audience=60, unwanted=(at(12),)),
            [],
            {"rules": FIFTY, "most": 1},
            [Slot(at(11), 1, 0.9, warnings=1)],
        ),
        # Nothing: everything is blocked, no day, longer than the day.
        (WAITS, [Item(2, at(0, hours=24), room=1)], {}, []),
        (WAITS, [], {"days": []}, []),
        (WAITS, [], {"length": 10 * HOUR}, []),
    ],
)
def test_best_slots(item, items, options, found):
    assert best(item, items, **options) == found


# --- a week -----------------------------------------------------------------------------------------
SEVEN = frozenset({7})


@pytest.mark.parametrize(
    ("items", "options", "found"),
    [
        # The greatest gain moves first, and the next takes what is left.
        (
            [Item(1, at(9), room=1), Item(2, at(17), room=1)],
            {},
            [Move(2, 0.5, Slot(at(12), 1, 1.0)), Move(1, 0.7, Slot(at(11), 1, 0.9))],
        ),
        # An hour whose room was taken meanwhile is tried in the next room.
        (
            [Item(1, at(9), room=1), Item(2, at(10), room=1)],
            {"rooms": (1, 2)},
            [Move(1, 0.7, Slot(at(12), 1, 1.0)), Move(2, 0.8, Slot(at(12), 2, 1.0))],
        ),
        # At its best hour, or with too little to gain, a session stays; what gains just enough moves.
        ([Item(1, at(12), room=1)], {}, []),
        ([Item(1, at(11), room=1)], {"value": lambda span: noon_is_best(span) / 10.1}, []),
        ([Item(1, at(11), room=1)], {"value": lambda span: noon_is_best(span) / 9.9}, [at(12)]),
        # A place that a move would clear is not offered: that is another suggestion.
        ([Item(1, at(12), room=1, unwanted=(at(12),)), Item(2, at(9), room=1)], {}, [at(11)]),
        # Of two equal hours the nearer one.
        ([Item(1, at(9), room=1)], {"value": lambda span: float(span.starts != at(9).starts)}, [at(10)]),
        # A speaker is not put in two places.
        (
            [Item(1, at(12), room=1, people=SEVEN), Item(2, at(9), room=2, people=SEVEN)],
            {"rooms": (2,)},
            [Move(2, 0.7, Slot(at(11), 2, 0.9))],
        ),
    ],
)
def test_moves_of_a_week(items, options, found):
    made = moves(items, **options)

    assert [move.slot.span if isinstance(one, Span) else move for move, one in zip(made, found, strict=True)] == found


def test_ceiling_is_the_best_hour_if_nothing_else_were_held():
    assert ceiling(Item(1, at(9)), days=[day()], value=noon_is_best) == 1.0
    assert ceiling(Item(1, at(9)), days=[], value=noon_is_best) == 0.7


# A loaded machine is no finding.
patient = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
few = st.frozensets(st.integers(1, 3), max_size=2)
spans = st.builds(at, st.integers(8, 18), day=st.integers(0, 1))
items = st.lists(
    st.builds(
        Item,
        key=st.integers(1, 999),
        span=spans,
        room=st.integers(1, 2),
        people=few,
        action_lines=few,
        audience=st.integers(0, 60),
        is_captioned=st.booleans(),
        unwanted=st.lists(spans, max_size=1).map(tuple),
    ),
    max_size=8,
    unique_by=lambda item: item.key,
)
rules = st.builds(
    Rules,
    opens=st.just(MONDAY),
    closes=st.just(MONDAY + timedelta(days=7)),
    turn_round=st.sampled_from([timedelta(0), timedelta(minutes=30)]),
    captioners=st.none() | st.integers(0, 2),
    seats=st.just({1: 30}),
)


@patient
@given(items, rules, st.data())
def test_any_part_of_the_moves_can_be_accepted(items, rules, data):
    found = moves(items, days=TWO_DAYS, rooms=(1, 2), rules=rules)
    accepted = data.draw(st.lists(st.sampled_from(found), unique_by=lambda move: move.key) if found else st.just([]))
    places = {move.key: move.slot for move in accepted}
    draft = [
        item.at(places[item.key].span, room=places[item.key].room) if item.key in places else item for item in items
    ]

    clashes = all_clashes(draft, rules)

    assert [clash for clash in clashes if set(clash.keys) & places.keys()] == []
    assert len(clashes) <= len(all_clashes(items, rules))
    assert all(move.gain >= 0.01 for move in found)


@patient
@given(items, rules)
def test_no_free_place_that_is_better_is_left(items, rules):
    found = moves(items, days=TWO_DAYS, rooms=(1, 2), rules=rules)
    moved = {move.key for move in found}
    new = [item.at(m.slot.span, room=m.slot.room) for m in found for item in items if item.key == m.key]
    held = Held([*items, *new], rules)

    for item in items:
        if item.key not in moved:
            free = best_slots(item, HOUR, days=TWO_DAYS, rooms=(1, 2), held=held, value=noon_is_best, most=1)
            assert not free or free[0].warnings or free[0].value - noon_is_best(item.span) < 0.01
