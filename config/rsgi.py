"""The web application: the front (config.front), and Django behind it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SERVES_PAGES", "true")

django_application = get_wsgi_application()

from config.front.front import Front  # noqa: E402  needs the settings that the line above has loaded

application = Front(django_application)
