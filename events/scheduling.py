"""Scheduling: when and where a session is, and whether it takes place. Each verb locks the forum first, then the session.

Whatever attendees' calendars must follow (time, room, state) raises the session's `sequence`; each change raises the
public revision in the same transaction.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events import clashes, revision
from events.models import Appearance, Forum, Room, Session

log = logging.getLogger(__name__)


@contextmanager
def locked(forum: Forum) -> Iterator[Forum]:
    """A transaction in which nobody else changes the schedule of this forum. Checks and saving belong inside it."""
    with transaction.atomic():
        yield Forum.objects.select_for_update().get(pk=forum.pk)


@contextmanager
def _locked_session(session: Session) -> Iterator[Session]:
    with locked(session.forum) as forum:
        row = Session.objects.select_for_update(of=("self",)).select_related("room").get(pk=session.pk)
        row.forum = forum
        yield row


def save_times(session: Session, *, starts: datetime | None, ends: datetime | None, room: Room | None) -> Session:
    """Give a session its times (UTC) and room, all together; return the saved row.

    Refuses what `clashes.check_times` and `clashes.check_session` refuse (`end-before-start`, `outside-forum`,
    `room-clash`, `speaker-clash` …), and `time-needed` where a scheduled session would lose its times.
    """
    with _locked_session(session) as row:
        if starts is None and row.state == Session.State.SCHEDULED:
            raise ValidationError(
                {"starts": ValidationError(_("A scheduled session needs a start and an end"), code="time-needed")}
            )
        clashes.check_times(starts=starts, ends=ends, forum=row.forum)
        if row.state != Session.State.CANCELLED:
            _check(row, starts=starts, ends=ends, room=room)
        if (row.starts, row.ends, row.room_id) != (starts, ends, room.pk if room else None):
            row.starts, row.ends, row.room = starts, ends, room
            _save(row, "starts", "ends", "room")
    return row


def schedule(session: Session) -> Session:
    """Put a draft on the programme, or a cancelled session back on it; return the saved row.

    Refuses `wrong-state` where the session stands there already, `time-needed` without times, and clashes.
    """
    with _locked_session(session) as row:
        check_move(row, to=Session.State.SCHEDULED)
        if row.starts is None:
            raise ValidationError(
                _("“%(title)s” has no time yet. Enter a start and an end first"),
                code="time-needed",
                params={"title": row.title},
            )
        _check(row, starts=row.starts, ends=row.ends, room=row.room)
        return _move(row, to=Session.State.SCHEDULED)


def cancel(session: Session) -> Session:
    """Cancel a session: it stays on the programme, struck out. Refuses `wrong-state` where it is cancelled already."""
    with _locked_session(session) as row:
        check_move(row, to=Session.State.CANCELLED)
        return _move(row, to=Session.State.CANCELLED)


def withdraw(session: Session) -> Session:
    """Take a scheduled session off the programme: it is a draft again. Refuses `wrong-state` for others."""
    with _locked_session(session) as row:
        check_move(row, to=Session.State.DRAFT)
        return _move(row, to=Session.State.DRAFT)


def check_move(session: Session, *, to: str) -> None:
    """Refuse (`wrong-state`) a move that the table of moves does not have."""
    if to not in Session.TRANSITIONS[session.state]:
        raise ValidationError(
            _("“%(title)s” is %(state)s; it cannot become %(next)s"),
            code="wrong-state",
            params={
                "title": session.title,
                "state": session.get_state_display().lower(),
                "next": str(Session.State(to).label).lower(),
            },
        )


def _check(session: Session, *, starts: datetime | None, ends: datetime | None, room: Room | None) -> None:
    speakers = list(Appearance.objects.filter(session=session).values_list("speaker_id", flat=True))
    clashes.check_session(session, room=room, starts=starts, ends=ends, speakers=speakers)


def _move(session: Session, *, to: str) -> Session:
    log.info("session %s: %s → %s", session.code, session.state, to)
    session.state = to
    _save(session, "state")
    return session


def _save(session: Session, *fields: str) -> None:
    session.sequence += 1
    session.save(update_fields=[*fields, "sequence", "updated"])
    revision.bump()
