"""The figures as the public may see them: cells of the tally with their names, small groups hidden."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from events.formatting.names import country_name, term
from events.models import SDG, ActionLine, Appearance, Country, Forum, Session, Speaker, Track
from events.models.reference import Region, StakeholderType
from registration.models import Gender, Tally
from registration.statistics import suppression
from registration.statistics.suppression import Counts

Dimension = Tally.Dimension

BY_SIZE = (Dimension.REGION, Dimension.STAKEHOLDER_TYPE, Dimension.GENDER, Dimension.COUNTRY, Dimension.TRACK)
IN_ORDER = (Dimension.ACTION_LINE, Dimension.SDG)
SESSIONS, SPEAKERS = "session", "speakers"


@dataclass(frozen=True)
class Row:
    """One group: its code, its name in the page's language, and its counts; None where they are hidden."""

    code: str
    label: str
    counts: Counts | None


@dataclass(frozen=True)
class Table:
    """A public table. `is_withheld`: only its total may be shown. `total` is the forum's, whatever the rows add up to."""

    dimension: str
    rows: list[Row]
    total: Counts
    is_withheld: bool = False

    @property
    def hidden(self) -> int:
        return sum(row.counts is None for row in self.rows)


@dataclass(frozen=True)
class Figures:
    """All cells of a forum by dimension and value, and when they were counted (None: never)."""

    forum: Forum
    cells: Mapping[str, Mapping[str, Counts]]
    counted: datetime | None

    @property
    def total(self) -> Counts:
        return self.cells.get(Dimension.TOTAL, {}).get("", Counts(0, 0))

    @property
    def countries(self) -> int:
        return len(self.cells.get(Dimension.COUNTRY, {}))


def figures(forum: Forum) -> Figures:
    """Read the forum's cells, in one query."""
    cells: dict[str, dict[str, Counts]] = defaultdict(dict)
    counted = None
    for tally in Tally.objects.filter(forum=forum, session__isnull=True).order_by("dimension", "value"):
        cells[tally.dimension][tally.value] = Counts(tally.attendances, tally.people)
        counted = tally.computed_at
    return Figures(forum=forum, cells=cells, counted=counted)


def _labels(dimension: str, *, forum: Forum) -> dict[str, str]:
    """The names of a dimension's values in the page's language, in the order in which people know them."""
    rows: Any
    if dimension == Dimension.COUNTRY:
        return {country.code: country_name(country) for country in Country.objects.all()}
    if dimension == Dimension.ACTION_LINE:
        rows = ActionLine.objects.order_by("order", "code")
        named = {line.code: f"{line.label} {term(line.short_name)}" for line in rows}
        return named | {"": _("No Action Line")}
    if dimension == Dimension.SDG:
        rows = SDG.objects.order_by("number")
        return {str(goal.number): f"{goal.number} {term(goal.title)}" for goal in rows} | {"": _("No goal")}
    if dimension == Dimension.TRACK:
        rows = Track.objects.filter(forum=forum)
        return {str(track.pk): term(track.name) for track in rows} | {"": _("No track")}
    if dimension == Dimension.REGION:
        return {region.value: str(region.label) for region in Region}
    if dimension == Dimension.STAKEHOLDER_TYPE:
        return {kind.value: str(kind.label) for kind in StakeholderType}
    return {gender.value: str(gender.label) for gender in Gender} | {Gender.UNDISCLOSED.value: _("Not given")}


def _arranged(rows: list[Row], *, by_size: bool) -> list[Row]:
    """The largest first. Hidden groups stand at the end by name: their place must not tell of their size."""
    if not by_size:
        return rows
    shown = [(row, row.counts) for row in rows if row.counts is not None]
    shown.sort(key=lambda pair: (-pair[1].attendances, -pair[1].people, pair[0].label))
    return [row for row, _counts in shown] + sorted((r for r in rows if r.counts is None), key=lambda row: row.label)


def public_table(
    dimension: str, cells: Mapping[str, Counts], *, labels: Mapping[str, str], total: Counts, by_size: bool
) -> Table:
    """Any table of groups of people as the public may see it: named, small groups hidden, sorted by size or in the labels' order."""
    published = suppression.publish(cells)
    if published is None:
        return Table(dimension, [], total, is_withheld=True)
    order = {value: place for place, value in enumerate(labels)}
    values = sorted(published, key=lambda value: order.get(value, len(order)))
    rows = [Row(value, labels.get(value, value), published[value]) for value in values]
    return Table(dimension, _arranged(rows, by_size=by_size), total)


def table(found: Figures, *, dimension: str) -> Table:
    """The public table of one dimension of BY_SIZE or IN_ORDER."""
    labels = _labels(dimension, forum=found.forum)
    cells = found.cells.get(dimension, {})
    return public_table(dimension, cells, labels=labels, total=found.total, by_size=dimension in BY_SIZE)


def growth(found: Figures, *, now: datetime) -> Table:
    """Attendances and different people up to the end of each week, as far as the forum has come; steps that would
    tell of a small group are hidden."""
    cells = found.cells.get(Dimension.GROWTH, {})
    last = max([*(int(week) for week in cells), min(found.forum.week_of(found.forum.today(now)), found.forum.weeks), 0])
    points, latest = [], Counts(0, 0)
    for week in range(1, last + 1):
        latest = cells.get(str(week), latest)
        points.append(latest)
    rows = [
        Row(str(week), _("Week %(number)s") % {"number": week}, point)
        for week, point in enumerate(suppression.publish_growth(points), start=1)
    ]
    return Table(Dimension.GROWTH, rows, found.total)


def sessions(found: Figures, *, language: str) -> Table:
    """Attendances of each public session, the largest first."""
    cells = {
        tally.session_id: Counts(tally.attendances, tally.people)
        for tally in Tally.objects.filter(forum=found.forum, session__isnull=False, dimension=Dimension.TOTAL)
        if tally.session_id
    }
    labels = {}
    for session in Session.objects.public().filter(forum=found.forum, pk__in=cells).prefetch_related("texts"):
        title = next((text.title for text in session.texts.all() if text.language == language), session.title)
        labels[session.code] = (session.pk, title)
    counted = {code: cells[pk] for code, (pk, _title) in labels.items()}
    names = {code: title for code, (_pk, title) in labels.items()}
    return public_table(SESSIONS, counted, labels=names, total=found.total, by_size=True)


def speakers(forum: Forum) -> Table:
    """The speakers of public sessions by gender. A speaker is one person; `attendances` repeats the number."""
    seen = Appearance.objects.public().filter(session__forum=forum)
    public = Speaker.objects.filter(forum=forum, pk__in=seen.values("speaker"))
    counted = public.order_by().values_list("gender").annotate(Count("pk", distinct=True))
    cells: dict[str, Counts] = defaultdict(lambda: Counts(0, 0))
    for gender, number in counted:
        before = cells[gender or Gender.UNDISCLOSED.value]
        cells[gender or Gender.UNDISCLOSED.value] = Counts(before.attendances + number, before.people + number)
    total = sum(counts.people for counts in cells.values())
    labels = _labels(Dimension.GENDER, forum=forum)
    return public_table(SPEAKERS, cells, labels=labels, total=Counts(total, total), by_size=True)
