"""Epochs: stretches of time in which public pages stay as they are.

One ends when the public revision rises, or when a moment comes at which pages change by themselves (events.pages.page_expiry).
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import close_old_connections
from django.utils import timezone

from config.front import watch
from events import once_a_revision
from events.jobs.troubles import Trouble, trouble_of
from events.pages import page_expiry, revision

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds between two looks at the revision


@dataclass(frozen=True)
class Epoch:
    """A stretch of time in which public pages stay as they are; `ends` by itself, if nothing changes before."""

    number: int
    ends: datetime | None


class Epochs:
    """Knows the epoch. Where nobody looks for it regularly (`is_watched`), it looks itself, once a second at the most."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self.is_watched = False  # a thread looks again and again
        self.known: Epoch | None = None  # None until the database has answered once
        self.next_look = 0.0
        self._look_lock = threading.Lock()

    def current(self) -> Epoch | None:
        """The epoch as known. While one thread looks, the others go on with what they know; so do all when the database
        does not answer."""
        is_due = not self.is_watched and time.monotonic() >= self.next_look
        if is_due and self._look_lock.acquire(blocking=self.known is None):
            try:
                if time.monotonic() >= self.next_look:
                    self._look_alone()
                    self.next_look = time.monotonic() + LOOK_EVERY
            finally:
                self._look_lock.release()
        return self.known

    def start(self) -> None:
        """Look once a second from now on, in a thread that ends with the process."""
        self.is_watched = True
        threading.Thread(target=self._look_on, name="public revision", daemon=True).start()

    def stop(self) -> None:
        """End the thread, soon."""
        self._stop.set()

    def _look_on(self) -> None:
        while not self._stop.is_set():
            if not watch.is_away():
                self._look_alone()
            self._stop.wait(LOOK_EVERY)
        once_a_revision.keep_anew(is_watched=False)

    def look(self) -> None:
        """Ask the database for the revision, in one query. Raises its errors."""
        epoch, now = self.known, timezone.now()
        number = revision.current()
        if epoch is None or number != epoch.number or (epoch.ends is not None and now >= epoch.ends):
            ends = page_expiry.next_moment(now)
            if self.is_watched:  # first: no page of the new epoch may hold what was kept of the old one
                once_a_revision.keep_anew(is_watched=True)
            self.known = Epoch(number=number, ends=ends)

    def _look_alone(self) -> None:
        close_old_connections()
        try:
            self.look()
        except Exception as error:  # whatever it is, the next look may find it mended
            log.warning(
                "The public revision cannot be read; finished pages stay as they are",
                exc_info=trouble_of(error) is not Trouble.AWAY,
            )
        finally:
            close_old_connections()
