"""The waiting list of a session moves up: whatever is free goes to those who wait, in their order, until the session starts.

Called under the lock of the session by whatever frees a place; `fill_all` (every few seconds) finds the rest: a larger room or
capacity, offers that nobody took, places that were kept for a kind. So no place is lost, whoever forgets to call.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from events.history import log
from events.models import Session, User
from registration.accounts.verbs import RegistrationVerb
from registration.models import Booking, Registration, Waiting
from registration.registering import kinds
from registration.seats import seat_mails
from registration.seats.capacity import Places, places

logger = logging.getLogger(__name__)


def locked_session(pk: int) -> Session:
    """A session under its lock, with its room and forum. Rows that name it may be written meanwhile (`no_key`)."""
    rows = Session.objects.select_for_update(of=("self",), no_key=True).select_related("room", "forum")
    return rows.get(pk=pk)


def locked_person(pk: int) -> Registration | None:
    """The registration of somebody who takes part, under its lock; None for anybody else. After the lock of the session."""
    people = Registration.objects.select_for_update(of=("self",), no_key=True).select_related("user", "forum").active()
    return people.filter(pk=pk).first()


def is_ahead(session: Session, *, now: datetime) -> bool:
    """Whether a session takes place and has not begun: until then waiting lists move up."""
    return session.state == Session.State.SCHEDULED and session.starts is not None and now < session.starts


def moves_up(session: Session, *, now: datetime) -> bool:
    """Whether a session has a waiting list at a moment: its places are limited, and it is ahead."""
    return session.seats is not None and is_ahead(session, now=now)


def record(row: Booking | Waiting, *, verb: RegistrationVerb, now: datetime, by: User | None) -> None:
    """Write the history. `by`: None where the site did it by itself."""
    log.record(row, verb=verb, by=by, now=now, forum_id=row.registration.forum_id, label=row.session.code)


def give_seat(
    person: Registration, *, session: Session, verb: RegistrationVerb, now: datetime, by: User | None
) -> Booking:
    """Write the booking of a person, who waits no more. Both are locked, and there is a place."""
    made = Booking.objects.create(registration=person, session=session, created=now)
    Waiting.objects.filter(registration=person, session=session).delete()
    record(made, verb=verb, now=now, by=by)
    return made


def fill(session: Session, *, now: datetime) -> int:
    """Give what is free to those who wait, in their order: at once, or as an offer for the forum's `offer_minutes`; return to
    how many. `session` is locked, with its room and forum. Offers that nobody took in time are over first. One query where
    nobody waits."""
    if not is_ahead(session, now=now) or not session.waitings.exists():
        return 0
    for over in session.waitings.filter(offered_until__lte=now).select_related("registration__user"):
        _end_offer(over, session=session, now=now)
    number = 0
    while row := _next(session, places(session, now=now)):
        person = locked_person(row.registration_id)
        # Gone, not approved any more, or of another kind now.
        if person is None or not kinds.may_book(person, session=session):
            row.delete()
            continue
        _give(row, person=person, session=session, now=now)
        number += 1
    return number


def _next(session: Session, free: Places) -> Waiting | None:
    """The first in the line for whom there is a place."""
    allowed, line = free.kinds_with_places(), session.waitings.in_line()
    if allowed is None:
        return line.first()
    return line.filter(registration__kind__in=allowed).first() if allowed else None


def free_for(person: Registration, *, session: Session, now: datetime) -> int | None:
    """How many places somebody may take to whom none is offered; None: no limit. While somebody in the line has a place, nobody
    else has: whoever withdraws frees places without the lock of the session. Two queries at the most."""
    free = places(session, now=now)
    left, first = free.left(person.kind_id), None
    if left:
        first = _next(session, free)
    return left if first is None or first.registration_id == person.pk else 0


def _give(row: Waiting, *, person: Registration, session: Session, now: datetime) -> None:
    minutes = session.forum.offer_minutes
    row.registration, row.session = person, session
    if minutes and session.starts:
        row.offered_until = min(now + timedelta(minutes=minutes), session.starts)
        row.save(update_fields=["offered_until"])
        record(row, verb=RegistrationVerb.OFFER_SEAT, now=now, by=None)
        seat_mails.write_offered(row, now=now)
    else:
        made = give_seat(person, session=session, verb=RegistrationVerb.PROMOTE, now=now, by=None)
        seat_mails.write_promoted(made, now=now)
    logger.info("registration %s moved up in session %s", person.pk, session.code)


def _end_offer(row: Waiting, *, session: Session, now: datetime) -> None:
    row.session = session
    record(row, verb=RegistrationVerb.OFFER_OVER, now=now, by=None)
    seat_mails.write_offer_over(row, now=now)
    row.delete()


def fill_sessions(keys: Iterable[int], *, now: datetime) -> int:
    """Fill sessions, each in a transaction of its own; return how many people moved up."""
    number = 0
    for key in sorted(set(keys)):
        with transaction.atomic():
            number += fill(locked_session(key), now=now)
    return number


def fill_all(now: datetime) -> int:
    """Fill all sessions to come in which somebody waits and may have a place; return how many people moved up. One query, and
    one for each session with a waiting list."""
    waited = Session.objects.filter(waitings__isnull=False, starts__gt=now, state=Session.State.SCHEDULED)
    return fill_sessions(
        [one.pk for one in waited.select_related("room").distinct() if _may_move(one, now=now)], now=now
    )


def _may_move(session: Session, *, now: datetime) -> bool:
    """Whether an offer is over, or somebody in the line has a place. Looked at without a lock; `fill` looks again."""
    if session.waitings.filter(offered_until__lte=now).exists():
        return True
    return _next(session, places(session, now=now)) is not None
