"""The versions of the sample programmes: one with everything, and for the current edition one that changes a little."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from events.models import Forum, Release, Session
from events.schedule import conflicts, draft_timetable, moves
from events.schedule.releases import releases

HALF_HOUR = timedelta(minutes=30)
DENSE = timedelta(days=36)  # of these days hardly an hour is without a session: nothing is moved there
MOVED = 2


def first(forum: Forum, *, now: datetime) -> None:
    """Write the whole programme down as version 1."""
    releases.record_first(forum, note="The programme of the sample, as it was first published.", now=now)


def second(forum: Forum, *, cancelled: Session, others: Iterable[Session], now: datetime) -> None:
    """Cancel a session and move two by half an hour, where nothing is in the way; release that. Nobody is mailed."""
    moves.cancel(cancelled, version=None, by=None, now=now)
    moved = 0
    for session in others:
        is_late = session.starts is not None and session.starts.date() >= forum.starts + DENSE
        if moved < MOVED and is_late and _moves(session, now=now):
            moved += 1
    releases.release(forum, note="One session is cancelled, two begin half an hour later.", by=None, now=now)
    Release.objects.filter(forum=forum).update(told=now)


def _moves(session: Session, *, now: datetime) -> bool:
    assert session.starts is not None  # noqa: S101  the sample's sessions all have times
    assert session.ends is not None  # noqa: S101
    starts, ends, room = session.starts + HALF_HOUR, session.ends + HALF_HOUR, session.room
    draft = draft_timetable.read(session.forum)
    there = draft.places[session.pk].at(conflicts.Span(starts, ends), room=session.room_id)
    if any(clash.is_blocking for clash in conflicts.clashes_of(there, draft.places.values(), draft.rules)):
        return False
    moves.move(session, starts=starts, ends=ends, room=room, version=None, by=None, now=now)
    return True
