"""The watch of a web process: whether the database answers, and an end to waiting when it does not.

One thread (the looker) asks the smallest question there is twice a second, over a connection of its own. While its answer stays
out (a second one, the guard, looks at that), or where the server is not reached twice in a row, the database is away: `is_away()`.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from django.db import Error, close_old_connections, connection

from events.jobs.troubles import Trouble, trouble_of

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds between two questions while all is well …
LOOK_AWAY = 0.2  # … and while the database is away
STUCK_AFTER = 1.4  # seconds without an answer to the looker after which the server counts as silent
GUARD_EVERY = 0.2  # seconds between two looks of the guard


_started: list["Watch"] = []  # the watch of this process


def smallest_question() -> None:
    """Ask the server for nothing but an answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


class Watch:
    """Asks `question` again and again, and knows whether the database is away."""

    def __init__(self, question: Callable[[], object] = smallest_question) -> None:
        self._question = question
        self._looker: threading.Thread | None = None
        self._asked_since: float | None = None  # when the question was put that has no answer yet
        self._stop = threading.Event()
        self.is_away = False

    def start(self) -> None:
        """Begin to look, in threads that end with the process, and stand for the whole process."""
        _started.append(self)
        self._looker = threading.Thread(target=self._look_on, name="database looker", daemon=True)
        self._looker.start()
        threading.Thread(target=self._guard_on, name="database guard", daemon=True).start()

    def stop(self) -> None:
        """End the threads, soon."""
        self._stop.set()
        _started.remove(self)

    def _look_on(self) -> None:
        while not self._stop.is_set():
            try:
                self._set_away(not (self._answers() or self._answers()))  # an ended connection costs one try
            except Exception:
                log.exception("the watch of the database failed for once")
            self._stop.wait(LOOK_AWAY if self.is_away else LOOK_EVERY)
        connection.close()

    def _answers(self) -> bool:
        self._asked_since = time.monotonic()
        try:
            close_old_connections()
            self._question()
        except (Error, OSError) as error:
            if not self.is_away:
                log.warning("the database does not answer (%s)", type(error).__name__)
            with contextlib.suppress(Error, OSError):
                connection.close()
            return trouble_of(error) is not Trouble.AWAY  # it answered that it cannot do this now
        finally:
            self._asked_since = None
        return True

    def _set_away(self, is_away: bool) -> None:
        if is_away != self.is_away:
            log.warning("the database is away" if is_away else "the database answers again")
        self.is_away = is_away

    def _guard_on(self) -> None:
        """Seen twice in the same silence: a process that had no turn itself (a busy machine) is not the server's fault."""
        seen: float | None = None
        while not self._stop.wait(GUARD_EVERY):
            since = self._asked_since
            is_silent = since is not None and time.monotonic() - since > STUCK_AFTER
            if is_silent and since == seen:
                self._set_away(True)
            seen = since if is_silent else None


def is_away() -> bool:
    """Whether the watch of this process knows that the database is away; False where there is no watch."""
    return any(watch.is_away for watch in _started)
