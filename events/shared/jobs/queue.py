"""The one queue: rows that are jobs (`Job`), done by any number of workers, each of which may be killed at any moment (decision 0001).

A worker claims a row, for as long as its lease lasts, does it, and marks it done only while the row is still its own. An error is an
attempt, and so is a worker that is lost: after a pause the row is tried again, after the last attempt it is given up, and organisers
see it. A refusal ends it with its words. Trouble of the database is no attempt, where the database can still be told so; what is too
much for it with one row alone is one.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import Error, transaction
from django.db.models import Count, Exists, F, Q, QuerySet
from django.utils import translation

from events.models.columns import Concern, Job, is_free
from events.shared.jobs.troubles import is_of_the_row, is_trouble

logger = logging.getLogger(__name__)

WORKER_LOST = "WorkerLost"


def claim(rows: QuerySet[Any], *, now: datetime, lease: timedelta, limit: int = 1, **changes: Any) -> list[Any]:
    """Take the first of some rows (any model with `leased_until` and `attempts`) that no other worker holds, by a lease or a lock, and
    hold them for as long as a lease lasts; return them. Each begins an attempt. The rows come filtered, and in their order; `changes`
    are written into what is taken, such as another state."""
    changes |= {"leased_until": now + lease}
    with transaction.atomic():
        found = list(rows.filter(is_free(now)).select_for_update(of=("self",), skip_locked=True)[:limit])
        taken = rows.model._base_manager.filter(pk__in=[row.pk for row in found])
        taken.update(attempts=F("attempts") + 1, **changes)
    for row in found:
        for name, value in {"attempts": row.attempts + 1, **changes}.items():
            setattr(row, name, value)
    return found


@dataclass
class JobQueue[Row: Job]:
    """The jobs of a model. `act` does one (a row, `now`): returns the columns that it fills, or refuses with words for who asked, in their
    `language`.

    As a rule that is one transaction, which holds the row, so that nobody else takes it however long that lasts. `parent` locks what is
    to be locked before the row. Not `is_whole`: what takes long outside the database, and does no harm when it is done twice.
    """

    model: type[Row]
    act: Callable[..., Mapping[str, Any]]
    is_whole: bool = True
    parent: Callable[[Row], object] | None = None
    language: Callable[[Row], str] | None = None

    def run(self, now: datetime) -> int:
        """Do all that waits, one after the other; return how many were done. Raises troubles of the database."""
        began, moment, done = time.monotonic(), now, 0
        while (row := self.next(moment)) is not None:
            done += self._try(row, now=moment)
            moment = now + timedelta(seconds=int(time.monotonic() - began))
        return done

    def next(self, now: datetime) -> Row | None:
        """Claim the next job that waits, or whose worker was lost. One with which so many were lost as may fail is given up."""
        waiting = self.model.objects.waiting(now)
        if not waiting.exists():  # asked every few seconds: nobody waits for a lock
            return None
        with transaction.atomic():
            lost = waiting.filter(attempts__gt=len(self.model.PAUSES))
            for row in lost.select_for_update(of=("self",), skip_locked=True):
                logger.error("%s %s is given up: %s workers were lost", self.model.__name__, row.pk, row.attempts)
                self._end(row, state=self.model.State.FAILED, error=WORKER_LOST)
        rows: list[Row] = claim(waiting, now=now, lease=self.model.LEASE)
        return rows[0] if rows else None

    def _try(self, row: Row, *, now: datetime) -> bool:
        try:
            with translation.override(self.language(row)) if self.language else nullcontext():
                try:
                    return self._do(row, now=now)
                except ValidationError as refusal:
                    logger.warning("%s %s is refused", self.model.__name__, row.pk)
                    self._end(row, state=self.model.State.REFUSED, error=" ".join(refusal.messages))
        except Exception as error:  # whatever it is: the others are not to wait for this one
            is_nobodys = is_trouble(error) and not is_of_the_row(error)
            self._failed(row, error=error, is_attempt=not is_nobodys, now=now)
            if is_nobodys:
                raise
        return False

    def _do(self, row: Row, *, now: datetime) -> bool:
        """Do a job and mark it done, unless it is another worker's by now, or nobody's any more."""
        with transaction.atomic() if self.is_whole else nullcontext():
            if self.parent:
                self.parent(row)
            own = self._own(row).select_for_update(of=("self",), skip_locked=True) if self.is_whole else [row]
            return any(
                self._end(held, state=self.model.State.DONE, error="", **self.act(held, now=now)) for held in own
            )

    def _failed(self, row: Row, *, error: Exception, is_attempt: bool, now: datetime) -> None:
        logger.error("%s %s failed, for the %s. time", self.model.__name__, row.pk, row.attempts, exc_info=error)
        kind, pauses = type(error).__name__, self.model.PAUSES
        with suppress(Error):  # where the database hears nothing, the lease ends by itself
            if not is_attempt:  # the others first
                self._end(row, due=now + pauses[0], attempts=F("attempts") - 1, error=kind)
            elif row.attempts > len(pauses):
                self._end(row, state=self.model.State.FAILED, error=kind)
            else:
                self._end(row, due=now + pauses[row.attempts - 1], error=kind)

    def _own(self, row: Row) -> Any:
        return self.model.objects.open().filter(pk=row.pk, leased_until=row.leased_until)

    def _end(self, row: Row, **values: Any) -> bool:
        """Write into a row that is still ours, and let it go; return whether it was."""
        return bool(self._own(row).update(leased_until=None, **values))


def _queues() -> list[type[Job]]:
    return [model for model in apps.get_models() if issubclass(model, Job)]


def are_left() -> Any:
    """A condition for any query: whether there are jobs that are not done yet, or were given up. Where there are none, there is none of
    concern either."""
    left = [Exists(model.objects.filter(state__in=[*model.OPEN, model.State.FAILED])) for model in _queues()]
    return reduce(or_, left[1:], Q(left[0]))


def concerns(within: Callable[[str], Q], *, now: datetime) -> list[QuerySet[Any]]:
    """Of each queue the jobs that were given up, wait too long, or are tried again (`concern`). `within`: that a row belongs to some
    forums, by the path to its forum; what belongs to none is always there."""
    return [model.objects.of_concern(now).filter(within(model.FORUM) if model.FORUM else Q()) for model in _queues()]


def count_concerns(within: Callable[[str], Q], *, now: datetime) -> int:
    """How many they are. One query."""
    first, *rest = [rows.order_by().values("pk") for rows in concerns(within, now=now)]
    return first.union(*rest, all=True).count()


def numbers_of_concern(now: datetime) -> dict[str, float]:
    """How many jobs of all queues there are of each `Concern`."""
    numbers = dict.fromkeys(Concern.values, 0.0)
    for rows in concerns(lambda path: Q(), now=now):
        for concern, number in rows.order_by().values_list("concern").annotate(number=Count("pk")):
            numbers[concern] += number
    return numbers
