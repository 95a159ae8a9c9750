"""Everybody at once, on PostgreSQL with real threads: SQLite would hide what these tests look for.

Each race is run once more without its lock, and must then go wrong: else it would prove nothing.
"""

import time
from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from django.test import Client

from events.models import Message, User
from registration.models import Registration
from registration.registering import registrations
from registration.seats import booking
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, SessionFactory, UserFactory
from tests.races import together
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 20


@pytest.fixture
def no_locks(monkeypatch):
    """The negative control: rows are read as they are, and not locked."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())


@pytest.fixture
def slow_count(monkeypatch):
    """Time passes between counting the seats and taking one, as it does on a busy machine."""
    count = booking.seats_left

    def slowly(session):
        left = count(session)
        time.sleep(0.02)
        return left

    monkeypatch.setattr(booking, "seats_left", slowly)


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


def test_registering_in_ten_tabs_without_the_lock_meets_the_constraint(no_locks, monkeypatch):
    CountryFactory()
    user, forum = UserFactory(), ForumFactory()
    check = registrations.check_window

    def slowly(forum, *, now):
        check(forum, now=now)
        time.sleep(0.1)

    monkeypatch.setattr(registrations, "check_window", slowly)

    answers = together(*[register(user, forum)] * 10)

    assert any(isinstance(answer, IntegrityError) for answer in answers)
    assert Registration.objects.count() == 1


def test_signing_up_in_four_tabs_makes_one_account_and_the_same_page():
    form = {"email": "awa@example.org", "password1": "a long enough sentence"}

    def sign_up():
        return Client().post("/accounts/signup/", form)

    answers = together(*[sign_up] * 4)

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/accounts/confirm-email/")] * 4
    assert User.objects.filter(email="awa@example.org").count() == 1
    assert Message.objects.filter(to="awa@example.org").count() == 4
