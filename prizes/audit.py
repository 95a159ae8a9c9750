"""The log of the prize: who did what, when and why."""

from datetime import datetime
from typing import Any

from events.models import User
from prizes.models import AuditEntry, Edition


def record(
    edition: Edition,
    *,
    verb: str,
    actor: User | None,
    now: datetime,
    subject: object = "",
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write a log entry, inside the transaction of the verb it speaks of. `actor` None: the site itself, at a set time.

    `verb` is a short English key such as "shortlist". Neither the choices of a
    ballot nor an address of a person may ever be in `details`.
    """
    return AuditEntry.objects.create(
        edition=edition,
        verb=verb,
        actor=actor,
        at=now,
        subject=str(subject)[:250],
        reason=reason,
        details=details or {},
    )
