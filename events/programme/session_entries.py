"""The programme: a forum's public sessions as lean entries, by week and day. A handful of queries, however many sessions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models.fields.json import KT
from django.utils.formats import date_format

from events.models import ActionLine, Forum, Organisation, Session
from events.models.forum import monday_of
from events.models.programme import Followable
from events.shared.formatting import times
from events.shared.formatting.names import in_language, listed
from events.shared.formatting.text_language import other_language


@dataclass(slots=True)
class Clock:
    """What of a row depends on the moment and the zone it is shown in: everything is text already."""

    starts: str
    ends: str
    from_time: str
    to_time: str
    offset: str
    is_live: bool
    is_over: bool
    can_join: bool
    is_all_day: bool
    moved_from: str = ""  # the start before the latest release, for the `datetime` attribute …
    moved_time: str = ""  # … its time of day, and its day where that is another
    moved_day: str = ""


@dataclass(slots=True)
class ProgrammeEntry(Followable):
    """What the programme shows of one session. Times are UTC; `lines` and `goals` in their own order.

    `clock` is filled in by `set_clocks`.
    """

    pk: int
    code: str
    title: str
    starts: datetime
    ends: datetime
    state: str
    type: str
    type_name: str
    track: int | None
    track_name: str | None
    room_name: str | None
    languages: list[str]
    captioning: list[str]
    interpretation: list[str]
    broadcast_url: str
    recording_url: str
    type_said: Mapping[str, Any]  # the names in other languages
    track_said: Mapping[str, Any] | None
    room_said: Mapping[str, Any] | None
    local_title: str | None
    lang: str = ""  # of the title, where it is not the page's
    is_next: bool = False  # the first of today that is not over, where some are
    clock: Clock | None = None
    day: date = date.min  # of its start, in the zone shown
    organisers: list[Organisation] = field(default_factory=list)
    lines: list[ActionLine] = field(default_factory=list)
    all_lines: frozenset[str] = frozenset()
    goals: list[int] = field(default_factory=list)
    goal_names: list[tuple[int, str]] = field(default_factory=list)

    @property
    def organiser_names(self) -> str:
        return listed(self.organisers)

    @property
    def is_cancelled(self) -> bool:
        return self.state == Session.State.CANCELLED


@dataclass(slots=True)
class ProgrammeDay:
    """A date in the zone shown, with its sessions in order of time."""

    date: date
    week: int
    entries: list[ProgrammeEntry]

    @property
    def anchor(self) -> str:
        return f"day-{self.date.isoformat()}"

    def is_over(self, now: datetime) -> bool:
        """Whether all that takes place on it has ended: what began yesterday may run on after midnight."""
        return all(entry.is_cancelled or entry.ends <= now for entry in self.entries)


@dataclass(slots=True)
class Week:
    """A calendar week of the forum, as of today, with the number of its sessions. On the week bar `address` is where its first
    day with sessions stands; empty where it has none."""

    number: int
    monday: date
    is_past: bool
    is_current: bool
    sessions: int
    address: str = ""


FIELDS = (
    *("pk", "code", "title", "starts", "ends", "state", "type__code", "type__name", "track", "track__name"),
    *("room__name", "languages", "captioning", "interpretation", "broadcast_url", "recording_url"),
    *("type__translations", "track__translations", "room__translations"),
)


def entries(
    forum: Forum, *, language: str, lines: list[ActionLine], goal_names: dict[int, str], zone: ZoneInfo, now: datetime
) -> list[ProgrammeEntry]:
    """All public sessions of a forum, titles in a language where they have one. Four queries.
    A session has its day in the `zone`.

    A recording is there once its session has ended. `lines`: all Action Lines; `goal_names`: the names of all goals by number.
    """
    public = Session.objects.public().filter(forum=forum)
    rows = public.order_by("starts", "pk").values_list(*FIELDS, KT(f"translations__{language}__title"))
    found = {row[0]: ProgrammeEntry(*row) for row in rows}
    by_session = defaultdict[int, list[Organisation]](list)
    organisations = dict[int, Organisation]()
    for session, key, name, acronym, kind in public.filter(organisers__isnull=False).values_list(
        "pk", *(f"organisers__{name}" for name in ("pk", "name", "acronym", "stakeholder_type"))
    ):
        if key not in organisations:
            organisations[key] = Organisation(pk=key, name=name, acronym=acronym, stakeholder_type=kind)
        by_session[session].append(organisations[key])
    codes = _many(public.filter(action_lines__isnull=False).values_list("pk", "action_lines"))
    goals = _many(public.filter(sdgs__isnull=False).values_list("pk", "sdgs"))
    code_of = {line.pk: line.code for line in lines}
    for key, entry in found.items():
        entry.lang = "" if entry.local_title else other_language(entry.title)
        entry.title = entry.local_title or entry.title
        entry.type_name = in_language(entry.type_name, said=entry.type_said)
        entry.track_name = in_language(entry.track_name, said=entry.track_said)
        entry.room_name = in_language(entry.room_name, said=entry.room_said)
        if entry.ends > now:
            entry.recording_url = ""
        entry.day = entry.starts.astimezone(zone).date()
        entry.organisers = sorted(by_session[key], key=lambda o: (str(o).casefold(), o.pk))
        entry.lines = [line for line in lines if line.pk in codes[key]]
        parents = {code_of[line.parent_id] for line in entry.lines if line.parent_id}
        entry.all_lines = frozenset(parents | {line.code for line in entry.lines})
        entry.goals = sorted(goals[key])
        entry.goal_names = [(number, goal_names[number]) for number in entry.goals]
    return list(found.values())


def _many(pairs: Iterable[tuple[int, int]]) -> defaultdict[int, set[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
    return found


def set_clocks(
    shown: Iterable[ProgrammeEntry],
    *,
    forum: Forum,
    zone: ZoneInfo,
    now: datetime,
    moved: Mapping[str, datetime] | None = None,
) -> None:
    """Fill in what depends on the zone and the moment. `moved`: the start before the latest release, by code."""
    opens = timedelta(minutes=forum.join_opens_minutes)
    closes = timedelta(minutes=forum.join_closes_minutes)
    for entry in shown:
        local, runs = entry.starts.astimezone(zone), entry.state == Session.State.SCHEDULED
        entry.clock = Clock(
            starts=times.stamp(entry.starts),
            ends=times.stamp(entry.ends),
            from_time=local.strftime("%H:%M"),
            to_time=times.end_hours(entry.ends, zone=zone),
            offset=times.offset_text(local),
            is_live=runs and entry.starts <= now < entry.ends,
            is_over=entry.ends <= now,
            is_all_day=times.is_all_day(entry.starts, ends=entry.ends, zone=zone),
            can_join=runs and entry.starts - opens <= now < entry.ends + closes,
        )
        before = (moved or {}).get(entry.code)
        if before and runs and entry.ends > now:
            old = before.astimezone(zone).date()
            entry.clock.moved_from = times.stamp(before)
            entry.clock.moved_time = times.hours(before, zone=zone)
            entry.clock.moved_day = date_format(old, "j F") if old != entry.day else ""


def days(shown: Iterable[ProgrammeEntry], *, forum: Forum) -> list[ProgrammeDay]:
    """The sessions by their days."""
    return [
        ProgrammeDay(date=day, week=forum.week_of(day), entries=list(group))
        for day, group in groupby(shown, key=lambda entry: entry.day)
    ]


def weeks(forum: Forum, *, dates: Iterable[date], today: date) -> list[Week]:
    """Every calendar week of the forum; `dates`: those of the sessions, one for each."""
    counts = Counter(map(forum.week_of, dates))
    found = []
    for number, monday in enumerate(forum.mondays, start=1):
        is_current = monday == monday_of(today) and forum.starts <= today <= forum.ends
        found.append(Week(number, monday, monday < monday_of(today), is_current, counts[number]))
    return found
