"""The forum's first page: what is on, what comes next, this week, the ruler of weeks, the Action Lines, the partners."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from django.db.models import Count, Q

from events.models import (
    ActionLine,
    Forum,
    Partner,
    Session,
)
from events.programme.on_now import now_and_next


@dataclass(frozen=True)
class Week:
    """One bar of the ruler; `height` and `top` in percent of the tallest bar, `is_past` and `is_current` as of today."""

    number: int
    monday: date
    sessions: int
    height: int
    is_past: bool
    is_current: bool

    @property
    def top(self) -> int:
        return 100 - self.height


@dataclass(frozen=True)
class Day:
    date: date
    sessions: int
    is_today: bool


@dataclass(frozen=True)
class Home:
    live: list[Session]
    coming: list[Session]
    weeks: list[Week]
    days: list[Day]
    action_lines: list[ActionLine]
    partners: list[Partner]
    sessions: int
    recordings: int

    @property
    def current_week(self) -> Week | None:
        return next((week for week in self.weeks if week.is_current), None)


def ruler(forum: Forum, *, days: list[date], today: date) -> list[Week]:
    """The forum's weeks with the number of sessions in each; `days` are the local dates of all sessions."""
    counts = Counter(forum.week_of(day) for day in days)
    tallest = max(counts.values(), default=1)
    weeks = []
    for number in range(1, forum.weeks + 1):
        monday = forum.first_monday + timedelta(weeks=number - 1)
        weeks.append(
            Week(
                number=number,
                monday=monday,
                sessions=counts[number],
                height=ceil(100 * counts[number] / tallest),
                is_past=monday + timedelta(days=6) < today,
                is_current=monday <= today <= monday + timedelta(days=6) and forum.starts <= today <= forum.ends,
            )
        )
    return weeks


def week_days(forum: Forum, *, days: list[date], today: date) -> list[Day]:
    """The days with sessions in the week of `today`, or in the forum's first week before it begins; none after it."""
    if today > forum.ends:
        return []
    start = max(today, forum.starts)
    monday = start - timedelta(days=start.weekday())
    counts = Counter(day for day in days if monday <= day <= monday + timedelta(days=6))
    return [Day(date=day, sessions=counts[day], is_today=day == today) for day in sorted(counts)]


def action_lines(forum: Forum) -> list[ActionLine]:
    """The 18 Action Lines (the parts of C7 each by itself), each with `session_count` of a forum's public sessions."""
    public = Q(sessions__in=Session.objects.public().filter(forum=forum).order_by())
    lines = ActionLine.objects.filter(parts__isnull=True).order_by("order", "code")
    return list(lines.annotate(session_count=Count("sessions", filter=public, distinct=True)))


def partners(forum: Forum) -> list[Partner]:
    """The partners and sponsors in the order of their kinds."""
    kinds = list(Partner.Kind.values)
    found = Partner.objects.filter(forum=forum).select_related("organisation")
    return sorted(found, key=lambda partner: (kinds.index(partner.kind), partner.order, partner.pk))


def home(forum: Forum, *, now: datetime, language: str) -> Home:
    """The forum's first page at a moment: what is live, the next sessions, this week, the ruler, the Action Lines."""
    today = forum.today(now)
    times = list(Session.objects.public().filter(forum=forum).values_list("starts", "ends", "recording_url"))
    days = [forum.today(starts) for starts, _ends, _recording in times if starts]
    live, coming = now_and_next(forum, now=now, language=language)
    return Home(
        live=live,
        coming=coming,
        weeks=ruler(forum, days=days, today=today),
        days=week_days(forum, days=days, today=today),
        action_lines=action_lines(forum),
        partners=partners(forum),
        sessions=len(times),
        recordings=sum(1 for _starts, ends, recording in times if recording and ends and ends <= now),
    )
