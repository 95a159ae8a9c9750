"""Waiting lists of sessions: who moves up when, and what they read of it."""

from datetime import timedelta

import pytest

from events.models import Forum, HistoryEntry, Message, Session
from events.shared.mail import outbox
from registration import tasks
from registration.models import Booking, Registration, Waiting
from registration.registering import registrations
from registration.sessions.seats import booking, my_seat, promotion, waiting_list
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    SeatHoldFactory,
    SessionFactory,
)
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def full():
    """A session of one place, which somebody has."""
    return BookingFactory(session=SessionFactory(capacity=1)).session


def join(session, now=NOW, **person):
    person = RegistrationFactory(**person)
    waiting_list.join(registration=person, session=session, now=now)
    return person


def place(session, person):
    return my_seat.seat(session, registration=person, now=NOW).place


def give_up(session, now=NOW):
    row = session.bookings.first()
    booking.leave(registration=row.registration, session=session, now=now)


def booked(session):
    return list(Registration.objects.filter(bookings__session=session).order_by("bookings__pk"))


def offers(minutes=60):
    ForumFactory()
    Forum.objects.update(offer_minutes=minutes)


def mails(*kinds):
    return list(Message.objects.filter(kind__in=kinds).order_by("pk"))


def test_the_first_gets_the_place_in_the_moment_in_which_it_is_given_up(full):
    first = join(full, NOW + timedelta(seconds=10))
    second = join(full, NOW)  # by a clock that is behind
    again = waiting_list.join(registration=first, session=full, now=NOW + timedelta(days=1))
    assert (again.joined, place(full, first), full.waitings.count()) == (NOW + timedelta(seconds=10), 1, 2)
    give_up(full)

    assert booked(full) == [first]
    assert list(full.waitings.values_list("registration", flat=True)) == [second.pk]
    verbs = HistoryEntry.objects.filter(verb__in=["wait", "promote"]).order_by("pk").values_list("verb", "actor")
    assert list(verbs) == [("wait", first.user_id), ("wait", second.user_id), ("promote", None)]


def test_nobody_overtakes_those_who_wait_when_places_are_added(full, noon):
    first, second = join(full), join(full)
    Session.objects.update(capacity=2)
    late = refused(booking.book, registration=RegistrationFactory(), session=full, now=NOW)
    assert (late, booked(full)[1:]) == ("session-full", [first])
    Session.objects.update(capacity=3)
    booking.book(registration=second, session=full, now=NOW)
    third = join(full)
    Session.objects.update(capacity=4)
    tasks.fill_seats()

    assert (booked(full)[1:], full.waitings.count()) == ([first, second, third], 0)


def test_joining_where_a_place_is_free_books_it():
    session = SessionFactory(capacity=1)

    made = waiting_list.join(registration=RegistrationFactory(), session=session, now=NOW)

    assert (type(made), session.waitings.count()) == (Booking, 0)


@pytest.mark.parametrize(
    ("session", "person", "code"),
    [
        ({"state": "cancelled"}, {}, "session-not-open"),
        ({}, {"withdrawn": NOW}, "not-registered"),
        ({}, {"state": "secretariat"}, "not-registered"),
        ({"starts": NOW, "ends": NOW + timedelta(hours=1)}, {}, "session-begun"),
    ],
)
def test_join_is_refused(full, session, person, code):
    Session.objects.update(**session)

    assert refused(waiting_list.join, registration=RegistrationFactory(**person), session=full, now=NOW) == code
    assert not Waiting.objects.exists()


def test_nobody_moves_up_once_the_session_has_begun(full):
    join(full)

    give_up(full, now=full.starts)
    promotion.fill_all(full.starts)

    assert (full.bookings.count(), full.waitings.count(), mails("seat-given")) == (0, 1, [])


