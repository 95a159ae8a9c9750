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


def code_of(call, **arguments):
    with pytest.raises(ValidationError) as caught:
        call(**arguments)
    return caught.value.code


def test_book_takes_a_seat():
    registration, session = RegistrationFactory(), SessionFactory(capacity=1)

    row = booking.book(registration=registration, session=session, now=NOW)

    assert (row.registration, row.session, row.created) == (registration, session, NOW)


def test_book_twice_returns_the_same_row():
    registration, session = RegistrationFactory(), SessionFactory(capacity=1)
    first = booking.book(registration=registration, session=session, now=NOW)

    second = booking.book(registration=registration, session=session, now=NOW + timedelta(hours=1))

    assert second == first
    assert second.created == NOW
    assert Booking.objects.count() == 1


def test_book_again_after_the_session_is_over_returns_the_row():
    row = BookingFactory()

    again = booking.book(registration=row.registration, session=row.session, now=NOW + timedelta(days=9))

    assert again == row


def test_book_a_full_session_is_refused():
    session = SessionFactory(capacity=1)
    BookingFactory(session=session)

    assert code_of(booking.book, registration=RegistrationFactory(), session=session, now=NOW) == "session-full"
    assert session.bookings.count() == 1


def test_book_takes_the_capacity_of_the_room():
    session = SessionFactory(room=RoomFactory(capacity=1))
    BookingFactory(session=session)

    assert code_of(booking.book, registration=RegistrationFactory(), session=session, now=NOW) == "session-full"


def test_book_without_capacity_never_fills():
    session = SessionFactory(room=RoomFactory(capacity=None))
    BookingFactory.create_batch(3, session=session)

    booking.book(registration=RegistrationFactory(), session=session, now=NOW)

    assert session.bookings.count() == 4


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_book_what_is_not_scheduled_is_refused(state):
    session = SessionFactory(state=state)

    assert code_of(booking.book, registration=RegistrationFactory(), session=session, now=NOW) == "session-not-open"


def test_book_looks_at_the_session_as_it_is_now():
    session = SessionFactory()
    type(session).objects.update(state="cancelled")

    assert code_of(booking.book, registration=RegistrationFactory(), session=session, now=NOW) == "session-not-open"


def test_book_until_the_end_and_not_after():
    session = SessionFactory()
    early, late = RegistrationFactory(), RegistrationFactory()

    booking.book(registration=early, session=session, now=session.ends - timedelta(seconds=1))

    assert code_of(booking.book, registration=late, session=session, now=session.ends) == "session-not-open"


def test_book_without_registration_is_refused():
    assert code_of(booking.book, registration=None, session=SessionFactory(), now=NOW) == "not-registered"


def test_book_after_withdrawal_is_refused():
    registration = RegistrationFactory(withdrawn=NOW)

    assert code_of(booking.book, registration=registration, session=SessionFactory(), now=NOW) == "not-registered"


def test_book_in_another_forum_is_refused():
    registration = RegistrationFactory(forum=ForumFactory(slug="2019"))

    assert code_of(booking.book, registration=registration, session=SessionFactory(), now=NOW) == "not-registered"


def test_leave_frees_the_seat():
    row = BookingFactory(session=SessionFactory(capacity=1))

    was_there = booking.leave(registration=row.registration, session=row.session, now=NOW)

    assert was_there is True
    assert booking.seats_left(row.session) == 1


def test_leave_what_is_not_booked_changes_nothing():
    other = BookingFactory()

    was_there = booking.leave(registration=RegistrationFactory(), session=other.session, now=NOW)

    assert was_there is False
    assert Booking.objects.count() == 1


def test_seats_left_is_never_below_zero():
    session = SessionFactory(capacity=3)
    BookingFactory.create_batch(2, session=session)

    assert booking.seats_left(session) == 1
    session.capacity = 1
    assert booking.seats_left(session) == 0
    session.capacity = None
    assert booking.seats_left(session) is None


def at(hour, minute=0):
    return datetime(2020, 7, 23, hour, minute, tzinfo=UTC)


def test_overlaps_names_each_pair_once():
    a, b, c = Span("a", at(9), at(11)), Span("b", at(10, 30), at(12)), Span("c", at(10, 45), at(11, 15))

    found = [(pair.first.key, pair.second.key, pair.minutes) for pair in booking.overlaps([c, b, a])]

    assert found == [("a", "b", 30), ("a", "c", 15), ("b", "c", 30)]


def test_overlaps_leaves_neighbours_alone():
    assert booking.overlaps([Span("a", at(9), at(10)), Span("b", at(10), at(11))]) == []


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

    assert list(entries) == [
        ("book", registration.user_id, session.code),
        ("leave", registration.user_id, session.code),
    ]
