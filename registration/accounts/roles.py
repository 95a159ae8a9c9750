"""What the groups of staff may do with registrations, attendance and tallies."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps  # a flush sends no `apps`

from events.staff.roles import EDIT, ORGANISERS, REGISTRATION_DESK, VIEW, Grants, grant

GRANTS: Grants = {
    ORGANISERS: {
        "registration": ("view", "add", "change"),
        "registrationdraft": VIEW,
        "booking": VIEW,
        "attendance": VIEW,
        "tally": EDIT,  # to change a tally is to count it again
    },
    REGISTRATION_DESK: {
        "registration": EDIT,
        "booking": VIEW,
        "attendance": VIEW,
        "tally": VIEW,
    },
}
EXTRA = {"export_registration": "Can export registrations"}


def grant_registration(sender: AppConfig, *, using: str, apps: Any = installed_apps, **_kwargs: Any) -> None:
    """After a migration or a flush: the part of this app."""
    grant(sender, grants=GRANTS, using=using, apps=apps, extra=EXTRA)
