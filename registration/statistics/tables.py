"""The figures as the public may see them: cells of the tally with their names, small groups hidden."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count
from django.utils.translation import gettext as _

from events.disclosure.hidden_cells import Hidden, hide_in_table
from events.disclosure.running_totals import shown_points
from events.formatting.names import session_text
from events.models import Appearance, Country, Forum, Session, Speaker
from events.models.reference import Gender
from registration.models import Tally
from registration.statistics import linked_tables
from registration.statistics.group_names import names_of
from registration.statistics.linked_tables import GROUPS, SESSION, Counts

Dimension = Tally.Dimension

BY_SIZE = (Dimension.REGION, Dimension.STAKEHOLDER_TYPE, Dimension.GENDER, Dimension.COUNTRY, Dimension.TRACK)
IN_ORDER = (Dimension.ACTION_LINE, Dimension.SDG)
SPEAKERS = "speakers"


class Row(NamedTuple):
    """One group: its code, its name in the page's language, and its counts; None where they are hidden."""

    code: str
    label: str
    counts: Counts | None


class Table(NamedTuple):
    """A public table. `is_withheld`: only its total may be shown. `total` is the forum's, whatever the rows add up to."""

    dimension: str
    rows: list[Row]
    total: Counts
    is_withheld: bool = False

    @property
    def hidden(self) -> int:
        return sum(row.counts is None for row in self.rows)


class Figures:
    """All `cells` of a forum by dimension and value, and when they were `counted` (None: never). One query."""

    def __init__(self, forum: Forum) -> None:
        self.forum = forum
        self.cells: dict[str, dict[str, Counts]] = defaultdict(dict)
        self.counted: datetime | None = None
        for tally in Tally.objects.filter(forum=forum, session__isnull=True).order_by("dimension", "value"):
            self.cells[tally.dimension][tally.value] = Counts(tally.attendances, tally.people)
            self.counted = tally.computed_at

    @property
    def total(self) -> Counts:
        return self.cells[Dimension.TOTAL].get("", Counts(0, 0))

    def people(self, dimension: str) -> dict[str, int]:
        return {value: counts.people for value, counts in self.cells[dimension].items()}

    @cached_property
    def sessions(self) -> dict[str, Counts]:
        """The counts of each session by its code. One query."""
        return {
            code: Counts(attendances, people)
            for dimension, _value, code, attendances, people in self._by_session
            if dimension == Dimension.TOTAL
        }

    @cached_property
    def _by_session(self) -> list[tuple[str, str, str, int, int]]:
        wanted = [Dimension.TOTAL, Dimension.WEEK, *GROUPS]
        rows = Tally.objects.filter(forum=self.forum, session__isnull=False, dimension__in=wanted)
        return list(rows.values_list("dimension", "value", "session__code", "attendances", "people"))

    def hidden(self, dimension: str) -> Hidden:
        """The cells to hide of a dimension and of all that are published with it."""
        if dimension in (Dimension.REGION, Dimension.COUNTRY):
            return self._hidden_places
        if dimension in (SESSION, *GROUPS):
            return self._hidden_sessions
        return hide_in_table({(dimension, value): number for value, number in self.people(dimension).items()})

    @cached_property
    def _hidden_places(self) -> Hidden:
        regions = dict(Country.objects.values_list("code", "region"))
        return linked_tables.hidden_places(
            self.people(Dimension.REGION), self.people(Dimension.COUNTRY), region_of=regions
        )

    @cached_property
    def members(self) -> dict[tuple[str, str], list[str]]:
        """The codes of the attended sessions of each week, track, Action Line and goal. One query, that of `sessions`."""
        members: dict[tuple[str, str], list[str]] = defaultdict(list)
        for dimension, value, code, _attendances, _people in self._by_session:
            members[dimension, value].append(code)
        return members

    @cached_property
    def listed(self) -> set[str]:
        """The codes of the public sessions. One query."""
        return set(Session.objects.public().filter(forum=self.forum).values_list("code", flat=True))

    @cached_property
    def _hidden_sessions(self) -> Hidden:
        return linked_tables.hidden_sessions(
            {(name, value): counts for name in GROUPS for value, counts in self.cells[name].items()},
            {code: counts.attendances for code, counts in self.sessions.items()},
            members=self.members,
            listed=self.listed,
            growth=self.cells[Dimension.GROWTH],
        )


