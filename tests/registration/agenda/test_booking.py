from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from events.models import HistoryEntry
from registration.agenda import booking
from registration.agenda.booking import Span
from registration.models import Booking
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.django_db


def refusal(**parts):
    arguments = {"now": NOW} | parts
    with pytest.raises(ValidationError) as caught:
        booking.book(**arguments)
    return caught.value.code


def test_book_takes_a_seat_once_and_keeps_it_after_the_session():
    registration, session = RegistrationFactory(), SessionFactory(capacity=1)

    row = booking.book(registration=registration, session=session, now=NOW)
    again = booking.book(registration=registration, session=session, now=NOW + timedelta(days=9))

    assert (row.registration, row.session, row.created) == (registration, session, NOW)
    assert (again, again.created) == (row, NOW)
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("seats", ["session", "room"])
def test_book_a_full_session_is_refused(seats):
    session = SessionFactory(capacity=1) if seats == "session" else SessionFactory(room=RoomFactory(capacity=1))
    BookingFactory(session=session)

    assert refusal(registration=RegistrationFactory(), session=session) == "session-full"
    assert session.bookings.count() == 1


def test_book_without_capacity_never_fills():
    session = SessionFactory(room=RoomFactory(capacity=None))
    BookingFactory.create_batch(3, session=session)

    booking.book(registration=RegistrationFactory(), session=session, now=NOW)

    assert session.bookings.count() == 4


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_book_looks_at_the_session_as_it_is_now(state):
    session = SessionFactory()
    type(session).objects.update(state=state)

    assert refusal(registration=RegistrationFactory(), session=session) == "session-not-open"


def test_book_until_the_end_and_not_after():
    session = SessionFactory()

    booking.book(registration=RegistrationFactory(), session=session, now=session.ends - timedelta(seconds=1))

    assert refusal(registration=RegistrationFactory(), session=session, now=session.ends) == "session-not-open"


@pytest.mark.parametrize("person", [None, {"withdrawn": NOW}, {"forum__slug": "2019"}])
def test_book_without_a_registration_for_this_forum_is_refused(person):
    registration = None if person is None else RegistrationFactory(**person)
    ForumFactory()

    assert refusal(registration=registration, session=SessionFactory()) == "not-registered"


def test_leave_frees_the_seat_of_the_person_only():
    row = BookingFactory(session=SessionFactory(capacity=1))

    nothing = booking.leave(registration=RegistrationFactory(), session=row.session, now=NOW)
    left = booking.seats_left(row.session)
    was_there = booking.leave(registration=row.registration, session=row.session, now=NOW)

    assert (nothing, left, was_there, booking.seats_left(row.session)) == (False, 0, True, 1)


@pytest.mark.parametrize(("capacity", "left"), [(3, 1), (1, 0), (None, None)])
def test_seats_left_is_never_below_zero(capacity, left):
    session = SessionFactory(capacity=capacity)
    BookingFactory.create_batch(2, session=session)

    assert booking.seats_left(session) == left


def at(hour, minute=0):
    return datetime(2020, 7, 23, hour, minute, tzinfo=UTC)


def test_overlaps_names_each_pair_once_in_order_and_leaves_neighbours_alone():
    a, b, c = Span("a", at(9), at(11)), Span("b", at(10, 30), at(12)), Span("c", at(10, 45), at(11, 15))
    neighbour = Span("d", at(12), at(13))

    found = [(pair.first.key, pair.second.key, pair.minutes) for pair in booking.overlaps([c, neighbour, b, a])]

    assert found == [("a", "b", 30), ("a", "c", 15), ("b", "c", 30)]


minutes = st.integers(0, 600)
spans = st.lists(st.tuples(minutes, st.integers(1, 200)), max_size=12).map(
    lambda rows: [
        Span(str(n), at(0) + timedelta(minutes=start), at(0) + timedelta(minutes=start + length))
        for n, (start, length) in enumerate(rows)
    ]
)


@given(spans)
def test_overlaps_finds_what_every_minute_shows(rows):
    def shared(one, other):
        taken = [
            {s.starts + timedelta(minutes=m) for m in range((s.ends - s.starts).seconds // 60)} for s in (one, other)
        ]
        return len(taken[0] & taken[1])

    expected = {
        (frozenset((one.key, other.key)), shared(one, other))
        for n, one in enumerate(rows)
        for other in rows[n + 1 :]
        if shared(one, other)
    }

    found = booking.overlaps(rows)

    assert {(frozenset((pair.first.key, pair.second.key)), pair.minutes) for pair in found} == expected
    assert len(found) == len(expected)


def test_history_says_what_was_booked_and_given_up():
    session, registration = SessionFactory(), RegistrationFactory()
    booking.book(registration=registration, session=session, now=NOW)
    booking.leave(registration=registration, session=session, now=NOW)

    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "actor", "subject")

    assert list(entries) == [(verb, registration.user_id, session.code) for verb in ("book", "leave")]
