"""The prize's part of the history: who did what, when and why."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from events.models import HistoryEntry, User
from events.shared.history import hooks, log
from events.shared.rights import memberships
from prizes.editions.verbs import PrizeVerb
from prizes.models import Edition

# Entries that name winners are for those who may see winners (`prizes.view_winner`).
NAMING_WINNERS = (PrizeVerb.CHOOSE_WINNER, PrizeVerb.UNCHOOSE_WINNER)


@hooks.readable_history("prizes")
def _readable(user: User) -> Q:
    """For those who may read the log of the prize; without what names winners, unless they may see winners."""
    names_none = ~Q(verb__in=NAMING_WINNERS)
    return memberships.within(user, "prizes.log_edition") & (
        names_none | memberships.within(user, "prizes.view_winner")
    )


def why(reason: str) -> str:
    """The reason as it stands in the log, without blanks around it. Refuses `reason-missing`."""
    if not reason.strip():
        raise ValidationError(_("Say why, for the log"), code="reason-missing")
    return reason.strip()


def record(
    edition: Edition,
    *,
    verb: str,
    by: User | None,
    now: datetime,
    row: Model | None = None,
    subject: object = "",
    **more: Any,
) -> HistoryEntry:
    """Write an entry, inside the transaction of the verb it speaks of. `by` None: the site itself, at a set time.

    `row`: what it is about, else the edition; `subject`: what that is called, else its code; `more`: `reason`, `before`,
    `after`, as `events.shared.history.log.entry` takes them. Neither the choices of a ballot nor an address of a person may
    ever be there; a hash under the edition's key may.
    """
    about = {"forum_id": edition.forum_id, "label": str(subject or getattr(row, "code", ""))}
    return log.record(row or edition, verb=verb, by=by, now=now, **about, **more)
