"""The watch on real connections to PostgreSQL: a server that is silent, one that is merely slow, one that hung up."""

import threading
import time

import psycopg
import pytest
from django.db import OperationalError, connection

from config.database import watch
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def start():
    """A function that starts a watch on a question; it ends with the test."""
    started = []

    def begin(question):
        one = watch.Watch(question)
        started.append(one)
        one.start()
        return one

    yield begin
    for one in started:
        one.stop()


def sleep_in_the_server(seconds, told):
    """Ask PostgreSQL for an answer after so many seconds, in a thread; what came of it is told."""

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(%s)", [seconds])
            told.append("answered")
        except OperationalError:
            told.append("lost")
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def ask(sql="SELECT 1"):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_silent_server_keeps_nobody_waiting_and_is_found_again(start):
    silent = threading.Event()
    silent.set()
    told = []

    waiting = sleep_in_the_server(60, told)
    found = start(lambda: ask("SELECT pg_sleep(60)" if silent.is_set() else "SELECT 1"))
    waiting.join(30)
    until(lambda: found.is_away)

    assert told == ["lost"]
    connection.close()
    with pytest.raises(OperationalError):  # nobody else tries to connect meanwhile
        ask()
    silent.clear()
    until(lambda: not found.is_away)
    ask()


def test_query_that_is_merely_slow_is_left_alone(start):
    told = []
    found = start(ask)

    sleep_in_the_server(2 * watch.STUCK_AFTER, told).join()

    assert (told, found.is_away) == (["answered"], False)


def test_ended_connection_of_the_looker_is_no_outage(start):
    asked = []
    found = start(lambda: (asked.append(1), ask("SELECT 1")))
    until(lambda: asked)

    ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    count = len(asked)
    until(lambda: len(asked) > count + 1)

    assert not found.is_away


def test_connection_that_ended_just_now_is_seen_before_the_next_question():
    ask()
    number, looker = connection.connection.info.backend_pid, psycopg.connect(**connection.get_connection_params())
    with looker:
        looker.execute("SELECT pg_terminate_backend(%s)", [number])
    looker.close()
    until(connection.connection.has_something_to_read)
    connection.connection.answered = time.monotonic()

    assert not connection.is_usable()
    connection.close()
    ask()
    assert connection.is_usable()
