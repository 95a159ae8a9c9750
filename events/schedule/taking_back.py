"""How an import, or a step of the board, is taken back in the programme: places move in the draft, by the rules of the draft; what a
release has shown since stays for the public, and is cancelled in the draft (events.shared.history.taking_back)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from events.models import Appearance, Forum, Placement, Session, User
from events.models.release import Spot
from events.schedule import moves, panels
from events.shared.history import hooks
from events.shared.history.hooks import RowRule

RIGHT = "events.change_session"


@hooks.row_rules("events.session")
def _sessions() -> RowRule:
    released = frozenset({"starts", "ends", "room_id", "state", "sequence"})
    return RowRule(left=released, is_public=_public_sessions, withdraw=_cancel)


@hooks.row_rules("events.appearance")
def _appearances() -> RowRule:
    return RowRule(
        right=RIGHT,
        part_of="session",
        left=frozenset({"is_released"}),
        is_public=_public_appearances,
        withdraw=_let_leave,
    )


@hooks.row_rules("events.placement")
def _places() -> RowRule:
    left = frozenset({"version", "moved", "moved_by_id", "minutes"})
    return RowRule(right=RIGHT, part_of="session", left=left, put_back=_put_back)


@hooks.row_rules("events.organisation")
@hooks.row_rules("events.sessiontype")
def _of_site() -> RowRule:
    """An import makes types and organisations that are not there yet, so who may import takes them back."""
    return RowRule(right=RIGHT)


def _public_sessions(keys: Collection[Any]) -> Collection[Any]:
    return list(Session.objects.filter(pk__in=keys).exclude(state=Session.State.DRAFT).values_list("pk", flat=True))


def _public_appearances(keys: Collection[Any]) -> Collection[Any]:
    return list(Appearance.objects.released().filter(pk__in=keys).values_list("pk", flat=True))


def _cancel(keys: Collection[Any], forum: Forum, by: User | None, now: datetime) -> None:
    places = Placement.objects.filter(session__in=keys).exclude(state=Placement.State.CANCELLED)
    gone = dict.fromkeys(places.values_list("session", flat=True), (None, None, None, True))
    if gone:
        moves.move_all(forum, gone, by=by, now=now)


def _let_leave(keys: Collection[Any], _forum: Forum, _by: User | None, _now: datetime) -> None:
    panels.let_leave(keys)


def _put_back(old: Mapping[Any, Mapping[str, Any]], forum: Forum, by: User | None, now: datetime) -> None:
    """`old`: of each place (by its key) the columns that the act changed, as they were before it."""
    spots = {}
    for place in Placement.objects.filter(pk__in=old):
        was = {**place.spot._asdict(), "room_id": place.room_id, **old[place.pk]}
        starts, ends = (parse_datetime(at) if isinstance(at, str) else at for at in (was["starts"], was["ends"]))
        spots[place.session_id] = Spot(starts, ends, was["room_id"], was["state"])
    moves.put_back(forum, spots, by=by, now=now)
