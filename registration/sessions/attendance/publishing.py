"""Which figures of a forum are public: those that were told before, moved on by steps that tell of no small group.

A number of the public moves by nothing or by at least five, and only as far as whoever kept what was public before cannot work out
that anything else moved by less (docs/decisions/0060-public-figures-move-in-steps.md). Organisers count at the tally itself.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy

from events.models import Appearance, Country, Forum, Session, Speaker
from events.models.reference import Gender
from events.shared.disclosure.hidden_cells import is_small
from events.shared.disclosure.open_growth import OpenGrowth
from events.shared.jobs.sweeps import Sweep
from registration.models import PublishedFigures, Registration, Tally
from registration.sessions.attendance.linked_tables import GROUPS, SESSION, Key
from registration.sessions.attendance.public_steps import (
    ABSENT,
    APART,
    ATTENDANCES,
    COUNTED,
    MEASURES,
    PEOPLE,
    REGISTERED,
    SPEAKERS,
    TOTAL,
    UNLISTED,
    Cells,
    Dimension,
    Memory,
    PublicFacts,
    State,
    Told,
    speakers,
    step,
)

FIGURES = Sweep("figures", gettext_lazy("Public figures"))
ALL_DAY = timedelta(hours=6)  # what lasts so long is no session that people enter together


def publish_due(now: datetime) -> int:
    """Move on the public figures of all forums whose people still change, also because they register; return of how many."""
    return len(FIGURES.each(Forum.objects.awaited(now).order_by("pk"), lambda forum: publish(forum, now=now), now=now))


@transaction.atomic
def publish(forum: Forum, *, now: datetime) -> PublishedFigures:
    """Move the public figures of a forum on, as far as that tells of no small group. Its numbers are those of the last tally."""
    Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    row, _is_new = PublishedFigures.objects.get_or_create(forum=forum)
    before = read(row)
    known = PublicFacts(dict(Country.objects.values_list("code", "region")), members(forum), public_sessions(forum))
    after = step(before, _counted(forum), known=known, may_move=may_move(forum, since=row.counted, now=now))
    after.told[APART] = _apart(forum, after.told[APART], people=after.told[PEOPLE].get(TOTAL) or 0)
    if any(after.told[measure] != before.told[measure] for measure in COUNTED):
        row.counted = now
    if after != before:
        row.told = {name: _listed(cells) for name, cells in after.told.items()}
        row.memory = {
            name: {
                "step": memory.step,
                "since": _listed(memory.since),
                "groups": _listed(memory.groups),
                "open": _listed(
                    {key: [one.whole, one.rest, list(one.left.items())] for key, one in memory.open.items()}
                ),
            }
            for name, memory in after.memory.items()
        }
        row.save()
    return row


def may_move(forum: Forum, *, since: datetime | None, now: datetime) -> bool:
    """Whether figures of attendance may move: no session runs, or one has ended since they moved last. What is open the whole day
    does not count."""
    sessions = forum.sessions.filter(state=Session.State.SCHEDULED, starts__lte=now, ends__lt=F("starts") + ALL_DAY)
    ended = Q(ends__gt=since, ends__lte=now) if since else Q(ends__lte=now)
    return sessions.filter(ended).exists() or not sessions.filter(ends__gt=now).exists()


def _listed(cells: Mapping[Key, Any]) -> list[list[Any]]:
    return [[*key, value] for key, value in cells.items()]


def _by_key(listed: Iterable[list[Any]]) -> dict[Key, Any]:
    return {(dimension, value): found for dimension, value, found in listed}


def read(row: PublishedFigures) -> State:
    """What is told of a forum."""
    state = State()
    for name in MEASURES:
        state.told[name] = _by_key(row.told.get(name, []))
    for name, kept in row.memory.items():
        growth = {
            key: OpenGrowth(whole, rest, dict(left)) for key, (whole, rest, left) in _by_key(kept["open"]).items()
        }
        state.memory[name] = Memory(kept["step"], _by_key(kept["since"]), growth, _by_key(kept.get("groups", [])))
    return state


def members(forum: Forum) -> dict[Key, set[str]]:
    """The codes of the sessions of each week, track, Action Line and goal ("": of none). One query."""
    found: dict[Key, set[str]] = defaultdict(set)
    rows = Session.objects.filter(forum=forum).order_by()
    for code, starts, track, line, goal in rows.values_list(
        "code", "starts", "track_id", "action_lines__code", "sdgs__number"
    ):
        week = max(1, bisect_right(forum.mondays, forum.local(starts).date())) if starts else None
        for dimension, value in zip((Dimension.WEEK, *GROUPS), (week, track, line, goal), strict=True):
            found[dimension, "" if value is None else str(value)].add(code)
    return found


def public_sessions(forum: Forum) -> set[str]:
    """The codes of the public sessions. One query."""
    return set(Session.objects.public().filter(forum=forum).values_list("code", flat=True))


# --- what is counted -------------------------------------------------------------------------------
def _counted(forum: Forum) -> dict[str, Cells]:
    """The true numbers, of the forum and of its sessions. Two queries."""
    found: dict[str, Cells] = {ATTENDANCES: {}, PEOPLE: {}}
    rows = Tally.objects.filter(forum=forum).order_by("dimension", "value")
    of_forum = rows.filter(session=None).exclude(dimension__in=[Dimension.SOURCE, Dimension.WEEK])
    for dimension, value, *numbers in of_forum.values_list("dimension", "value", ATTENDANCES, PEOPLE):
        for measure, number in zip((ATTENDANCES, PEOPLE), numbers, strict=True):
            found[measure][dimension, value] = number
    of_sessions = rows.filter(session__isnull=False, dimension=Dimension.TOTAL)
    for code, number in of_sessions.values_list("session__code", ATTENDANCES):
        found[ATTENDANCES][SESSION, code] = found[PEOPLE][SESSION, code] = number
    return found


def _apart(forum: Forum, before: Told, *, people: int) -> Told:
    """People registered, as far as that tells of no small group of those who did not come, or are not on the public list beside
    it; and speakers by gender. Two queries, one more for a list."""
    told = dict(before)
    active = Registration.objects.active().filter(forum=forum)
    registered = active.count()
    found = {REGISTERED: registered, ABSENT: registered - people}
    if forum.list_published:
        found[UNLISTED] = active.filter(is_listed=False).count()
    moved = [*found.values(), *(number - (told.get(key) or 0) for key, number in found.items())]
    if registered and not any(is_small(abs(number)) for number in moved):
        told |= found
    seen = Appearance.objects.public().filter(session__forum=forum)
    public = Speaker.objects.filter(forum=forum, pk__in=seen.values("speaker")).order_by()
    genders: Cells = defaultdict(int)
    for gender, number in public.values_list("gender").annotate(Count("pk", distinct=True)):
        genders[SPEAKERS, gender or Gender.UNDISCLOSED.value] += number
    return speakers(told, genders)
