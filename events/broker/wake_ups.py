"""Wake-ups: messages that tell a worker that there is work. The work stands in the database, so each may be lost."""

import threading
import time
from contextlib import suppress
from functools import cache

from celery import current_app
from django.conf import settings
from kombu import pools

from events.broker import breaker

QUICK = {
    "socket_timeout": breaker.TIMEOUT,
    "socket_connect_timeout": breaker.TIMEOUT,
    "max_retries": 0,
}
APART = 0.2  # seconds between two wake-ups for a task: in a rush one says that there is work of many
_latest: dict[str, float] = {}  # by task: when its last wake-up was sent, or will be; by the monotonic clock


@cache
def _producers(url: str) -> pools.ProducerPool:
    return pools.producers[current_app.connection_for_write(url, transport_options=QUICK)]


def wake(task: str, *, expires: float = 10) -> None:
    """Tell a worker that there is work, at once or APART after the last time; the wake-up is void after `expires` seconds.

    Never raises, and waits `breaker.TIMEOUT` at the most: where the broker is away, the next sweep finds the work.
    """
    now = time.monotonic()
    wait = max(_latest.get(task, 0) + APART - now, 0)
    if wait > APART or not settings.REDIS_URL:  # another one is still to come
        return
    _latest[task] = now + wait
    if wait:
        with suppress(RuntimeError):  # no thread can be had
            threading.Timer(wait, _send, [task, expires]).start()
    else:
        _send(task, expires)


def _send(task: str, expires: float) -> None:
    line = breaker.of(settings.REDIS_URL)
    if line.is_open:
        return
    try:
        with _producers(settings.CELERY_BROKER_URL).acquire(block=True, timeout=breaker.TIMEOUT) as producer:
            current_app.send_task(task, producer=producer, retry=False, expires=expires)
    except Exception as error:  # whatever the broker's client raises: only the wake-up is lost
        line.open(error)
