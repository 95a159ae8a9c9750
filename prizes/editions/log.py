"""The log of the prize: who did what, when and why."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from events.models import User
from prizes.models import AuditEntry, Edition

CHOOSE_WINNER, UNCHOOSE_WINNER = "choose winner", "unchoose winner"
# Entries that name winners are for those who may see winners (`prizes.view_winner`).
NAMING_WINNERS = (CHOOSE_WINNER, UNCHOOSE_WINNER)


def visible(entries: QuerySet[AuditEntry], *, user: User) -> QuerySet[AuditEntry]:
    """The entries that a member of the staff may read: without those that name winners, unless they may see winners."""
    return entries if user.has_perm("prizes.view_winner") else entries.exclude(verb__in=NAMING_WINNERS)


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
