"""What the public pages besides the programme show: each function asks for the rows of one page and hands them back ready."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext

from events.models import (
    SDG,
    ActionLine,
    Appearance,
    Forum,
    MatrixLink,
    Outcome,
    Partner,
    Session,
    SessionText,
    Speaker,
)
from events.programme import search

SPEAKERS_A_PAGE = 60
NEXT_ROWS = 3
MOST_NOW = 30  # sessions that run
HEAT_STEPS = 5


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


def rows(forum: Forum, *, language: str) -> QuerySet[Session]:
    """A forum's public sessions with what a row shows: type, track, room, organisers and the title in a language."""
    texts = SessionText.objects.filter(language=language)
    return (
        Session.objects.public()
        .filter(forum=forum)
        .select_related("forum", "type", "track", "room")
        .prefetch_related("organisers", Prefetch("texts", texts, to_attr="local_texts"))
        .order_by("starts", "pk")
    )


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


def now_and_next(forum: Forum, *, now: datetime, language: str) -> tuple[list[Session], list[Session]]:
    """The sessions that run at a moment (30 at the most), and the next three."""
    shown = rows(forum, language=language)
    held = shown.filter(state=Session.State.SCHEDULED, ends__gt=now)
    live, coming = held.filter(starts__lte=now)[:MOST_NOW], held.filter(starts__gt=now)[:NEXT_ROWS]
    found = list(shown.filter(Q(pk__in=live.values("pk")) | Q(pk__in=coming.values("pk"))))
    return [one for one in found if one.is_live(now)], [one for one in found if not one.is_live(now)]


@dataclass(frozen=True)
class Running:
    """A session that runs, as the programme page names it above its list."""

    code: str
    title: str
    ends: datetime


def running(forum: Forum, *, now: datetime, language: str) -> list[Running]:
    """The sessions that run at a moment, the first to end first, titles in a language where they have one. Two queries."""
    live = Session.objects.public(now).live(now).filter(forum=forum)
    texts = dict(SessionText.objects.filter(session__in=live, language=language).values_list("session", "title"))
    found = live.order_by("ends", "pk").values_list("pk", "code", "title", "ends")[:MOST_NOW]
    return [Running(code, texts.get(pk, title), ends) for pk, code, title, ends in found if ends]


def said(titles: list[str]) -> str:
    """What a screen reader says when other sessions are on than before."""
    if not titles:
        return gettext("No session is on now")
    return gettext("On now: %(titles)s") % {"titles": gettext(", ").join(titles)}


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


def session(forum_slug: str, *, code: str, language: str) -> Session | None:
    """A public session with everything its page shows; None where the public may not see it."""
    panel = Appearance.objects.released().select_related("speaker__organisation", "speaker__country")
    texts = SessionText.objects.filter(language=language)
    return (
        Session.objects.public()
        .filter(forum__slug=forum_slug, code=code)
        .select_related("forum__host", "type", "track", "room")
        .prefetch_related(
            "forum__co_organisers",
            "organisers",
            "action_lines",
            "sdgs",
            "documents",
            Prefetch("appearances", panel),
            Prefetch("texts", texts, to_attr="local_texts"),
            Prefetch("outcomes", Outcome.objects.public()),
        )
        .first()
    )


@dataclass(frozen=True)
class Wording:
    """A session's title and description as a page shows them; `language` is empty for the session's own text."""

    title: str
    description: str
    language: str


def wording(session: Session) -> Wording:
    """The text in the page's language (`local_texts`, asked for by `session`); what it lacks comes from the session."""
    text: SessionText | None = next(iter(session.local_texts), None)  # type: ignore[attr-defined]
    if text and text.description:
        return Wording(title=text.title, description=text.description, language=text.language)
    return Wording(title=text.title if text else session.title, description=session.description, language="")


def neighbours(session: Session, *, language: str) -> tuple[Session | None, Session | None]:
    """The session before and the one after on the same local day of the forum."""
    forum = session.forum
    day = forum.local(session.starts).replace(hour=0, minute=0, second=0, microsecond=0) if session.starts else None
    if day is None:
        return None, None
    same_day = list(
        Session.objects.public()
        .filter(forum=forum, starts__gte=day, starts__lt=day + timedelta(days=1))
        .prefetch_related(Prefetch("texts", SessionText.objects.filter(language=language), to_attr="local_texts"))
        .order_by("starts", "pk")
    )
    place = [other.pk for other in same_day].index(session.pk)
    return same_day[place - 1] if place else None, same_day[place + 1] if place + 1 < len(same_day) else None


