"""The web application: finished pages (config.finished_pages), and Django behind them."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SERVES_PAGES", "true")
django_application = get_wsgi_application()

from django.urls import resolve  # noqa: E402  these need the settings that the line above has loaded

from config.finished_pages import FinishedPages  # noqa: E402
from config.request_bodies import whole_or_none  # noqa: E402
from config.running.serving.late_requests import unless_late  # noqa: E402

resolve("/healthz")  # loads all addresses and what is behind them: else the first visitor of a new process waits for it
application = unless_late(FinishedPages(whole_or_none(django_application)))
