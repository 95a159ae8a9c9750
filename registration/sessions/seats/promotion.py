"""The waiting list of a session moves up, until the session starts (see `moving_up`)."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from events.models import Session, User
from events.shared.jobs.sweeps import Sweep
from registration.models import Booking, Registration, Waiting
from registration.people.accounts.verbs import RegistrationVerb
from registration.registering import kinds
from registration.sessions.seats import moving_up, seat_mails
from registration.sessions.seats.capacity import Seats, places
from registration.sessions.seats.moving_up import WaitingList, record

logger = logging.getLogger(__name__)
SEATS = Sweep("seats", gettext_lazy("Waiting lists of sessions"), longest=timedelta(minutes=1))
_LOCK: dict[str, Any] = {"of": ("self",), "no_key": True}


def locked_session(pk: int) -> Session:
    """A session under its lock, with its room and forum. Rows that name it can still be written (`no_key`)."""
    return Session.objects.select_for_update(**_LOCK).select_related("room", "forum").get(pk=pk)


def locked_person(pk: int, *, session: Session) -> Registration | None:
    """The registration of somebody who takes part in the forum of a session, under its lock; None for anybody else. After the lock of
    the session, which has its forum."""
    people = Registration.objects.active().select_for_update(**_LOCK).select_related("user")
    person = next(iter(people.filter(pk=pk, forum=session.forum_id).order_by()), None)
    if person:
        person.forum = session.forum
    return person


def is_ahead(session: Session, *, now: datetime) -> bool:
    """Whether a session takes place and has not begun: until then waiting lists move up."""
    return session.state == Session.State.SCHEDULED and session.starts is not None and now < session.starts


def moves_up(session: Session, *, now: datetime) -> bool:
    """Whether a session has a waiting list at a moment: its places are limited, and it is ahead."""
    return session.seats is not None and is_ahead(session, now=now)


def give_seat(
    person: Registration, *, session: Session, verb: RegistrationVerb, now: datetime, by: User | None
) -> Booking:
    """Write the booking of a person, who waits no more. Both are locked, and there is a place."""
    made = Booking.objects.create(registration=person, session=session, created=now)
    Waiting.objects.filter(registration=person, session=session).delete()
    record(made, verb=verb, now=now, by=by)
    return made


def _first(session: Session, free: Seats, *, passed: Collection[int] = ()) -> Waiting | None:
    """The first in the line for whom there is a place, but for those who are `passed` over."""
    allowed, line = free.kinds_with_places(), session.waitings.in_line()
    if passed:
        line = line.exclude(pk__in=passed)
    if allowed is None:
        return line.first()
    return line.filter(registration__kind__in=allowed).first() if allowed else None


class SessionLine(WaitingList):
    """Of a session that is locked, with its room and forum."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.rows = session.waitings.all()
        self.minutes = session.forum.offer_minutes

    @property
    def last_moment(self) -> datetime | None:
        return self.session.starts if self.session.state == Session.State.SCHEDULED else None

    def first(self, *, now: datetime) -> Waiting | None:
        return _first(self.session, places(self.session, now=now), passed=self.passed)

    def lock(self, row: Waiting) -> tuple[Registration | None, bool]:
        """Gone, not approved any more, or of another kind now: they have no place."""
        row.session = self.session
        person = locked_person(row.registration_id, session=self.session)
        return (person if person and kinds.may_book(person, session=self.session) else None), False

    def give(self, row: Waiting, *, now: datetime) -> None:
        made = give_seat(row.registration, session=self.session, verb=RegistrationVerb.PROMOTE, now=now, by=None)
        seat_mails.write_promoted(made, now=now)
        logger.info("registration %s moved up in session %s", row.registration_id, self.session.code)

    def offer(self, row: Waiting, *, now: datetime) -> None:
        seat_mails.write_offered(row, now=now)

    def end(self, row: Waiting, *, now: datetime) -> None:
        seat_mails.write_offer_over(row, now=now)
        row.delete()


def free_for(person: Registration, *, session: Session, now: datetime) -> int | None:
    """How many places somebody may take to whom none is offered; None: no limit. While somebody in the line has a place, nobody
    else has: whoever withdraws frees places without the lock of the session. One query, two where somebody waits."""
    free = places(session, now=now)
    left = free.left(person.kind_id)
    first = _first(session, free) if left and free.waiting else None
    return left if first is None or first.registration_id == person.pk else 0


def fill(session: Session, *, now: datetime) -> int:
    """Give the free places of a session that is locked to those who wait; return to how many. Nothing once it has begun."""
    return moving_up.fill(SessionLine(session), now=now) if is_ahead(session, now=now) else 0


def fill_sessions(keys: Iterable[int], *, now: datetime) -> None:
    """Fill sessions, each in a transaction of its own."""
    for key in sorted(set(keys)):
        with transaction.atomic():
            fill(locked_session(key), now=now)


def _fill_one(session: Session, *, now: datetime) -> int:
    """Fill a session, if somebody waits who may have a place."""
    if not SessionLine(session).may_move(now):
        return 0
    return moving_up.fill_whole(lambda: SessionLine(locked_session(session.pk)), now=now)


def fill_all(now: datetime) -> int:
    """Fill all sessions to come in which somebody waits and may have a place; return how many people moved up. One query, and
    one for each session with a waiting list."""
    waited = Session.objects.filter(waitings__isnull=False, starts__gt=now, state=Session.State.SCHEDULED)
    sessions = waited.select_related("room", "forum").distinct()
    return sum(SEATS.each(sessions, lambda one: _fill_one(one, now=now), now=now, is_whole=False))
