"""Stays, and the attendance that follows from them: whoever writes one writes the other in the same transaction."""

from collections.abc import Iterable

from django.db import transaction

from events.models import Session
from registration.models import Attendance, Registration, Source, Stay

SCANNED = (Source.CHECK_IN, Source.ROOM_CODE)


def attend(person: Registration, *, session: Session) -> Attendance:
    """Write the attendance of a person from their stays in a session, of which there is one at least; the source is that of the
    stay that began first. The caller's transaction holds the registration locked."""
    rows = Stay.objects.filter(registration=person, session=session).order_by("began", "source")
    found = list(rows.values_list("began", "ended", "source"))
    first, _ended, source = found[0]
    attendance = Attendance.objects.filter(registration=person, session=session).first()
    attendance = attendance or Attendance.entry(person, session=session, at=first, source=source)
    attendance.first_seen, attendance.source, attendance.entries = first, source, len(found)
    attendance.last_seen = max(ended or began for began, ended, _source in found)
    attendance.save()
    return attendance


def replace_scanned(person: Registration, *, session: Session, found: Iterable[Stay]) -> None:
    """Write what doors saw of a person in a session, instead of what they had seen before, and the attendance. The caller's
    transaction holds the registration locked."""
    Stay.objects.filter(registration=person, session=session, source__in=SCANNED).delete()
    Stay.objects.bulk_create(found)
    _attend_or_not(person, session=session)


def _attend_or_not(person: Registration, *, session: Session) -> None:
    if Stay.objects.filter(registration=person, session=session).exists():
        attend(person, session=session)
    else:
        Attendance.objects.filter(registration=person, session=session).delete()


@transaction.atomic
def take_back(stay: Stay) -> None:
    """Delete a stay, as if it had not been."""
    person = locked(stay.registration_id) if stay.registration_id else None
    stay.delete()
    if person and stay.session:
        _attend_or_not(person, session=stay.session)


def locked(registration: int) -> Registration:
    """The registration with this key, locked: whoever writes stays of one person takes turns."""
    rows = Registration.objects.select_for_update(of=("self",), no_key=True).select_related("country")
    return rows.get(pk=registration)
