"""The state of a session as the organisers' list says it: what the public sees, and where the draft is another."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Placement, Session
from events.schedule import draft_timetable
from events.schedule.conflicts import Kind
from events.schedule.releases import releases


class State(TextChoices):
    PUBLIC = "public", _("Public")
    DRAFT = "draft", _("Draft")
    MOVED = "moved", _("Moved in draft")
    CLASH = "clash", _("Clash")
    CANCELLED = "cancelled", _("Cancelled")


CLASHES = {Kind.ROOM: _("Clash: room"), Kind.PERSON: _("Clash: speaker"), Kind.OUTSIDE: _("Clash: days")}
# Whether a release would change it: a column that rows must have for `state_of`.
WAITS: Any = releases.is_waiting()


def clashing(forum: Forum) -> dict[int, Kind]:
    """The sessions of a forum (keys) that take part in a clash that forbids a release, with the kind of the first. Seven
    queries."""
    found: dict[int, Kind] = {}
    for clash in draft_timetable.read(forum).clashes():
        if clash.is_blocking:
            for key in clash.keys:
                found.setdefault(key, clash.kind)
    return found


def state_of(session: Any, *, clashes: Collection[int]) -> State:
    """The state of a session that has `waits`; `clashes`: the keys of those that clash."""
    if session.placement.state == Placement.State.CANCELLED:
        return State.CANCELLED
    if session.pk in clashes:
        return State.CLASH
    if session.state == Session.State.DRAFT or session.starts is None:
        return State.DRAFT
    return State.MOVED if session.waits else State.PUBLIC


def condition(state: State, *, clashes: Collection[int]) -> Q:
    """The sessions of a state, as `state_of` has it."""
    is_cancelled, clash = Q(placement__state=Placement.State.CANCELLED), Q(pk__in=clashes)
    if state == State.CANCELLED:
        return is_cancelled
    if state == State.CLASH:
        return clash & ~is_cancelled
    rest = ~is_cancelled & ~clash
    if state == State.DRAFT:
        return rest & ~releases.IS_OUT
    return rest & releases.IS_OUT & (WAITS if state == State.MOVED else ~WAITS)
