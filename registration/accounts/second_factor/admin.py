"""Second steps have no pages in the admin site: their owners look after them, and two supervisors take a lost one away."""

from allauth.mfa import admin as _of_allauth  # noqa: F401  it registers them
from allauth.mfa.models import Authenticator
from django.contrib import admin

admin.site.unregister(Authenticator)
