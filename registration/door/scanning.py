"""Scanning at a door: what it says of a ticket, and the attendance that follows from what all doors saw."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from events.models import Forum, Session
from registration.door import tickets
from registration.door.inside import COUNTED, day_of
from registration.door.presences import Passage, Presence, is_inside, presences
from registration.door.tickets import Ticket
from registration.models import Booking, Door, DoorPass, Outcome, Registration, Scan, Source, Stay
from registration.sessions.attendance import stays
from registration.sessions.seats import booking, entering, promotion

EARLY = timedelta(minutes=60)  # before a session, in which who enters its room enters for it
LIVE = timedelta(minutes=1)  # a scan that is older was kept on the device: whoever it was is inside by now
OLDEST = timedelta(days=7)  # a device without a line is back sooner
NO_TICKET = 1 << 16  # above every serial
NEAR = timedelta(seconds=2)  # by so much the clocks of a device and the site may differ

type Place = tuple[int | None, int | None]  # the keys of its room and its session; neither: the building


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


def _known(key: uuid.UUID) -> Scan:
    """The scan with this key, which was written down before."""
    return Scan.objects.select_related("door__forum", "registration__kind").get(key=key)


# What a door and an attendance say of people, with their kinds.
_SAID = (
    *("forum", "user", "name", "organisation", "state", "withdrawn", "ticket_serial", "kind__mode", "kind__name"),
    *("kind__translations", "country__region", "stakeholder_type", "gender", "affiliation"),
)
_PEOPLE: Any = Registration.objects.select_related("kind", "country").only(*_SAID).order_by()


def _person(ticket: Ticket, *, door: Door) -> QuerySet[Registration]:
    """Whose ticket it is."""
    own: QuerySet[Registration] = _PEOPLE.filter(pk=ticket.registration, forum=door.forum_id)
    return own


def scan(seen: Seen, *, door_pass: DoorPass, now: datetime) -> Scan:
    """Write down what was seen at the door of a pass, once, and say what it means; the same again gives the same row.

    Locks the registration, so that two doors take turns over one person.
    """
    try:
        return _scan(seen, door_pass=door_pass, now=now)
    except IntegrityError:  # sent again while the first was under way
        return _known(seen.key)


@transaction.atomic
def _scan(seen: Seen, *, door_pass: DoorPass, now: datetime) -> Scan:
    if Scan.objects.filter(key=seen.key).exists():
        return _known(seen.key)
    door = door_pass.door
    ticket, refusal = _ticket(seen.text, door=door)
    has_seat = _has_seat(ticket, seen=seen, door=door, now=now)
    person = next(iter(_person(ticket, door=door).select_for_update(of=("self",), no_key=True)), None)
    scans = _scans_of(person) if person else []
    if person:
        person.forum = door.forum
    outcome = _outcome(person, scans, seen=seen, door=door, serial=ticket.serial) if person else refusal
    outcome = outcome if has_seat or outcome != Outcome.IN else Outcome.NO_SEAT
    said = {"registration": person, "direction": seen.direction, "outcome": outcome, "at": seen.at, "received": now}
    row = Scan.objects.create(key=seen.key, door=door, door_pass=door_pass, **said)
    if person and outcome in COUNTED:
        _attend(person, [*scans, (*_place(door), seen.at, seen.direction)], door=door, at=seen.at)
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
            _attend(row.registration, _scans_of(row.registration), door=row.door, at=row.at)
            for session in booked:
                if not session.attendances.filter(registration=row.registration).exists():
                    booking.leave(registration=row.registration, session=session, now=now)
    return row


def _booked_by(scan: Scan) -> list[Session]:
    """The sessions in which coming in booked a place, locked: such a booking has the moment of its scan."""
    made = Booking.objects.filter(registration=scan.registration_id, created=scan.at).order_by("session")
    return [promotion.locked_session(pk) for pk in made.values_list("session", flat=True)]


def _ticket(text: str | int, *, door: Door) -> tuple[Ticket, str]:
    """Whose ticket it is, or 0; and what the door says where nobody of the forum has it. Who was found by name shows no ticket
    that could be an old one."""
    if isinstance(text, int):
        return Ticket(text, NO_TICKET), Outcome.UNKNOWN
    try:
        return tickets.read(text, forum=door.forum), Outcome.UNKNOWN
    except ValidationError as refusal:
        return Ticket(0, 0), Outcome.WRONG_DOOR if refusal.code == "other-forum" else Outcome.UNKNOWN


def _has_seat(ticket: Ticket, *, seen: Seen, door: Door, now: datetime) -> bool:
    """Whether there is a place for somebody who comes in now; who finds a free one has booked it by that. What a device tells
    later is not asked: without a line its holder let them in. Locks the session, and that before the registration."""
    if seen.direction != Scan.Direction.IN or now - seen.at > LIVE:
        return True
    awaited = entered(door, at=seen.at)
    if not awaited or any(session.seats is None for session in awaited):
        return True
    person = next(iter(_person(ticket, door=door)), None)
    if person is None:
        return True
    if _outcome(person, _scans_of(person), seen=seen, door=door, serial=ticket.serial) != Outcome.IN:
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
    return [one for one in _sessions(door, at=at) if one.starts and one.ends and one.starts - EARLY <= at < one.ends]


def _outcome(person: Registration, scans: Iterable[Any], *, seen: Seen, door: Door, serial: int) -> str:
    """`scans`: as `_scans_of` gives them."""
    if seen.direction == Scan.Direction.OUT:
        return Outcome.OUT  # whoever they are: nobody is kept inside
    if person.withdrawn:
        return Outcome.CANCELLED
    if person.state != Registration.State.APPROVED or person.is_online_only:
        return Outcome.NO_ACCREDITATION
    if serial < person.ticket_serial:
        return Outcome.OLD_TICKET
    forum = door.forum
    today = forum.today(seen.at)
    if not forum.starts <= today <= forum.ends:
        return Outcome.OTHER_DAY
    if door.session and door.session.starts and today != forum.today(door.session.starts):
        return Outcome.OTHER_DAY
    passages = _passages(scans, place=_place(door), day=day_of(forum, seen.at))
    return Outcome.ALREADY_IN if is_inside(passages, at=seen.at) else Outcome.IN


def _scans_of(person: Registration) -> list[Any]:
    """What all doors saw of a person: room, session, moment, direction. One query."""
    counted = Scan.objects.filter(registration=person, undone=None, outcome__in=COUNTED).order_by()
    return list(counted.values_list("door__room", "door__session", "at", "direction"))


def _place(door: Door) -> Place:
    return door.room_id, door.session_id


def _passages(scans: Iterable[Any], *, place: Place, day: tuple[datetime, datetime]) -> list[Passage]:
    """Those of a person's scans that doors of a place made on a day."""
    return [
        Passage(at, direction == Scan.Direction.IN)
        for room, session, at, direction in scans
        if (room, session) == place and day[0] <= at < day[1]
    ]


