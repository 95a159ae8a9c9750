"""Joining the waiting list of a session, leaving it, and one's place in it."""

from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Session, User
from registration.accreditation import hooks
from registration.models import Booking, Registration, Waiting
from registration.people.accounts.verbs import RegistrationVerb
from registration.sessions.seats import booking, kind_places, moving_up, promotion
from registration.sessions.seats.promotion import SessionLine


@transaction.atomic
def join(*, registration: Registration | None, session: Session, now: datetime) -> Booking | Waiting:
    """Stand at the end of the waiting list of a full session; who is on it keeps the place. Where a place is free and nobody
    waits, the person gets it at once, and the booking comes back.

    Refuses `not-registered`, `session-not-open`, `kind-may-not-book`, and `session-begun` once the list does not move any more.
    """
    found = booking.lock(registration, session=session)
    if found.booking:
        return found.booking
    booking.check(found.session, person=found.person, now=now)
    promotion.fill(found.session, now=now)
    if found.waiting:
        still = Waiting.objects.filter(pk=found.waiting.pk).first()
        own = Booking.objects.filter(registration=found.person, session=found.session).first()
        if still or own:  # else the offer was over: back to the end
            return own or still  # type: ignore[return-value]
    if promotion.free_for(found.person, session=found.session, now=now) != 0:
        return promotion.give_seat(
            found.person, session=found.session, verb=RegistrationVerb.BOOK, now=now, by=found.person.user
        )
    if not promotion.moves_up(found.session, now=now):
        raise ValidationError(_("The session has begun: its waiting list is closed"), code="session-begun")
    row = Waiting.objects.create(registration=found.person, session=found.session, joined=now)
    promotion.record(row, verb=RegistrationVerb.WAIT, now=now, by=found.person.user)
    return row


@transaction.atomic
def leave(*, registration: Registration, session: Session, now: datetime, by: User | None = None) -> bool:
    """Leave a waiting list; return whether the person was on it. A place that was kept for them goes to the next. `by`: else the
    person."""
    locked = promotion.locked_session(session.pk)
    rows = Waiting.objects.filter(registration=registration, session=locked)
    row = rows.select_related("registration__user", "session").first()
    if row is None:
        return False
    promotion.record(row, verb=RegistrationVerb.STOP_WAITING, now=now, by=by or row.registration.user)
    row.delete()
    promotion.fill(locked, now=now)
    return True


def take_off(row: Waiting, *, by: User, now: datetime) -> None:
    """An organiser takes somebody off the waiting list of a session. Refuses `waits-for-kind`: that is part of a registration."""
    if row.session is None:
        words = _("Waits for a place in a kind of registration. Refuse or withdraw the registration instead")
        raise ValidationError(words, code="waits-for-kind")
    leave(registration=row.registration, session=row.session, now=now, by=by)


@transaction.atomic
def promote(row: Waiting, *, reason: str, by: User, now: datetime) -> None:
    """Put somebody first on a waiting list, for a reason that is written down. Refuses as `moving_up.put_first` and
    `kind_places.promote`."""
    if row.session_id is None:
        kind_places.promote(row.registration, reason=reason, by=by, now=now)
    else:
        line = SessionLine(promotion.locked_session(row.session_id))
        moving_up.put_first(line, row, reason=reason, by=by, now=now)


@hooks.stops_taking_part()
def forget(registration: Registration, now: datetime) -> None:
    """Take somebody who does not take part any more out of what is not over: bookings and waiting lists. The registration is
    locked by the caller; the places, that of the kind too, go to others as soon as that is committed."""
    ahead = registration.bookings.exclude(session__ends__lte=now)
    freed = {
        *registration.waitings.exclude(session=None).values_list("session", flat=True),
        *ahead.values_list("session", flat=True),
    }
    ahead.delete()
    registration.waitings.all().delete()
    waited = Waiting.objects.filter(session__in=freed).values_list("session", flat=True)
    transaction.on_commit(partial(promotion.fill_sessions, list(waited), now=now), robust=True)
    if registration.kind_id and Waiting.objects.of_kind(registration.kind_id).exists():
        transaction.on_commit(partial(kind_places.fill_kinds, [registration.kind_id], now=now), robust=True)
