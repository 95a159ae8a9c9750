"""The site's addresses. The language stands in the address: /fr/…, none for English."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    *i18n_patterns(
        path("accounts/", include("allauth.urls")),
        path("admin/", admin.site.urls),
        path("", include("prizes.urls")),
        path("", include("registration.urls")),
        path("", include("events.urls")),
        prefix_default_language=False,
    ),
]