# --- stays -----------------------------------------------------------------------------------------
def _attend(person: Registration, scans: Sequence[Any], *, door: Door, at: datetime) -> None:
    """Write the stays, and so the attendance, that a scan at this door may concern, from all `scans` of the person."""
    if door.is_of_building:
        _stay_in_building(person, scans, door=door, day=day_of(door.forum, at))
    for session in _sessions(door, at=at):
        found = dict.fromkeys(_presences_in(scans, session=session, forum=door.forum))
        stays.replace_scanned(person, session=session, found=[_stay(person, one, session=session) for one in found])


def _stay(person: Registration, one: Presence, **place: Session | Door) -> Stay:
    return Stay(registration=person, began=one.began, ended=one.ended, source=Source.CHECK_IN, **place)


def _stay_in_building(
    person: Registration, scans: Iterable[Any], *, door: Door, day: tuple[datetime, datetime]
) -> None:
    """The doors of the building are one: what they saw on a day stands under the first of them."""
    first = Door.objects.filter(forum=door.forum_id, room=None, session=None).earliest("pk")
    found = presences(_passages(scans, place=_place(door), day=day))
    before = Stay.objects.filter(registration=person, door=first, began__gte=day[0], began__lt=day[1])
    stays.write_difference(before, [_stay(person, one, door=first) for one in found])


def _sessions(door: Door, *, at: datetime) -> list[Session]:
    """The sessions of a door, or of its room on the day, as they begin, with their rooms and forums. One query at a room."""
    if door.session:
        door.session.forum = door.forum
        return [door.session] if door.session.state == Session.State.SCHEDULED else []
    if door.room_id is None:
        return []
    midnight, next_midnight = day_of(door.forum, at)
    rows = Session.objects.filter(state=Session.State.SCHEDULED, forum=door.forum_id, room=door.room_id)
    rows = rows.filter(starts__gte=midnight, starts__lt=next_midnight)
    return list(rows.select_related("room", "forum").order_by("starts", "pk"))


def _presences_in(scans: Iterable[Any], *, session: Session, forum: Forum) -> list[Presence]:
    """When a person was in a session: as its own doors saw it, and those of its room while it runs. Somebody who was not seen leaving the
    room attends the session they came for, not all that follow in it."""
    assert session.starts is not None  # noqa: S101, it is scheduled
    assert session.ends is not None  # noqa: S101
    day, opens = day_of(forum, session.starts), session.starts - EARLY
    found = presences(_passages(scans, place=(None, session.pk), day=day))
    if session.room_id is not None:
        for one in presences(_passages(scans, place=(session.room_id, None), day=day)):
            if one.ended is None and opens <= one.began < session.ends:
                found.append(one)
            elif one.ended is not None and one.began < session.ends and one.ended > session.starts:
                found.append(one._replace(began=max(one.began, opens), ended=min(one.ended, session.ends)))
    return found
