"""Counting again without letting anybody wait: a request is a row, a worker counts, the pages say how far it is.

The whole count is one transaction that ends by writing into the row that it is done: a worker that is killed leaves
nothing half counted, its lease ends, and another begins again. Two workers at one row make one count. Until a count
that was asked for is there, the latest one does not fit the ballots any more, and nothing is announced (`must_fit`).
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from events.broker import wake_ups
from events.formatting.names import known_language
from events.models import User
from prizes.count import counting
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Edition, Recount

logger = logging.getLogger(__name__)

TASK = "prizes.tasks.count_again"
LEASE = timedelta(minutes=10)
PAUSE = timedelta(minutes=1)  # after a count that failed, before the next attempt
ATTEMPTS = 3
State = Recount.State
OPEN = (State.WAITING, State.COUNTING)


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
    row = Recount.objects.select_for_update().filter(edition=locked, state=State.WAITING).first()
    if row is None:
        row = Recount.objects.create(edition=locked, reason=reason.strip(), asked_by=by, asked=now)
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
    return Recount.objects.filter(edition=edition, state__in=OPEN).exists()


def must_rest(edition: int, *, now: datetime) -> None:
    """Refuse `being-counted` while a worker is at it: what locks the edition would wait for the end of the count."""
    if Recount.objects.filter(edition=edition, state=State.COUNTING, leased_until__gt=now).exists():
        raise ValidationError(
            _("The votes are being counted at this moment. Try again in a minute"), code="being-counted"
        )


def must_fit(edition: Edition) -> None:
    """Refuse `count-due` while a count is asked for, and `count-failed` where the last that was did not come about."""
    states = list(Recount.objects.filter(edition=edition).values_list("state", flat=True))
    if set(OPEN) & set(states):
        raise ValidationError(_("The votes are being counted again. Wait for the new count"), code="count-due")
    if states and states[0] != State.DONE:
        raise ValidationError(_("The new count failed. Count again first"), code="count-failed")


def waiting(now: datetime) -> QuerySet[Recount]:
    """The counts that no worker is at: those that wait, and those whose worker was lost."""
    return Recount.objects.filter(Q(state=State.WAITING) | Q(state=State.COUNTING, leased_until__lte=now))


def run_due(now: datetime) -> int:
    """Make every count that waits, or whose worker was lost; return how many were made."""
    made = 0
    while (row := _claim(now=now)) is not None:
        made += _run(row, now=now)
    return made


@transaction.atomic
def _claim(*, now: datetime) -> Recount | None:
    """Take the next row and hold it for a while; one that three workers were lost with has failed."""
    for row in waiting(now).select_for_update(skip_locked=True).order_by("pk"):
        if row.attempts < ATTEMPTS:
            row.state, row.leased_until, row.attempts = State.COUNTING, now + LEASE, row.attempts + 1
            row.save(update_fields=["state", "leased_until", "attempts"])
            return row
        _end(row, state=State.FAILED, error=row.error, now=now)
    return None


def _run(row: Recount, *, now: datetime) -> bool:
    """Count for a row that was claimed. What is refused is told; what fails is tried again after a pause."""
    try:
        with translation.override(known_language(row.asked_by.language)):
            return _count(row, now=now)
    except ValidationError as refusal:
        logger.warning("count %s of edition %s was refused (%s)", row.pk, row.edition_id, refusal.code)
        _end(row, state=State.REFUSED, error=" ".join(refusal.messages), now=now)
    except Exception as error:
        logger.exception("count %s of edition %s failed", row.pk, row.edition_id)
        held = Recount.objects.filter(pk=row.pk, state=State.COUNTING, attempts=row.attempts)
        held.update(leased_until=now + PAUSE, error=type(error).__name__)
    return False


@transaction.atomic
def _count(row: Recount, *, now: datetime) -> bool:
    """The count and the row that says so, in one transaction; nothing where another worker was faster."""
    edition = Edition.objects.lock(row.edition_id)
    locked = Recount.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=row.pk)
    if locked.state != State.COUNTING:
        return False
    locked.count = counting.count(edition, now=now, by=locked.asked_by, reason=locked.reason)
    locked.state, locked.leased_until, locked.finished, locked.error = State.DONE, None, now, ""
    locked.save(update_fields=["state", "leased_until", "finished", "error", "count"])
    return True


def _end(row: Recount, *, state: str, error: str, now: datetime) -> None:
    open_rows = Recount.objects.filter(pk=row.pk, state__in=OPEN)
    open_rows.update(state=state, error=error, leased_until=None, finished=now)