def _by_size(row: Row) -> tuple[bool, int, int, str]:
    """The largest first. Hidden groups stand at the end by name: their place must not tell of their size."""
    attendances, people = row.counts or (0, 0)
    return row.counts is None, -attendances, -people, row.label


def public_table(
    dimension: str,
    cells: Mapping[str, Counts],
    *,
    hidden: Hidden,
    labels: Mapping[str, str],
    total: Counts,
    by_size: bool,
) -> Table:
    """Any table of groups of people as the public may see it: named, small groups hidden, sorted by size or in the labels' order.

    `hidden` has its cells as (dimension, value).
    """
    filled = [value for value in cells if cells[value].people]
    order = {value: place for place, value in enumerate(labels)}
    listed = sorted(
        (value for value in filled if (dimension, value) not in hidden.unnamed),
        key=lambda value: order.get(value, len(order)),
    )
    rows = [
        Row(value, labels.get(value, value), None if (dimension, value) in hidden.cells else cells[value])
        for value in listed
    ]
    if by_size:
        rows.sort(key=_by_size)
    return Table(dimension, rows, total, is_withheld=bool(filled) and not listed)


def table(found: Figures, *, dimension: str) -> Table:
    """The public table of one dimension of BY_SIZE or IN_ORDER."""
    return public_table(
        dimension,
        found.cells[dimension],
        hidden=found.hidden(dimension),
        labels=names_of(dimension, forum=found.forum),
        total=found.total,
        by_size=dimension in BY_SIZE,
    )


def growth(found: Figures, *, now: datetime) -> Table:
    """Attendances and different people up to the end of each week, as far as the forum has come; steps that would
    tell of a small group are hidden."""
    cells = found.cells[Dimension.GROWTH]
    last = max([*(int(week) for week in cells), min(found.forum.week_of(found.forum.today(now)), found.forum.weeks), 0])
    points, latest = [], Counts(0, 0)
    for week in range(1, last + 1):
        latest = cells.get(str(week), latest)
        points.append(latest)
    shown = shown_points(points)
    rows = [
        Row(str(place + 1), _("Week %(number)s") % {"number": place + 1}, point if place in shown else None)
        for place, point in enumerate(points)
    ]
    return Table(Dimension.GROWTH, rows, found.total)


def sessions(found: Figures, *, language: str) -> Table:
    """Attendances of each public session, the largest first."""
    public = Session.objects.public().filter(forum=found.forum, code__in=found.sessions).order_by("code")
    names = {session.code: session_text(session, language=language) for session in public}
    counted = {code: found.sessions[code] for code in names}
    return public_table(SESSION, counted, hidden=found.hidden(SESSION), labels=names, total=found.total, by_size=True)


def speakers(forum: Forum) -> Table:
    """The speakers of public sessions by gender. A speaker is one person; `attendances` repeats the number."""
    seen = Appearance.objects.public().filter(session__forum=forum)
    public = Speaker.objects.filter(forum=forum, pk__in=seen.values("speaker"))
    counted = public.order_by().values_list("gender").annotate(Count("pk", distinct=True))
    numbers: Counter[str] = Counter()
    for gender, number in counted:
        numbers[gender or Gender.UNDISCLOSED.value] += number
    return public_table(
        SPEAKERS,
        {gender: Counts(number, number) for gender, number in numbers.items()},
        hidden=hide_in_table({(SPEAKERS, gender): number for gender, number in numbers.items()}),
        labels=names_of(Dimension.GENDER, forum=forum),
        total=Counts(numbers.total(), numbers.total()),
        by_size=True,
    )
