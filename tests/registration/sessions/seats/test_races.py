"""Everybody at once, on PostgreSQL with real threads: SQLite would hide what these tests look for.

Each race is run once more without its lock, and must then go wrong: else it would prove nothing.
"""

import threading
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client

from events.models import Message, User
from registration.models import Registration, Waiting
from registration.registering import registrations
from registration.sessions.seats import booking, entering, promotion, waiting_list
from tests.factories import (
    NOW,
    BookingFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    WaitingFactory,
)
from tests.races import change_locks, together
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 20


@pytest.fixture
def no_locks(monkeypatch):
    """The negative control: rows are read as they are, and not locked."""
    change_locks(monkeypatch)


@pytest.fixture
def slow_count(monkeypatch):
    """Time passes between counting the seats and taking one, as it does on a busy machine."""
    count = promotion.free_for

    def slowly(person, **more):
        left = count(person, **more)
        time.sleep(0.02)
        return left

    monkeypatch.setattr(promotion, "free_for", slowly)


def rush(session, registrations):
    return together(*(partial(booking.book, registration=one, session=session, now=NOW) for one in registrations))


@pytest.mark.parametrize("seats", [1, 5])
def test_last_seats_go_to_as_many_of_twenty(slow_count, seats):
    session, crowd = SessionFactory(capacity=seats), RegistrationFactory.create_batch(CROWD)

    answers = rush(session, crowd)

    refusals = [answer for answer in answers if isinstance(answer, str)]
    assert session.bookings.count() == seats
    assert refusals == ["session-full"] * (CROWD - seats)


def test_last_seat_without_the_lock_is_sold_more_than_once(slow_count, no_locks):
    session, crowd = SessionFactory(capacity=1), RegistrationFactory.create_batch(CROWD)

    rush(session, crowd)

    assert session.bookings.count() > 1


def waiting_crowd(session):
    """A full session in which the crowd waits, each a second after the one before."""
    owner = BookingFactory(session=session).registration
    crowd = RegistrationFactory.create_batch(6)
    for n, person in enumerate(crowd):
        WaitingFactory(session=session, registration=person, joined=NOW + timedelta(seconds=n))
    return owner, crowd


@pytest.mark.parametrize("_try", range(3))
def test_a_place_that_is_given_up_goes_to_the_first_whoever_books_in_the_same_moment(_try):
    session = SessionFactory(capacity=1)
    owner, crowd = waiting_crowd(session)

    answers = together(
        partial(booking.leave, registration=owner, session=session, now=NOW),
        *(
            partial(booking.book, registration=one, session=session, now=NOW)
            for one in RegistrationFactory.create_batch(6)
        ),
        *(partial(promotion.fill_all, NOW) for _i in range(3)),
    )

    assert [row.registration for row in session.bookings.all()] == [crowd[0]]
    assert Message.objects.filter(kind="seat-given").count() == 1
    assert answers[1:7] == ["session-full"] * 6


@pytest.mark.parametrize("verb", [booking.book, waiting_list.join, entering.take_seat])
def test_a_place_that_a_withdrawal_frees_between_two_looks_goes_to_the_first_who_waits(verb, monkeypatch):
    session, gone = SessionFactory(capacity=1), []
    owner, crowd = waiting_crowd(session)
    fill = promotion.fill

    def somebody_withdraws_then(session, *, now):
        number = fill(session, now=now)
        if not gone:
            gone.append(threading.Thread(target=together, args=[partial(registrations.withdraw, owner, now=NOW)]))
            gone[0].start()
            while Registration.objects.standing().filter(pk=owner.pk).exists():
                time.sleep(0.005)
        return number

    monkeypatch.setattr(promotion, "fill", somebody_withdraws_then)
    with suppress(ValidationError):
        verb(registration=RegistrationFactory(), session=session, now=NOW)
    gone[0].join()

    assert [row.registration for row in session.bookings.all()] == [crowd[0]]


def test_who_moves_up_and_withdraws_in_the_same_moment_leaves_the_place_to_the_next():
    for _try in range(5):
        session = SessionFactory(capacity=1)
        owner, crowd = waiting_crowd(session)
        second, third = (Waiting.objects.get(registration=one) for one in crowd[1:3])

        together(
            partial(booking.leave, registration=owner, session=session, now=NOW),
            partial(registrations.withdraw, crowd[0], now=NOW),
            partial(waiting_list.leave, registration=crowd[1], session=session, now=NOW),
        )

        # The second one keeps the place where it was theirs before they left the list.
        row = session.bookings.get()
        assert row.registration in (second.registration, third.registration)
        assert not Waiting.objects.filter(pk=second.pk).exists()


def test_one_person_in_ten_tabs_takes_one_seat():
    session, registration = SessionFactory(capacity=5), RegistrationFactory()

    answers = rush(session, [registration] * 10)

    assert len({answer.pk for answer in answers}) == 1
    assert session.bookings.count() == 1


def test_one_person_in_ten_tabs_without_the_lock_meets_the_constraint(slow_count, no_locks):
    session, registration = SessionFactory(capacity=50), RegistrationFactory()

    answers = rush(session, [registration] * 10)

    assert any(isinstance(answer, IntegrityError) for answer in answers)
    assert session.bookings.count() == 1


def test_nobody_books_while_withdrawing():
    for _try in range(10):
        session, registration = SessionFactory(), RegistrationFactory()

        together(
            partial(booking.book, registration=registration, session=session, now=NOW),
            partial(registrations.withdraw, registration, now=NOW),
        )

        registration.refresh_from_db()
        assert (registration.withdrawn, registration.bookings.count()) == (NOW, 0)


def register(user, forum):
    return partial(registrations.register, forum, user=user, data=ANSWERS, has_consented=True, now=NOW)


def test_registering_in_ten_tabs_makes_one_row():
    CountryFactory()
    user, forum = UserFactory(), ForumFactory()

    answers = together(*[register(user, forum)] * 10)

    assert {type(answer) for answer in answers} == {Registration}
    assert len({answer.pk for answer in answers}) == 1
    assert Registration.objects.count() == 1


def test_signing_up_in_four_tabs_makes_one_account_and_the_same_page():
    form = {"email": "awa@example.org", "password1": "a long enough sentence"}

    def sign_up():
        return Client().post("/accounts/signup/", form)

    answers = together(*[sign_up] * 4)

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/accounts/confirm-email/")] * 4
    assert User.objects.filter(email="awa@example.org").count() == 1
    assert Message.objects.filter(to="awa@example.org").count() == 4
