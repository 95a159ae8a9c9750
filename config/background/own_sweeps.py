"""A worker that nobody wakes wakes itself: where broker or beat are away or frozen, sweeps go on from the database.

Each worker keeps when each sweep of its queues was woken last. One that hears nothing for three times the sweep's interval
(5 s at least) runs it by itself, at beat's pace, in a thread of its own. A sweep may run twice at once, so it does no harm
where another worker got the wake-up.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from celery import Celery, signals
from django.db import connections

logger = logging.getLogger(__name__)

PATIENCE = 3  # intervals without a wake-up
LEAST_PATIENCE = 5.0  # seconds
TICK = 0.5  # seconds
LAST_SWEEP = 2.5  # seconds that a sweep has to end when the worker stops: what is cut off is begun again by another
TELL_AFTER = 60.0  # seconds without a wake-up of any kind; before, the other workers of a queue may have got them all


@dataclass
class Sweep:
    """A task of beat's schedule; `interval` in seconds, the moments by `time.monotonic`."""

    task: str
    interval: float
    woken: float
    ran: float = field(default=0.0)

    def is_due(self, now: float) -> bool:
        """Whether nobody has woken it for long, and it has not run by itself within its interval."""
        return now - self.woken > max(PATIENCE * self.interval, LEAST_PATIENCE) and now - self.ran >= self.interval


class OwnSweeps:
    """Of one worker process, for the sweeps of the queues that it serves."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._stopped = threading.Event()
        queues, now = app.amqp.queues.consume_from, time.monotonic()
        self._sweeps = {
            entry["task"]: Sweep(entry["task"], interval=entry["schedule"], woken=now)
            for entry in app.conf.beat_schedule.values()
            if app.amqp.router.route({}, entry["task"])["queue"].name in queues
        }
        self._is_alone = False
        self._heard = now
        self._thread = threading.Thread(target=self._watch, name="own sweeps", daemon=True)
        self._thread.start()

    def woken(self, task: str) -> None:
        """Note that a wake-up of a task came."""
        if sweep := self._sweeps.get(task):
            sweep.woken = self._heard = time.monotonic()
            if self._is_alone:
                self._is_alone = False
                logger.warning("this worker is woken again")

    def stop(self) -> None:
        """Begin no sweep any more."""
        self._stopped.set()

    def end(self) -> None:
        """Begin no sweep any more, and wait until the last one is done, LAST_SWEEP at the most."""
        self.stop()
        self._thread.join(LAST_SWEEP)

    def _watch(self) -> None:
        while not self._stopped.wait(TICK):
            for sweep in self._sweeps.values():
                if sweep.is_due(time.monotonic()) and not self._stopped.is_set():
                    self._run(sweep)

    def _run(self, sweep: Sweep) -> None:
        if not self._is_alone and time.monotonic() - self._heard > TELL_AFTER:
            self._is_alone = True
            logger.warning("nobody wakes this worker: it sweeps by itself")
        sweep.ran = time.monotonic()
        try:
            self._app.tasks[sweep.task].apply(
                throw=True
            )  # as a task: it is counted, and its lines in the log have an id
        except Exception as error:  # whatever a sweep raises: the next one finds what is left
            logger.warning("a sweep of its own failed: %s (%s)", sweep.task, type(error).__name__)
        finally:
            connections.close_all()


def connect(app: Celery) -> None:
    """Give each worker process of an application its own sweeps."""
    own: list[OwnSweeps] = []

    def begin(**_about: Any) -> None:
        own.append(OwnSweeps(app))

    def note(request: Any, **_about: Any) -> None:
        for sweeps in own:
            sweeps.woken(request.name)

    def stop(**_about: Any) -> None:
        for sweeps in own:
            sweeps.stop()

    def end(**_about: Any) -> None:
        for sweeps in own:
            sweeps.end()

    signals.celeryd_after_setup.connect(begin, weak=False)
    signals.task_received.connect(note, weak=False)
    signals.worker_shutting_down.connect(stop, weak=False)
    signals.worker_shutdown.connect(end, weak=False)
