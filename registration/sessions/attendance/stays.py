"""Stays, and the attendance that follows from them: whoever writes one writes the other in the same transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Greatest

from events.models import Session
from registration.models import Attendance, Registration, Source, Stay

SCANNED = (Source.CHECK_IN, Source.ROOM_CODE)
COLUMNS = ("registration", "began", "ended", "source")
FOLLOWS = ("first_seen", "last_seen", "entries", "source")  # columns of an attendance that follow from its stays


def attend(people: Collection[Registration], *, session: Session) -> dict[int, Attendance]:
    """Write the attendances of people from their stays in a session, and delete those of people who have none there; return them by
    the key of the registration. The source is that of the stay that began first.

    The caller's transaction holds the registrations locked.
    """
    stays: dict[int, list[Any]] = {}
    for stay in Stay.objects.filter(registration__in=people, session=session).values_list(*COLUMNS, named=True):
        stays.setdefault(stay.registration, []).append(stay)
    return _follow(people, session=session, stays=stays)


def _follow(
    people: Collection[Registration], *, session: Session, stays: Mapping[int, Sequence[Any]]
) -> dict[int, Attendance]:
    """Write the attendances of people from all their stays in a session, by the key of the registration."""
    written = Attendance.objects.filter(registration__in=people, session=session)
    known = {row.registration_id: row for row in written}
    found = {}
    for person in people:
        if own := sorted(stays.get(person.pk, ()), key=lambda stay: (stay.began, stay.source)):
            first = own[0]
            row = known.pop(person.pk, None) or Attendance.entry(
                person, session=session, at=first.began, source=first.source
            )
            row.first_seen, row.source, row.entries = first.began, first.source, len(own)
            row.last_seen = max(stay.ended or stay.began for stay in own)
            found[person.pk] = row
    if known:
        written.filter(pk__in=[row.pk for row in known.values()]).delete()
    before = [row for row in found.values() if row.pk]
    Attendance.objects.bulk_create(row for row in found.values() if not row.pk)
    Attendance.objects.bulk_update(before, FOLLOWS, batch_size=500)
    return found


def seen(person: Registration, *, session: int, at: datetime) -> None:
    """Note in the attendance that somebody was seen in a session (its key) at this moment. The caller's transaction holds
    the registration locked."""
    rows = Attendance.objects.filter(registration=person, session=session)
    rows.update(last_seen=Greatest("last_seen", Value(at, output_field=DateTimeField())))


def replace_scanned(person: Registration, *, session: Session, found: Collection[Stay]) -> None:
    """Write what doors saw of a person in a session where that differs from what they had seen before, and the attendance. The
    caller's transaction holds the registration locked."""
    rows = list(Stay.objects.filter(registration=person, session=session))
    if write_difference([row for row in rows if row.source in SCANNED], found):
        others = [row for row in rows if row.source not in SCANNED]
        _follow([person], session=session, stays={person.pk: [*others, *found]})


def write_difference(before: Iterable[Stay], found: Iterable[Stay]) -> bool:
    """Delete those of the stays before that are not found any more, and write those that are new; whether there were any."""
    kept, told = ({(stay.began, stay.ended, stay.source): stay for stay in stays} for stays in (before, found))
    gone = [stay.pk for key, stay in kept.items() if key not in told]
    new = [stay for key, stay in told.items() if key not in kept]
    if gone:
        Stay.objects.filter(pk__in=gone).delete()
    Stay.objects.bulk_create(new)
    return bool(gone or new)


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
