"""The web application: finished pages (config.finished_pages), and Django behind them."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SERVES_PAGES", "true")
django_application = get_wsgi_application()

from config.finished_pages import FinishedPages  # noqa: E402  these need the settings that the line above has loaded
from config.request_bodies import whole_or_none  # noqa: E402

application = FinishedPages(whole_or_none(django_application))
