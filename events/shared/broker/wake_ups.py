"""Wake-ups: messages that tell a worker that there is work. The work stands in the database, so each may be lost."""

import logging
import threading
import time
from contextlib import suppress

from celery import current_app
from django.conf import settings

log = logging.getLogger(__name__)

EXPIRES = 10  # seconds
APART = 0.2  # seconds between two wake-ups for a task: in a rush one says that there is work of many
AWAY = 5.0  # seconds for which a broker that did not answer is not asked; beat's sweeps find the work
_latest: dict[str, float] = {}  # by task: when its last wake-up was sent, or will be; by the monotonic clock
_away_until = 0.0


def wake(task: str) -> None:
    """Tell a worker that there is work, at once or APART after the last time; the wake-up is void after EXPIRES seconds.

    Never raises, and waits for the broker as long as CELERY_BROKER_TRANSPORT_OPTIONS says, once in AWAY seconds.
    """
    now = time.monotonic()
    wait = max(_latest.get(task, 0) + APART - now, 0)
    if wait > APART or now < _away_until or not settings.REDIS_URL:  # another one is still to come
        return
    _latest[task] = now + wait
    if wait:
        with suppress(RuntimeError):  # no thread can be had
            threading.Timer(wait, _send, [task]).start()
    else:
        _send(task)


def _send(task: str) -> None:
    global _away_until
    try:
        with current_app.connection_for_write(settings.CELERY_BROKER_URL) as connection:
            current_app.send_task(task, connection=connection, expires=EXPIRES)
    except Exception as error:  # whatever the broker's client raises: only the wake-up is lost
        _away_until = time.monotonic() + AWAY
        log.warning("no wake-up was sent (%s)", type(error).__name__)
