"""The draft of the timetable: where organisers move sessions about before the public sees it (docs/decisions/0009).

Each verb locks the forum first, then the place. A place has a `version`; who moves it says which one they saw, so that
two organisers who move a session at once notice each other. A clash is no refusal here: the board shows it, and a
release refuses what must not be (events.releases).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Forum, Placement, Room, Session, User
from events.scheduling import locked

STATE_OF = {
    Session.State.DRAFT: Placement.State.UNSCHEDULED,
    Session.State.SCHEDULED: Placement.State.SCHEDULED,
    Session.State.CANCELLED: Placement.State.CANCELLED,
}


def placement(session: Session, *, now: datetime) -> Placement:
    """The place of a session in the draft; made from what is released where there is none yet."""
    found, _is_new = Placement.objects.get_or_create(session=session, defaults=_released(session, now=now))
    return found


def place_all(forum: Forum, *, now: datetime) -> None:
    """Make the places that are missing, from what is released. Two queries when none is missing."""
    missing = list(Session.objects.filter(forum=forum, placement__isnull=True))
    Placement.objects.bulk_create(
        [Placement(session=session, **_released(session, now=now)) for session in missing], ignore_conflicts=True
    )


def _released(session: Session, *, now: datetime) -> dict[str, object]:
    return {
        "starts": session.starts,
        "ends": session.ends,
        "room": session.room,
        "state": STATE_OF[Session.State(session.state)],
        "moved": now,
    }


@contextmanager
def _locked_place(session: Session, *, version: int | None, now: datetime) -> Iterator[Placement]:
    """The place under the forum's lock; refuse `moved-meanwhile` where `version` is not the stored one (None: any)."""
    with locked(session.forum):
        placement(session, now=now)
        row = Placement.objects.select_for_update(of=("self",)).select_related("moved_by").get(session=session)
        if version is not None and row.version != version:
            raise ValidationError(
                _("%(name)s moved this session meanwhile. Look at the board as it is now, then move it again"),
                code="moved-meanwhile",
                params={"name": row.moved_by or _("Somebody")},
            )
        yield row


def _save(row: Placement, *, by: User | None, now: datetime) -> Placement:
    row.version += 1
    row.moved, row.moved_by = now, by
    row.save(update_fields=["starts", "ends", "room", "state", "version", "moved", "moved_by"])
    return row


def move(
    session: Session,
    *,
    starts: datetime,
    ends: datetime,
    room: Room | None,
    version: int | None,
    by: User | None,
    now: datetime,
) -> Placement:
    """Put a session at a time (UTC) and into a room of the draft; return its place.

    Refuses `moved-meanwhile`, `end-before-start` and `room-of-another-forum`. A cancelled session stays cancelled.
    """
    if ends <= starts:
        raise ValidationError(_("The end is not after the start. Choose a later end"), code="end-before-start")
    if room is not None and room.forum_id != session.forum_id:
        raise ValidationError(_("Choose a room of this forum"), code="room-of-another-forum")
    with _locked_place(session, version=version, now=now) as row:
        row.starts, row.ends, row.room = starts, ends, room
        if row.state == Placement.State.UNSCHEDULED:
            row.state = Placement.State.SCHEDULED
        return _save(row, by=by, now=now)


def unschedule(session: Session, *, version: int | None, by: User | None, now: datetime) -> Placement:
    """Take a session off the draft's timetable: it waits at the side, without time and room. Refuses `moved-meanwhile`."""
    with _locked_place(session, version=version, now=now) as row:
        row.starts = row.ends = row.room = None
        row.state = Placement.State.UNSCHEDULED
        return _save(row, by=by, now=now)


def cancel(session: Session, *, version: int | None, by: User | None, now: datetime) -> Placement:
    """Cancel a session in the draft; it keeps its time. Refuses `moved-meanwhile` and `wrong-state` (cancelled already)."""
    with _locked_place(session, version=version, now=now) as row:
        if row.state == Placement.State.CANCELLED:
            raise ValidationError(_("This session is cancelled already"), code="wrong-state")
        row.state = Placement.State.CANCELLED
        return _save(row, by=by, now=now)


def restore(session: Session, *, version: int | None, by: User | None, now: datetime) -> Placement:
    """Take back a cancellation in the draft. Refuses `moved-meanwhile` and `wrong-state` (not cancelled)."""
    with _locked_place(session, version=version, now=now) as row:
        if row.state != Placement.State.CANCELLED:
            raise ValidationError(_("This session is not cancelled"), code="wrong-state")
        row.state = Placement.State.SCHEDULED if row.starts else Placement.State.UNSCHEDULED
        return _save(row, by=by, now=now)
