"""The rows in which workers, beat and backups leave word when they last did something (`LastRun`)."""

import time
from datetime import datetime
from typing import Any

from celery import signals
from django.db import close_old_connections
from django.utils import timezone

from config.models import LastRun

BEAT, BACKUP = "beat", "backup"
EVERY = 5.0  # seconds between two words of a process about the same: some tasks run every other second
_told: dict[str, float] = {}


def note(name: str, *, now: datetime, has_failed: bool = False) -> None:
    """Write that something was done, or failed, at a moment."""
    row = LastRun(name=name, done=None if has_failed else now, failed=now if has_failed else None)
    column = "failed" if has_failed else "done"
    LastRun.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=[column])


def _tell(name: str) -> None:
    if time.monotonic() - _told.get(name, float("-inf")) >= EVERY:
        note(name, now=timezone.now())
        _told[name] = time.monotonic()


# An error in a handler is logged by Celery, and costs nothing but the word.
@signals.worker_ready.connect(weak=False)
def _worker_begins(**_more: Any) -> None:
    signals.task_postrun.connect(task_ended, weak=False)


@signals.beat_init.connect(weak=False)
def _beat_begins(**_more: Any) -> None:
    signals.after_task_publish.connect(beat_gave, weak=False)


def task_ended(task: Any, state: str, **_more: Any) -> None:
    """A worker is through with a task."""
    if state == "FAILURE":
        note(task.name, now=timezone.now(), has_failed=True)
    elif state == "SUCCESS":
        _tell(task.name)


def beat_gave(**_more: Any) -> None:
    """Beat has woken somebody."""
    close_old_connections()
    _tell(BEAT)
