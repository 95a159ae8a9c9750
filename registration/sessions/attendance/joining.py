"""Entering a session: who may, and what is written down of it."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Session, User
from registration.models import Attendance, Registration, Source, Stay
from registration.sessions.attendance import stays
from registration.sessions.seats import entering

AGAIN = timedelta(minutes=1)  # somebody who follows the join link twice in this time only reloads the page


def check(registration: Registration, *, session: Session, now: datetime, source: str) -> None:
    """Refuse (codes: see `enter`) somebody who does not take part, and a session that does not take place or is not open."""
    if registration.withdrawn:
        raise ValidationError(_("You have withdrawn from this forum. Register again to join"), code="withdrawn")
    if registration.state != Registration.State.APPROVED:
        raise ValidationError(_("Your registration is not approved yet"), code="not-approved")
    if registration.forum_id != session.forum_id:
        raise ValidationError(_("This session belongs to another forum. Register there to join"), code="other-forum")
    if session.state != Session.State.SCHEDULED:
        raise ValidationError(_("This session does not take place"), code="not-scheduled")
    if source == Source.JOIN and not session.is_join_open(now):
        raise ValidationError(_("This session cannot be joined at this time"), code="join-closed")


def enter(*, registration: Registration, session: Session, now: datetime, source: str) -> Attendance:
    """Record that a registered person enters a session at a moment, and return the attendance that follows.

    `source` is one of Source; only the join link is bound to the joining hours. Whoever follows it twice within a minute has
    entered once. Who comes by it needs a place where places are limited, and takes a free one by that (registration.sessions.seats.entering).
    Refuses `withdrawn`, `not-approved`, `other-forum`, `not-scheduled`, `join-closed`, `no-seat-yet` and `no-seat`.
    """
    with transaction.atomic():
        if source == Source.JOIN and registration.forum_id == session.forum_id:
            entering.take_seat(registration, session=session, now=now)
        return record(Stay(registration=registration, session=session, began=now, source=source))


@transaction.atomic
def record(stay: Stay) -> Attendance:
    """Save the stay of a registered person in a session, and return the attendance that follows. Refuses as `enter`, but for places.

    Safe when two come at once: the person's registration is locked first."""
    assert stay.registration_id is not None  # noqa: S101
    assert stay.session is not None  # noqa: S101
    person = stays.locked(stay.registration_id)
    check(person, session=stay.session, now=stay.began, source=stay.source)
    if stay.source != Source.JOIN or not _is_repeated(stay):
        stay.save()
    return stays.attend([person], session=stay.session)[person.pk]


def enter_by_hand(stay: Stay, *, by: User, now: datetime) -> None:
    """Save a stay that an organiser enters. Refuses as `record` where it is that of a registered person."""
    stay.source, stay.entered_by = Source.HAND, by
    if stay.registration_id:
        record(stay)
    else:
        stay.save()


def _is_repeated(stay: Stay) -> bool:
    others = Stay.objects.filter(registration=stay.registration, session=stay.session, source=stay.source)
    return others.filter(began__gt=stay.began - AGAIN, began__lt=stay.began + AGAIN).exists()


def meeting_address(session: Session) -> str:
    """The stored address of the meeting when it is a web address (http or https), else nothing."""
    parts = urlsplit(session.meeting_url.strip())
    return session.meeting_url.strip() if parts.scheme in ("http", "https") and parts.netloc else ""
