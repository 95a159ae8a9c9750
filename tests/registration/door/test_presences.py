"""Who was inside when, by what the doors saw."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registration.door.presences import Passage, Presence, is_inside, presences

NINE = datetime(2026, 6, 22, 9, tzinfo=UTC)
passages = st.builds(
    Passage, st.integers(0, 60).map(lambda minutes: NINE + timedelta(minutes=minutes)), is_in=st.booleans()
)


def at(minutes):
    return NINE + timedelta(minutes=minutes)


def test_presences_go_from_entries_to_exits():
    seen = [Passage(at(0), True), Passage(at(5), False), Passage(at(9), True)]

    assert presences(seen) == [Presence(at(0), at(5)), Presence(at(9), None)]


def test_second_entry_and_exit_of_who_is_out_change_nothing():
    seen = [
        Passage(at(0), False),
        Passage(at(1), True),
        Passage(at(3), True),
        Passage(at(5), False),
        Passage(at(6), False),
    ]

    assert presences(seen) == [Presence(at(1), at(5))]


def test_who_came_and_has_not_left_is_inside():
    seen = [Passage(at(0), True), Passage(at(5), False), Passage(at(9), True)]

    assert [is_inside(seen, at=at(minutes)) for minutes in (-1, 0, 4, 5, 9, 30)] == [
        False,
        True,
        True,
        False,
        True,
        True,
    ]


@given(st.lists(passages).flatmap(lambda seen: st.tuples(st.just(seen), st.permutations([*seen, *seen[:3]]))))
def test_order_and_doubles_change_nothing(seen):
    as_they_were, as_they_came = seen

    assert presences(as_they_came) == presences(as_they_were)


@given(st.lists(passages))
def test_stays_follow_each_other(seen):
    found = presences(seen)

    edges = [edge for stay in found for edge in (stay.began, stay.ended) if edge is not None]
    assert edges == sorted(edges)
    assert all(stay.ended is not None for stay in found[:-1])
