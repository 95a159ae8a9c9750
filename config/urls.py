"""The site's addresses. The language stands in the address: /fr/…, none for English."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from config.for_programs import sitemaps
from config.for_programs.security_txt import security_txt
from config.running.monitoring import views as monitoring
from config.running.serving import mail_page
from events.shared.mail.bounces import webhook_views
from events.shared.pages import file_views
from registration.people.accounts.staff_login import views as staff_login

handler400 = "config.errors.bad_request"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("healthz", monitoring.healthz, name="healthz"),
    path("readyz", monitoring.readyz, name="readyz"),
    path("metrics", monitoring.metrics, name="metrics"),
    path(".well-known/security.txt", security_txt, name="security-txt"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.part, name="sitemap-part"),
    re_path(
        r"^media/monogram/(?P<key>[0-9a-f]{8})/(?P<letters>[^\W\d_]{1,2}|\?)\.svg\Z",
        file_views.monogram_file,
        name="monogram",
    ),
    path("media/<path:name>/<int:width>.webp", file_views.media, name="media-size"),
    path("media/<path:name>", file_views.media, name="media"),
    path(
        "accounts/organisation/callback/", staff_login.callback, name="account_organisation_callback"
    ),  # in no language
    path("api/", include("events.api.urls")),
    path("mail/events/<slug:provider>/", webhook_views.take, name="mail-events"),
    *i18n_patterns(
        path("accounts/", include("registration.people.accounts.urls")),
        path("accounts/", include("allauth.account.urls")),
        path("accounts/2fa/", include("allauth.mfa.urls")),
        path("mail/", mail_page.sent_mails, name="sent-mails"),
        path("admin/", admin.site.urls),
        path("", include("prizes.urls")),
        path("", include("registration.urls")),
        path("", include("events.urls")),
        prefix_default_language=False,
    ),
]
