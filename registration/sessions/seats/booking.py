"""Booking sessions: a seat is taken under the lock of its session, so the last one goes to one person.

Who waits comes first: what is free goes to the waiting list before anybody else may book. The session is locked first, then
the person: so does everything that gives seats away.
"""

from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Session
from registration.models import Booking, Registration, Waiting
from registration.people.accounts.verbs import RegistrationVerb
from registration.registering import kinds
from registration.sessions.seats import promotion

MAY_NOT_BOOK = gettext_lazy("People of your kind of registration do not book sessions of this type")


def is_bookable(session: Session, *, now: datetime) -> bool:
    """Whether a session takes bookings at all at a moment: scheduled, and not over."""
    return session.state == Session.State.SCHEDULED and not session.is_over(now)


class Locked(NamedTuple):
    """A session and a person, both locked, the booking that there is, and the place on the waiting list."""

    session: Session
    person: Registration
    booking: Booking | None
    waiting: Waiting | None


def lock(registration: Registration | None, *, session: Session) -> Locked:
    """Lock a session, then a person who takes part in its forum. Refuses `not-registered` (nobody, withdrawn, not approved, or
    of another forum)."""
    locked = promotion.locked_session(session.pk)
    row = promotion.locked_person(registration.pk, session=locked) if registration else None
    if row is None:
        raise ValidationError(_("Register for this forum first"), code="not-registered")
    booking = Booking.objects.filter(registration=row, session=locked).first()
    waiting = Waiting.objects.filter(registration=row, session=locked).first()
    return Locked(locked, row, booking, waiting)


def check(session: Session, *, person: Registration, now: datetime) -> None:
    """Refuse `session-not-open` for a draft, and what is cancelled or over; `kind-may-not-book` for somebody whose kind does not
    book such sessions."""
    if not is_bookable(session, now=now):
        raise ValidationError(
            _("This session cannot be booked: it is over or does not take place"), code="session-not-open"
        )
    if not kinds.may_book(person, session=session):
        raise ValidationError(MAY_NOT_BOOK, code="kind-may-not-book")


def book(*, registration: Registration | None, session: Session, now: datetime) -> Booking:
    """Put a session into an agenda; booking again returns the same row. Somebody to whom a place is offered takes it by booking.

    Refuses `not-registered`, `session-not-open` (draft, cancelled or over), `kind-may-not-book` and `session-full`. People who
    move up from the waiting list at this moment keep their places, also where this booking is refused.
    """
    with transaction.atomic():
        made = _book(registration, session=session, now=now)
    if made is None:
        raise ValidationError(full_words(session, now=now), code="session-full")
    return made


def _book(registration: Registration | None, *, session: Session, now: datetime) -> Booking | None:
    """The booking; None where the session is full."""
    found = lock(registration, session=session)
    if found.booking:
        return found.booking
    check(found.session, person=found.person, now=now)
    is_offered = found.waiting is not None and found.waiting.is_offered(now)
    promotion.fill(found.session, now=now)
    if own := _own(found):  # it was this person's turn
        return own
    if not is_offered and promotion.free_for(found.person, session=found.session, now=now) == 0:
        return None
    return promotion.give_seat(
        found.person, session=found.session, verb=RegistrationVerb.BOOK, now=now, by=found.person.user
    )


def _own(found: Locked) -> Booking | None:
    """The booking of who was on the waiting list before it moved up."""
    rows = Booking.objects.filter(registration=found.person, session=found.session)
    return rows.first() if found.waiting else None


def full_words(session: Session, *, now: datetime) -> str:
    """What somebody reads who finds a session full: only what is true of it."""
    can_wait = promotion.moves_up(session, now=now)
    if can_wait and session.broadcast_url:
        return _("This session is full. Join the waiting list, or watch the broadcast without a place")
    if can_wait:
        return _("This session is full. Join the waiting list")
    return (
        _("This session is full. You can watch the broadcast without a place")
        if session.broadcast_url
        else _("This session is full")
    )


@transaction.atomic
def leave(*, registration: Registration, session: Session, now: datetime) -> bool:
    """Take a session out of an agenda; return whether it was there. The first who waits gets the place."""
    locked = promotion.locked_session(session.pk)
    rows = Booking.objects.filter(registration=registration, session=locked)
    row = rows.select_related("registration__user", "session").first()
    if row is not None:
        promotion.record(row, verb=RegistrationVerb.LEAVE, now=now, by=row.registration.user)
        row.delete()
        promotion.fill(locked, now=now)
    return row is not None
