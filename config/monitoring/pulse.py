"""Workers and beat tell that they live: a thread of each writes its heartbeat, and their tasks are counted.

Where a worker or beat hangs, this thread may still run: so the heartbeat also says whether the process has worked since
the last one. A worker that nobody wakes works too (config.background.own_sweeps).
"""

import atexit
import logging
import secrets
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

from celery import signals
from django.db import connections

from config.monitoring import heartbeats, metrics

log = logging.getLogger(__name__)

AGAIN = 0.5  # seconds after a heartbeat that could not be written: the database may be back any moment
LEAVE = 2.0  # seconds that the last words may take
FORGET_EVERY = 15.0  # seconds
OUTCOMES = {"SUCCESS": "succeeded", "RETRY": "repeated"}


class Pulse:
    """The thread that writes the heartbeat of this process."""

    def __init__(self, kind: str, *, node: str, queues: Iterable[str] = ("",)) -> None:
        self.kind, self._node, self._queues = kind, node, tuple(queues)
        self._process = secrets.token_hex(8)
        self._has_worked = True  # it has just begun
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def has_worked(self) -> None:
        self._has_worked = True

    def stop(self) -> None:
        """Take leave, and wait for it a moment at the most."""
        self._end.set()
        self._thread.join(LEAVE)

    def _beat(self, *, has_worked: bool) -> None:
        heartbeats.write(self.kind, node=self._node, queues=self._queues, process=self._process, has_worked=has_worked)

    def _run(self) -> None:
        pause, forgets = 0.0, 0.0
        while not self._end.wait(pause):
            has_worked, self._has_worked = self._has_worked, False
            try:
                self._beat(has_worked=has_worked)
                if time.monotonic() >= forgets:
                    forgets = time.monotonic() + FORGET_EVERY
                    heartbeats.forget_gone(self.kind, node=self._node, queues=self._queues)
                pause = heartbeats.PULSE
            except Exception as error:  # whatever it is, the process shall not look dead once it is over
                self._has_worked = self._has_worked or has_worked
                pause = AGAIN
                log.debug("no heartbeat: %s", type(error).__name__)
                connections.close_all()
        try:
            heartbeats.take_leave(process=self._process)
        except Exception as error:  # a worker that ends waits for nothing
            log.debug("no leave taken: %s", type(error).__name__)
        connections.close_all()


_pulse: Pulse | None = None
_began: dict[str, float] = {}  # tasks under way → when they began


@signals.worker_ready.connect(weak=False)
def _worker_begins(sender: Any, **_more: Any) -> None:
    global _pulse
    _pulse = Pulse(heartbeats.Kind.WORKER, node=socket.gethostname(), queues=sender.app.amqp.queues.consume_from)


@signals.beat_init.connect(weak=False)
def _beat_begins(**_more: Any) -> None:
    global _pulse
    _pulse = Pulse(heartbeats.Kind.BEAT, node=socket.gethostname())


def has_worked() -> None:
    """Note that this process does what it is there for: a worker takes a task, beat comes to the next entry."""
    if _pulse:
        _pulse.has_worked()


@signals.task_received.connect(weak=False)
@signals.task_prerun.connect(weak=False)
def _takes(**_more: Any) -> None:
    if _pulse and _pulse.kind == heartbeats.Kind.WORKER:
        has_worked()


@signals.worker_shutdown.connect(weak=False)
def _worker_ends(**_more: Any) -> None:
    if _pulse:
        _pulse.stop()


@signals.task_prerun.connect(weak=False)
def _task_begins(task_id: str, **_more: Any) -> None:
    _began[task_id] = time.perf_counter()


@signals.task_postrun.connect(weak=False)
def _task_ends(task_id: str, task: Any, state: str, **_more: Any) -> None:
    seconds = time.perf_counter() - _began.pop(task_id, time.perf_counter())
    metrics.observe_task(task.name, OUTCOMES.get(state, "failed"), seconds)
