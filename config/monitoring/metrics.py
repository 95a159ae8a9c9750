"""What this process counts for /metrics: requests, tasks and choices, with their time.

Counting adds to numbers in memory (under a microsecond); a thread writes them once a second into a file of the process
(config.monitoring.process_files), and whichever web process is asked for /metrics adds up the files of all.
"""

import atexit
import logging
import os
import threading
from bisect import bisect_left

from config.monitoring import process_files
from config.monitoring.process_files import Numbers, ProcessFile

log = logging.getLogger(__name__)

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
WRITE_EVERY = 1.0  # seconds
REQUESTS, TASKS, CHOICES = "requests", "tasks", "choices"


def observe_request(kind: str, status: int, seconds: float, *, is_being_made: bool = False) -> None:
    """Count one answer to a visitor and the time that it took.

    `kind`: what sort of page it was: "finished" (out of the page cache), "static", "unknown", or the name of the view;
    never an address. `is_being_made`: its 503 says that a file is being made, which is no fault. Django's own answers are counted by `config.monitoring.middleware`: whoever answers before Django
    counts what it answers itself.
    """
    _numbers.observe((REQUESTS, kind, "being made" if is_being_made else f"{status // 100}xx"), seconds)


def observe_task(name: str, outcome: str, seconds: float) -> None:
    """Count one run of a background task; `outcome`: "succeeded", "failed" or "repeated"."""
    _numbers.observe((TASKS, name, outcome), seconds)


def count_choice() -> None:
    """Count one choice of a voter that is written down for good."""
    _numbers.add((CHOICES,))


class Counted:
    """The numbers of one process. A row that is observed: how many within each bound, beyond all, and the seconds in all."""

    def __init__(self) -> None:
        self._folder = process_files.folder()
        self._rows: Numbers = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._file: ProcessFile | None = None
        self._writer: threading.Thread | None = None
        self._has_news = False
        self._end = threading.Event()

    def observe(self, row: tuple[str, ...], seconds: float) -> None:
        place = bisect_left(BOUNDS, seconds)
        with self._lock:
            numbers = self._rows.get(row) or self._rows.setdefault(row, [0] * (len(BOUNDS) + 2))
            numbers[place] += 1
            numbers[-1] += seconds
        self._keep_writing()

    def add(self, row: tuple[str, ...]) -> None:
        with self._lock:
            self._rows.setdefault(row, [0])[0] += 1
        self._keep_writing()

    def write(self) -> None:
        """Put the numbers where the other processes read them. A full disk costs the figures, never a request."""
        with self._writing:
            with self._lock:
                if not self._has_news:
                    return
                rows, self._has_news = {row: list(numbers) for row, numbers in self._rows.items()}, False
            try:
                self._file = self._file or ProcessFile(self._folder)
                self._file.write(rows)
            except OSError as error:
                self._has_news = True
                log.debug("the figures cannot be written: %s", error.strerror)

    def close(self) -> None:
        """Write no more by itself."""
        self._end.set()

    def _keep_writing(self) -> None:
        self._has_news = True
        if self._writer is None:
            with self._lock:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write_on, name="metrics", daemon=True)
                    self._writer.start()

    def _write_on(self) -> None:
        while not self._end.wait(WRITE_EVERY):
            self.write()


def write() -> None:
    """Write down now what this process has counted."""
    _numbers.write()


_numbers = Counted()


def _begin_again() -> None:
    global _numbers
    _numbers = Counted()


os.register_at_fork(after_in_child=_begin_again)  # a child counts for itself
atexit.register(write)  # the last second of a process counts too
