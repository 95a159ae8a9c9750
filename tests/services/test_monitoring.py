"""A real worker and a real beat leave word of what they do, and so Site status and /metrics know of them."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from config.models import LastRun
from config.running.monitoring import parts
from tests.factories import MessageFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
CELERY = ("-m", "celery", "-A", "tests.quick_beat")


def until(said, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline, list(LastRun.objects.values())
        time.sleep(0.2)


def test_worker_and_beat_are_known_by_what_they_did_last(client, start_process, tmp_path):
    worker = ("worker", "--pool", "threads", "-c", "2", "-Q", "account,bulk", "--loglevel", "WARNING")
    start_process(*CELERY, *worker)
    start_process(*CELERY, "beat", "--loglevel", "WARNING", "--schedule", str(tmp_path / "schedule"), "--pidfile", "")
    MessageFactory(queue="account", state="queued")
    names = {"beat", "worker account", "worker bulk"}

    def running(now):
        return {state.part for state in parts.runs(now) if state.found == parts.PartState.OK}

    until(lambda: running(timezone.now()) == names)
    text = client.get("/metrics").content.decode()

    assert 'wsis_part_ready{part="worker account"} 1.0' in text
    assert 'wsis_task_age_seconds{task="events.tasks.deliver_account_mail"}' in text
    assert running(timezone.now() + parts.IDLE + timedelta(seconds=30)) == set()  # as if they had been gone since


def test_task_that_fails_in_a_worker_is_known(start_process, monkeypatch):
    start_process("-m", "celery", "-A", "tests.failing_task", "worker", "--pool", "threads", "-c", "1", "-Q", "failing")

    from tests.failing_task import app, fail

    with app.connection_for_write():
        fail.apply_async(queue="failing")
    until(lambda: LastRun.objects.filter(name=fail.name, done=None).exclude(failed=None).exists())
