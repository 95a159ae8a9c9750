"""Who enters a session with limited places, by the join link and at the door."""

from datetime import timedelta
from functools import partial

import pytest

from events.models import Forum
from registration.models import Attendance
from registration.sessions.attendance import joining
from registration.sessions.seats import entering
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    ForumFactory,
    RegistrationFactory,
    SeatHoldFactory,
    SessionFactory,
    WaitingFactory,
)
from tests.races import together
from tests.refusals import refused

pytestmark = pytest.mark.django_db
STARTS = NOW + timedelta(minutes=5)
WALK_IN = STARTS + timedelta(minutes=10)


@pytest.fixture
def session():
    return SessionFactory(capacity=2, starts=STARTS, meeting_url="https://meet.example.org/room")


def come(person, session, now):
    return refused(entering.may_enter, person, session=session, now=now)


def test_who_booked_enters_and_who_did_not_is_told_when_to_come_again(session):
    BookingFactory.create_batch(1, session=session)
    mine = BookingFactory(session=session).registration

    entering.may_enter(mine, session=session, now=STARTS)

    assert come(RegistrationFactory(), session, WALK_IN - timedelta(seconds=1)) == "no-seat-yet"


def test_who_finds_places_that_are_kept_for_others_is_not_told_that_all_are_booked(client, noon, session):
    SeatHoldFactory(session=session, seats=2, free_minutes=0)
    client.force_login(RegistrationFactory().user)

    page = client.get(f"/2020/join/{session.code}/").content.decode()

    assert ("There is no place for you yet. Come back at 14:35 Geneva" in page, "is booked" in page) == (True, False)


def test_from_ten_minutes_after_the_start_empty_places_are_for_those_who_are_there(session):
    late, other = (row.registration for row in BookingFactory.create_batch(2, session=session))
    AttendanceFactory(session=session, registration=other)

    entering.may_enter(RegistrationFactory(), session=session, now=WALK_IN)
    AttendanceFactory(session=session)

    assert come(late, session, WALK_IN) == "no-seat"  # two are in
    entering.may_enter(other, session=session, now=WALK_IN)  # was in before


def test_a_free_place_is_for_whoever_comes_unless_somebody_waits(session):
    entering.may_enter(RegistrationFactory(), session=session, now=NOW)
    BookingFactory(session=session)
    WaitingFactory(session=session, offered_until=STARTS)

    assert come(RegistrationFactory(), session, NOW) == "no-seat-yet"


def test_without_a_limit_everybody_enters_and_nothing_is_asked(django_assert_num_queries):
    session, person = SessionFactory(), RegistrationFactory()

    with django_assert_num_queries(0):
        entering.may_enter(person, session=session, now=NOW)


def test_where_the_forum_gives_nothing_away_only_places_of_ones_own_count(session):
    Forum.objects.update(walk_in_minutes=None)
    session.forum.refresh_from_db()
    BookingFactory.create_batch(2, session=session)

    assert come(RegistrationFactory(), session, WALK_IN + timedelta(minutes=30)) == "no-seat"


def test_joining_where_a_place_is_free_books_it(client, noon, session):
    person = RegistrationFactory()
    client.force_login(person.user)

    answer = client.get(f"/2020/join/{session.code}/")

    assert (answer.status_code, answer["Location"]) == (302, session.meeting_url)
    assert (session.bookings.get().registration, session.attendances.count()) == (person, 1)


def test_evidence_from_the_door_is_never_refused_for_a_place(session):
    BookingFactory.create_batch(2, session=session)
    person = RegistrationFactory()

    joining.enter(registration=person, session=session, now=NOW, source=Attendance.Source.CHECK_IN)

    assert session.attendances.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_the_join_link_in_the_same_moment_fill_the_places_and_no_more():
    ForumFactory()
    session = SessionFactory(capacity=5, starts=NOW - timedelta(minutes=20))
    crowd = RegistrationFactory.create_batch(12)
    enter = partial(joining.enter, session=session, now=NOW, source=Attendance.Source.JOIN)

    answers = together(*(partial(enter, registration=one) for one in crowd))

    assert answers.count("no-seat") == 7
    assert session.attendances.count() == 5
