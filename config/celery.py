"""The Celery application. Tasks only wake up work that stands in the database (docs/architecture.md)."""

import os
import secrets
from typing import Any

from celery import Celery, signals

from config.background import own_sweeps
from config.background.reconnecting import ReconnectingAMQP
from config.serving import heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("wsis", amqp=ReconnectingAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
own_sweeps.connect(app)


def own_name(name: str) -> str:
    """Return the name of a worker ("bulk@host") as nobody else has it: two may run on one host, or on hosts of one name."""
    queue, _, host = name.partition("@")
    return f"{queue}-{secrets.token_hex(4)}@{host}"


@signals.celeryd_init.connect
def begin_worker(instance: Any, **options: Any) -> None:
    """A worker gets a name of its own."""
    instance.hostname = own_name(instance.hostname)


@signals.worker_ready.connect
def live(**options: Any) -> None:
    """A worker has a heartbeat once it takes tasks; beat once it has looked at its schedule (WakingScheduler)."""
    heartbeat.beat_from_a_thread("worker")
