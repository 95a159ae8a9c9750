"""The state of a session as the organisers' list says it: what the public sees, and where the draft is another."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Count, Q, Subquery, Sum, TextChoices, TextField, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Placement, PublicRevision, Session
from events.schedule import draft_timetable
from events.schedule.conflicts import ConflictKind
from events.schedule.releases import releases


class State(TextChoices):
    PUBLIC = "public", _("Public")
    DRAFT = "draft", _("Draft")
    MOVED = "moved", _("Moved in draft")
    CLASH = "clash", _("Clash")
    CANCELLED = "cancelled", _("Cancelled")


CLASHES = {
    ConflictKind.ROOM: _("Clash: room"),
    ConflictKind.PERSON: _("Clash: speaker"),
    ConflictKind.OUTSIDE: _("Clash: days"),
}
WAITS: Any = releases.is_waiting()  # whether a release would change a session
KEPT = 60  # seconds
# Changes with every move in a draft, of all forums: to find those of one takes six times as long, and mostly one is moved about.
DRAFT: Any = (
    Placement.objects.order_by()
    .values(all=Value(1))
    .annotate(n=Concat(Count("*"), Value(":"), Sum("version"), output_field=TextField()))
    .values("n")
)


class Clashes(NamedTuple):
    """How many clashes a draft has, how many of them forbid a release, and the sessions (keys) in these, with the kind of the
    first."""

    number: int
    blocking: int
    sessions: dict[int, ConflictKind]


def clashes_of(forum: Forum) -> Clashes:
    """The clashes of a forum's draft. They are found again when a session was moved or organisers changed something, else after
    KEPT seconds: only what hosts do is seen so much later. Seven queries then, mostly one."""
    mark = PublicRevision.objects.filter(pk=1).values_list("number", Subquery(DRAFT))
    revision, draft = next(iter(mark), (0, ""))
    key = f"clashes:{forum.pk}:{revision}:{draft}"
    kept: Clashes | None = cache.get(key)
    if kept is None:
        found = draft_timetable.read(forum).clashes()
        blocking = [clash for clash in found if clash.is_blocking]
        sessions: dict[int, ConflictKind] = {}
        for clash in blocking:
            for session in clash.keys:
                sessions.setdefault(session, clash.kind)
        kept = Clashes(len(found), len(blocking), sessions)
        cache.set(key, kept, KEPT)
    return kept


def waiting(forum: Forum | None, *, among: Collection[Session]) -> set[int]:
    """The keys of the sessions that a release would change: all of a forum, or without one those among some. One query."""
    of = Q(pk__in=[session.pk for session in among]) if forum is None else Q(forum=forum)
    return set(Session.objects.filter(WAITS, of).order_by().values_list("pk", flat=True))


def state_of(session: Any, *, clashes: Collection[int]) -> State:
    """The state of a session that has `waits` (whether a release would change it); `clashes`: the keys of those that clash."""
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