def test_who_withdraws_leaves_places_and_lists_to_others(full, django_capture_on_commit_callbacks):
    owner, first, second = full.bookings.get().registration, join(full), join(full)

    with django_capture_on_commit_callbacks(execute=True):
        registrations.withdraw(first, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        registrations.withdraw(owner, now=NOW)

    assert (booked(full), full.waitings.count()) == ([second], 0)


@pytest.mark.parametrize("gone", [{"withdrawn": NOW}, {"state": "refused"}])
def test_who_does_not_take_part_any_more_is_passed_over(full, gone):
    first, second = join(full), join(full)
    Registration.objects.filter(pk=first.pk).update(**gone)

    give_up(full)

    assert (booked(full), full.waitings.count()) == ([second], 0)


def test_without_a_limit_everybody_who_waits_has_a_place(full):
    people = [join(full), join(full)]
    Session.objects.update(capacity=None)

    promotion.fill_all(NOW)

    assert booked(full)[1:] == people


def test_capacity_lowered_below_what_is_booked_takes_nothing_from_anybody():
    session = SessionFactory(capacity=3)
    BookingFactory.create_batch(3, session=session)
    waits = join(session)
    Session.objects.update(capacity=1)

    give_up(session)
    give_up(session)

    assert (session.bookings.count(), waits in booked(session)) == (1, False)
    give_up(session)
    assert booked(session) == [waits]


# --- places kept for a kind -----------------------------------------------------------------------
def test_a_place_kept_for_a_kind_goes_to_that_kind_only():
    media, session = KindFactory(), SessionFactory(capacity=2)
    SeatHoldFactory(session=session, kind=media)
    booking.book(registration=RegistrationFactory(), session=session, now=NOW)

    late = RegistrationFactory()
    assert refused(booking.book, registration=late, session=session, now=NOW) == "session-full"
    waiting_list.join(registration=late, session=session, now=NOW)
    reporter = join(session, kind=media)

    assert booked(session)[1:] == [reporter]
    assert session.waitings.get().registration == late


def test_a_kept_place_that_nobody_took_goes_to_the_line_before_the_start():
    session = SeatHoldFactory(session=SessionFactory(capacity=1)).session
    late = join(session)

    assert promotion.fill_all(session.starts - timedelta(minutes=61)) == 0
    assert promotion.fill_all(session.starts - timedelta(minutes=60)) == 1
    assert booked(session) == [late]


# --- offers ---------------------------------------------------------------------------------------
def test_an_offer_keeps_the_place_for_its_time_and_then_the_next_has_it(full):
    offers()
    first, second = join(full), join(full)

    give_up(full)
    other = RegistrationFactory()
    kept = refused(booking.book, registration=other, session=full, now=NOW + timedelta(minutes=59))
    promotion.fill_all(NOW + timedelta(minutes=59))
    before = list(Waiting.objects.offered(NOW).values_list("registration", flat=True))
    late = refused(booking.book, registration=first, session=full, now=NOW + timedelta(minutes=60))
    promotion.fill_all(NOW + timedelta(minutes=60))

    assert (kept, before, late) == ("session-full", [first.pk], "session-full")
    row = full.waitings.get()
    assert (row.registration, row.offered_until) == (second, NOW + timedelta(minutes=120))
    assert [mail.user for mail in mails("seat-offered")] == [first.user, second.user]
    assert [mail.user for mail in mails("seat-over")] == [first.user]


def test_an_offer_never_holds_past_the_start(full):
    offers()
    join(full)

    give_up(full, now=full.starts - timedelta(minutes=10))

    assert full.waitings.get().offered_until == full.starts


# --- mails and history ----------------------------------------------------------------------------
def test_the_mail_has_the_calendar_file_and_a_link_that_gives_the_place_up(full, client):
    person = join(full, language="fr")
    give_up(full)

    (mail,) = mails("seat-given")
    path = next(word for word in mail.text.split() if "/seat/" in word).split("testserver")[-1]
    path = "/" + path.split("/", 3)[-1] if path.startswith("http") else path

    assert (mail.user, mail.language, mail.expires) == (person.user, "fr", full.starts)
    assert ("BEGIN:VEVENT" in mail.calendar, f"{full.guid}" in mail.calendar or full.code in mail.calendar) == (
        True,
        True,
    )
    assert client.get(path).status_code == 200
    assert full.bookings.count() == 1  # looking changes nothing
    assert client.post(path, {"act": "give-up"}).status_code == 303
    assert full.bookings.count() == 0


def test_a_mail_about_a_place_that_is_gone_is_not_sent(full):
    join(full)
    give_up(full)
    (mail,) = mails("seat-given")

    wanted = outbox.unwanted([mail], now=NOW)
    give_up(full)

    assert (wanted, outbox.unwanted([mail], now=NOW)) == (set(), {mail.pk})


def test_a_mail_about_an_offer_that_is_over_is_not_sent(full):
    offers()
    join(full)
    give_up(full)
    (mail,) = mails("seat-offered")

    assert mail.expires == NOW + timedelta(minutes=60)
    assert outbox.unwanted([mail], now=NOW) == set()
    assert outbox.unwanted([mail], now=mail.expires) == {mail.pk}
