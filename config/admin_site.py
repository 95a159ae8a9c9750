"""The organisers' site: Django's admin with our name, our colours and a dashboard as its first page."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class OrganisersSite(admin.AdminSite):
    site_header = _("WSIS Organisers")
    site_title = _("WSIS Organisers")
    index_title = _("Dashboard")
