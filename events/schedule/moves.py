"""The draft of the timetable: where organisers move sessions about before the public sees it (docs/decisions/0009).

Each verb locks the forum first, then the place. A place has a `version`; who moves it says which one they saw, so that
two organisers who move a session at once notice each other. A clash is no refusal here: the board shows it, and a
release refuses what must not be (events.schedule.releases.releases).
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, HistoryEntry, Placement, Room, Session, User
from events.models.release import Spot
from events.shared.history import acts
from events.shared.history import log as history
from events.shared.history.verbs import Verb

log = logging.getLogger(__name__)

# What the draft calls the states of a session.
STATE_OF = {
    Session.State.DRAFT: Placement.State.UNSCHEDULED,
    Session.State.SCHEDULED: Placement.State.SCHEDULED,
    Session.State.CANCELLED: Placement.State.CANCELLED,
}
MOVED = ("starts", "ends", "room", "state", "minutes", "version", "moved", "moved_by")
MINUTE = timedelta(minutes=1)


@contextmanager
def locked(forum: Forum) -> Iterator[Forum]:
    """A transaction in which nobody else changes the schedule of this forum: the draft, or a release of it. Checks and
    saving belong inside it.

    Others may still write rows that only name the forum (a booking, an outcome): `no_key`.
    """
    with transaction.atomic():
        yield Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)


def place_new(sessions: Iterable[Session], *, now: datetime) -> None:
    """Give sessions that were just made their places in the draft: where their own columns have them."""
    Placement.objects.bulk_create(
        Placement(
            session_id=session.pk,
            starts=session.starts,
            ends=session.ends,
            room_id=session.room_id,
            state=STATE_OF[Session.State(session.state)],
            moved=now,
        )
        for session in sessions
    )


@contextmanager
def _moving(session: Session, *, version: int | None, by: User | None, now: datetime) -> Iterator[Placement]:
    """The place of one session, as `_moving_all`. Refuses `moved-meanwhile` where `version` is not the stored one (None: any)."""
    with _moving_all(session.forum, [session.pk], by=by, now=now) as (row,):
        row.session = session
        check_version(row, version=version)
        yield row


def check_version(row: Placement, *, version: int | None) -> None:
    """Refuse (`moved-meanwhile`) a version that is not the stored one; None is any version."""
    if version is not None and row.version != version:
        raise ValidationError(
            _("%(name)s moved this session before you. Look at where it is now, then move it again"),
            code="moved-meanwhile",
            params={"name": row.moved_by or _("Somebody")},
        )


def _set_state(row: Placement, state: Placement.State) -> None:
    """Refuse (`wrong-state`) a move that the table of moves does not have."""
    if state not in Placement.TRANSITIONS[row.state]:
        raise ValidationError(
            _("“%(title)s” is %(state)s; it cannot become %(next)s"),
            code="wrong-state",
            params={
                "title": row.session.title,
                "state": row.get_state_display().lower(),
                "next": str(state.label).lower(),
            },
        )
    log.info("draft of session %s: %s → %s", row.session.code, row.state, state)
    row.state = state


def _next_version(row: Placement, *, was: Spot, by: User | None, now: datetime) -> None:
    row.version += 1
    row.moved, row.moved_by = now, by
    if was.starts and was.ends and not row.starts:
        row.minutes = (was.ends - was.starts) // MINUTE


def _place(row: Placement) -> dict[str, object]:
    """A place as the history keeps it."""
    starts, ends = (moment and moment.astimezone(UTC).isoformat() for moment in (row.starts, row.ends))
    return {"starts": starts, "ends": ends, "room": str(row.room) if row.room else None, "state": str(row.state)}


def _verb(was: object, state: object) -> Verb:
    if was == state:
        return Verb.MOVE_SESSION
    if state == Placement.State.SCHEDULED:
        return Verb.RESTORE_SESSION if was == Placement.State.CANCELLED else Verb.SCHEDULE_SESSION
    return Verb.CANCEL_SESSION if state == Placement.State.CANCELLED else Verb.UNSCHEDULE_SESSION


def _entry(row: Placement, *, was: dict[str, object], by: User | None, now: datetime) -> HistoryEntry:
    is_ = _place(row)
    changed = [name for name in is_ if is_[name] != was[name]]
    before, after = ({name: place[name] for name in changed} for place in (was, is_))
    verb = _verb(was["state"], is_["state"])
    return history.entry(row.session, verb=verb, by=by, now=now, before=before, after=after)


def _record(
    rows: Sequence[Placement], before: Sequence[tuple[dict[str, object], Spot]], *, by: User | None, now: datetime
) -> None:
    """The entries of places that moved, and what is needed to take them back."""
    entries = [_entry(row, was=was, by=by, now=now) for row, (was, _spot) in zip(rows, before, strict=True)]
    history.record_many(entries)
    for row, entry in zip(rows, entries, strict=True):
        row.act = entry.act_id or entry.pk
    acts.keep(
        entries, [(row, _stored(spot), _stored(row.spot)) for row, (_was, spot) in zip(rows, before, strict=True)]
    )


def _stored(spot: Spot) -> dict[str, Any]:
    starts, ends = (moment and moment.isoformat() for moment in (spot.starts, spot.ends))
    return {"starts": starts, "ends": ends, "room_id": spot.room, "state": str(spot.state)}


def _as_one(
    forum: Forum, rows: Sequence[Placement], *, by: User | None, now: datetime
) -> AbstractContextManager[object]:
    """Several that move at once are one act, unless they are part of one already."""
    if len(rows) < 2 or history.act_under_way.get():
        return nullcontext()
    return acts.act(forum, verb=Verb.MOVE_SESSIONS, by=by, now=now, kept=None)


@contextmanager
def as_one(forum: Forum, *, by: User | None, now: datetime) -> Iterator[None]:
    """What is moved in a forum within this block is one act; where nothing is, nothing is written."""
    with transaction.atomic():
        with acts.act(forum, verb=Verb.MOVE_SESSIONS, by=by, now=now, kept=None) as act:
            yield
        transaction.set_rollback(not act.entry.entries.exists())


def check_span(starts: datetime | None, *, ends: datetime | None) -> None:
    """Refuse `half-a-time` and `end-before-start`. Where a session lies otherwise is no refusal."""
    if (starts is None) != (ends is None):
        raise ValidationError(_("Enter both a start and an end, or neither"), code="half-a-time")
    if starts is not None and ends is not None and ends <= starts:
        raise ValidationError(_("The end is not after the start. Choose a later end"), code="end-before-start")


def _check_room(room: Room | None, *, forum: int) -> None:
    if room is not None and room.forum_id != forum:
        raise ValidationError(_("Choose a room of this forum"), code="room-of-another-forum")


def move(
    session: Session,
    *,
    starts: datetime | None,
    ends: datetime | None,
    room: Room | None,
    version: int | None,
    by: User | None,
    now: datetime,
) -> Placement:
    """Put a session at a time (UTC) and into a room of the draft; return its place.

    Without times it waits at the side, and keeps the room that it shall have. A cancelled session stays cancelled. What
    stands there already changes nothing, not even the version. Refuses `moved-meanwhile`, `half-a-time`,
    `end-before-start` and `room-of-another-forum`.
    """
    check_span(starts, ends=ends)
    _check_room(room, forum=session.forum_id)
    with _moving(session, version=version, by=by, now=now) as row:
        row.starts, row.ends, row.room = starts, ends, room
        if starts is None and row.state != Placement.State.UNSCHEDULED:
            _set_state(row, Placement.State.UNSCHEDULED)
        elif starts is not None and row.state == Placement.State.UNSCHEDULED:
            _set_state(row, Placement.State.SCHEDULED)
    return row


@contextmanager
def _moving_all(forum: Forum, keys: Iterable[int], *, by: User | None, now: datetime) -> Iterator[list[Placement]]:
    """The places of many sessions of a forum (by key) under its lock; those that are others afterwards are saved, each with a new
    version and its history. As many statements for three as for a thousand."""
    with locked(forum):
        found = Placement.objects.select_for_update(of=("self",)).select_related("session", "room", "moved_by")
        rows = list(found.filter(session__in=keys, session__forum=forum))
        before = {row.pk: (_place(row), row.spot) for row in rows}
        yield rows
        moved = [row for row in rows if row.spot != before[row.pk][1]]
        for row in moved:
            _next_version(row, was=before[row.pk][1], by=by, now=now)
        Placement.objects.bulk_update(moved, MOVED)
        with _as_one(forum, moved, by=by, now=now):
            _record(moved, [before[row.pk] for row in moved], by=by, now=now)


type Entered = tuple[datetime | None, datetime | None, Room | None, bool]  # start, end, room, whether cancelled


def move_all(forum: Forum, places: Mapping[int, Entered], *, by: User | None, now: datetime) -> None:
    """Give many sessions of a forum (by key) other places at once: times in UTC, where there are none the old ones stay,
    and rooms of this forum. Refuses `end-before-start`."""
    with _moving_all(forum, places, by=by, now=now) as rows:
        for row in rows:
            starts, ends, room, is_cancelled = places[row.session_id]
            if starts:
                check_span(starts, ends=ends)
                row.starts, row.ends, row.room = starts, ends, room
            held = Placement.State.SCHEDULED if row.starts else Placement.State.UNSCHEDULED
            state = Placement.State.CANCELLED if is_cancelled else held
            if state != row.state:
                _set_state(row, state)


def assign_room(
    forum: Forum, keys: Collection[int], *, room: Room | None, by: User | None, now: datetime
) -> list[Placement]:
    """Give many sessions of a forum (by key), which are in others, one of its rooms, or none; their times stay. Return their
    places. Refuses `room-of-another-forum`."""
    _check_room(room, forum=forum.pk)
    with _moving_all(forum, keys, by=by, now=now) as rows:
        for row in rows:
            row.room = room
    return rows


def put_back(forum: Forum, spots: Mapping[int, Spot], *, by: User | None, now: datetime) -> None:
    """Move sessions of a forum (by key) back to where they were before, all or none. Refuses `gone` (a room is no longer there)."""
    rooms = Room.objects.filter(forum=forum).in_bulk({spot.room for spot in spots.values() if spot.room})
    with _moving_all(forum, spots, by=by, now=now) as rows:
        for row in rows:
            spot = spots[row.session_id]
            if spot.room and spot.room not in rooms:
                raise ValidationError(
                    _("The room in which “%(title)s” was is no longer there, so nothing was moved"),
                    code="gone",
                    params={"title": row.session.title},
                )
            if spot.state != row.state:
                _set_state(row, Placement.State(spot.state))
            row.starts, row.ends, row.room = spot.starts, spot.ends, rooms.get(spot.room or 0)


def unschedule(session: Session, *, version: int | None, by: User | None, now: datetime) -> Placement:
    """Take a session off the draft's timetable: it waits at the side, without time and room.

    Refuses `moved-meanwhile` and `wrong-state` (it waits there already).
    """
    with _moving(session, version=version, by=by, now=now) as row:
        _set_state(row, Placement.State.UNSCHEDULED)
        row.starts = row.ends = row.room = None
    return row


def schedule(session: Session, *, version: int | None, by: User | None, now: datetime) -> Placement:
    """Put a session that has times on the draft's timetable, or a cancelled one back on it.

    Refuses `moved-meanwhile`, `wrong-state` where it stands there already, and `time-needed`.
    """
    with _moving(session, version=version, by=by, now=now) as row:
        _set_state(row, Placement.State.SCHEDULED)
        if row.starts is None:
            raise ValidationError(
                _("“%(title)s” has no time yet. Enter a start and an end first"),
                code="time-needed",
                params={"title": session.title},
            )
    return row


def cancel(session: Session, *, version: int | None, by: User | None, now: datetime) -> Placement:
    """Cancel a session in the draft; it keeps its time. Refuses `moved-meanwhile` and `wrong-state` (cancelled already)."""
    with _moving(session, version=version, by=by, now=now) as row:
        _set_state(row, Placement.State.CANCELLED)
    return row


def restore(session: Session, *, version: int | None, by: User | None, now: datetime) -> Placement:
    """Take back a cancellation in the draft. Refuses `moved-meanwhile` and `wrong-state` (not cancelled)."""
    with _moving(session, version=version, by=by, now=now) as row:
        if row.state != Placement.State.CANCELLED:
            raise ValidationError(_("This session is not cancelled"), code="wrong-state")
        _set_state(row, Placement.State.SCHEDULED if row.starts else Placement.State.UNSCHEDULED)
    return row
