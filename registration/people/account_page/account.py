"""What a person changes in their account. What was said at a forum stays there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from events.models import User
from events.shared.history import log
from registration.models import Formerly
from registration.people.account_page.forms import NAMES
from registration.people.accounts.verbs import AccountVerb


@transaction.atomic
def edit(user: User, *, data: Mapping[str, Any], now: datetime) -> User:
    """Change what an account says (`NAMES`; the country by its code). The history says which of it changed, and no more."""
    row = User.objects.locked(user.pk)
    wanted = {name: data[name] for name in NAMES if name in data and name != "country"}
    if "country" in data:
        wanted["country_id"] = data["country"] or None
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    if "name" in changed and row.name:
        Formerly.objects.create(user=row, name=row.name, until=now)
    for name in changed:
        setattr(row, name, wanted[name])
    if changed:
        row.save(update_fields=changed)
        names = {"fields": [name.removesuffix("_id") for name in changed]}
        log.record(row, verb=AccountVerb.EDIT_ACCOUNT, by=row, now=now, label=f"#{row.pk}", after=names)
    return row
