"""The figures of the organisers' first page, in a number of queries that does not grow with the rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.dashboard import waiting
from config.dashboard.todo_list import Asked, Todo
from events.models import Forum, Message, Session
from events.schedule import draft_timetable
from events.shared.formatting.names import local_text
from events.shared.formatting.times import written
from events.shared.mail import outbox
from events.shared.mail.texts import kind_names
from events.shared.rights import memberships
from registration.models import Attendance, Booking, Registration

DAYS = 30
OUTBOX_ROWS, OUTBOX_MAILS, OUTBOX_DAYS = 6, 300, 7


def _newest_mails(mails: QuerySet[Message], *, since: datetime) -> QuerySet[Message, Any]:
    """The newest OUTBOX_MAILS of these mails, those of one kind, subject and state in one row; no drafts, which may be about
    whoever looks (`outbox.readable`)."""
    rows = mails.filter(created__gte=since).exclude(state=Message.State.DRAFT)
    newest = Message.objects.filter(pk__in=rows.order_by("-created", "-pk").values("pk")[:OUTBOX_MAILS])
    found = newest.order_by().values("kind", "is_secret", "subject", "state")
    found = found.annotate(
        people=Count("pk"), to=Min("to"), first=Min("due"), done=Max("sent"), error=Max("last_error"), new=Max("pk")
    )
    return found.order_by("-new")[:OUTBOX_ROWS]


def _in_session(rows: QuerySet[Any]) -> Any:
    """How many of these rows the session has that is asked for."""
    counted = rows.filter(session=OuterRef("pk")).order_by().values("session").annotate(n=Count("*"))
    return Coalesce(Subquery(counted.values("n")), 0)


_booked = Booking.objects.filter(registration__in=Registration.objects.active())
WITH_PEOPLE: Any = (
    Session.objects.select_related("room")
    .annotate(joined=_in_session(Attendance.objects.all()), booked=_in_session(_booked))
    .order_by("ends")
)


class Figure(NamedTuple):
    number: str
    words: str


@dataclass
class Board(Asked):
    """What the page shows; a part that the person may not see is None or empty."""

    week: int | None = None
    figures: list[Figure] = field(default_factory=list)
    waiting: list[Todo] = field(default_factory=list)
    chart: dict[str, Any] | None = None
    running: list[Session] | None = None
    outbox: list[dict[str, Any]] | None = None

    @cached_property
    def sessions_now(self) -> list[Any]:
        """Some of the sessions that run now, each with the people who joined it and who booked it."""
        return list(WITH_PEOPLE.live(self.now).filter(forum=self.forum)[:12])

    @property
    def may_tally(self) -> bool:
        return bool(self.user.has_perm("registration.change_tally", self.forum))

    def add_figure(self, number: int, words: str) -> None:
        self.figures.append(Figure(number_format(number, force_grouping=True), words))


def overview(*, user: Any, forum: Forum, now: datetime) -> Board:
    """Gather the first page of a forum for a staff member."""
    board = Board(forum, user, now)
    if forum.starts <= forum.today(now) <= forum.ends:
        board.week = forum.week_of(forum.today(now))
    parts: list[tuple[str, Callable[[Board], None]]] = [
        ("registration.view_registration", _add_registrations),
        ("registration.view_attendance", _add_presence),
        ("events.view_message", _add_mails),
        ("registration.view_tally", _add_tally),
        ("events.view_session", _add_running),
    ]
    for permission, add in parts:
        if memberships.has(user, permission, forum):
            add(board)
    board.waiting = waiting.lines(board)
    return board


def _add_registrations(board: Board) -> None:
    today = board.forum.today(board.now)
    older, days = _per_day(board.forum, [today - timedelta(days=back) for back in reversed(range(DAYS))])
    total = older + sum(days.values())
    words = ngettext("registered, %(new)s today", "registered, %(new)s today", total)
    board.add_figure(total, words % {"new": number_format(days[today])})
    board.chart = _chart(days)


def _per_day(forum: Forum, days: Sequence[date]) -> tuple[int, dict[date, int]]:
    """How many who take part registered before the first of these days, which follow each other, and on each of them, in the
    forum's zone. Two queries: the index alone counts those before."""
    first = draft_timetable.midnight(days[0], forum=forum)
    people = Registration.objects.active().filter(forum=forum).order_by()
    day = TruncDate("created", tzinfo=forum.zone)
    numbers = dict(people.filter(created__gte=first).values_list(day).annotate(n=Count("pk")))
    return people.filter(created__lt=first).count(), {day: numbers.get(day, 0) for day in days}


