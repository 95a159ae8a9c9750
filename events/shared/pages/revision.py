"""The public revision: a counter that rises with every change of what the public sees. Finished pages live as long as it stands."""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from events.models import PublicRevision, Session


def current() -> int:
    """Return the counter; 0 before the first change. One query."""
    return PublicRevision.objects.filter(pk=1).values_list("number", flat=True).first() or 0


def bump(by: int = 1) -> None:
    """Raise the counter, inside the transaction of the change it speaks of: both are seen together or not at all.

    `by`: by more than one where numbers may have been used that this database does not know of (config.running.backup).
    """
    rises = PublicRevision.objects.filter(pk=1)
    if rises.update(number=F("number") + by):
        return
    try:
        with transaction.atomic():
            PublicRevision.objects.create(pk=1, number=by)
    except IntegrityError:  # another process made the row in this moment
        rises.update(number=F("number") + by)


def touch(sessions: Collection[int | None], *, now: datetime) -> None:
    """Mark sessions (by primary key) as changed where only what hangs on them did: a document, a text in another
    language, an outcome, also one that is gone. Who keeps a copy of the programme asks for what changed since a moment."""
    Session.objects.filter(pk__in=[key for key in sessions if key]).update(updated=now)
