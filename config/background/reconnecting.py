"""Connections of Celery to the broker that outlast every fault of it (decision 0019).

Celery and kombu as they are: pauses between two tries grow to 30 s, and there is no setting for it; a task that ends after its
connection was lost ends the whole worker (an AttributeError); and after a freeze the event loop stops to listen.
"""

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

from celery import signals
from celery.app.amqp import AMQP
from kombu import Connection
from kombu.transport import redis

# Seconds.
PAUSE = 0.5  # between two tries
LOOK_UP = 0.5


class WakeUpChannel(redis.Channel):
    """Takes a message for good: it is a wake-up, and the sweeps find what the task of a killed worker left."""

    ack_emulation = False
    do_restore = False


class WakeUpTransport(redis.Transport):
    """Waits for messages without an event loop."""

    Channel = WakeUpChannel
    implements = redis.Transport.implements.extend(asynchronous=False)

    def drain_events(self, connection: Any, timeout: float | None = None, **named: Any) -> Any:
        """Wait for a message, LOOK_UP at the most, whatever Celery asks for: a worker that is told to stop stops."""
        return super().drain_events(connection, timeout=LOOK_UP if timeout is None else min(timeout, LOOK_UP), **named)


class ReconnectingConnection(Connection):
    """A connection that is made again after every fault."""

    def get_transport_cls(self) -> type:
        """Return the transport of wake-ups; in memory where the site has no broker."""
        transport: type = super().get_transport_cls()
        return WakeUpTransport if transport is redis.Transport else transport

    def ensure_connection(
        self, errback: Callable[[Exception, float], object] | None = None, *arguments: Any, **options: Any
    ) -> Connection:
        """Connect, and try again for as long as Celery says; tell (`errback`) of the first failure only."""
        is_told = False

        def tell_once(error: Exception, pause: float) -> None:
            nonlocal is_told
            if errback and not is_told:
                is_told = True
                errback(error, pause)

        steady = {"interval_start": PAUSE, "interval_step": 0, "interval_max": PAUSE}
        return super().ensure_connection(tell_once, *arguments, **steady | options)

    def maybe_close_channel(self, channel: Any) -> None:
        """Close a channel, whatever comes of it: that of a lost connection is closed twice, and may fail at what is gone."""
        with contextlib.suppress(Exception):
            channel.close()


class ReconnectingAMQP(AMQP):
    Connection = ReconnectingConnection


@signals.celeryd_after_setup.connect
def _say_less(**_about: Any) -> None:
    """Celery warns at each lost connection that a later version may cancel tasks. Ours may be cancelled, and run twice."""
    warnings.filterwarnings("ignore", message=r"\nIn Celery 5.1 we introduced an optional breaking change")
