from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def load_reference(*, using: str, apps: Apps = installed_apps, **_kwargs: Any) -> None:
    """After a migration (and after a flush): fill the reference tables that are empty."""
    from events.reference import standard_rows

    standard_rows.load(apps=apps, using=using)


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Programme")

    def ready(self) -> None:
        from events import periods_of_keeping, personal_data  # noqa: F401  these hang on events.shared.hooks
        from events.forums import copied_rows  # noqa: F401
        from events.mailings import programme_groups, sending  # noqa: F401
        from events.mailings import still_wanted as of_mailings  # noqa: F401
        from events.outcomes.commitments import commitment_mails  # noqa: F401
        from events.outcomes.commitments import own_roles as of_commitments  # noqa: F401
        from events.outcomes.report import session_reports  # noqa: F401
        from events.programme.search import search  # noqa: F401
        from events.proposals import apply_decisions, own_roles, reviewer_mails, still_wanted  # noqa: F401
        from events.schedule import taking_back  # noqa: F401
        from events.shared.rights.roles import grant

        post_migrate.connect(load_reference, sender=self, dispatch_uid="events.reference.standard_rows")
        post_migrate.connect(grant, dispatch_uid="events.shared.rights.roles")
