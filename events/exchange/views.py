"""The programme as files for other programs: frab XML and JSON, iCalendar, CSV, XLSX."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from events.exchange import writers
from events.pages.find_forum import bare_forum
from events.pages.public import OPEN, public_page
from events.pages.view_marks import expensive
from events.schedule.releases import released_timetable
from events.schedule.releases.released_timetable import CALENDAR, FRAB, TABLE, Timetable
from events.tables import spreadsheet_writer

type Writer = Callable[[Timetable], bytes]
# How each file is written, what it is, and which parts of the programme it holds.
FILES: dict[str, tuple[Writer, str, frozenset[str]]] = {
    "ics": (writers.ics, "text/calendar; charset=utf-8", CALENDAR),
    "xml": (writers.xml, "application/xml; charset=utf-8", FRAB),
    "json": (writers.as_json, "application/json; charset=utf-8", FRAB),
    "csv": (writers.csv, spreadsheet_writer.CONTENT_TYPE, TABLE),
    "xlsx": (writers.xlsx, spreadsheet_writer.XLSX_TYPE, TABLE),
}


@expensive()
@public_page
def schedule_file(request: HttpRequest, forum: str, ending: str) -> HttpResponse:
    """The public programme of a forum as one of FILES."""
    found = bare_forum(forum)
    write, kind, parts = FILES[ending]
    table = released_timetable.gather(found, language=get_language() or "", parts=parts, now=timezone.now())
    response = HttpResponse(write(table), content_type=kind, headers=OPEN)
    response["Content-Disposition"] = f'inline; filename="{found.slug}.{ending}"'
    return response
