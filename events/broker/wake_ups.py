"""Wake-ups: messages that tell a worker that there is work. The work stands in the database, so each may be lost."""

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


@cache
def _producers(url: str) -> pools.ProducerPool:
    return pools.producers[current_app.connection_for_write(url, transport_options=QUICK)]


def wake(task: str, *, expires: float = 10) -> None:
    """Tell a worker that there is work; the wake-up is void after `expires` seconds.

    Never raises, and waits `breaker.TIMEOUT` at the most: where the broker is away, the next sweep finds the work.
    """
    if not settings.REDIS_URL:
        return
    line = breaker.of(settings.REDIS_URL)
    if line.is_open:
        return
    try:
        with _producers(settings.CELERY_BROKER_URL).acquire(block=True, timeout=breaker.TIMEOUT) as producer:
            current_app.send_task(task, producer=producer, retry=False, expires=expires)
    except Exception as error:  # whatever the broker's client raises: only the wake-up is lost
        line.open(error)
