"""Accepting suggested moves (events.schedule.fair_hours.better_slots): into the draft, all of those chosen or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Forum, Room, Session, User
from events.schedule import moves
from events.schedule.board import draft_timetable
from events.schedule.lock import locked


@dataclass(frozen=True, slots=True)
class Piece:
    """A suggested move as the organiser saw it: the session's code, its new start (UTC) and room, the place's version."""

    code: str
    starts: datetime
    room: int | None
    version: int


def accept(forum: Forum, pieces: Sequence[Piece], *, by: User | None, now: datetime) -> int:
    """Move sessions of the draft to where a suggestion says; each keeps its length. Return how many.

    All or none, under the forum's lock. Refuses `gone` (the session or the room is no longer there, or the session is
    not held), `moved-meanwhile` (drafting.move), and `clash`: a suggestion never clashes, so the draft has changed.
    """
    with locked(forum):
        draft = draft_timetable.read(forum)
        by_code = {place.code: place for place in draft.places.values()}
        rooms = {room.pk: room for room in draft.rooms}
        chosen = [by_code[piece.code].key for piece in pieces if piece.code in by_code]
        sessions = Session.objects.select_related("forum").in_bulk(chosen)
        for piece in pieces:
            place = by_code.get(piece.code)
            session = sessions.get(place.key) if place else None
            if (
                place is None
                or place.span is None
                or session is None
                or (piece.room is not None and piece.room not in rooms)
            ):
                raise ValidationError(
                    _("The session or the room of a suggestion is no longer there. Load the page again"), code="gone"
                )
            moves.move(
                session,
                starts=piece.starts,
                ends=piece.starts + (place.span.ends - place.span.starts),
                room=_room(rooms, piece.room),
                version=piece.version,
                by=by,
                now=now,
            )
        _refuse_clashes(forum, set(chosen))
    return len(pieces)


def _room(rooms: dict[int, Room], key: int | None) -> Room | None:
    return None if key is None else rooms[key]


def _refuse_clashes(forum: Forum, moved: set[int]) -> None:
    draft = draft_timetable.read(forum)
    found = [clash for clash in draft.clashes() if moved & set(clash.keys)]
    if found:
        raise ValidationError(
            _("The draft has changed since this was suggested: %(clash)s. Nothing was moved; load the page again"),
            code="clash",
            params={"clash": draft_timetable.tell(draft, found[:1])[0].text},
        )
