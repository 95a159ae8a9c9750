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


@signals.celeryd_init.connect
def begin_worker(instance: Any, **options: Any) -> None:
    """A worker gets a name of its own, also beside others of the same host name, and a heartbeat."""
    name, _, host = instance.hostname.partition("@")
    instance.hostname = f"{name}-{secrets.token_hex(4)}@{host}"
    heartbeat.beat_from_a_thread("worker")


@signals.beat_init.connect
def begin_beat(**options: Any) -> None:
    heartbeat.beat_from_a_thread("beat")
