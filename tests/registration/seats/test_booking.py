from datetime import timedelta

import pytest

from events.models import HistoryEntry
from registration.models import Booking
from registration.seats import booking
from registration.seats.capacity import places
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, RoomFactory, SessionFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db


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

    assert refused(booking.book, registration=RegistrationFactory(), session=session, now=NOW) == "session-full"
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

    assert refused(booking.book, registration=RegistrationFactory(), session=session, now=NOW) == "session-not-open"


def test_book_until_the_end_and_not_after():
    session = SessionFactory()

    booking.book(registration=RegistrationFactory(), session=session, now=session.ends - timedelta(seconds=1))

    assert (
        refused(booking.book, registration=RegistrationFactory(), session=session, now=session.ends)
        == "session-not-open"
    )


@pytest.mark.parametrize("person", [None, {"withdrawn": NOW}, {"forum__slug": "2019"}])
def test_book_without_a_registration_for_this_forum_is_refused(person):
    registration = None if person is None else RegistrationFactory(**person)
    ForumFactory()

    assert refused(booking.book, registration=registration, session=SessionFactory(), now=NOW) == "not-registered"


def test_leave_frees_the_seat_of_the_person_only():
    row = BookingFactory(session=SessionFactory(capacity=1))

    nothing = booking.leave(registration=RegistrationFactory(), session=row.session, now=NOW)
    left = places(row.session, now=NOW).left(None)
    was_there = booking.leave(registration=row.registration, session=row.session, now=NOW)

    assert (nothing, left, was_there, places(row.session, now=NOW).left(None)) == (False, 0, True, 1)


@pytest.mark.parametrize(("capacity", "left"), [(3, 1), (1, 0), (None, None)])
def test_seats_left_is_never_below_zero(capacity, left):
    session = SessionFactory(capacity=capacity)
    BookingFactory.create_batch(2, session=session)

    assert places(session, now=NOW).left(None) == left


def test_history_says_what_was_booked_and_given_up():
    session, registration = SessionFactory(), RegistrationFactory()
    booking.book(registration=registration, session=session, now=NOW)
    booking.leave(registration=registration, session=session, now=NOW)

    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "actor", "subject")

    assert list(entries) == [(verb, registration.user_id, session.code) for verb in ("book", "leave")]
