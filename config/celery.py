"""The Celery application. Tasks only wake up work that stands in the database (docs/architecture.md)."""

import os

from celery import Celery

from config.background import own_sweeps
from config.background.reconnecting import ReconnectingAMQP

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("wsis", amqp=ReconnectingAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
own_sweeps.connect(app)
