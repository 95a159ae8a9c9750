"""Free slots and the moves of a week: no accepted move clashes, whichever are accepted, and none is left to gain."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.schedule.conflicts import Item, Rules, Span, all_clashes
from events.schedule.fair_hours.better_slots import Day, Held, Move, Slot, best_slots, ceiling, week_moves

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


def moves(items, *, days=MONDAY_HOURS, rooms=(1,), rules=RULES, least=0.01, value=noon_is_best):
    return week_moves(
        items,
        days=days,
        rooms=dict.fromkeys((item.key for item in items), rooms),
        held=Held(items, rules),
        values=dict.fromkeys((item.key for item in items), value),
        least=least,
    )


# --- one session ------------------------------------------------------------------------------------
def best(item, items=(), *, days=MONDAY_HOURS, rooms=(1,), rules=RULES, **more):
    return best_slots(item, HOUR, days=days, rooms=rooms, held=Held(items, rules), value=noon_is_best, **more)


def test_best_slot_of_each_day_the_best_first():
    taken = Item(2, at(12), room=1)

    found = best(Item(1, None), [taken], days=[day(0), day(1), day(2), day(3)])

    assert found == [Slot(at(12, day=number), 1, 1.0) for number in (1, 2, 3)]


def test_taken_hour_gives_the_next_best_and_the_earlier_of_two():
    assert best(Item(1, None), [Item(2, at(12), room=1)], most=1) == [Slot(at(11), 1, 0.9)]


def test_days_that_are_too_few_give_their_next_best_which_do_not_overlap():
    two_hours = Item(1, None)

    found = best_slots(
        two_hours, 2 * HOUR, days=[day(0), day(1)], rooms=[1], held=Held([], RULES), value=noon_is_best, most=4
    )

    assert [(slot.span, slot.value) for slot in found] == [
        (at(12, hours=2), 1.0),
        (at(12, day=1, hours=2), 1.0),
        (at(10, hours=2), 0.8),
        (at(10, day=1, hours=2), 0.8),
    ]


def test_day_that_is_full_gives_no_more():
    assert best(Item(1, None), days=[day(first=11, last=13)]) == [Slot(at(12), 1, 1.0), Slot(at(11), 1, 0.9)]


def test_another_room_is_free_at_the_best_hour():
    assert best(Item(1, None), [Item(2, at(12), room=1)], rooms=(1, 2), most=1) == [Slot(at(12), 2, 1.0)]


def test_own_place_is_offered_too():
    item = Item(1, at(12), room=1)

    assert best(item, [item], most=1) == [Slot(at(12), 1, 1.0)]


def test_slot_keeps_the_turn_round():
    rules = Rules(RULES.opens, RULES.closes, turn_round=timedelta(minutes=15))

    assert best(Item(1, None), [Item(2, at(12), room=1)], rules=rules, most=1) == [Slot(at(10), 1, 0.8)]


def test_day_without_a_free_slot_gives_one_that_warns_after_the_free_ones():
    one, rules = Item(1, None, unwanted=(at(0, hours=24),)), RULES

    assert best(one, days=[day(0), day(1)], rules=rules, most=2) == [
        Slot(at(12, day=1), 1, 1.0),
        Slot(at(12), 1, 1.0, 1),
    ]


def test_slot_that_warns_only_where_none_is_free():
    crowded = Item(1, None, audience=60)
    rules = Rules(RULES.opens, RULES.closes, seats={1: 50})

    assert best(crowded, days=[day(0), day(1)], rules=rules, most=2) == [
        Slot(at(12), 1, 1.0, warnings=1),
        Slot(at(12, day=1), 1, 1.0, warnings=1),
    ]
    assert best(crowded, rules=rules, rooms=(1, 2), most=1) == [Slot(at(12), 2, 1.0)]


def test_among_slots_that_warn_the_fewest_warnings_win():
    item = Item(1, None, audience=60, unwanted=(at(12),))
    rules = Rules(RULES.opens, RULES.closes, seats={1: 50})

    assert best(item, rules=rules, most=1) == [Slot(at(11), 1, 0.9, warnings=1)]


def test_no_slot_where_everything_is_blocked():
    full = Item(2, at(0, hours=24), room=1)

    assert best(Item(1, None), [full]) == []
    assert best(Item(1, None), days=[]) == []


def test_session_longer_than_the_day_has_no_slot():
    found = best_slots(Item(1, None), 10 * HOUR, days=[day()], rooms=[1], held=Held([], RULES), value=noon_is_best)

    assert found == []


# --- a week -----------------------------------------------------------------------------------------
def test_the_greatest_gain_moves_first_and_the_next_takes_what_is_left():
    early, late = Item(1, at(9), room=1), Item(2, at(17), room=1)

    assert moves([early, late]) == [
        Move(2, 0.5, Slot(at(12), 1, 1.0)),
        Move(1, 0.7, Slot(at(11), 1, 0.9)),
    ]


def test_hour_whose_room_was_taken_meanwhile_is_tried_in_the_next_room():
    items = [Item(1, at(9), room=1), Item(2, at(10), room=1)]

    assert moves(items, rooms=(1, 2)) == [Move(1, 0.7, Slot(at(12), 1, 1.0)), Move(2, 0.8, Slot(at(12), 2, 1.0))]


def test_session_at_its_best_hour_stays():
    assert moves([Item(1, at(12), room=1)]) == []


def test_gain_that_is_too_small_is_left():
    assert moves([Item(1, at(11), room=1)], least=0.2) == []


def test_place_that_a_move_would_clear_is_not_offered():
    """Each could have the other's hour only after the other has gone: that is another suggestion."""
    first, second = Item(1, at(12), room=1, unwanted=(at(12),)), Item(2, at(9), room=1)

    assert [move.slot.span for move in moves([first, second])] == [at(11)]


def test_of_two_equal_hours_the_nearer_one():
    assert moves([Item(1, at(9), room=1)], value=lambda span: float(span.starts != at(9).starts))[0].slot.span == at(10)


def test_speaker_is_not_put_in_two_places():
    one, other = Item(1, at(12), room=1, people=frozenset({7})), Item(2, at(9), room=2, people=frozenset({7}))

    assert moves([one, other], rooms=(2,)) == [Move(2, 0.7, Slot(at(11), 2, 0.9))]


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
    found = moves(items, days=[day(0), day(1)], rooms=(1, 2), rules=rules)
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
    found = moves(items, days=[day(0), day(1)], rooms=(1, 2), rules=rules)
    moved = {move.key for move in found}
    new = [item.at(m.slot.span, room=m.slot.room) for m in found for item in items if item.key == m.key]
    held = Held([*items, *new], rules)

    for item in items:
        if item.key not in moved:
            free = best_slots(item, HOUR, days=[day(0), day(1)], rooms=(1, 2), held=held, value=noon_is_best, most=1)
            assert not free or free[0].warnings or free[0].value - noon_is_best(item.span) < 0.01
