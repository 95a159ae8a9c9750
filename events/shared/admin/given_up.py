"""The jobs that organisers should know about, and the button that puts one that was given up back into its queue (events.shared.jobs.queue)."""

from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from events.models import User
from events.models.columns import Concern
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.jobs.queue import concerns
from events.shared.rights import memberships


def seen(user: User, *, now: datetime) -> list[QuerySet[Any]]:
    """The jobs of each queue that were given up, wait too long or are tried again, of the forums that an account may see and of none."""
    return concerns(partial(memberships.within, user, "events.view_forum"), now=now)


@transaction.atomic
def try_again(kind: str, key: int, *, by: User, now: datetime) -> None:
    """Put a job that was given up back into its queue, with all its attempts. `kind`: its model (`app.model`). Whoever sees it may.

    Refuses `not-given-up`.
    """
    for rows in seen(by, now=now):
        found = rows.filter(pk=key, concern=Concern.GIVEN_UP) if rows.model._meta.label_lower == kind else rows.none()
        if (row := found.first()) and rows.model.objects.filter(pk=key).try_again(now):
            history.record(row, verb=Verb.TRY_AGAIN, by=by, now=now)
            return
    raise ValidationError(_("This is not given up any more"), code="not-given-up")
