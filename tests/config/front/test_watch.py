"""The watch on real connections to PostgreSQL: one that hung up."""

import pytest
from django.db import connection

from config.front import watch
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


def ask(sql="SELECT 1"):
    with connection.cursor() as cursor:
        cursor.execute(sql)


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
