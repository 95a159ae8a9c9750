"""The delivery of a worker process: one thread that goes on by itself once it was woken.

A task only wakes it, and ends at once, so a slow mail server never holds a worker's thread that other tasks need; and
while the broker is away, mails go out as ever. When the worker stops in order, everything is given back first.
"""

import logging
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from events.mail.delivery import LOOK_EVERY, Delivery, Outcome

logger = logging.getLogger(__name__)

# Seconds.
STOP_WITHIN = 3.0  # with `own_sweeps.LAST_SWEEP` less than 8 s, after which a process that ends is killed
LAST_MARKS = 2.0
LISTEN = 0.25
AFTER_AN_ERROR = 0.5
LONG_TURN = 5.0  # a turn that takes so long waited for the database
AFTER_AN_OUTAGE = 5.0
CLOCK_HOLDS = 60.0


class DatabaseClock:
    """The present moment as the database has it: workers on machines whose clocks differ agree about leases."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._moment = timezone.now()

    def __call__(self) -> datetime:
        passed = time.monotonic() - self._read_at
        if passed > CLOCK_HOLDS:
            self._moment, self._read_at, passed = self._ask(), time.monotonic(), 0.0
        return self._moment + timedelta(seconds=passed)

    @staticmethod
    def _ask() -> datetime:
        if connection.vendor != "postgresql":
            return timezone.now()  # the file is on this machine
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            moment: datetime = cursor.fetchone()[0]
            return moment


class Worker(threading.Thread):
    """Turns until it is stopped, whatever happens to the database."""

    def __init__(self, queues: Iterable[str]) -> None:
        super().__init__(name="delivery", daemon=True)
        self.delivery = Delivery(queues, clock=DatabaseClock())
        self._is_stopping = threading.Event()
        self._is_in_trouble = False

    def run(self) -> None:
        while not self._is_stopping.is_set():
            self._turn()
            self.delivery.listen(LISTEN if self.delivery.is_busy else LOOK_EVERY)
        self._finish()
        connection.close()

    def _turn(self) -> None:
        began = time.monotonic()
        try:
            self.delivery.turn()
        except Exception as error:  # whatever it is, what is on its way must be looked after
            if not self._is_in_trouble:
                logger.exception("mail: the outbox cannot be worked on (%s)", type(error).__name__)
            self._is_in_trouble = True
            connection.close()
            time.sleep(AFTER_AN_ERROR)
        else:
            self._is_in_trouble = False
            if not self.delivery.is_busy:
                self.delivery.outcome.tell()
                self.delivery.outcome = Outcome()
        if self._is_in_trouble or time.monotonic() - began > LONG_TURN:
            self.delivery.wait_with_sweeps(AFTER_AN_OUTAGE)

    def stop(self) -> None:
        """Ask it to end; returns at once."""
        self._is_stopping.set()
        self.delivery.inbox.put(None)

    def _finish(self) -> None:
        """Let the quick servers answer, then give everything back."""
        ends = time.monotonic() + STOP_WITHIN
        self.delivery.queues.clear()
        try:
            while self.delivery.is_busy and time.monotonic() < ends:
                self.delivery.listen(LISTEN)
                self.delivery.turn()
            self.delivery.give_up()
        except Exception as error:  # the leases will free the rows
            logger.warning("mail: rows are given back by their leases (%s)", type(error).__name__)
        self.delivery.dismiss()


_lock = threading.Lock()
_worker: Worker | None = None
_is_ending = False  # this process: whoever wakes its delivery now would only keep rows from others


def wake(*queues: str) -> None:
    """Have the delivery of this process look at these queues now; from then on it looks by itself."""
    global _worker
    with _lock:
        if _is_ending:
            return
        if _worker is None or not _worker.is_alive():
            _worker = Worker(queues)
            _worker.start()
        _worker.delivery.queues.update(queues)
        _worker.delivery.inbox.put(None)


def begin_to_stop(**_sender: Any) -> None:
    """This process ends: its delivery takes no more, and gives back what it has, while tasks may still run.

    It takes no lock, for it is called in the midst of whatever a signal interrupts.
    """
    global _is_ending
    _is_ending = True
    if worker := _worker:
        worker.stop()


def stop(**_sender: Any) -> None:
    """End the delivery of this process and wait for that: all its rows are given back."""
    global _worker
    with _lock:
        if _worker is not None:
            _worker.stop()
            _worker.join(STOP_WITHIN + LAST_MARKS)
            _worker = None
