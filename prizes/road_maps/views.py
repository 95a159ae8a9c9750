"""The page of an Action Line over the years. The same for everyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language

from events.models import ActionLine
from events.pages.find_forum import find_forum
from events.pages.public import public_page
from prizes.road_maps import road_map

FRESH = 30  # seconds for which a page is kept: its figures change, and results appear once they are announced


@public_page(seconds=FRESH)
def line(request: HttpRequest, forum: str, line: str) -> HttpResponse:
    """What the editions of the Forum did for an Action Line."""
    found = find_forum(forum)
    row = get_object_or_404(ActionLine.objects.select_related("parent"), code=line)
    years = road_map.years(row, now=timezone.now(), language=get_language() or "")
    context = {"forum": found, "line": row, "years": years, "lines": ActionLine.objects.all()}
    return render(request, "prizes/road_maps/road_map.html", context)
