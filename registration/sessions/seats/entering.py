"""Who may enter a session whose places are limited, at the door and at the join link: the one rule of both.

A place is kept for whoever booked it until `walk_in_minutes` after the start. From then on it is known how many came: places
of those who have not are for whoever is there, and who booked and comes late has no more right than others.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Value
from django.utils.translation import gettext as _

from events.models import Session
from events.shared.formatting import times
from registration.models import Attendance, Booking, Registration, Waiting
from registration.people.accounts.verbs import RegistrationVerb
from registration.registering import kinds
from registration.sessions.seats import promotion

CAME, BOOKED = "came", "booked"


# What gives people a claim to a place in a session.
_CLAIMS: Any = [
    model.objects.order_by().values_list(Value(what, CharField()), flat=True)
    for model, what in ((Attendance, CAME), (Booking, BOOKED))
]


def walk_in_from(session: Session) -> datetime | None:
    """From when on places of those who have not come are given to others; None where that never happens. Needs the forum."""
    minutes = session.forum.walk_in_minutes
    if session.starts is None or session.seats is None or minutes is None:
        return None
    return session.starts + timedelta(minutes=minutes)


def may_enter(registration: Registration, *, session: Session, now: datetime) -> None:
    """Refuse `no-seat-yet` (until places of those who have not come are given away) and `no-seat` (there is none left) at a session
    with limited places. Who has been in may come back; where a place is free and nobody waits, one needs no booking. `session`
    has its room and forum. Without limit no query; else up to four."""
    if session.seats is not None and not _has_claim(registration, session=session, now=now):
        _check_free(registration, session=session, now=now)


def _check_free(registration: Registration, *, session: Session, now: datetime) -> None:
    """Refuse as `may_enter` where there is no free place for somebody who has no claim to one."""
    opens = walk_in_from(session)
    if opens and opens <= now:
        if session.seats is None or Attendance.objects.filter(session=session).count() < session.seats:
            return
        raise ValidationError(_no_seat(session), code="no-seat")
    if kinds.may_book(registration, session=session) and _is_free(registration, session=session, now=now):
        return
    if opens is None:
        raise ValidationError(_no_seat(session), code="no-seat")
    moment = times.hours(opens, zone=session.forum.zone)
    raise ValidationError(
        _(
            "There is no place for you yet. Come back at %(time)s %(zone)s: places of people who have not come are free then"
        )
        % {"time": moment, "zone": times.zone_label(session.forum.zone, at=opens, forum=session.forum)},
        code="no-seat-yet",
    )


def _has_claim(registration: Registration, *, session: Session, now: datetime) -> bool:
    """Whether a person has been in, or has booked a place that is still kept. One query."""
    came, booked = (rows.filter(registration=registration.pk, session=session.pk) for rows in _CLAIMS)
    found, opens = set(came.union(booked, all=True).order_by()), walk_in_from(session)
    return CAME in found or (bool(found) and (opens is None or now < opens))


def _no_seat(session: Session) -> str:
    if session.broadcast_url:
        return _("This session is full. You can watch the broadcast")
    return _("This session is full")


def _is_free(registration: Registration, *, session: Session, now: datetime) -> bool:
    """Whether a place is free for a person: one that is offered to them counts, and those who wait come first."""
    if promotion.free_for(registration, session=session, now=now) != 0:
        return True
    return Waiting.objects.offered(now).filter(registration=registration, session=session).exists()


@transaction.atomic
def take_seat(registration: Registration, *, session: Session, now: datetime) -> None:
    """Before somebody enters by the join link: who has no place, and finds one free, has booked it by that. Refuses as `may_enter`.

    The caller's transaction holds the session locked until the entry is written, so that places are not given twice."""
    if session.seats is None or _has_claim(registration, session=session, now=now):
        return
    locked = promotion.locked_session(session.pk)
    promotion.fill(locked, now=now)
    if locked.seats is None or _has_claim(registration, session=locked, now=now):
        return
    _check_free(registration, session=locked, now=now)
    opens, person = walk_in_from(locked), promotion.locked_person(registration.pk, session=locked)
    if person and (opens is None or now < opens):
        promotion.give_seat(person, session=locked, verb=RegistrationVerb.BOOK, now=now, by=person.user)