def _chart(numbers: dict[date, int]) -> dict[str, Any]:
    """Turn the registrations of some days into bars 8 wide every 10 units, 100 high for the day with the most."""
    best = max(sorted(numbers), key=lambda day: numbers[day])
    bars: list[dict[str, Any]] = []
    for place, (day, number) in enumerate(sorted(numbers.items())):
        height = round(100 * number / max(numbers[best], 1), 1)
        shape = f"M{place * 10} 100v-{height}h8v{height}z"
        bars.append({"day": written(day, "j F"), "number": number, "shape": shape})
    total = sum(numbers.values())
    sentence = ngettext(
        "%(total)s registration in %(days)s days; the most on %(day)s: %(most)s.",
        "%(total)s registrations in %(days)s days; the most on %(day)s: %(most)s.",
        total,
    ) % {
        "total": number_format(total),
        "days": len(bars),
        "day": written(best, "j F"),
        "most": number_format(numbers[best]),
    }
    shape = "".join(bar["shape"] for bar in bars[:-1])
    return {"bars": bars, "shape": shape, "width": len(bars) * 10 - 2, "most": numbers[best], "sentence": sentence}


def _add_presence(board: Board) -> None:
    number = 0
    if board.sessions_now:
        present = Attendance.objects.filter(session__in=Session.objects.live(board.now).filter(forum=board.forum))
        number = present.aggregate(people=Count("registration", distinct=True))["people"]
    board.add_figure(number, _("in sessions now"))


def _add_mails(board: Board) -> None:
    states = board.mail_states
    waiting = states["queued"] + states["sending"]
    words = ngettext("mail waiting, %(failed)s failed", "mails waiting, %(failed)s failed", waiting)
    board.add_figure(waiting, words % {"failed": number_format(states["failed"])})
    since = board.now - timedelta(days=OUTBOX_DAYS)
    board.outbox = _outbox(_newest_mails(outbox.open_to(board.mails, user=board.user), since=since), board.forum)


def _outbox(found: QuerySet[Message, Any], forum: Forum) -> list[dict[str, Any]]:
    rows = list(found)
    for row in rows:
        state = row["state"]
        row["subject"] = kind_names.name_of(row["kind"]) if row["is_secret"] else row["subject"]
        row["label"] = Message.State(state).label
        row["moment"] = {"sent": row["done"], "queued": row["first"]}.get(state)
        row["error"] = row["error"] if state == "failed" else ""
        query = urlencode({"forum": forum.slug, "state__exact": state, "kind": row["kind"]})
        row["url"] = f"{reverse('admin:events_message_changelist')}?{query}"
    return rows


def _add_tally(board: Board) -> None:
    last = board.numbers["counted"]
    if last is None:
        board.figures.append(Figure("–", _("nothing counted yet")))
        return
    minutes = max(int((board.now - last).total_seconds() // 60), 0)
    if minutes < 120:
        number = _("%(minutes)s min") % {"minutes": number_format(minutes)}
    elif minutes < 48 * 60:
        number = _("%(hours)s h") % {"hours": number_format(minutes // 60)}
    else:
        days = minutes // (24 * 60)
        number = ngettext("%(days)s day", "%(days)s days", days) % {"days": number_format(days)}
    words = _("since the last tally, at %(time)s %(place)s") % {
        "time": board.forum.local(last).strftime("%H:%M"),
        "place": local_text(board.forum, "place"),
    }
    board.figures.append(Figure(number, words))


def _add_running(board: Board) -> None:
    """The sessions that run, those with the most people first."""
    board.running = sorted(board.sessions_now, key=attrgetter("joined"), reverse=True)
