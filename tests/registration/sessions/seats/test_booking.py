from datetime import timedelta

import pytest

from events.models import HistoryEntry
from registration.models import Booking
from registration.sessions.seats import booking
from registration.sessions.seats.capacity import places
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, RoomFactory, SessionFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def test_book_takes_a_seat_once_and_leave_frees_that_of_the_person_only():
    registration, session = RegistrationFactory(), SessionFactory(capacity=1)

    row = booking.book(registration=registration, session=session, now=NOW)
    again = booking.book(registration=registration, session=session, now=NOW + timedelta(days=9))
    assert (row.registration, row.session, row.created) == (registration, session, NOW)
    assert (again, again.created, Booking.objects.count()) == (row, NOW, 1)

    nothing = booking.leave(registration=RegistrationFactory(), session=session, now=NOW)
    left = places(session, now=NOW).left(None)
    was_there = booking.leave(registration=registration, session=session, now=NOW)
    assert (nothing, left, was_there, places(session, now=NOW).left(None)) == (False, 0, True, 1)
    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "actor", "subject")
    assert list(entries) == [(verb, registration.user_id, session.code) for verb in ("book", "leave")]


@pytest.mark.parametrize(
    ("session", "person", "later", "code"),
    [
        ({"capacity": 1}, {}, None, "session-full"),
        ({"room_capacity": 1}, {}, None, "session-full"),
        ({"state": "draft"}, {}, None, "session-not-open"),
        ({"state": "cancelled"}, {}, None, "session-not-open"),
        ({}, {}, timedelta(), "session-not-open"),
        ({}, None, None, "not-registered"),
        ({}, {"withdrawn": NOW}, None, "not-registered"),
        ({}, {"forum__slug": "2019"}, None, "not-registered"),
    ],
)
def test_book_is_refused(session, person, later, code):
    """`later`: so long after the end."""
    seats = session.pop("room_capacity", None)
    row = BookingFactory(session=SessionFactory(room=RoomFactory(capacity=seats))).session
    type(row).objects.update(**session)  # as it is now, whatever was read before
    registration = None if person is None else RegistrationFactory(**person)
    ForumFactory()

    now = NOW if later is None else row.ends + later
    assert refused(booking.book, registration=registration, session=row, now=now) == code
    assert row.bookings.count() == 1


@pytest.mark.parametrize(("capacity", "left"), [(3, 1), (1, 0), (None, None)])
def test_seats_left_is_never_below_zero_and_without_a_limit_a_session_never_fills(capacity, left):
    session = SessionFactory(capacity=capacity, room=RoomFactory(capacity=None))
    BookingFactory.create_batch(2, session=session)

    assert places(session, now=NOW).left(None) == left
    if left != 0:
        booking.book(registration=RegistrationFactory(), session=session, now=session.ends - timedelta(seconds=1))
        assert session.bookings.count() == 3
