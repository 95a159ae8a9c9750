"""The Celery application. Tasks only wake up work that stands in the database (docs/architecture.md)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("wsis")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
