"""The public figures: a page, its tables as CSV and XLSX, and the four tiles of the home page. The same for everyone."""

from datetime import UTC
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language

from events.models import SDG, Forum, Session
from events.programme import wsis_sdg_matrix
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page
from events.shared.tables.table_responses import table_response
from registration.models import Tally
from registration.sessions.attendance.linked_tables import SESSION
from registration.statistics import charts, tables
from registration.statistics.headline_figures import tiles
from registration.statistics.heat_map import heat_map
from registration.statistics.public_charts import public_charts

FRESH = 60  # seconds that a page of figures is kept
TOP_COUNTRIES = 20
Dimension = Tally.Dimension


@public_page(seconds=FRESH)
def statistics(request: HttpRequest, forum: str) -> HttpResponse:
    """The forum in figures."""
    edition, now = find_forum(forum), timezone.now()
    found = tables.PublicFigures(edition)
    shown = public_charts(found, language=get_language() or "", now=now)
    country, _bars = shown.charts[Dimension.COUNTRY]
    context = {
        "forum": edition,
        "now": now,
        **tiles(found),
        **vars(shown),
        "country": country,
        "shades": charts.SHADES,
        "top_countries": charts.bars(country, most=TOP_COUNTRIES),
    }
    return render(request, "registration/statistics/statistics.html", context)


@public_page(seconds=FRESH)
def figures(request: HttpRequest, forum: str) -> HttpResponse:
    """The four tiles, as a fragment of the home page."""
    edition = find_forum(forum)
    return render(
        request, "registration/statistics/figures.html", {"forum": edition, **tiles(tables.PublicFigures(edition))}
    )


@public_page(seconds=FRESH)
def session_figures(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """How many attended a public session, hidden where the table of sessions hides it: a fragment of pages on the session."""
    edition = find_forum(forum)
    get_object_or_404(Session.objects.public(), forum=edition, code=code)
    found = tables.PublicFigures(edition)
    row = next((row for row in tables.sessions(found, language="").rows if row.code == code), None)
    context = {
        "forum": edition,
        "attendances": row.counts.attendances if row and row.counts else 0,
        "is_hidden": row is not None and row.counts is None,
        "counted": found.counted,
    }
    return render(request, "registration/statistics/session_figures.html", context)


@public_page(seconds=FRESH)
def statistics_file(request: HttpRequest, forum: str, dimension: str, ending: str) -> HttpResponse:
    """One table (`ending`: csv or xlsx), with the same groups hidden as on the page; an unknown one is 404."""
    edition = find_forum(forum)
    read = {"matrix": _matrix, "attendance_matrix": _attendance_matrix}.get(
        dimension, partial(_table, dimension=dimension)
    )
    header, rows = read(edition)
    return table_response(f"{edition.slug}-{dimension}.{ending}", header, rows=rows)


def _table(edition: Forum, *, dimension: str) -> tuple[list[str], list[list[object]]]:
    now = timezone.now()
    found = tables.PublicFigures(edition)
    if dimension in (*tables.BY_SIZE, *tables.IN_ORDER):
        table = tables.table(found, dimension=dimension)
    elif dimension == Dimension.WEEK:
        table = tables.growth(found, now=now)
    elif dimension == SESSION:
        table = tables.sessions(found, language=get_language() or "")
    elif dimension == tables.SPEAKERS:
        table = tables.speakers(found)
    else:
        raise Http404
    moment = None if dimension == tables.SPEAKERS else found.counted
    counted = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
    rows: list[list[object]] = [
        [row.code, row.label, *(row.counts or ("", "")), "no" if row.counts is None else "yes", counted]
        for row in table.rows
    ]
    rows.append(["total", "", *table.total, "yes", counted])
    return ["code", "name", "attendances", "people", "is_shown", "counted_at"], rows


def _goal_columns(goals: list[SDG]) -> list[str]:
    return ["action_line", *(f"sdg_{goal.number}" for goal in goals)]


def _matrix(edition: Forum) -> tuple[list[str], list[list[object]]]:
    goals, rows = wsis_sdg_matrix.matrix(edition)
    return _goal_columns(goals), [[row.action_line.code, *(cell.sessions for cell in row.cells)] for row in rows]


def _attendance_matrix(edition: Forum) -> tuple[list[str], list[list[object]]]:
    """An empty cell is a number that is not shown."""
    goals, rows = heat_map(tables.PublicFigures(edition))
    numbers = [[row.action_line.code, *(cell.number for cell in row.cells)] for row in rows]
    return _goal_columns(goals), [["" if number is None else number for number in row] for row in numbers]
