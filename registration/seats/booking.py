"""Booking sessions: a seat is taken under the lock of its session, so the last one goes to one person."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.history import log
from events.models import Session
from registration.accounts.verbs import RegistrationVerb
from registration.models import Booking, Registration
from registration.registering import kinds

MAY_NOT_BOOK = gettext_lazy("People of your kind of registration do not book sessions of this type")


def is_bookable(session: Session, *, now: datetime) -> bool:
    """Whether a session takes bookings at all at a moment: scheduled, and not over."""
    return session.state == Session.State.SCHEDULED and not session.is_over(now)


def seats_left(session: Session, *, taken: int | None = None) -> int | None:
    """Return the free seats of a session; None where there is no limit. `taken`: how many have booked, else one query."""
    if session.seats is None:
        return None
    return max(session.seats - (session.bookings.count() if taken is None else taken), 0)


@transaction.atomic
def book(*, registration: Registration | None, session: Session, now: datetime) -> Booking:
    """Put a session into an agenda; booking again returns the same row.

    Refuses `not-registered` (nobody, withdrawn, or of another forum), `session-not-open` (draft, cancelled
    or over), `kind-may-not-book` and `session-full`. Locks the registration, then the session.
    """
    people = Registration.objects.select_for_update(of=("self",)).select_related("user").active()
    row = people.filter(pk=registration.pk).first() if registration else None
    if row is None or row.forum_id != session.forum_id:
        raise ValidationError(_("Register for this forum first"), code="not-registered")
    locked = Session.objects.select_for_update(of=("self",)).select_related("room").get(pk=session.pk)
    existing = Booking.objects.filter(registration=row, session=locked).first()
    if existing:
        return existing
    if not is_bookable(locked, now=now):
        raise ValidationError(
            _("This session cannot be booked: it is over or does not take place"), code="session-not-open"
        )
    if not kinds.may_book(row, session=locked):
        raise ValidationError(MAY_NOT_BOOK, code="kind-may-not-book")
    if seats_left(locked) == 0:
        raise ValidationError(_("This session is full. You can watch it live without a seat"), code="session-full")
    made = Booking.objects.create(registration=row, session=locked, created=now)
    _record(made, verb=RegistrationVerb.BOOK, now=now)
    return made


@transaction.atomic
def leave(*, registration: Registration, session: Session, now: datetime) -> bool:
    """Take a session out of an agenda; return whether it was there."""
    Session.objects.select_for_update().get(pk=session.pk)
    rows = Booking.objects.filter(registration=registration, session=session)
    row = rows.select_related("registration__user", "session").first()
    if row is not None:
        _record(row, verb=RegistrationVerb.LEAVE, now=now)
        row.delete()
    return row is not None


def _record(row: Booking, *, verb: RegistrationVerb, now: datetime) -> None:
    person = row.registration
    log.record(row, verb=verb, by=person.user, now=now, forum_id=person.forum_id, label=row.session.code)
