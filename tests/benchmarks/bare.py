"""The yardstick: a Django project with one view, no middleware and no database, that returns ready bytes.

The files of BARE_FOLDER are the pages: /programme sends the file `programme` as gzip; /unchanged answers 304.
"""

import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

DEBUG = False
SECRET_KEY = "a bare view has no secrets"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = __name__
MIDDLEWARE = []
INSTALLED_APPS = []
USE_TZ = True

PAGES = {file.name: file.read_bytes() for file in Path(os.environ.get("BARE_FOLDER", "/nonexistent")).glob("*")}


def page(request, name):
    """One page as it is."""
    return HttpResponse(PAGES[name], headers={"Content-Encoding": "gzip"})


def unchanged(request):
    return HttpResponse(status=304)


urlpatterns = [path("unchanged", unchanged), path("<slug:name>", page)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", __name__)
application = get_wsgi_application()
