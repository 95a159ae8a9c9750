"""The page of an Action Line over the years, and the editions side by side. The same for everyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from events.models import ActionLine
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page
from events.shared.tables.table_responses import table_response
from prizes.road_maps import road_map
from prizes.road_maps.editions import compared

FRESH = 30  # seconds for which a page is kept: its figures change, and results appear once they are announced


@public_page(seconds=FRESH)
def line(request: HttpRequest, forum: str, line: str) -> HttpResponse:
    """What the editions of the Forum did for an Action Line."""
    found = find_forum(forum)
    row = get_object_or_404(ActionLine.objects.select_related("parent"), code=line)
    years = road_map.years(row, now=timezone.now())
    context = {"forum": found, "line": row, "years": years, "lines": ActionLine.objects.all()}
    return render(request, "prizes/road_maps/road_map.html", context)


@public_page(seconds=FRESH)
def editions(request: HttpRequest, forum: str) -> HttpResponse:
    """The editions of the Forum side by side."""
    context = {"forum": find_forum(forum), "figures": compared(now=timezone.now())}
    return render(request, "prizes/road_maps/editions.html", context)


@public_page(seconds=FRESH)
def editions_file(request: HttpRequest, forum: str, ending: str) -> HttpResponse:
    """The editions as a table (`ending`: csv or xlsx), with a row for each. An empty cell is a number that is not shown."""
    find_forum(forum)
    figures = compared(now=timezone.now())
    header = ["forum", "name", *(figure.code for figure in figures)]
    columns = [["" if bar.number is None else bar.number for bar in figure.bars] for figure in figures]
    rows = [[bar.code, bar.label, *numbers] for bar, *numbers in zip(figures[0].bars, *columns, strict=True)]
    return table_response(f"editions.{ending}", header, rows=rows)
