from datetime import timedelta

import pytest

from events import delivery
from events.models import Message
from registration import notices, reminders
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db
HALF_HOUR = timedelta(minutes=30)


def cancelled_session(**changes):
    return SessionFactory(**{"starts": NOW + HALF_HOUR, "state": "cancelled"} | changes)


def booked(session, **person):
    return BookingFactory(session=session, registration=RegistrationFactory(forum=session.forum, **person))


def test_queue_tells_everybody_who_booked_once(settings):
    settings.BASE_URL = "https://forum.example"
    row = booked(cancelled_session(title="On bridges"))
    booked(SessionFactory(starts=NOW + HALF_HOUR))

    numbers = [notices.queue_notices(NOW), notices.queue_notices(NOW)]

    message = Message.objects.get()
    assert numbers == [1, 0]
    assert message.dedupe_key == f"cancelled:booking:{row.pk}:2020-07-22T12:50Z"
    assert message.subject == "Cancelled: On bridges, Wednesday 22 July 2020, 12:50 Bamako (UTC)"
    assert message.text.splitlines()[:6] == [
        "A session of your agenda is cancelled. It does not take place.",
        "",
        "On bridges",
        "Wednesday 22 July 2020, 12:50–14:20 Bamako (UTC)",
        "Wednesday 22 July 2020, 14:50–16:20 Geneva (UTC+2)",
        "",
    ]
    assert (message.kind, message.unsubscribe_url, message.expires) == ("cancelled", "", row.session.starts)
    assert "STATUS:CANCELLED" in message.calendar
    assert "https://forum.example/2020/programme/" in message.html


def test_queue_tells_those_who_stopped_the_reminders():
    booked(cancelled_session(), wants_reminders=False)

    assert notices.queue_notices(NOW) == 1


def test_queue_does_not_tell_who_withdrew():
    booked(cancelled_session(), withdrawn=NOW)

    assert notices.queue_notices(NOW) == 0


def test_queue_does_not_tell_of_a_session_that_is_past():
    booked(cancelled_session(starts=NOW))

    assert notices.queue_notices(NOW) == 0


def test_queue_does_not_tell_of_a_hidden_forum():
    booked(cancelled_session(forum=ForumFactory(slug="2021", is_public=False)))

    assert notices.queue_notices(NOW) == 0


def test_queue_takes_the_waiting_reminders_back():
    session = SessionFactory(starts=NOW + HALF_HOUR)
    booked(session)
    reminders.queue_reminders(NOW)
    type(session).objects.update(state="cancelled")

    notices.queue_notices(NOW)

    assert sorted(Message.objects.values_list("kind", "state")) == [("cancelled", "queued"), ("reminder", "cancelled")]


def test_queue_goes_in_chunks(monkeypatch):
    monkeypatch.setattr(reminders, "CHUNK", 2)
    session = cancelled_session()
    for _person in range(5):
        booked(session)

    assert (notices.queue_notices(NOW), Message.objects.count()) == (5, 5)


@pytest.mark.parametrize("people", [1, 3])
def test_queue_asks_the_same_for_one_person_and_for_three(django_assert_num_queries, people):
    session = cancelled_session()
    for _person in range(people):
        booked(session)

    # sessions, bookings; the letter: session, texts, Action Lines; the rows in a savepoint; reminders; no more bookings
    with django_assert_num_queries(10):
        notices.queue_notices(NOW)


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({}, 1),
        ({"state": "scheduled"}, 0),
        ({"starts": NOW + 2 * HALF_HOUR}, 0),
    ],
)
def test_send_asks_again(change, sent):
    row = booked(cancelled_session())
    notices.queue_notices(NOW)
    if change:
        type(row.session).objects.update(**change)

    outcome = delivery.deliver(["bulk"], clock=lambda: NOW)

    assert (outcome.sent, outcome.cancelled) == (sent, 1 - sent)


def test_send_to_who_left_is_cancelled():
    booked(cancelled_session())
    notices.queue_notices(NOW)
    RegistrationFactory._meta.model.objects.update(withdrawn=NOW)

    outcome = delivery.deliver(["bulk"], clock=lambda: NOW)

    assert (outcome.sent, outcome.cancelled) == (0, 1)
