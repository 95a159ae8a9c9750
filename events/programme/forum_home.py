"""The forum's first page: what is on, what comes next, the news, this week, the ruler of weeks, the Action Lines, the partners."""

from collections import Counter
from datetime import date, datetime
from math import ceil
from typing import Any, NamedTuple

from django.db.models import Count, Q

from events.models import ActionLine, Forum, News, Partner, Session
from events.models.forum import monday_of
from events.programme import session_entries
from events.programme.on_now import now_and_next
from events.shared.drawings import weave
from events.shared.formatting.names import RowInLanguage, local_text, row_in_language

NEWS = 3


class HomeDay(NamedTuple):
    date: date
    sessions: int
    is_today: bool


def week_days(forum: Forum, *, days: list[date], today: date) -> list[HomeDay]:
    """The days with sessions in the week of `today`, or in the forum's first week before it begins; none after it."""
    if today > forum.ends:
        return []
    start = max(today, forum.starts)
    counts = Counter(day for day in days if monday_of(day) == monday_of(start))
    return [HomeDay(date=day, sessions=counts[day], is_today=day == today) for day in sorted(counts)]


def action_lines(forum: Forum) -> list[ActionLine]:
    """The 18 Action Lines (the parts of C7 each by itself), each with `session_count` of a forum's public sessions."""
    public = Q(sessions__in=Session.objects.public().filter(forum=forum).order_by())
    lines = ActionLine.objects.filter(parts__isnull=True).order_by("order", "code")
    return list(lines.annotate(session_count=Count("sessions", filter=public, distinct=True)))


class Chair(NamedTuple):
    """Who chairs the forum, in what office, and what they say (Markdown), in the page's language as far as there are words in it."""

    name: str
    title: str
    message: str


def chair(forum: Forum) -> Chair:
    """What the forum's first page and its Outcome Document say of its chair."""
    return Chair(forum.chair, local_text(forum, "chair_title"), local_text(forum, "chair_message"))


def partners(forum: Forum) -> list[Partner]:
    """The partners and sponsors in the order of their kinds."""
    kinds = list(Partner.Kind.values)
    found = Partner.objects.filter(forum=forum).select_related("organisation")
    return sorted(found, key=lambda partner: (kinds.index(partner.kind), partner.order, partner.pk))


def news(forum: Forum, *, now: datetime) -> list[RowInLanguage]:
    """The latest news, those that are pinned above the others."""
    found = News.objects.public(now).filter(forum=forum).order_by("-is_pinned", "-date", "-pk")
    return [row_in_language(one) for one in found[:NEWS]]


def home(forum: Forum, *, now: datetime) -> dict[str, Any]:
    """What the forum's first page shows at a moment: what is live, the next sessions, the news, this week, the ruler of weeks with
    the height of each bar in percent of the tallest, the Action Lines, the partners."""
    today = forum.today(now)
    times = list(Session.objects.public().filter(forum=forum).values_list("starts", "ends", "recording_url"))
    days = [forum.today(starts) for starts, _ends, _recording in times if starts]
    live, coming = now_and_next(forum, now=now)
    weeks = session_entries.weeks(forum, dates=days, today=today)
    tallest = max((week.sessions for week in weeks), default=0) or 1
    heights = [ceil(100 * week.sessions / tallest) for week in weeks]
    return {
        "live": live,
        "coming": coming,
        "weeks": [(week, height, 100 - height) for week, height in zip(weeks, heights, strict=True)],
        "current_week": next((week for week in weeks if week.is_current), None),
        "days": week_days(forum, days=days, today=today),
        "action_lines": action_lines(forum),
        "partners": partners(forum),
        "palette": weave.palette_number(forum.starts.year),
        "chair": chair(forum),
        "news": news(forum, now=now),
        "sessions": len(times),
        "recordings": sum(1 for _starts, ends, recording in times if recording and ends and ends <= now),
    }
