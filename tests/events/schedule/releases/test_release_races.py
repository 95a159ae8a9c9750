"""Organisers who release at once what they all saw: it is released once."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction

from events.models import Release
from events.schedule import moves
from events.schedule.releases import diff, releases
from tests.events.schedule.releases.test_releases import END, START
from tests.factories import NOW, SessionFactory

THREADS = 4
BY = {"version": None, "by": None, "now": NOW}


@pytest.fixture
def session(transactional_db):
    if connection.vendor != "postgresql":
        pytest.fail("This test needs PostgreSQL: run it with make test")
    session = SessionFactory()
    moves.move(session, starts=START, ends=END, room=None, **BY)
    return session


def run(session):
    """Release what was seen in several threads at once; return the codes of the refusals, and what broke."""
    seen = releases.preview(session.forum).fingerprint
    start, refused, broken = threading.Barrier(THREADS), [], []

    def release():
        try:
            start.wait(10)
            releases.release(session.forum, note="", by=None, now=NOW, seen=seen)
        except ValidationError as refusal:
            refused.append(refusal.code)
        except BaseException as error:
            broken.append(type(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=release) for _n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused, broken


def test_what_was_seen_is_released_once(session):
    refused, broken = run(session)

    assert (refused, broken) == (["draft-changed"] * (THREADS - 1), [])
    assert [row["kind"] for row in Release.objects.get().changes] == ["moved"]


def test_without_the_lock_all_of_them_would_find_the_draft_as_seen(session, monkeypatch):
    """The negative control: the test above proves something only if this happens without the lock."""

    class Unlocked:
        def __init__(self, forum):
            self.forum = forum

        def __enter__(self):
            self.atomic = transaction.atomic()
            self.atomic.__enter__()
            return self.forum

        def __exit__(self, *exc):
            return self.atomic.__exit__(*exc)

    fingerprint, looked = diff.fingerprint, threading.Barrier(THREADS)

    def looks_together(log):
        if threading.current_thread() is not threading.main_thread():
            looked.wait(10)
        return fingerprint(log)

    monkeypatch.setattr(releases, "locked", Unlocked)
    monkeypatch.setattr(diff, "fingerprint", looks_together)

    assert run(session) == ([], [])
    assert Release.objects.count() == THREADS
