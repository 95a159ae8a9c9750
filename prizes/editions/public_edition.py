"""The prize of a forum as its public pages show it: the edition, its phases and the time they leave, categories, nominees."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prizes.models import Category, Edition, Linkage, Nomination, Phase, PrizeSponsor

_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Shown:
    """A phase at a moment; `state` is "over", "open" or "coming"."""

    phase: Phase
    state: str


@dataclass(frozen=True)
class Course:
    """Where the edition stands at a moment: which phase is open, which was the last, which comes next.

    Between two phases none is open; before the first one and after the last one too.
    """

    current: Phase | None
    last: Phase | None
    next: Phase | None
    has_vote_begun: bool
    is_vote_over: bool
    now: datetime

    @property
    def step(self) -> str:
        """The kind of the open phase; else "before", "between", "counting" (after the vote) or "over"."""
        if self.current:
            return self.current.kind
        if self.last is None:
            return "before"
        if self.last.kind == Phase.Kind.VOTING:
            return "counting"
        return "between" if self.next else "over"

    @property
    def until(self) -> datetime | None:
        """The end of the open phase, or the beginning of the next one; None when nothing comes any more."""
        if self.current:
            return self.current.ends
        return self.next.starts if self.next else None

    @property
    def left(self) -> str:
        """The time until then in words; "" when nothing comes any more."""
        return time_left(self.until, now=self.now) if self.until else ""


def edition_of(forum_slug: str) -> Edition | None:
    """The public edition of a public forum; None where there is none."""
    return (
        Edition.objects.filter(forum__slug=forum_slug, forum__is_public=True, is_public=True)
        .prefetch_related("phases")
        .first()
    )


def phases(edition: Edition, *, now: datetime) -> list[Shown]:
    """The phases of an edition in order of time, each with its state at `now` (half-open: over at its end)."""
    shown = []
    for phase in edition.phases.all():
        state = "open" if phase.is_open(now) else "over" if phase.ends <= now else "coming"
        shown.append(Shown(phase=phase, state=state))
    return shown


def course(edition: Edition, *, now: datetime) -> Course:
    """Where an edition stands at `now`. No query where the phases were fetched with it."""
    rows = phases(edition, now=now)
    return Course(
        current=next((row.phase for row in rows if row.state == "open"), None),
        last=next((row.phase for row in reversed(rows) if row.state == "over"), None),
        next=next((row.phase for row in rows if row.state == "coming"), None),
        has_vote_begun=any(row.phase.kind == Phase.Kind.VOTING and row.state != "coming" for row in rows),
        is_vote_over=any(row.phase.kind == Phase.Kind.VOTING and row.state == "over" for row in rows),
        now=now,
    )


def time_left(moment: datetime, *, now: datetime) -> str:
    """The time from `now` to a coming moment in words, rounded down: “in 9 days”, “in 5 hours”, “in 40 minutes”.

    Days from 48 hours on, hours from 120 minutes on: so a word stays true for as long as a finished page is kept.
    """
    left = moment - now
    if left >= 2 * _DAY:
        number = left // _DAY
        return ngettext("in %(n)s day", "in %(n)s days", number) % {"n": number}
    if left >= 2 * _HOUR:
        number = left // _HOUR
        return ngettext("in %(n)s hour", "in %(n)s hours", number) % {"n": number}
    if left >= 2 * _MINUTE:
        number = left // _MINUTE
        return ngettext("in %(n)s minute", "in %(n)s minutes", number) % {"n": number}
    return _("within two minutes")


def categories(edition: Edition) -> list[Category]:
    """The categories of an edition in order of their numbers, with their Action Lines and `nominee_count`."""
    public = Q(nominations__state=Nomination.State.NOMINATED, nominations__edition__nominees_published__isnull=False)
    counted = edition.categories.annotate(nominee_count=Count("nominations", filter=public))
    return list(counted.select_related("action_line"))


def category_of(forum_slug: str, *, number: int) -> Category | None:
    """A category of the public edition of a public forum, with its edition and Action Line; None where there is none."""
    return (
        Category.objects.filter(
            number=number, edition__forum__slug=forum_slug, edition__forum__is_public=True, edition__is_public=True
        )
        .select_related("edition", "action_line")
        .prefetch_related("edition__phases")
        .first()
    )


def neighbours(category: Category) -> tuple[Category | None, Category | None]:
    """The categories before and after one, by their numbers. One query."""
    rows = list(Category.objects.filter(edition=category.edition).select_related("action_line"))
    place = rows.index(category)
    return rows[place - 1] if place else None, rows[place + 1] if place + 1 < len(rows) else None


def is_counted(edition: Edition) -> bool:
    """Whether the votes were counted; says nothing about the result."""
    return edition.counts.exists()


def sponsors(edition: Edition) -> list[PrizeSponsor]:
    """The sponsors of an edition in the order that the organisers gave them."""
    return list(edition.sponsors.select_related("organisation"))


def nominees(category: Category, *, now: datetime) -> list[Nomination]:
    """The published nominees of a category, in the order of the day."""
    rows = Nomination.objects.nominees().filter(category=category).select_related("country")
    return in_order_of_day(rows, day=now.astimezone(category.edition.zone).date().isoformat())


def in_order_of_day(rows: Iterable[Nomination], *, day: str) -> list[Nomination]:
    """Nominations in an order drawn from the day and their codes: the same for all, another one tomorrow.

    No order by title, entity or country is neutral: who stands first is chosen more often.
    """
    return sorted(rows, key=lambda row: hashlib.sha256(f"{day}|{row.code}".encode()).digest())


def nominee(category: Category, *, code: str) -> Nomination | None:
    """A published nominee of a category with its linkages; None for every other nomination."""
    linkages = Linkage.objects.select_related("sdg").order_by("sdg__number")
    return (
        Nomination.objects.nominees()
        .filter(category=category, code=code)
        .select_related("country")
        .prefetch_related(Prefetch("linkages", linkages))
        .first()
    )
