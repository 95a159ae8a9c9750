"""The checks of the timetable: each kind by hand, and all of them against a naive comparison of all pairs."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.schedule.conflicts import (
    CheckedSession,
    Clash,
    ConflictKind,
    Rules,
    Span,
    all_clashes,
    clashes_of,
    is_within,
)

NINE = datetime(2020, 6, 22, 9, tzinfo=UTC)
RULES = Rules(opens=NINE - timedelta(hours=9), closes=NINE + timedelta(days=5))


def span(start, minutes=60):
    """`start`: minutes after nine."""
    begins = NINE + timedelta(minutes=start)
    return Span(begins, begins + timedelta(minutes=minutes))


def found(items, **rules):
    return all_clashes(items, Rules(RULES.opens, RULES.closes, **{"turn_round": timedelta(0), **rules}))


# --- by hand ----------------------------------------------------------------------------------------
def test_each_kind_says_who_takes_part_and_what_it_is_about():
    """All at once: what blocks comes first, then by session. The edges are found by the comparison with all pairs."""
    five, line = frozenset({5}), frozenset({2})
    items = [
        CheckedSession(1, span(0), 7, five, line, is_captioned=True, is_interpreted=True, unwanted=(span(59, 5),)),
        CheckedSession(2, span(30), 7, five, line, audience=51, is_captioned=True, is_interpreted=True),
        CheckedSession(3, span(-600), wanted=(span(0, 600),)),
        CheckedSession(4, span(100), 7),
        CheckedSession(
            5, None, 7, five, line, audience=99, wanted=(span(30, 600),)
        ),  # not held: it clashes with nothing
        CheckedSession(6, Span(RULES.opens, RULES.closes)),  # it may fill the forum to its edges
    ]
    quarter, free = timedelta(minutes=15), {5: [span(0, 30), span(20, 40)]}

    clashes = found(items, turn_round=quarter, captioners=1, interpreters=1, seats={7: 50}, free=free)

    assert clashes == [
        Clash(ConflictKind.ROOM, 1, 2, about=(7,)),
        Clash(ConflictKind.PERSON, 1, 2, about=(5,)),
        Clash(ConflictKind.OUTSIDE, 3),
        Clash(ConflictKind.AVAILABILITY, 2, about=(5,)),
        Clash(ConflictKind.SIZE, 2, about=(51, 50)),
        Clash(ConflictKind.CAPTIONERS, 2, about=(2, 1), others=(1,)),
        Clash(ConflictKind.INTERPRETERS, 2, about=(2, 1), others=(1,)),
        Clash(ConflictKind.WISH, 1),
        Clash(ConflictKind.WISH, 3),
        Clash(ConflictKind.TURN_ROUND, 2, 4, about=(10, 15)),
        Clash(ConflictKind.ACTION_LINE, 1, 2, about=(2,)),
    ]
    assert found([CheckedSession(1, span(0), is_captioned=True)], captioners=0) == [
        Clash(ConflictKind.CAPTIONERS, 1, about=(1, 0))
    ]
    together = [CheckedSession(key, span(0), is_interpreted=True) for key in (3, 1, 2)]  # they are counted together
    assert found(together, interpreters=1) == [Clash(ConflictKind.INTERPRETERS, 3, about=(3, 1), others=(1, 2))]


def test_place_of_an_item_can_be_tried():
    item = CheckedSession(1, span(0), room=7, people=frozenset({5}))

    moved = item.at(span(60), room=8)

    assert moved == CheckedSession(1, span(60), room=8, people=frozenset({5}))
    assert clashes_of(moved, [item, CheckedSession(2, span(0), room=7)], RULES) == []  # the old place does not count
    assert clashes_of(item.at(None, room=7), [CheckedSession(2, span(0), room=7)], RULES) == []


def test_a_span_within_spans_that_touch():
    assert is_within(span(0, 60), [span(30, 30), span(0, 30)])
    assert not is_within(span(0, 60), [span(0, 29), span(30, 30)])
    assert not is_within(span(0, 60), [])


# --- a thousand -------------------------------------------------------------------------------------
class Moment(datetime):
    """A moment that counts how often one is compared with another."""

    compared = 0

    def __gt__(self, other):
        Moment.compared += 1
        return super().__gt__(other)

    def __lt__(self, other):
        Moment.compared += 1
        return super().__lt__(other)


def test_sessions_that_lie_apart_are_not_compared_with_all_others():
    """In one room, with the same people, one after another: each is compared a few times, however many there are."""
    five = frozenset({5})
    spans = [Span(*(Moment.fromisoformat(at.isoformat()) for at in span(60 * key, 45))) for key in range(1000)]
    items = [
        CheckedSession(key, at, 7, five, five, is_captioned=True, is_interpreted=True) for key, at in enumerate(spans)
    ]

    quarter, late = timedelta(minutes=15), NINE + timedelta(days=99)
    clashes = all_clashes(items, Rules(RULES.opens, late, quarter, captioners=1, interpreters=1))

    assert (clashes, 0 < Moment.compared < 20_000) == ([], True)


# --- against all pairs ------------------------------------------------------------------------------
def overlaps(one, other):
    return one.starts < other.ends and other.starts < one.ends


def covers(spans, wanted):
    """Minute by minute."""
    minutes = int((wanted.ends - wanted.starts).total_seconds() // 60)
    moments = [wanted.starts + timedelta(minutes=m) for m in range(minutes)]
    return all(any(s.starts <= moment < s.ends for s in spans) for moment in moments)


def naive(items, rules):
    """Every check by its plain meaning: each session by itself, each pair, each moment at which one begins."""
    held = [item for item in items if item.span]
    clashes = []
    for item in held:
        if item.span.starts < rules.opens or item.span.ends > rules.closes:
            clashes.append(Clash(ConflictKind.OUTSIDE, item.key))
        away = [p for p in sorted(item.people) if p in rules.free and not covers(rules.free[p], item.span)]
        if away:
            clashes.append(Clash(ConflictKind.AVAILABILITY, item.key, about=tuple(away)))
        if item.room in rules.seats and item.audience > rules.seats[item.room]:
            clashes.append(Clash(ConflictKind.SIZE, item.key, about=(item.audience, rules.seats[item.room])))
        refused = any(overlaps(no, item.span) for no in item.unwanted)
        if refused or (item.wanted and not covers(item.wanted, item.span)):
            clashes.append(Clash(ConflictKind.WISH, item.key))
    for pair in combinations(held, 2):
        one, other = sorted(pair, key=lambda item: (item.span.starts, item.key))
        at_once = overlaps(one.span, other.span)
        if one.room is not None and one.room == other.room:
            between = other.span.starts - one.span.ends
            if at_once:
                clashes.append(Clash(ConflictKind.ROOM, one.key, other.key, about=(one.room,)))
            elif between < rules.turn_round:
                minutes = tuple(int(d.total_seconds() // 60) for d in (between, rules.turn_round))
                clashes.append(Clash(ConflictKind.TURN_ROUND, one.key, other.key, about=minutes))
        for kind, shared in [
            (ConflictKind.PERSON, one.people & other.people),
            (ConflictKind.ACTION_LINE, one.action_lines & other.action_lines),
        ]:
            if shared and at_once:
                clashes.append(Clash(kind, one.key, other.key, about=tuple(sorted(shared))))
    for kind, limit in [(ConflictKind.CAPTIONERS, rules.captioners), (ConflictKind.INTERPRETERS, rules.interpreters)]:
        served = [
            item for item in held if (item.is_captioned if kind == ConflictKind.CAPTIONERS else item.is_interpreted)
        ]
        for moment in {item.span.starts for item in served}:
            running = [item for item in served if item.span.starts <= moment < item.span.ends]
            if limit is not None and len(running) > limit:
                last = max(running, key=lambda item: (item.span.starts, item.key))
                others = tuple(sorted(item.key for item in running if item is not last))
                clashes.append(Clash(kind, last.key, about=(len(running), limit), others=others))
    return sorted(clashes, key=lambda clash: clash.place)


# A loaded machine is no finding.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Coarse, so that edges meet.
spans = st.builds(span, st.integers(-7, 33).map(lambda n: n * 30), st.integers(1, 10).map(lambda n: n * 15))
few = st.frozensets(st.integers(1, 4), max_size=2)
items = st.lists(
    st.builds(
        CheckedSession,
        key=st.integers(1, 10**6),
        span=st.none() | spans,
        room=st.none() | st.integers(1, 3),
        people=few,
        action_lines=few,
        audience=st.integers(0, 60),
        is_captioned=st.booleans(),
        is_interpreted=st.booleans(),
        wanted=st.lists(spans, max_size=2).map(tuple),
        unwanted=st.lists(spans, max_size=1).map(tuple),
    ),
    max_size=14,
    unique_by=lambda item: item.key,
)
rules = st.builds(
    Rules,
    opens=st.just(NINE - timedelta(hours=2)),
    closes=st.just(NINE + timedelta(hours=15)),
    turn_round=st.sampled_from([timedelta(0), timedelta(minutes=15), timedelta(minutes=30)]),
    captioners=st.none() | st.integers(0, 3),
    interpreters=st.none() | st.integers(0, 3),
    seats=st.dictionaries(st.integers(1, 3), st.integers(0, 60), max_size=3),
    free=st.dictionaries(st.integers(1, 4), st.lists(spans, max_size=3), max_size=3),
)


@patient
@given(items, rules)
def test_same_as_all_pairs(items, rules):
    assert all_clashes(items, rules) == naive(items, rules)


@patient
@given(items, rules, st.none() | spans, st.none() | st.integers(1, 3))
def test_clashes_of_a_tried_place_are_those_of_the_moved_timetable(items, rules, span, room):
    for item in items:
        tried = item.at(span, room=room) if item is items[0] else item  # the others: where they are
        moved = [tried if other.key == item.key else other for other in items]

        expected = [clash for clash in all_clashes(moved, rules) if item.key in clash.keys]
        assert clashes_of(tried, items, rules) == expected
