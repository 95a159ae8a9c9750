"""What the public sees of what organisers prepare: rows with `is_public`, such as a forum, its prize, or a practical page."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from events.history import log
from events.history.verbs import Verb
from events.models import User
from events.pages import revision
from events.staff.rights import hooks


@transaction.atomic
def publish[Row: Model](row: Row, *, by: User, now: datetime) -> Row:
    """Show it to the public. Refuses `wrong-state` (it is public already)."""
    return _set(row, is_public=True, by=by, now=now)


@transaction.atomic
def hide[Row: Model](row: Row, *, by: User, now: datetime) -> Row:
    """Hide it from the public. Refuses `wrong-state` (it is hidden already), and `stays-public` while something goes on on its
    pages that people rely on, such as a vote (`hooks.stays_public`)."""
    return _set(row, is_public=False, by=by, now=now)


def _set(row: Any, *, is_public: bool, by: User, now: datetime) -> Any:
    found = type(row).objects.select_for_update(no_key=True).get(pk=row.pk)
    if found.is_public == is_public:
        words = _("It is public already") if is_public else _("The public does not see it anyway")
        raise ValidationError(words, code="wrong-state")
    if not is_public:
        for reason in (function(found, now) for function in hooks.stays_public.of()):
            if reason:
                raise ValidationError(reason, code="stays-public")
    found.is_public = is_public
    found.save(update_fields=["is_public"])
    change = {"before": {"is_public": not is_public}, "after": {"is_public": is_public}}
    log.record(found, verb=Verb.CHANGE, by=by, now=now, **change)
    revision.bump()
    return found
