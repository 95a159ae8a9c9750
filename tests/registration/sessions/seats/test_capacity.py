"""Which places are left for whom: arithmetic, and the one query behind it."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registration.sessions.seats.capacity import Seats, places
from tests.factories import (
    NOW,
    BookingFactory,
    KindFactory,
    RegistrationFactory,
    RoomFactory,
    SeatHoldFactory,
    SessionFactory,
    WaitingFactory,
)

KINDS = st.integers(0, 3)  # 0: none


def holds():
    return st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6)), max_size=3, unique_by=lambda hold: hold[0])


@given(total=st.integers(0, 12), held=holds(), crowd=st.lists(KINDS, max_size=40))
def test_whoever_comes_no_place_is_given_twice_and_none_stays_empty(total, held, crowd):
    taken, refused = Counter(), Counter()
    for kind in crowd:
        if Seats(total, taken, held).left(kind):
            taken[kind] += 1
        else:
            refused[kind] += 1

    after = Seats(total, taken, held)
    assert after.booked <= total
    # What is empty is kept for others than those who were refused.
    for kind in refused:
        kept, room = 0, total
        for holder, number in held:
            mine, room = min(number, room), max(room - number, 0)
            kept += max(mine - taken[holder], 0) if holder != kind else 0
        assert total - after.booked <= kept


@given(total=st.integers(0, 12), held=holds(), before=st.lists(KINDS, max_size=20))
def test_who_has_held_places_finds_them_however_many_came_before(total, held, before):
    taken = Counter()
    for kind in before:
        if Seats(total, taken, held).left(kind):
            taken[kind] += 1
    room = total
    for holder, number in held:
        kept, room = min(number, room), max(room - number, 0)
        assert taken[holder] + Seats(total, taken, held).left(holder) >= kept


def test_without_a_limit_everybody_finds_a_place():
    assert (Seats(None, {0: 9}).left(0), Seats(None, {}).kinds_with_places()) == (None, None)


def test_a_session_made_smaller_has_nothing_left():
    assert Seats(3, {0: 5}).left(0) == 0


@pytest.mark.django_db
def test_places_counts_bookings_offers_and_holds_in_two_queries_and_bookings_alone_in_one(django_assert_num_queries):
    kind = KindFactory()
    session = SessionFactory(room=RoomFactory(capacity=10))
    BookingFactory.create_batch(2, session=session)
    BookingFactory(session=session, registration=RegistrationFactory(kind=kind))
    WaitingFactory(session=session)  # no place is kept for this one
    WaitingFactory(session=session, offered_until=NOW)  # nor any more for this one
    WaitingFactory(session=session, offered_until=NOW + timedelta(seconds=1))
    SeatHoldFactory(session=session, kind=kind, seats=3)
    plain = BookingFactory(session=SessionFactory(capacity=10)).session

    with django_assert_num_queries(2):
        found = places(session, now=NOW)
    with django_assert_num_queries(1):
        assert places(plain, now=NOW).left(kind.pk) == 9

    assert (found.total, dict(found.taken), found.held) == (10, {0: 3, kind.pk: 1}, [(kind.pk, 3)])
    assert (found.left(None), found.left(kind.pk)) == (4, 6)


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "left"), [(timedelta(minutes=60, seconds=1), 0), (timedelta(minutes=60), 1)])
def test_held_places_are_for_everybody_from_an_hour_before_the_start(before, left):
    session = SeatHoldFactory(session=SessionFactory(capacity=1)).session

    assert places(session, now=session.starts - before).left(None) == left
