"""The delivery of a worker process, with a thread and database connections of its own."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from events.mail import delivery, leases, worker
from events.models import Message
from tests.factories import MessageFactory
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


@pytest.fixture(autouse=True)
def _stopped():
    yield
    worker.stop()


def written(number=1, **changes):
    return MessageFactory(**{"to": f"person{number}@example.org", "due": timezone.now()} | changes)


def state(row):
    row.refresh_from_db()
    return row.state, row.doubts, row.leased_until


def test_woken_twice_there_is_one_thread_that_goes_on_by_itself(server, monkeypatch):
    monkeypatch.setattr(worker, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(delivery, "LOOK_EVERY", 0.05)
    first = written(1)

    worker.wake("bulk")
    worker.wake("account", "bulk")
    until(lambda: state(first)[0] == State.SENT)
    later = written(2)  # nobody wakes it, as while the broker is away
    until(lambda: state(later)[0] == State.SENT)

    assert [thread.name for thread in threading.enumerate()].count("delivery") == 1
    assert len(server.seen) == 2


def with_a_slow_server(server, settings, monkeypatch):
    """A worker with a mail that its server does not answer, and three of seven more on their way; return that mail and these."""
    monkeypatch.setattr(worker, "STOP_WITHIN", 0.3)
    monkeypatch.setattr(delivery, "PATIENCE", 60)  # nobody says the next last word
    settings.MAIL_CONNECTIONS = 4
    server.delays["slow.example"] = 20
    slow = written(1, to="a@slow.example")
    worker.wake("bulk")
    until(lambda: server.seen)
    others = [written(number, to=f"a@{number}.example") for number in range(2, 9)]
    worker.wake("bulk")
    until(lambda: Message.objects.filter(state=State.SENDING).count() == 4)
    return slow, others


def test_stopped_in_order_it_gives_back_at_once_and_waits_for_nobody_long(server, settings, monkeypatch):
    slow, others = with_a_slow_server(server, settings, monkeypatch)

    began = time.monotonic()
    worker.stop()

    assert time.monotonic() - began < 2
    assert state(slow) == (State.PERHAPS, 1, None)
    assert {state(row) for row in others} == {(State.QUEUED, 0, None)}


def test_told_to_end_it_gives_its_mails_back_before_the_last_task_is_done(server, settings, monkeypatch):
    monkeypatch.setattr(worker, "_is_ending", False)  # and again after the test
    slow, others = with_a_slow_server(server, settings, monkeypatch)

    worker.begin_to_stop()
    worker.wake("account", "bulk")  # a task that still runs
    until(lambda: not worker._worker.is_alive())

    assert state(slow) == (State.PERHAPS, 1, None)
    assert {state(row) for row in others} == {(State.QUEUED, 0, None)}
    worker.wake("bulk")
    assert not worker._worker.is_alive()


def test_quick_mails_are_finished_before_it_stops(server, monkeypatch):
    server.delays["example.org"] = 0.2
    row = written(1)
    worker.wake("bulk")
    until(lambda: server.seen)

    worker.stop()

    assert state(row) == (State.SENT, 0, None)


def test_outage_of_the_database_ends_nothing_and_doubles_nothing(server, monkeypatch, caplog):
    monkeypatch.setattr(worker, "AFTER_AN_ERROR", 0.05)
    is_away, mark_sent = threading.Event(), leases.mark_sent

    def fragile(message, *, now):
        if is_away.is_set():
            raise OperationalError
        return mark_sent(message, now=now)

    monkeypatch.setattr(leases, "mark_sent", fragile)
    is_away.set()
    first, second = written(1), written(2)
    worker.wake("bulk")
    until(lambda: any("cannot be worked on" in line for line in caplog.messages))
    time.sleep(0.2)

    is_away.clear()
    until(lambda: state(first)[0] == state(second)[0] == State.SENT)

    assert len(server.seen) == 2
    assert [line for line in caplog.messages if "cannot be worked on" in line] == caplog.messages


def test_after_an_outage_the_rows_of_others_are_left_to_them_for_a_while():
    lost = written(1, state=State.SENDING, leased_until=timezone.now() - timedelta(seconds=30))
    held = delivery.Delivery(["bulk"], clock=timezone.now)

    held.wait_with_sweeps(0.3)
    held.turn()
    at_once = state(lost)[0]
    time.sleep(0.3)
    held.inbox.put(None)
    held.listen(1)
    held.turn()

    assert (at_once, len(held.away)) == (State.SENDING, 1)
    while not held.is_without_work:
        held.listen(0.2)
        held.turn()


def test_clock_is_that_of_the_database(time_machine):
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [before] = cursor.fetchone()
    time_machine.move_to("2030-01-01T00:00:00Z", tick=False)
    clock = worker.DatabaseClock()

    first = clock()
    time.sleep(0.01)

    assert before < first < clock() < before + timedelta(minutes=1)
