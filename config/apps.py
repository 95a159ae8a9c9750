"""The site's own pieces that Django wants as apps."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class SiteConfig(AppConfig):
    name = "config"
    verbose_name = "Site"


class OrganisersAdminConfig(AdminConfig):
    """Django's admin, with our own site class (config/dashboard/admin_site.py)."""

    default_site = "config.dashboard.admin_site.OrganisersSite"
