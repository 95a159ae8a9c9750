"""Counting again without letting anybody wait: a request is a row, a worker counts, the pages say how far it is.

The whole count is one transaction that ends by writing into the row that it is done (events.shared.jobs.queue). Until a count that was asked
for is there, the latest one does not fit the ballots any more, and nothing is announced (`must_fit`).
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from events.shared.broker import wake_ups
from events.shared.formatting.names import known_language
from events.shared.jobs.queue import JobQueue
from prizes.count import counting
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Edition, Recount

TASK = "prizes.tasks.count_again"
State = Recount.State


@transaction.atomic
def ask(edition: Edition, *, reason: str, by: User, now: datetime) -> Recount:
    """Ask for a new count; where one waits already, it counts for both reasons.

    Refuses `being-counted`, and what `counting.count` would: `polls-open`, `closed`, `announced`, `reason-missing`.
    """
    must_rest(edition.pk, now=now)
    locked = Edition.objects.lock(edition.pk)
    counting.check(locked)
    if not reason.strip():
        raise ValidationError(_("Say why the votes are counted again"), code="reason-missing")
    row = Recount.objects.open().select_for_update().filter(edition=locked).first()
    if row is None:
        row = Recount.objects.create(edition=locked, reason=reason.strip(), asked_by=by, asked=now, due=now)
    else:
        row.reason, row.asked_by = f"{row.reason}; {reason.strip()}", by
        row.save(update_fields=["reason", "asked_by"])
    log.record(locked, row=row, verb=PrizeVerb.ASK_RECOUNT, by=by, now=now, reason=reason.strip())
    transaction.on_commit(partial(wake_ups.wake, TASK), robust=True)
    return row


def latest(edition: Edition) -> Recount | None:
    """The count that was asked for last, whatever became of it."""
    return Recount.objects.filter(edition=edition).select_related("count", "edition__forum").first()


def is_open(edition: Edition) -> bool:
    """Whether a count is asked for and not there yet."""
    return Recount.objects.open().filter(edition=edition).exists()


def must_rest(edition: int, *, now: datetime) -> None:
    """Refuse `being-counted` while a worker is at it: what locks the edition would wait for the end of the count."""
    if Recount.objects.open().filter(edition=edition, leased_until__gt=now).exists():
        raise ValidationError(
            _("The votes are being counted at this moment. Try again in a minute"), code="being-counted"
        )


def must_fit(edition: Edition) -> None:
    """Refuse `count-due` while a count is asked for, and `count-failed` where the last that was did not come about."""
    states = list(Recount.objects.filter(edition=edition).values_list("state", flat=True))
    if set(Recount.OPEN) & set(states):
        raise ValidationError(_("The votes are being counted again. Wait for the new count"), code="count-due")
    if states and states[0] != State.DONE:
        raise ValidationError(_("The new count failed. Count again first"), code="count-failed")


def _count(row: Recount, *, now: datetime) -> dict[str, Any]:
    count = counting.count(row.edition, now=now, by=row.asked_by, reason=row.reason)
    return {"count": count, "finished": now}


RECOUNTS = JobQueue(
    Recount,
    _count,
    parent=lambda row: Edition.objects.lock(row.edition_id),
    language=lambda row: known_language(row.asked_by.language),
)


def run_due(now: datetime) -> int:
    """Make every count that waits, or whose worker was lost; return how many were made."""
    return RECOUNTS.run(now)
