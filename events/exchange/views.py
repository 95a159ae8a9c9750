"""The programme as files for other programs: frab XML and JSON, iCalendar, CSV, XLSX."""

from collections.abc import Callable
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from events.exchange import writers
from events.models import Forum
from events.pages.public import OPEN, public_page
from events.schedule.releases import released_timetable
from events.schedule.releases.released_timetable import CALENDAR, FRAB, TABLE, Timetable
from events.tables import spreadsheet_writer


def _file(
    request: HttpRequest,
    forum: str,
    *,
    write: Callable[[Timetable], bytes],
    ending: str,
    kind: str,
    parts: frozenset[str],
) -> HttpResponse:
    found = Forum.objects.public().filter(slug=forum).first()
    if found is None:
        raise Http404
    table = released_timetable.gather(found, language=get_language() or "", parts=parts, now=timezone.now())
    response = HttpResponse(write(table), content_type=kind, headers=OPEN)
    response["Content-Disposition"] = f'inline; filename="{found.slug}.{ending}"'
    return response


schedule_xml = public_page(
    partial(_file, write=writers.xml, ending="xml", kind="application/xml; charset=utf-8", parts=FRAB)
)
schedule_json = public_page(
    partial(_file, write=writers.as_json, ending="json", kind="application/json; charset=utf-8", parts=FRAB)
)
schedule_csv = public_page(
    partial(_file, write=writers.csv, ending="csv", kind=spreadsheet_writer.CONTENT_TYPE, parts=TABLE)
)
schedule_ics = public_page(
    partial(_file, write=writers.ics, ending="ics", kind="text/calendar; charset=utf-8", parts=CALENDAR)
)
schedule_xlsx = public_page(
    partial(_file, write=writers.xlsx, ending="xlsx", kind=spreadsheet_writer.XLSX_TYPE, parts=TABLE)
)
