"""What the public sees of what organisers prepare: rows with `is_public`, such as a forum, its prize, a practical page or an
outcome, or with the moment since when they are `published` (a version of the Outcome Document)."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from events.models import User
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.pages import revision
from events.shared.rights import hooks


@transaction.atomic
def publish[Row: Model](row: Row, *, by: User, now: datetime) -> Row:
    """Show it to the public. Refuses `wrong-state` (it is public already), and `stays-hidden` where it is not ready
    (`hooks.stays_as_it_is`)."""
    return _set(row, is_public=True, by=by, now=now)


@transaction.atomic
def hide[Row: Model](row: Row, *, by: User, now: datetime) -> Row:
    """Hide it from the public. Refuses `wrong-state` (it is hidden already), and `stays-public` while something goes on on its
    pages that people rely on, such as a vote (`hooks.stays_as_it_is`)."""
    return _set(row, is_public=False, by=by, now=now)


def _set(row: Any, *, is_public: bool, by: User, now: datetime) -> Any:
    found = type(row).objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    column = "is_public" if hasattr(found, "is_public") else "published"
    if bool(getattr(found, column)) == is_public:
        words = _("It is public already") if is_public else _("The public does not see it anyway")
        raise ValidationError(words, code="wrong-state")
    for reason in (function(found, is_public, now) for function in hooks.stays_as_it_is.of()):
        if reason:
            raise ValidationError(reason, code="stays-hidden" if is_public else "stays-public")
    setattr(found, column, is_public if column == "is_public" else now if is_public else None)
    found.save(update_fields=[column])
    change = {"before": {column: not is_public}, "after": {column: is_public}}
    log.record(found, verb=Verb.CHANGE, by=by, now=now, **change)
    for function in hooks.shown_or_hidden.of():
        function(found, is_public, by, now)
    revision.bump()
    return found
