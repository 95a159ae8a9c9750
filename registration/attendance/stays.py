"""Stays, and the attendance that follows from them: whoever writes one writes the other in the same transaction."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction

from events.models import Session
from registration.models import Attendance, Registration, Source, Stay

SCANNED = (Source.CHECK_IN, Source.ROOM_CODE)
FOLLOWS = ("first_seen", "last_seen", "entries", "source")  # columns of an attendance that follow from its stays


def attend(people: Collection[Registration], *, session: Session) -> dict[int, Attendance]:
    """Write the attendances of people from their stays in a session, and delete those of people who have none there; return them by
    the key of the registration. The source is that of the stay that began first.

    The caller's transaction holds the registrations locked.
    """
    rows = Stay.objects.filter(registration__in=people, session=session).order_by("began", "source")
    stays: dict[int, list[tuple[datetime, datetime | None, str]]] = {}
    for key, began, ended, source in rows.values_list("registration", "began", "ended", "source"):
        stays.setdefault(key, []).append((began, ended, source))
    written = Attendance.objects.filter(registration__in=people, session=session)
    known = {row.registration_id: row for row in written}
    found = {}
    for person in people:
        if own := stays.get(person.pk):
            first, _ended, source = own[0]
            row = known.pop(person.pk, None) or Attendance.entry(person, session=session, at=first, source=source)
            row.first_seen, row.source, row.entries = first, source, len(own)
            row.last_seen = max(ended or began for began, ended, _source in own)
            found[person.pk] = row
    if known:
        written.filter(pk__in=[row.pk for row in known.values()]).delete()
    before = [row for row in found.values() if row.pk]
    Attendance.objects.bulk_create(row for row in found.values() if not row.pk)
    Attendance.objects.bulk_update(before, FOLLOWS, batch_size=500)
    return found


def replace_scanned(person: Registration, *, session: Session, found: Iterable[Stay]) -> None:
    """Write what doors saw of a person in a session, instead of what they had seen before, and the attendance. The caller's
    transaction holds the registration locked."""
    Stay.objects.filter(registration=person, session=session, source__in=SCANNED).delete()
    Stay.objects.bulk_create(found)
    attend([person], session=session)


@transaction.atomic
def take_back(stay: Stay) -> None:
    """Delete a stay, as if it had not been."""
    person = locked(stay.registration_id) if stay.registration_id else None
    stay.delete()
    if person and stay.session:
        attend([person], session=stay.session)


def locked(registration: int) -> Registration:
    """The registration with this key, locked: whoever writes stays of one person takes turns."""
    rows = Registration.objects.select_for_update(of=("self",), no_key=True).select_related("country")
    return rows.get(pk=registration)
