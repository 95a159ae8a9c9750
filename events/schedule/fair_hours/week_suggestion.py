"""A week's moves to fairer hours: what each would bring and whom it would cost, and what all of them would gain."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from events.schedule.board.draft_timetable import Draft, Place
from events.schedule.conflicts import Item, Span
from events.schedule.fair_hours import better_slots, day_shares, session_hours
from events.schedule.fair_hours.better_slots import Day, Held, Move
from events.schedule.fair_hours.day_shares import Weighing
from events.schedule.fair_hours.session_hours import Crowds, Reach, Scales


@dataclass(frozen=True, slots=True)
class RegionChange:
    """A region's share of a session, 0 to 1, before and after a move."""

    region: str
    before: float
    after: float

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
    present = {place.key: span for place, span in weighed if _is_in(place, draft, monday)}
    burdens = day_shares.burdens([span for _place, span in weighed], crowds.forum)
    scales = Scales(crowds, session_hours.stretch_of(draft, monday), weighing=weighing, burdens=burdens)
    days = session_hours.week(draft, monday, now=now)
    movable = [draft.items[key] for key, span in present.items() if span.starts > now]
    moves = better_slots.week_moves(
        movable,
        days=days,
        rooms={item.key: session_hours.rooms_for(draft, draft.places[item.key]) for item in movable},
        held=Held(draft.items.values(), draft.rules),
        values={item.key: scales.value(item.key) for item in movable},
    )
    future = present | {move.key: move.slot.span for move in moves}
    return Outlook(
        changes=[_change(move, present[move.key], scales) for move in moves],
        sessions=len(present),
        before=_mean(present, scales),
        after=_mean(future, scales),
        ceiling=_ceiling(present, movable, days, scales),
        burdens=[
            RegionChange(region, *(day_shares.at_night(spans.values(), dial) for spans in (present, future)))
            for region, dial in scales.regions.items()
            if present
        ],
    )


def _is_in(place: Place, draft: Draft, monday: date) -> bool:
    assert place.starts is not None  # noqa: S101  asked of held sessions only
    return session_hours.monday_of(draft.forum.local(place.starts).date()) == monday


def _change(move: Move, present: Span, scales: Scales) -> Change:
    new = move.slot.span
    shares = [
        RegionChange(region, *(round(dial.share(span), better_slots.EVEN) for span in (present, new)))
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
        losing=day_shares.losing(booked, present, new) if booked else 0,
    )


def _mean(spans: dict[int, Span], scales: Scales) -> Reach:
    found = [scales.reach(span) for span in spans.values()]
    count = len(found) or 1
    return Reach(sum(reach.people for reach in found) / count, sum(reach.regions for reach in found) / count)


def _ceiling(present: dict[int, Span], movable: list[Item], days: list[Day], scales: Scales) -> Reach:
    """What no timetable of these days can exceed, of the people and of the regions each by itself."""
    can_move = {item.key: item for item in movable}

    def best(value: Callable[[Span], float]) -> float:
        found = [
            better_slots.ceiling(can_move[key], days=days, value=value) if key in can_move else value(span)
            for key, span in present.items()
        ]
        return sum(found) / (len(found) or 1)

    return Reach(best(scales.people.share), best(scales.mean_of_regions))
