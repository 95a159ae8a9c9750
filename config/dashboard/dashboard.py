"""The figures of the organisers' first page, in a number of queries that does not grow with the rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.dashboard import prizes, proposals, sessions
from events.formatting.names import term
from events.models import Forum, Message, Session
from events.schedule import draft_timetable as scheduling_board
from registration.models import Attendance, Booking, Registration, Tally

DAYS = 30
OUTBOX_ROWS = 6


@dataclass
class Figure:
    number: str
    words: str


@dataclass
class Waiting:
    words: str
    url: str
    badge: str = ""
    kind: str = ""


@dataclass
class Bar:
    day: date
    number: int
    x: int
    y: float
    height: float
    is_today: bool


@dataclass
class Chart:
    bars: list[Bar]
    sentence: str

    @property
    def width(self) -> int:
        return len(self.bars) * 10 - 2

    @property
    def first(self) -> date:
        return self.bars[0].day

    @property
    def today(self) -> int:
        return self.bars[-1].number

    @property
    def most(self) -> int:
        return max(bar.number for bar in self.bars)


@dataclass
class Mail:
    subject: str
    to: str
    people: int
    state: str
    label: str
    moment: datetime | None
    error: str
    url: str


@dataclass
class Board:
    """What the page shows; a part that the person may not see is None or empty."""

    now: datetime
    forum: Forum | None = None
    others: list[Forum] = field(default_factory=list)
    week: int | None = None
    figures: list[Figure] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    chart: Chart | None = None
    running: list[Session] | None = None
    outbox: list[Mail] | None = None


def overview(*, user: Any, slug: str, now: datetime) -> Board:
    """Gather the first page for a staff member: of the forum `slug`, or of the one that runs, comes next or was last."""
    forums = list(Forum.objects.order_by("starts"))
    forum = next((f for f in forums if f.slug == slug), None) or _current(forums, now=now)
    if forum is None:
        return Board(now=now)
    board = Board(now=now, forum=forum, others=[f for f in forums if f.pk != forum.pk])
    if forum.starts <= forum.today(now) <= forum.ends:
        board.week = forum.week_of(forum.today(now))
    parts: list[tuple[str, Callable[..., None]]] = [
        ("registration.view_registration", _add_registrations),
        ("registration.view_attendance", _add_presence),
        ("events.view_message", _add_mails),
        ("registration.view_tally", _add_tally),
        ("events.view_session", _add_sessions),
        ("events.change_session", _add_clashes),
    ]
    for permission, add in parts:
        if user.has_perm(permission):
            add(board, forum=forum, now=now)
    board.waiting += [Waiting(*line) for line in proposals.waiting(forum, user=user)]
    board.waiting += [Waiting(*line) for line in prizes.lines(forum=forum, user=user, now=now)]
    return board


def _current(forums: list[Forum], *, now: datetime) -> Forum | None:
    return next((f for f in forums if f.ends >= f.today(now)), forums[-1] if forums else None)


def _add_registrations(board: Board, *, forum: Forum, now: datetime) -> None:
    active = Registration.objects.active().filter(forum=forum)
    today = forum.today(now)
    days = dict(
        active.filter(created__gte=now - timedelta(days=DAYS + 1))
        .annotate(day=TruncDate("created", tzinfo=forum.zone))
        .order_by()
        .values_list("day")
        .annotate(number=Count("pk"))
    )
    total = active.count()
    new = days.get(today, 0)
    words = ngettext("registered, %(new)s today", "registered, %(new)s today", total)
    board.figures.append(Figure(number_format(total, force_grouping=True), words % {"new": number_format(new)}))
    board.chart = chart(
        {today - timedelta(days=back): days.get(today - timedelta(days=back), 0) for back in range(DAYS)}
    )


def chart(numbers: dict[date, int]) -> Chart:
    """Turn the registrations of some days into bars 8 wide every 10 units, 100 high for the day with the most."""
    most = max([*numbers.values(), 1])
    bars = []
    for place, (day, number) in enumerate(sorted(numbers.items())):
        height = round(100 * number / most, 1)
        bars.append(Bar(day, number, place * 10, round(100 - height, 1), height, place == len(numbers) - 1))
    best = max(bars, key=lambda bar: bar.number)
    total = sum(numbers.values())
    sentence = ngettext(
        "%(total)s registration in %(days)s days; the most on %(day)s: %(most)s.",
        "%(total)s registrations in %(days)s days; the most on %(day)s: %(most)s.",
        total,
    ) % {
        "total": number_format(total),
        "days": len(bars),
        "day": date_format(best.day, "j F"),
        "most": number_format(best.number),
    }
    return Chart(bars, sentence)


def _add_presence(board: Board, *, forum: Forum, now: datetime) -> None:
    running = Session.objects.live(now).filter(forum=forum)
    people = Attendance.objects.filter(session__in=running).aggregate(n=Count("registration", distinct=True))["n"]
    board.figures.append(Figure(number_format(people, force_grouping=True), _("in sessions now")))


def _add_mails(board: Board, *, forum: Forum, now: datetime) -> None:
    mails = Message.objects.filter(Q(forum=forum) | Q(forum=None))
    states = dict(mails.order_by().values_list("state").annotate(n=Count("pk")))
    waiting = states.get("queued", 0) + states.get("sending", 0)
    failed, drafts = states.get("failed", 0), states.get("draft", 0)
    words = ngettext("mail waiting, %(failed)s failed", "mails waiting, %(failed)s failed", waiting)
    board.figures.append(Figure(number_format(waiting, force_grouping=True), words % {"failed": number_format(failed)}))
    page = reverse("admin:events_message_changelist")
    if failed:
        sentence = ngettext("%(n)s mail failed", "%(n)s mails failed", failed) % {"n": number_format(failed)}
        board.waiting.append(Waiting(sentence, f"{page}?state__exact=failed", _("Failed"), "failed"))
    if drafts:
        sentence = ngettext("%(n)s draft mail to check", "%(n)s draft mails to check", drafts)
        board.waiting.append(Waiting(sentence % {"n": number_format(drafts)}, f"{page}?state__exact=draft"))
    board.outbox = _outbox(mails.filter(Q(state__in=["failed", "draft"]) | Q(created__gte=now - timedelta(days=7))))


def _outbox(mails: Any) -> list[Mail]:
    rows = (
        mails.order_by()
        .values("kind", "is_secret", "subject", "state")
        .annotate(
            people=Count("pk"), to=Min("to"), first=Min("due"), done=Max("sent"), error=Max("last_error"), new=Max("pk")
        )
        .order_by("-new")[:OUTBOX_ROWS]
    )
    labels = dict(Message.State.choices)
    page = reverse("admin:events_message_changelist")
    return [
        Mail(
            subject=row["kind"] if row["is_secret"] else row["subject"],
            to=row["to"],
            people=row["people"],
            state=row["state"],
            label=str(labels[row["state"]]),
            moment=row["done"] if row["state"] == "sent" else row["first"] if row["state"] == "queued" else None,
            error=row["error"] if row["state"] == "failed" else "",
            url=f"{page}?{urlencode({'state__exact': row['state'], 'kind': row['kind']})}",
        )
        for row in rows
    ]


def _add_tally(board: Board, *, forum: Forum, now: datetime) -> None:
    last = Tally.objects.filter(forum=forum).aggregate(last=Max("computed_at"))["last"]
    if last is None:
        board.figures.append(Figure("–", _("nothing counted yet")))
        return
    minutes = max(int((now - last).total_seconds() // 60), 0)
    if minutes < 120:
        number = _("%(minutes)s min") % {"minutes": number_format(minutes)}
    elif minutes < 48 * 60:
        number = _("%(hours)s h") % {"hours": number_format(minutes // 60)}
    else:
        days = minutes // (24 * 60)
        number = ngettext("%(days)s day", "%(days)s days", days) % {"days": number_format(days)}
    words = _("since the last tally, at %(time)s %(place)s") % {
        "time": forum.local(last).strftime("%H:%M"),
        "place": term(forum.place),
    }
    board.figures.append(Figure(number, words))


def _add_sessions(board: Board, *, forum: Forum, now: datetime) -> None:
    board.waiting += [Waiting(*line) for line in sessions.waiting(forum, now=now)]
    board.running = _running(Session.objects.live(now).filter(forum=forum).select_related("room").order_by("ends"))


def _add_clashes(board: Board, *, forum: Forum, now: datetime) -> None:
    """The open clashes of the draft, with a badge where one forbids a release."""
    clashes = scheduling_board.read(forum).clashes()
    if clashes:
        sentence = ngettext("%(n)s open clash in the draft", "%(n)s open clashes in the draft", len(clashes))
        badge = (_("No release"), "failed") if any(clash.is_blocking for clash in clashes) else ("", "")
        url = reverse("admin:events_forum_clashes", args=[forum.pk])
        board.waiting.append(Waiting(sentence % {"n": number_format(len(clashes))}, url, *badge))


def _running(sessions: Iterable[Session]) -> list[Session]:
    rows = list(sessions)[:12]
    joined = _per_session(Attendance.objects.filter(session__in=rows))
    booked = _per_session(Booking.objects.filter(session__in=rows, registration__withdrawn=None))
    for session in rows:
        session.joined = joined.get(session.pk, 0)  # type: ignore[attr-defined]
        session.booked = booked.get(session.pk, 0)  # type: ignore[attr-defined]
    return sorted(rows, key=lambda session: -session.joined)  # type: ignore[attr-defined]


def _per_session(rows: Any) -> dict[int, int]:
    return dict(rows.order_by().values_list("session").annotate(n=Count("pk")))
