"""Waiting lists move up: free places go to those who wait, in their order. One mechanism for sessions and for kinds.

What frees a place calls `fill`, with the session or kind locked. A task calls it every few seconds too: for a larger capacity,
room or quota, and for offers that nobody took. So no place is lost where a call is forgotten.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils.translation import gettext as _

from events.models import User
from events.shared.history import log
from events.shared.jobs.sweeps import Apart
from registration.models import Booking, Registration, Waiting
from registration.people.accounts.verbs import RegistrationVerb


def record(row: Booking | Waiting, *, verb: RegistrationVerb, now: datetime, by: User | None, **more: Any) -> None:
    """Write the history; of a place in a kind, that of the registration. `by`: None where the site did it by itself."""
    subject, label = (row, row.session.code) if row.session else (row.registration, f"#{row.registration_id}")
    log.record(subject, verb=verb, by=by, now=now, forum_id=row.registration.forum_id, label=label, **more)


class WaitingList(ABC):
    """The waiting list of a session or a kind that is locked: the `rows` of those who wait, and for how many `minutes` a free place
    is kept for the next one (0: they have it at once). `passed`: the keys of rows with which something failed, which are passed
    over until the next time; `tries`: what failed with them."""

    rows: QuerySet[Waiting]
    minutes: int

    def __init__(self) -> None:
        self.passed: set[int] = set()
        self.tries = Apart("waiting list")

    @property
    @abstractmethod
    def last_moment(self) -> datetime | None:
        """When the list stops moving by itself, and the last offers end. None: it does not move at all."""

    @abstractmethod
    def first(self, *, now: datetime) -> Waiting | None:
        """The first in the line for whom there is a place."""

    @abstractmethod
    def lock(self, row: Waiting) -> tuple[Registration | None, bool]:
        """The registration of the person who waits, locked; None where they cannot have the place any more. And whether another transaction
        has it locked at the moment: then the list goes on next time."""

    @abstractmethod
    def give(self, row: Waiting, *, now: datetime) -> None:
        """Let somebody have the place at once, and tell them. The row goes."""

    @abstractmethod
    def offer(self, row: Waiting, *, now: datetime) -> None:
        """Tell somebody that the place is kept for them."""

    @abstractmethod
    def end(self, row: Waiting, *, now: datetime) -> None:
        """Take somebody off who did not take the place in time, and tell them. The row goes."""

    def is_moving(self, now: datetime) -> bool:
        return self.last_moment is not None and now < self.last_moment

    def may_move(self, now: datetime) -> bool:
        """Whether an offer is over, or somebody in the line has a place. Looked at without a lock; `fill` looks again."""
        return self.rows.filter(offered_until__lte=now).exists() or (
            self.is_moving(now) and self.first(now=now) is not None
        )


def fill(line: WaitingList, *, now: datetime) -> int:
    """Give what is free to those who wait, in their order: at once, or as an offer for some minutes; return to how many. What the
    line is for is locked. Offers that nobody took in time are over first. One query where nobody waits."""
    if not line.rows.exists():
        return 0
    line.tries.each(line.rows.filter(offered_until__lte=now), lambda over: _end_offer(line, over, now=now))
    number = 0
    while line.is_moving(now) and (row := line.first(now=now)):
        given: list[int | None] = []
        if not line.tries.one(row, partial(_give_into, given, line, row, now=now)):
            line.passed.add(row.pk)
        elif given[0] is None:
            break
        else:
            number += given[0]
    return number


def _give_into(given: list[int | None], line: WaitingList, row: Waiting, *, now: datetime) -> None:
    given.append(_give_next(line, row, now=now))


def fill_whole(line: Callable[[], WaitingList], *, now: datetime) -> int:
    """Lock what a line is for and fill it, in one transaction; return how many people moved up. Raises `RowsFailed` in the end, once
    the others have their places."""
    with transaction.atomic():
        locked = line()
        number = fill(locked, now=now)
    locked.tries.tell()
    return number


def _end_offer(line: WaitingList, over: Waiting, *, now: datetime) -> None:
    """An offer that nobody took in time is over."""
    person, is_held = line.lock(over)
    if person is None and not is_held:
        over.delete()
    elif person is not None:
        over.registration = person
        record(over, verb=RegistrationVerb.OFFER_OVER, now=now, by=None)
        line.end(over, now=now)


def _give_next(line: WaitingList, row: Waiting, *, now: datetime) -> int | None:
    """Give the first in the line a place, and return 1; 0 where they cannot have it any more, and are off the list; None where
    another transaction has their registration locked."""
    person, is_held = line.lock(row)
    if person is None:
        if is_held:
            return None
        row.delete()
        return 0
    row.registration = person
    if line.minutes and line.last_moment and line.is_moving(now):
        row.offered_until = min(now + timedelta(minutes=line.minutes), line.last_moment)
        row.save(update_fields=["offered_until"])
        record(row, verb=RegistrationVerb.OFFER_SEAT, now=now, by=None)
        line.offer(row, now=now)
    else:
        line.give(row, now=now)
    return 1


@transaction.atomic
def put_first(line: WaitingList, row: Waiting, *, reason: str, by: User, now: datetime) -> None:
    """Put somebody at the head of the line, before all others, for a reason that is written down. They get the next place: at once
    where one is free, also when the list does not move by itself any more. What the line is for is locked. Refuses `no-reason` and
    `not-in-line`."""
    if not reason.strip():
        raise ValidationError(_("Say why, in a sentence or two"), code="no-reason")
    found = line.rows.in_line().filter(pk=row.pk).first()  # type: ignore[attr-defined]
    if found is None:
        raise ValidationError(_("Does not wait for a place, or has one already"), code="not-in-line")
    lowest = line.rows.aggregate(lowest=Min("rank"))["lowest"] or 0
    found.rank = lowest - 1
    found.save(update_fields=["rank"])
    record(found, verb=RegistrationVerb.PUT_FIRST, now=now, by=by, reason=reason)
    fill(line, now=now)
    if not line.is_moving(now) and line.first(now=now) == found:
        _give_next(line, found, now=now)
