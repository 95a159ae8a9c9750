"""What the groups of staff may do with the prize."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps  # a flush sends no `apps`

from events.groups import ALL, ORGANISERS, Grants, grant

GRANTS: Grants = {ORGANISERS: {"edition": ALL, "phase": ALL, "category": ALL}}


def grant_prizes(sender: AppConfig, *, using: str, apps: Any = installed_apps, **_kwargs: Any) -> None:
    """After a migration or a flush: the part of this app."""
    grant(sender, grants=GRANTS, using=using, apps=apps)
