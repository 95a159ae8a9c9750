"""The chapters of figures: the forum as a whole, attendance, the matrix and countries, as the public tables have them."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from events.formatting.names import term
from events.models import Forum
from events.programme import wsis_sdg_matrix
from prizes.outcome_document.parts import Lines, Part, Tiles, counted, heading, number, paragraph, table
from registration.models import Tally
from registration.statistics import headline_figures, tables
from registration.statistics.tables import Figures

Dimension = Tally.Dimension


def in_figures(found: Figures) -> Iterator[Part]:
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
        yield from counted(name, tables.table(found, dimension=dimension))
    yield from counted(_("Speakers by gender"), tables.speakers(found), has_people=False)


def _countries(named: int | None, *, is_at_least: bool) -> Iterator[tuple[str, str]]:
    if named is None:
        return
    if is_at_least:
        yield number(named), ngettext("country or territory at least", "countries and territories at least", named)
    else:
        yield number(named), ngettext("country or territory", "countries and territories", named)


def attendance(found: Figures, *, now: datetime) -> Iterator[Part]:
    """Attendance by track, Action Line, goal and week, and then by country; nothing before it is counted."""
    if not found.counted:
        return
    yield heading(1, _("Attendance"))
    yield paragraph(_("A session of two Action Lines counts in both."), style="quiet")
    for name, dimension in (
        (_("By Action Line"), Dimension.ACTION_LINE),
        (_("By Sustainable Development Goal"), Dimension.SDG),
        (_("By track"), Dimension.TRACK),
    ):
        yield from counted(name, tables.table(found, dimension=dimension))
    hidden = _("not shown")
    rows = [
        [row.label, *([number(n) for n in row.counts] if row.counts else [hidden, hidden])]
        for row in tables.growth(found, now=now).rows
    ]
    yield heading(2, _("Growth over the weeks"))
    yield table([_("Up to the end of"), _("Attendances, added up"), _("Different people")], rows, widths=[3, 1, 1])
    yield heading(1, _("Countries"))
    yield from counted(_("By country"), tables.table(found, dimension=Dimension.COUNTRY))


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
    yield Lines([paragraph(f"{goal.number}\u2003{term(goal.title)}") for goal in goals])
