"""The figures as the public may see them: what is told of the tally (registration.sessions.attendance.publishing), with names."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from events.models import Forum, Session
from events.shared.disclosure.hidden_cells import Hidden
from events.shared.formatting.names import session_text
from registration.models import PublishedFigures, Tally
from registration.sessions.attendance import public_steps, publishing
from registration.sessions.attendance.linked_tables import SESSION, Counts
from registration.sessions.attendance.public_steps import SPEAKERS
from registration.statistics.group_names import names_of

Dimension = Tally.Dimension

BY_SIZE = (Dimension.REGION, Dimension.STAKEHOLDER_TYPE, Dimension.GENDER, Dimension.COUNTRY, Dimension.TRACK)
IN_ORDER = (Dimension.ACTION_LINE, Dimension.SDG)


class StatisticsRow(NamedTuple):
    """One group: its code, its name in the page's language, and its counts; None where they are hidden."""

    code: str
    label: str
    counts: Counts | None


class PublicTable(NamedTuple):
    """A public table. `is_withheld`: only its total may be shown. `total` is the forum's, whatever the rows add up to."""

    dimension: str
    rows: list[StatisticsRow]
    total: Counts
    is_withheld: bool = False

    @property
    def hidden(self) -> int:
        return sum(row.counts is None for row in self.rows)


class PublicFigures:
    """What the public is told of a forum: `cells` by dimension and value, None where only that there is somebody is told; `sessions`
    by code, the public ones; when attendances were `counted` (None: never). Two queries."""

    def __init__(self, forum: Forum) -> None:
        self.forum = forum
        self.cells: dict[str, dict[str, Counts | None]] = defaultdict(dict)
        row = PublishedFigures.objects.filter(forum=forum).first() or PublishedFigures(forum=forum)
        told = publishing.read(row).told
        attendances, people, apart = (told[measure] for measure in public_steps.MEASURES)
        for key in attendances.keys() & people.keys():
            dimension, value = key
            entered, came = attendances[key], people[key]
            if (entered, came) != (0, 0):
                self.cells[dimension][value] = None if entered is None or came is None else Counts(entered, came)
        for (dimension, value), number in apart.items():
            if dimension == SPEAKERS:
                self.cells[dimension][value] = None if number is None else Counts(number, number)
        self.counted = row.counted
        self.registered = apart.get(public_steps.REGISTERED)
        self.speakers = apart.get(public_steps.SPEAKING) or 0
        self.leaves_sessions_out = bool(apart.get(public_steps.LEFT_OUT))

    @property
    def total(self) -> Counts:
        return self.cells[Dimension.TOTAL].get("") or Counts(0, 0)

    @cached_property
    def members(self) -> dict[tuple[str, str], set[str]]:
        """The codes of the sessions of each week, track, Action Line and goal. One query."""
        return publishing.members(self.forum)

    @cached_property
    def sessions(self) -> dict[str, Counts | None]:
        """The public sessions of which an attendance is told, by code. One query."""
        listed = publishing.public_sessions(self.forum)
        return {code: counts for code, counts in self.cells[SESSION].items() if code in listed}


def _by_size(row: StatisticsRow) -> tuple[bool, int, int, str]:
    """The largest first. Hidden groups stand at the end by name: their place must not tell of their size."""
    attendances, people = row.counts or (0, 0)
    return row.counts is None, -attendances, -people, row.label


def shown(dimension: str, cells: Mapping[str, Counts], *, hidden: Hidden) -> dict[str, Counts | None]:
    """The cells of a table that are listed, None where their number is not shown. `hidden` has its cells as (dimension, value)."""
    return {
        value: None if (dimension, value) in hidden.cells else counts
        for value, counts in cells.items()
        if counts.people and (dimension, value) not in hidden.unnamed
    }


def public_table(
    dimension: str, cells: Mapping[str, Counts | None], *, labels: Mapping[str, str], total: Counts, by_size: bool
) -> PublicTable:
    """Any table of groups of people as the public may see it: named, sorted by size or in the labels' order. `cells`: those that
    are listed, None where their number is not shown."""
    order = {value: place for place, value in enumerate(labels)}
    listed = sorted(sorted(cells), key=lambda value: order.get(value, len(order)))
    rows = [StatisticsRow(value, labels.get(value, value), cells[value]) for value in listed]
    if by_size:
        rows.sort(key=_by_size)
    return PublicTable(dimension, rows, total, is_withheld=bool(total.people) and not listed)


def table(found: PublicFigures, *, dimension: str) -> PublicTable:
    """The public table of one dimension of BY_SIZE or IN_ORDER."""
    return public_table(
        dimension,
        found.cells[dimension],
        labels=names_of(dimension, forum=found.forum),
        total=found.total,
        by_size=dimension in BY_SIZE,
    )


def growth(found: PublicFigures, *, now: datetime) -> PublicTable:
    """Attendances and different people up to the end of each week, as far as the forum has come; steps that would
    tell of a small group are hidden."""
    cells = found.cells[Dimension.GROWTH]
    last = max([*(int(week) for week in cells), min(found.forum.week_of(found.forum.today(now)), found.forum.weeks), 0])
    rows: list[StatisticsRow] = []
    latest: Counts | None = Counts(0, 0)
    for week in range(1, last + 1):
        latest = cells.get(str(week), latest)
        rows.append(StatisticsRow(str(week), _("Week %(number)s") % {"number": week}, latest))
    return PublicTable(Dimension.GROWTH, rows, found.total)


def sessions(found: PublicFigures, *, language: str) -> PublicTable:
    """Attendances of each public session, the largest first."""
    sessions = Session.objects.filter(forum=found.forum, code__in=found.sessions).order_by("code")
    names = {session.code: session_text(session, language=language) for session in sessions}
    counted = {code: found.sessions[code] for code in names}
    return public_table(SESSION, counted, labels=names, total=found.total, by_size=True)


def speakers(found: PublicFigures) -> PublicTable:
    """The speakers of public sessions by gender. A speaker is one person; `attendances` repeats the number."""
    return public_table(
        SPEAKERS,
        found.cells[SPEAKERS],
        labels=names_of(Dimension.GENDER, forum=found.forum),
        total=Counts(found.speakers, found.speakers),
        by_size=True,
    )
