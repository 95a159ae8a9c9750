"""Who entered which session: the evidence that the tallies are counted from."""

from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Session
from registration.models import Attendance, Registration
from registration.seats import entering


def _check(registration: Registration, *, session: Session, now: datetime, source: str) -> None:
    if registration.withdrawn:
        raise ValidationError(_("You have withdrawn from this forum. Register again to join"), code="withdrawn")
    if registration.state != Registration.State.APPROVED:
        raise ValidationError(_("Your registration is not approved yet"), code="not-approved")
    if registration.forum_id != session.forum_id:
        raise ValidationError(_("This session belongs to another forum. Register there to join"), code="other-forum")
    if session.state != Session.State.SCHEDULED:
        raise ValidationError(_("This session does not take place"), code="not-scheduled")
    if source == Attendance.Source.JOIN and not session.is_join_open(now):
        raise ValidationError(_("This session cannot be joined at this time"), code="join-closed")


def enter(*, registration: Registration, session: Session, now: datetime, source: str) -> Attendance:
    """Record that a registered person enters a session at a moment; a second entry counts on the same row.

    `source` is one of Attendance.Source; only the join page is bound to the joining hours. The person's country,
    region, stakeholder type and gender are copied at the first entry and never change afterwards.
    Who comes by the join page needs a place where places are limited, and takes a free one by that (registration.seats.entering).
    Refuses `withdrawn`, `not-approved`, `other-forum`, `not-scheduled`, `join-closed`, `no-seat-yet` and `no-seat`. Safe when two entries come at once:
    the person's registration is locked first, and a constraint stands behind it.
    """
    with transaction.atomic():
        if source == Attendance.Source.JOIN and registration.forum_id == session.forum_id:
            entering.take_seat(registration, session=session, now=now)
        person = Registration.objects.select_for_update(of=("self",), no_key=True).get(pk=registration.pk)
        _check(person, session=session, now=now, source=source)
        seen = Attendance.objects.filter(registration=person, session=session).first()
        if seen is None:
            seen = Attendance.entry(person, session=session, at=now, source=source)
        else:
            seen.entries += 1
            # Two machines may differ in their clocks: an entry never makes the stay shorter.
            seen.first_seen = min(seen.first_seen, now)
            seen.last_seen = max(seen.last_seen, now)
        seen.save(update_fields=["entries", "first_seen", "last_seen"] if seen.pk else None)
        return seen


def meeting_address(session: Session) -> str:
    """The stored address of the meeting when it is a web address (http or https), else nothing."""
    parts = urlsplit(session.meeting_url.strip())
    return session.meeting_url.strip() if parts.scheme in ("http", "https") and parts.netloc else ""
