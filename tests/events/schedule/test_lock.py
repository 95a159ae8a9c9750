"""The lock of the schedule: two organisers who look for a free room at once do not both find it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections

from events.schedule import clashes, lock, moves
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory

START = datetime(2020, 7, 22, 12, tzinfo=UTC)
END = START + timedelta(minutes=90)


def place(session, *, room):
    """What the session's page does: look for a clash and put the session into the draft, under one lock."""
    with lock.locked(session.forum):
        clashes.check_session(session, room=room, starts=START, ends=END)
        moves.put(session, starts=START, ends=END, room=room, version=None, by=None, now=NOW)


@pytest.fixture
def rivals(transactional_db):
    if connection.vendor != "postgresql":
        pytest.fail("This test needs PostgreSQL: run it with make test")
    forum = ForumFactory()
    return RoomFactory(forum=forum), [SessionFactory(forum=forum) for _i in range(6)]


def run_at_once(rivals):
    """Save all the sessions into one room at one time, each in a thread of its own; return how many were refused."""
    room, sessions = rivals
    start, refused, broken = threading.Barrier(len(sessions)), [], []

    def save(session):
        try:
            start.wait(10)
            place(session, room=room)
        except ValidationError as refusal:
            refused.append(list(refusal.error_dict))
        except BaseException as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=[session]) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    return len(refused)


def test_of_sessions_saved_at_once_one_gets_the_room(rivals):
    room, sessions = rivals

    refused = run_at_once(rivals)

    assert (refused, room.placements.count()) == (len(sessions) - 1, 1)


def test_without_the_lock_several_would_get_the_room(rivals, monkeypatch):
    """The negative control: the test above proves something only if this happens without the lock."""
    from django.db import transaction

    class Unlocked:
        def __init__(self, forum):
            self.forum = forum

        def __enter__(self):
            self.atomic = transaction.atomic()
            self.atomic.__enter__()
            return self.forum

        def __exit__(self, *exc):
            return self.atomic.__exit__(*exc)

    room, sessions = rivals
    looked = threading.Barrier(len(sessions))
    check = clashes.check_session

    def check_together(*args, **kwargs):
        check(*args, **kwargs)
        looked.wait(10)

    monkeypatch.setattr(lock, "locked", Unlocked)
    monkeypatch.setattr(moves, "locked", Unlocked)
    monkeypatch.setattr(clashes, "check_session", check_together)

    run_at_once(rivals)

    assert room.placements.count() == len(sessions)
