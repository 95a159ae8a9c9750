"""The site's own pieces that Django wants as apps."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class SiteConfig(AppConfig):
    name = "config"
    verbose_name = "Site"

    def ready(self) -> None:
        from config.running.monitoring import last_runs, metrics  # noqa: F401  last_runs hangs on Celery's signals
        from prizes.vote import hooks

        hooks.choice_cast()(metrics.count_choice)


class OrganisersAdminConfig(AdminConfig):
    """Django's admin, with our own site class (config/dashboard/admin_site.py)."""

    default_site = "config.dashboard.admin_site.OrganisersSite"
