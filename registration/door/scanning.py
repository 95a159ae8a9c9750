"""Scanning at a door: what it says of a ticket, and the attendance that follows from what all doors saw."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from events.models import Session
from registration.door import tickets
from registration.door.inside import COUNTED, day_of, place_of
from registration.door.presences import Passage, Stay, is_inside, stays
from registration.models import Attendance, Booking, Door, DoorPass, Outcome, Registration, Scan
from registration.seats import booking, entering, promotion

EARLY = timedelta(minutes=60)  # before a session, in which who enters its room enters for it
LIVE = timedelta(minutes=1)  # a scan that is older was kept on the device: whoever it was is inside by now
OLDEST = timedelta(days=7)  # a device without a line is back sooner
NEAR = timedelta(seconds=2)  # by so much the clocks of a device and the site may differ


@dataclass(frozen=True)
class Seen:
    """What a device saw. `text`: what it read, or the number of a registration that was found by name; `at`: by the clock of the
    site (`corrected`)."""

    key: uuid.UUID
    text: str | int
    direction: str
    at: datetime


def corrected(at: datetime, *, device_now: datetime, now: datetime) -> datetime:
    """A moment of a device whose clock says `device_now` when ours says `now`; nothing happens later than now, nor
    longer ago than OLDEST."""
    gap = now - device_now
    return min(max(at + gap if abs(gap) > NEAR else at, now - OLDEST), now)


@transaction.atomic
def scan(seen: Seen, *, door: Door, door_pass: DoorPass | None, now: datetime) -> Scan:
    """Write down what was seen at a door, once, and say what it means; the same again gives the same row.

    Locks the registration, so that two doors take turns over one person.
    """
    known = Scan.objects.filter(key=seen.key).select_related("door__forum", "registration__kind").first()
    if known:
        return known
    number, refusal = _number(seen.text, door=door)
    has_seat = _has_seat(number, seen=seen, door=door, now=now)
    people = Registration.objects.select_for_update(of=("self",), no_key=True).select_related(
        "country", "forum", "kind"
    )
    person = people.filter(pk=number, forum=door.forum_id).first()
    outcome = _outcome(person, seen=seen, door=door) if person else refusal
    outcome = outcome if has_seat or outcome != Outcome.IN else Outcome.NO_SEAT
    said = {"registration": person, "direction": seen.direction, "outcome": outcome, "at": seen.at, "received": now}
    row, is_new = Scan.objects.get_or_create(key=seen.key, defaults={"door": door, "door_pass": door_pass} | said)
    if person and is_new and outcome in COUNTED:
        _attend(person, door=door, at=seen.at)
    return row


@transaction.atomic
def undo(scan: Scan, *, now: datetime) -> Scan:
    """Take a scan back, as if it had not been: a place that was booked by it is free again. Doing it twice changes nothing."""
    booked = _booked_by(scan)
    if scan.registration_id:
        Registration.objects.select_for_update(of=("self",), no_key=True).get(pk=scan.registration_id)
    row = Scan.objects.select_related("door__forum", "registration__forum").get(pk=scan.pk)
    if row.undone is None:
        row.undone = now
        row.save(update_fields=["undone"])
        if row.registration and row.outcome in COUNTED:
            _attend(row.registration, door=row.door, at=row.at)
            for session in booked:
                if not session.attendances.filter(registration=row.registration).exists():
                    booking.leave(registration=row.registration, session=session, now=now)
    return row


def _booked_by(scan: Scan) -> list[Session]:
    """The sessions in which coming in booked a place, locked: such a booking has the moment of its scan."""
    made = Booking.objects.filter(registration=scan.registration_id, created=scan.at).order_by("session")
    return [promotion.locked_session(pk) for pk in made.values_list("session", flat=True)]


def _number(text: str | int, *, door: Door) -> tuple[int, str]:
    """Whose ticket it is, or 0; and what the door says where nobody of the forum has it."""
    if isinstance(text, int):
        return text, Outcome.UNKNOWN
    try:
        return tickets.number(text, forum=door.forum), Outcome.UNKNOWN
    except ValidationError as refusal:
        return 0, Outcome.WRONG_DOOR if refusal.code == "other-forum" else Outcome.UNKNOWN


def _has_seat(number: int, *, seen: Seen, door: Door, now: datetime) -> bool:
    """Whether there is a place for somebody who comes in now; who finds a free one has booked it by that. What a device tells
    later is not asked: without a line its holder let them in. Locks the session, and that before the registration."""
    if seen.direction != Scan.Direction.IN or now - seen.at > LIVE:
        return True
    awaited = entered(door, at=seen.at)
    if not awaited or any(session.seats is None for session in awaited):
        return True
    person = Registration.objects.filter(pk=number, forum=door.forum_id).select_related("forum", "kind", "user").first()
    if person is None or _outcome(person, seen=seen, door=door) != Outcome.IN:
        return True
    return any(_takes_seat(person, session=session, at=seen.at) for session in awaited)


def _takes_seat(person: Registration, *, session: Session, at: datetime) -> bool:
    try:
        entering.take_seat(person, session=session, now=at)
    except ValidationError:
        return False
    return True


def entered(door: Door, *, at: datetime) -> list[Session]:
    """For which sessions one comes in at a moment: the door's own, or those that run in its room or begin there within the hour.
    None at a door of the building."""
    if door.session_id is None and door.room_id is None:
        return []
    rows = _sessions(door, at=at).filter(ends__gt=at, starts__lte=at + EARLY)
    return list(rows.select_related("room", "forum").order_by("starts", "pk"))


def _outcome(person: Registration, *, seen: Seen, door: Door) -> str:
    if seen.direction == Scan.Direction.OUT:
        return Outcome.OUT  # whoever they are: nobody is kept inside
    if person.withdrawn:
        return Outcome.CANCELLED
    if person.state != Registration.State.APPROVED:
        return Outcome.NO_ACCREDITATION
    forum = door.forum
    today = forum.today(seen.at)
    if not forum.starts <= today <= forum.ends:
        return Outcome.OTHER_DAY
    if door.session and door.session.starts and today != forum.today(door.session.starts):
        return Outcome.OTHER_DAY
    passages = _passages(person, doors=place_of(door), day=day_of(forum, seen.at))
    return Outcome.ALREADY_IN if is_inside(passages, at=seen.at) else Outcome.IN


def _passages(person: Registration, *, doors: Q, day: tuple[datetime, datetime]) -> list[Passage]:
    rows = Scan.objects.filter(doors, registration=person, undone=None, outcome__in=COUNTED).order_by()
    rows = rows.filter(at__gte=day[0], at__lt=day[1])
    return [Passage(at, direction == Scan.Direction.IN) for at, direction in rows.values_list("at", "direction")]


# --- attendance ------------------------------------------------------------------------------------
def _attend(person: Registration, *, door: Door, at: datetime) -> None:
    """Write the attendance of the sessions that a scan at this door may concern, from all that the doors saw of the person."""
    for session in _sessions(door, at=at):
        _write(person, session=session, stays_there=_stays_in(person, session=session))


def _sessions(door: Door, *, at: datetime) -> QuerySet[Session]:
    scheduled = Session.objects.filter(state=Session.State.SCHEDULED, forum=door.forum_id)
    if door.session_id:
        return scheduled.filter(pk=door.session_id)
    if door.room_id:
        midnight, next_midnight = day_of(door.forum, at)
        return scheduled.filter(room=door.room_id, starts__gte=midnight, starts__lt=next_midnight)
    return scheduled.none()


def _stays_in(person: Registration, *, session: Session) -> list[Stay]:
    """The stays in a session: those at its own doors, and those in its room while it runs. Who was not seen leaving the room
    attends the session they came for, not all that follow in it."""
    assert session.starts is not None  # noqa: S101, it is scheduled
    assert session.ends is not None  # noqa: S101
    day, opens = day_of(person.forum, session.starts), session.starts - EARLY
    found = stays(_passages(person, doors=Q(door__session=session), day=day))
    if session.room_id is not None:
        for stay in stays(_passages(person, doors=Q(door__room=session.room_id), day=day)):
            if stay.ended is None and opens <= stay.began < session.ends:
                found.append(stay)
            elif stay.ended is not None and stay.began < session.ends and stay.ended > session.starts:
                found.append(Stay(max(stay.began, opens), min(stay.ended, session.ends)))
    return sorted(found, key=lambda stay: stay.began)


def _write(person: Registration, *, session: Session, stays_there: list[Stay]) -> None:
    row = Attendance.objects.filter(registration=person, session=session).first()
    if not stays_there:
        if row and row.source == Attendance.Source.CHECK_IN:
            row.delete()
        return
    first, last = stays_there[0].began, max(stay.ended or stay.began for stay in stays_there)
    if row is None:
        row = Attendance.entry(person, session=session, at=first, source=Attendance.Source.CHECK_IN)
    if row.source == Attendance.Source.CHECK_IN:
        row.first_seen, row.last_seen, row.entries = first, last, len(stays_there)
    else:  # joined by its page as well: what that says stays
        row.first_seen, row.last_seen = min(row.first_seen, first), max(row.last_seen, last)
    row.save()
