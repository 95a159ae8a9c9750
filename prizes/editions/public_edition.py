"""The prize of a forum as its public pages show it: the edition, its phases and the time they leave, categories, nominees."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Count, Prefetch, Q
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from events.models import Forum
from events.shared.once_a_revision import once_a_revision
from events.shared.pages.find_forum import find_forum
from prizes.models import Category, Edition, Linkage, Nomination, Phase, PrizeSponsor

TIME_LEFT = (
    (timedelta(days=1), ngettext_lazy("in %(n)s day", "in %(n)s days", "n")),
    (timedelta(hours=1), ngettext_lazy("in %(n)s hour", "in %(n)s hours", "n")),
    (timedelta(minutes=1), ngettext_lazy("in %(n)s minute", "in %(n)s minutes", "n")),
)


@dataclass(frozen=True)
class Timeline:
    """Where an edition stands at a moment. Between two phases none is open; before the first and after the last one too."""

    edition: Edition  # with its phases, if they were fetched: no query then, else one
    now: datetime

    @cached_property
    def phases(self) -> list[Phase]:
        return list(self.edition.phases.all())

    @property
    def current(self) -> Phase | None:
        return next((phase for phase in self.phases if phase.is_open(self.now)), None)

    @property
    def last(self) -> Phase | None:
        return next((phase for phase in reversed(self.phases) if phase.ends <= self.now), None)

    @property
    def next(self) -> Phase | None:
        return next((phase for phase in self.phases if phase.starts > self.now), None)

    @property
    def has_vote_begun(self) -> bool:
        return any(phase.kind == Phase.Kind.VOTING and phase.starts <= self.now for phase in self.phases)

    @property
    def is_vote_over(self) -> bool:
        return any(phase.kind == Phase.Kind.VOTING and phase.ends <= self.now for phase in self.phases)

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


def time_left(moment: datetime, *, now: datetime) -> str:
    """The time from `now` to a coming moment in words, rounded down: “in 9 days”, “in 5 hours”, “in 40 minutes”.

    Days from 48 hours on, hours from 120 minutes on: so a word stays true for as long as a finished page is kept.
    """
    left = moment - now
    for unit, words in TIME_LEFT:
        if left >= 2 * unit:
            return str(words % {"n": left // unit})
    return _("within two minutes")


@once_a_revision
def _phase_times(forum_id: int) -> list[tuple[str, datetime, datetime]]:
    return list(Phase.objects.filter(edition__forum=forum_id).values_list("kind", "starts", "ends"))


def is_open(kind: str, *, forum: Forum, now: datetime) -> bool:
    """Whether the phase of this kind is open in the prize of a forum, public or not, as it was when the public revision rose
    last: for what need not be asked outside of it."""
    return any(one == kind and starts <= now < ends for one, starts, ends in _phase_times(forum.pk))


def edition_of(forum_slug: str) -> Edition | None:
    """The public edition of a public forum; None where there is none."""
    found = Edition.objects.filter(forum__slug=forum_slug, forum__is_public=True, is_public=True)
    return found.prefetch_related("phases").first()


def find_edition(slug: str) -> Edition:
    """The public edition of a public forum, with its forum as whole pages show it; else 404."""
    forum, edition = find_forum(slug), edition_of(slug)
    if edition is None:
        raise Http404
    edition.forum = forum
    return edition


def categories(edition: Edition) -> list[Category]:
    """The categories of an edition in order of their numbers, with their Action Lines and `nominee_count`."""
    public = Q(nominations__state=Nomination.State.NOMINATED, nominations__edition__nominees_published__isnull=False)
    counted = edition.categories.annotate(nominee_count=Count("nominations", filter=public))
    return list(counted.select_related("action_line").order_by("number"))  # what is grouped has no order by itself


def neighbours(category: Category) -> tuple[Category | None, Category | None]:
    """The categories before and after one, by their numbers. One query."""
    rows = [None, *Category.objects.filter(edition=category.edition_id).select_related("action_line"), None]
    place = rows.index(category)
    return rows[place - 1], rows[place + 1]


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
    rows = Nomination.objects.nominees().filter(category=category, code=code).select_related("country")
    return rows.prefetch_related(Prefetch("linkages", linkages)).first()
