"""A week's moves to fairer hours: what each would bring and whom it would cost, what all of them would gain; and how
organisers accept them into the draft."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Forum, Placement, Room, Session, User
from events.models.forum import monday_of
from events.models.reference import Region
from events.schedule import draft_timetable, moves
from events.schedule.conflicts import Item, Span
from events.schedule.draft_timetable import Draft
from events.schedule.fair_hours import free_slots, session_hours, waking_hours
from events.schedule.fair_hours.free_slots import Day, Held, Move
from events.schedule.fair_hours.session_hours import Crowds, Reach, Scales
from events.schedule.fair_hours.waking_hours import Weighing
from events.schedule.moves import locked


@dataclass(frozen=True, slots=True)
class RegionChange:
    """A region's share of a session, or its burden, 0 to 1, before and after."""

    region: str
    before: float
    after: float

    @property
    def label(self) -> str:
        return str(Region(self.region).label)

    @property
    def is_loss(self) -> bool:
        return self.after < self.before


@dataclass(frozen=True)
class Change:
    """What a move would bring: the reach of the session, the regions whose share changes (those that lose first), and
    how many have booked it (0: too few to be told) and how many of them would find it outside their day instead of in.
    """

    move: Move
    before: Reach
    after: Reach
    regions: list[RegionChange]
    booked: int
    losing: int

    @property
    def has_losers(self) -> bool:
        """Whether a region loses."""
        return any(change.is_loss for change in self.regions)


@dataclass(frozen=True)
class Outlook:
    """What a week's moves would bring: reach and burdens. `ceiling`: if every session could have its best hour."""

    changes: list[Change]
    sessions: int
    before: Reach
    after: Reach
    ceiling: Reach
    burdens: list[RegionChange]


def outlook(draft: Draft, crowds: Crowds, *, monday: date, now: datetime, weighing: Weighing) -> Outlook:
    """The moves that would make a week's hours fairer, and the measured gain over the present draft.

    Sessions that have begun stay; figures are those of all sessions of the week that are weighed, and do not depend on
    the weighing, which only chooses the moves.
    """
    weighed = session_hours.weighed(draft)
    burdens = waking_hours.burdens([*weighed.values()], crowds.forum)
    scales = Scales(crowds, session_hours.stretch_of(draft, monday), weighing=weighing, burdens=burdens)
    present = {key: span for key, span in weighed.items() if monday_of(draft.forum.today(span.starts)) == monday}
    days = session_hours.week(draft, monday, now=now)
    movable = {key: draft.places[key] for key, span in present.items() if span.starts > now}
    suggested = free_slots.week_moves(
        movable.values(),
        days=days,
        rooms={key: session_hours.rooms_for(draft, draft.places[key]) for key in movable},
        held=Held(draft.places.values(), draft.rules),
        values={key: scales.value(key) for key in movable},
    )

    future = present | {move.key: move.slot.span for move in suggested}
    return Outlook(
        changes=[_change(move, present[move.key], scales) for move in suggested],
        sessions=len(present),
        before=_mean(present, scales),
        after=_mean(future, scales),
        ceiling=_ceiling(present, movable, days, scales),
        burdens=[
            RegionChange(region, *(waking_hours.at_night(spans.values(), dial) for spans in (present, future)))
            for region, dial in scales.regions.items()
            if present
        ],
    )


def _change(move: Move, present: Span, scales: Scales) -> Change:
    new = move.slot.span
    shares = [
        RegionChange(region, *(round(dial.share(span), free_slots.EVEN) for span in (present, new)))
        for region, dial in scales.regions.items()
    ]
    booked = scales.crowds.of(move.key)
    return Change(
        move=move,
        before=scales.reach(present),
        after=scales.reach(new),
        regions=sorted(
            (share for share in shares if share.after != share.before), key=lambda share: share.after - share.before
        ),
        booked=booked.total if booked else 0,
        losing=waking_hours.losing(booked, present, new) if booked else 0,
    )


def _mean(spans: dict[int, Span], scales: Scales) -> Reach:
    found = [scales.reach(span) for span in spans.values()]
    count = len(found) or 1
    return Reach(sum(reach.people for reach in found) / count, sum(reach.regions for reach in found) / count)


def _ceiling(present: dict[int, Span], movable: Mapping[int, Item], days: list[Day], scales: Scales) -> Reach:
    """What no timetable of these days can exceed, of the people and of the regions each by itself."""

    def best(value: Callable[[Span], float]) -> float:
        found = [
            free_slots.ceiling(movable[key], days=days, value=value) if key in movable else value(span)
            for key, span in present.items()
        ]
        return sum(found) / (len(found) or 1)

    return Reach(best(scales.people.share), best(scales.mean_of_regions))


# --- accepting --------------------------------------------------------------------------------------
class Piece(NamedTuple):
    """A suggested move as the organiser saw it: the session's code, its new start (UTC) and room, the place's version."""

    code: str
    starts: datetime
    room: int | None
    version: int


def accept(forum: Forum, pieces: Sequence[Piece], *, by: User | None, now: datetime) -> list[Placement]:
    """Move sessions of the draft to where a suggestion says; each keeps its length. Return their places.

    All or none, under the forum's lock. Refuses `gone` (the session or the room is no longer there, or the session is
    not held), `moved-meanwhile` (moves.move), and `clash`: a suggestion never clashes, so the draft has changed.
    """
    with locked(forum):
        draft = draft_timetable.read(forum)
        rooms: dict[int | None, Room | None] = {room.pk: room for room in draft.rooms} | {None: None}
        chosen = Session.objects.filter(forum=forum, code__in=[piece.code for piece in pieces])
        sessions = {session.code: session for session in chosen.select_related("forum")}
        moved = []
        for piece in pieces:
            session = sessions.get(piece.code)
            place = draft.places.get(session.pk) if session else None
            if session is None or place is None or place.span is None or piece.room not in rooms:
                raise ValidationError(
                    _("The session or the room of a suggestion is no longer there. Load the page again"), code="gone"
                )
            row = moves.move(
                session,
                starts=piece.starts,
                ends=piece.starts + (place.span.ends - place.span.starts),
                room=rooms[piece.room],
                version=piece.version,
                by=by,
                now=now,
            )
            moved.append(row)
        _refuse_clashes(forum, {session.pk for session in sessions.values()})
    return moved


def _refuse_clashes(forum: Forum, moved: set[int]) -> None:
    draft = draft_timetable.read(forum)
    found = [clash for clash in draft.clashes() if moved & set(clash.keys)]
    if found:
        raise ValidationError(
            _("The draft has changed since this was suggested: %(clash)s. Nothing was moved; load the page again"),
            code="clash",
            params={"clash": draft_timetable.tell(draft, found[:1])[0].text},
        )
