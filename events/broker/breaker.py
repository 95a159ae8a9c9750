"""Whether the broker (Valkey) answers. After one failure nobody asks it until it has answered a probe (decision 0019)."""

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT = 0.3  # seconds that the broker has to take a connection, and to answer
PROBE_EVERY = 0.25  # seconds
MOST_OWED = 10_000  # keys
DELETED_AT_ONCE = 1000  # keys


def quick(timeout: float = TIMEOUT) -> dict[str, Any]:
    """Return the options of a client of Redis that waits `timeout` seconds at the most, once."""
    return {"socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": Retry(NoBackoff(), 0)}


def client(url: str, *, timeout: float = TIMEOUT) -> redis.Redis:
    """Return a client that waits `timeout` seconds at the most, once. It is used in a `with`, which closes it."""
    return redis.Redis.from_url(url, **quick(timeout))


def write_a_little(broker: redis.Redis) -> None:
    """Write, not only ping: a full disk or memory refuses what is written. Raises RedisError."""
    broker.set("broker:probe", 1, ex=60)


class Breaker:
    """Of one process, for one broker. `is_open`: it does not answer, do not ask; a thread asks every PROBE_EVERY seconds."""

    def __init__(self, url: str) -> None:
        self.is_open = False
        self._url = url
        self.forget: Callable[[], object] = lambda: None  # what took the broker's place is not needed any more
        self._owed: set[str] = set()
        self._lock = threading.Lock()

    def open(self, error: Exception) -> None:
        """Tell that the broker failed: from now on nobody asks it but the probe."""
        with self._lock:
            if self.is_open:
                return
            self.is_open = True
        logger.warning("the broker does not answer (%s): this process goes on without it", type(error).__name__)
        try:
            threading.Thread(target=self._close_when_answered, name="broker probe", daemon=True).start()
        except RuntimeError:  # no thread can be had: without a probe it must not stay open
            self.is_open = False

    def delete_later(self, key: str) -> bool:
        """Owe the broker the deletion of a key: a lock that was given back meanwhile must not hold when it answers again.

        False when it answers by now: then nothing is owed.
        """
        with self._lock:
            if self.is_open and len(self._owed) < MOST_OWED:
                self._owed.add(key)
            return self.is_open

    def _close_when_answered(self) -> None:
        began = time.monotonic()
        with client(self._url) as broker:
            while self.is_open:
                time.sleep(PROBE_EVERY)
                with contextlib.suppress(Exception):  # whatever the client raises: it must go on to ask
                    write_a_little(broker)
                    while not self._is_closed():
                        self._pay(broker)
                    logger.warning("the broker answers again after %.1f s", time.monotonic() - began)
                    self.forget()

    def _pay(self, broker: redis.Redis) -> None:
        """Delete what is owed, and owe it until that is done."""
        with self._lock:
            owed = list(itertools.islice(self._owed, DELETED_AT_ONCE))
        if owed:
            broker.delete(*owed)
        with self._lock:
            self._owed.difference_update(owed)

    def _is_closed(self) -> bool:
        """Close it where nothing is owed any more."""
        with self._lock:
            self.is_open = self.is_open and bool(self._owed)
            return not self.is_open


@cache
def of(url: str) -> Breaker:
    """Return the breaker of this process for the broker at an address (REDIS_URL)."""
    return Breaker(url)
