"""The chapters of figures: the forum as a whole, attendance, the matrix and countries, as the public tables have them."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from events.models import Forum
from events.programme import wsis_sdg_matrix
from events.shared.formatting.names import listed, term
from prizes.outcome_document.parts import (
    Part,
    Picture,
    ShortLines,
    Tiles,
    counted,
    heading,
    number,
    paragraph,
    table,
    words,
)
from registration.models import Tally
from registration.sessions.attendance.linked_tables import SESSION
from registration.statistics import headline_figures, tables
from registration.statistics.charts import SHADES
from registration.statistics.public_charts import PublicCharts
from registration.statistics.tables import PublicFigures

Dimension = Tally.Dimension


def in_figures(found: PublicFigures, *, shown: PublicCharts) -> Iterator[Part]:
    """The large figures of the page of statistics."""
    tiles = headline_figures.tiles(found)
    total, countries, sessions, speakers = (tiles[name] for name in ("total", "countries", "sessions", "speakers"))
    yield heading(1, _("The Forum in figures"))
    came = ngettext("attendance, all sessions added up", "attendances, all sessions added up", total.attendances)
    people = [
        (number(total.attendances), came),
        (number(total.people), ngettext("person", "different people", total.people)),
        *_countries(countries, is_at_least=tiles["is_at_least"]),
    ]
    yield Tiles(
        [
            *(people if total.attendances else []),  # fewer than five are not told, and 0 would not be true
            (number(sessions), ngettext("session", "sessions", sessions)),
            (number(speakers), npgettext("below a figure", "speaker", "speakers", speakers)),
        ]
    )
    yield paragraph(
        _("Groups under 5 people are not shown, nor a second group where the total would give them away."),
        style="quiet",
    )
    if audience := found.forum.broadcast_audience:
        words = ngettext(
            "%(shown)s person watched the broadcasts. This figure stands apart: it is not part of the attendances.",
            "%(shown)s people watched the broadcasts. This figure stands apart: it is not part of the attendances.",
            audience,
        )
        yield paragraph(words % {"shown": number(audience)})
    for name, dimension in (
        (_("By region"), Dimension.REGION),
        (_("By stakeholder type"), Dimension.STAKEHOLDER_TYPE),
        (_("By gender"), Dimension.GENDER),
    ):
        yield from counted(name, shown.charts[dimension])
    yield from counted(_("Speakers by gender"), shown.charts[tables.SPEAKERS], has_people=False)


def _countries(named: int | None, *, is_at_least: bool) -> Iterator[tuple[str, str]]:
    if named is None:
        return
    if is_at_least:
        yield number(named), ngettext("country or territory at least", "countries and territories at least", named)
    else:
        yield number(named), ngettext("country or territory", "countries and territories", named)


def attendance(found: PublicFigures, *, shown: PublicCharts) -> Iterator[Part]:
    """Attendance by week, country, Action Line, goal, track and session, with the map; nothing before it is counted."""
    if not found.counted:
        return
    yield heading(1, _("Attendance"))
    yield from _growth(found, shown=shown)
    yield from counted(_("By country"), shown.charts[Dimension.COUNTRY], above=_map(shown))
    twice = _("A session of two Action Lines counts in both."), _("A session of two goals counts in both.")
    for name, dimension, *notes in (
        (_("By Action Line"), Dimension.ACTION_LINE, twice[0]),
        (_("By Sustainable Development Goal"), Dimension.SDG, twice[1]),
        (_("By track"), Dimension.TRACK),
        (_("The most attended sessions"), SESSION),
    ):
        yield from counted(name, shown.charts[dimension], above=[paragraph(note, style="quiet") for note in notes])
    if found.total.attendances:
        yield from _heat_map(shown)


def _growth(found: PublicFigures, *, shown: PublicCharts) -> Iterator[Part]:
    yield heading(2, _("Growth over the weeks"))
    if shown.lines:
        names = [
            _("Attendances, added up: %(number)s") % {"number": number(found.total.attendances)},
            _("Different people: %(number)s") % {"number": number(found.total.people)},
        ]
        ticks = [number(tick) for tick in shown.lines.ticks]
        yield Picture("line_chart", shown.finding, {**shown.lines._asdict(), "ticks": ticks, "names": names})
    hidden = _("not shown")
    rows = [
        [row.label, *([number(n) for n in row.counts] if row.counts else [hidden, hidden])] for row in shown.growth.rows
    ]
    yield table([_("Up to the end of"), _("Attendances, added up"), _("Different people")], rows, widths=[3, 1, 1])


def _map(shown: PublicCharts) -> Iterator[Part]:
    """The map of countries, of which the table below says all."""
    if not shown.tile_map:
        return
    square = _("A square is a country or territory, with its attendances.")
    empty = _("An empty one is not in the table: nobody came from there, or so few that nothing may be said.")
    yield paragraph(f"{square} {empty}", style="quiet")
    _table, bars = shown.charts[Dimension.COUNTRY]
    first = [f"{bar.label} ({number(bar.number)})" for bar in bars[:3] if bar.number is not None]
    alt = _("The map of countries and territories, by region. The table below it has all of its figures.")
    if first:
        alt += " " + _("Most attendances: %(countries)s.") % {"countries": listed(first)}
    blocks = [
        {
            "label": words(block.label),
            "tiles": [
                {"code": one.code, "shade": one.shade, "number": _cell(one.number) if one.is_listed else ""}
                for one in block.tiles
            ],
        }
        for block in shown.tile_map
    ]
    key = [_("from %(least)s") % {"least": number(least)} for least in SHADES]
    yield Picture("map", alt, {"blocks": blocks, "key": [*key, _("not shown")]})


def _cell(value: int | None) -> str:
    """A number where there is little room."""
    return "–" if value is None else number(value)


def _heat_map(shown: PublicCharts) -> Iterator[Part]:
    yield heading(2, _("Attendances by Action Line and Goal"))
    more = _("A session of several Action Lines and goals counts in each of their cells.")
    dash = _("A cell is not shown where one of its sessions is not.")
    yield paragraph(f"{more} {dash}", style="quiet")
    yield table(
        [_("Action Line"), *(str(goal.number) for goal in shown.goals), _("All")],
        [
            [
                row.action_line.label,
                *(_cell(cell.number) if cell.number != 0 else "" for cell in (*row.cells, row.total)),
            ]
            for row in shown.heat
        ],
        widths=[2, *[1] * (len(shown.goals) + 1)],
        shades=[[*(cell.shade for cell in row.cells), 0] for row in shown.heat],
    )


def matrix(forum: Forum) -> Iterator[Part]:
    """Action Lines by goals, with the number of sessions in each cell; a dot after it marks what the matrix links."""
    goals, rows = wsis_sdg_matrix.matrix(forum)
    yield heading(1, _("WSIS–SDG Matrix"))
    yield paragraph(_("How many sessions stand for each Action Line and Goal. A session can stand in several cells."))
    yield paragraph(_("A dot marks the pairs that the WSIS–SDG Matrix links."), style="quiet")
    yield table(
        [_("Action Line"), *(str(goal.number) for goal in goals)],
        [
            [row.action_line.label, *(f"{cell.sessions or ''}{'·' if cell.is_linked else ''}" for cell in row.cells)]
            for row in rows
        ],
        widths=[2, *[1] * len(goals)],
    )
    yield heading(2, _("The 17 Goals"))
    yield ShortLines([paragraph(f"{goal.number}\u2003{term(goal.title)}") for goal in goals])
