"""When the sample sessions take place, and of which type they are. No ORM."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from events.reference.standard_rows import data

GENEVA = ZoneInfo("Europe/Zurich")
FINAL_WEEK = date(2020, 9, 7)
TIMETABLE = data("sample_timetable")
SLOTS = [time.fromisoformat(text) for text in TIMETABLE["slots"]]
# Types of the generated sessions of 2020 before the final week, and how many of each.
TYPES_2020: dict[str, int] = TIMETABLE["types_2020"]
# Hours (Geneva) of the sessions in the quieter weeks of the current edition: over a week they go round the clock.
QUIET_HOURS: list[int] = TIMETABLE["quiet_hours"]


@dataclass
class Plan:
    """A session to be made. An invented one gets the `lines` and `sdgs` of its topic."""

    type_code: str
    starts: datetime
    ends: datetime
    title: str = ""
    track: str = ""
    organisers: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    sdgs: list[int] = field(default_factory=list)
    is_invented: bool = True


def _at(day: date, start: time) -> datetime:
    return datetime.combine(day, start, tzinfo=GENEVA).astimezone(UTC)


def plans_2020(*, rng: random.Random) -> list[Plan]:
    """Return the 164 sessions of 2020, in order of their start: 20 named ones, 144 invented ones."""
    days = [date(2020, 6, 22) + timedelta(days=n) for n in range(77)]
    workdays = [day for day in days if day.weekday() < 5 and day < FINAL_WEEK]
    named: list[dict[str, Any]] = data("wsis-forum-2020")["named_sessions"]
    undated = [row for row in named if "starts" not in row]
    undated += [{"type": code} for code, count in TYPES_2020.items() for _n in range(count)]
    rng.shuffle(undated)
    tracks = cycle(data("session_types")["special_tracks"])
    plans = [_dated(row) for row in named if "starts" in row]
    for number, row in enumerate(undated):
        day = workdays[number * len(workdays) // len(undated)]
        start = _at(day, SLOTS[number % len(SLOTS)])
        plan = _plan(row, starts=start, ends=start + timedelta(minutes=rng.choice([60, 75, 90, 90])))
        if plan.type_code == "special_track" and not plan.track:
            plan.track = next(tracks)
        plans.append(plan)
    for fixed in TIMETABLE["final_week"]:  # without a title it comes from a topic
        start = _at(FINAL_WEEK + timedelta(days=fixed["day"]), time.fromisoformat(fixed["start"]))
        plans.append(Plan(fixed["type"], start, start + timedelta(minutes=fixed["minutes"]), title=fixed["title"]))
    return sorted(plans, key=lambda plan: plan.starts)


def _dated(row: dict[str, Any]) -> Plan:
    if len(row["starts"]) == 10:  # a day without a time: in the afternoon
        starts = _at(date.fromisoformat(row["starts"]), time(16, 30))
        return _plan(row, starts=starts, ends=starts + timedelta(minutes=90))
    starts, ends = (datetime.fromisoformat(row[key]).astimezone(UTC) for key in ("starts", "ends"))
    return _plan(row, starts=starts, ends=ends)


def _plan(row: dict[str, Any], *, starts: datetime, ends: datetime) -> Plan:
    """What a row of the data says; one without a title is an invented session."""
    track = row.get("track", "")
    kind = row.get("type") or ("special_track" if track else "thematic_workshop")
    plan = Plan(kind, starts, ends, track=track, organisers=row.get("organizers", []))
    if row.get("title"):
        plan.title, plan.is_invented = row["title"], False
        plan.lines, plan.sdgs = row.get("action_lines", []), row.get("sdgs", [])
    return plan


def plans_current(first_day: date, *, rng: random.Random) -> list[Plan]:
    """Return the sessions of an edition of 11 weeks that starts on a Monday, in order of their start.

    The exhibition hall is open from midnight to midnight on each day. In the weeks 3 to 5 a session starts at least
    every two hours, counted in UTC, so that nights on which clocks change make no gap.
    """
    types, tracks = cycle(TIMETABLE["types_current"]), cycle(data("session_types")["special_tracks"])
    midnights = [_at(first_day + timedelta(days=n), time(0)) for n in range(78)]
    plans = [
        Plan("exhibition", midnight, midnights[n + 1], title=f"Exhibition hall, day {n + 1}: projects from all regions")
        for n, midnight in enumerate(midnights[:77])
    ]
    for start in sorted([*_dense(midnights), *_quiet(first_day)]):
        plan = Plan(next(types), start, start + timedelta(minutes=rng.choice([60, 60, 90])))
        if plan.type_code == "special_track":
            plan.track = next(tracks)
        plans.append(plan)
    return sorted(plans, key=lambda plan: (plan.starts, plan.type_code))


def _dense(midnights: list[datetime]) -> Iterable[datetime]:
    start, end = midnights[14], midnights[35]
    while start < end:
        if start not in midnights:
            yield start
        start += timedelta(hours=2)


def _quiet(first_day: date) -> Iterable[datetime]:
    hours = cycle(QUIET_HOURS)
    for n in range(77):
        day = first_day + timedelta(days=n)
        if not 14 <= n < 35:
            for _session in range(2 if day.weekday() < 3 else 1):
                yield _at(day, time(next(hours)))
