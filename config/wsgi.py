"""The WSGI application: finished public pages first, Django behind them."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()

from config.serving.page_cache import PageCache  # noqa: E402  needs the settings that the line above has loaded

application = PageCache(django_application)