def _public_speakers(forum: Forum) -> QuerySet[Speaker]:
    seen = Appearance.objects.public().filter(session__forum=forum).order_by()
    return Speaker.objects.filter(pk__in=seen.values("speaker"), forum=forum).select_related("organisation", "country")


def speakers(forum: Forum, *, query: str, order: str, page: str) -> Page[Speaker]:
    """A page of the speakers of public sessions, by protocol or (`order` "name") by name; `query` looks in their
    names, positions and organisations. A page number that does not exist gives the nearest."""
    found = _public_speakers(forum).filter(search.holding(query, *search.SPEAKER_COLUMNS))
    columns = ["name", "pk"] if order == "name" else ["protocol_order", "name", "pk"]
    return Paginator(found.order_by(*columns), SPEAKERS_A_PAGE).get_page(page[:6])


def speaker(forum: Forum, *, pk: int) -> Speaker | None:
    """A speaker of a public session of the forum; None for others."""
    return _public_speakers(forum).filter(pk=pk).first()


@dataclass(frozen=True)
class Spoken:
    """A session of a speaker, with the part that the speaker takes in it."""

    session: Session
    role: str


def sessions_of(speaker: Speaker, *, forum: Forum, language: str, now: datetime) -> tuple[list[Spoken], list[Spoken]]:
    """The public sessions in which a speaker appears: those to come or on now in order of time, and those that are
    over, the latest first. Four queries."""
    seen = Appearance.objects.released().filter(speaker=speaker)
    roles = {session: str(Appearance.Role(role).label) for session, role in seen.values_list("session", "role")}
    found = rows(forum, language=language).filter(pk__in=roles)
    spoken = [Spoken(session, roles[session.pk]) for session in found]
    coming = [one for one in spoken if not one.session.is_over(now)]
    return coming, [one for one in reversed(spoken) if one.session.is_over(now)]


def outcomes(forum: Forum, *, language: str) -> list[tuple[str, list[Outcome]]]:
    """The forum's public outcomes by kind, in the order of the kinds: (the kind's name, its outcomes)."""
    sessions = Session.objects.public().prefetch_related(
        Prefetch("texts", SessionText.objects.filter(language=language), to_attr="local_texts")
    )
    found = list(
        Outcome.objects.public().filter(forum=forum).prefetch_related("organisations", Prefetch("session", sessions))
    )
    kinds = list(Outcome.Kind.values)
    found.sort(key=lambda outcome: (kinds.index(outcome.kind), outcome.order, outcome.pk))
    return [
        (str(Outcome.Kind(kind).label), list(group)) for kind, group in groupby(found, key=lambda outcome: outcome.kind)
    ]


@dataclass(frozen=True)
class Cell:
    sdg: SDG
    sessions: int
    step: int
    is_linked: bool


@dataclass(frozen=True)
class MatrixRow:
    action_line: ActionLine
    cells: list[Cell]


def heat_step(count: int, *, most: int) -> int:
    """The step of the heat map, 0 (none) to 5, of a count where `most` is the highest."""
    return ceil(HEAT_STEPS * count / most) if count else 0


def matrix(forum: Forum) -> tuple[list[SDG], list[MatrixRow]]:
    """The number of public sessions for each Action Line and goal, and whether the WSIS–SDG Matrix links the two.

    A session of several Action Lines and goals stands in each of their cells.
    """
    goals = list(SDG.objects.all())
    links = set(MatrixLink.objects.values_list("action_line_id", "sdg_id"))
    counted: Any = (
        Session.objects.public()
        .filter(forum=forum, action_lines__isnull=False, sdgs__isnull=False)
        .order_by()
        .values_list("action_lines", "sdgs")
        .annotate(Count("pk", distinct=True))
    )
    counts = {(line, goal): number for line, goal, number in counted}
    most = max(counts.values(), default=1)
    table = []
    for line in action_lines(forum):
        cells = [
            Cell(
                sdg=goal,
                sessions=counts.get((line.pk, goal.pk), 0),
                step=heat_step(counts.get((line.pk, goal.pk), 0), most=most),
                is_linked=(line.pk, goal.pk) in links,
            )
            for goal in goals
        ]
        table.append(MatrixRow(action_line=line, cells=cells))
    return goals, table
