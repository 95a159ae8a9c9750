"""The programme as files for other programs: frab XML and JSON, iCalendar, CSV, XLSX; all of it, or what filters leave."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language

from events.api import errors
from events.api.read_only import read_only
from events.exchange import writers
from events.models import Forum, Session
from events.programme import filter_fields as fields
from events.programme import filters
from events.programme.search import search
from events.programme.search.words import LONGEST_QUERY
from events.schedule.releases import released_timetable
from events.schedule.releases.released_timetable import CALENDAR, FRAB, TABLE, Timetable
from events.shared.pages.find_forum import bare_forum
from events.shared.tables import spreadsheet_writer

type Writer = Callable[[Timetable], bytes]
# How each file is written, what it is, and which parts of the programme it holds.
FILES: dict[str, tuple[Writer, str, frozenset[str]]] = {
    "ics": (writers.ics, "text/calendar; charset=utf-8", CALENDAR),
    "xml": (writers.xml, "application/xml; charset=utf-8", FRAB),
    "json": (writers.as_json, "application/json; charset=utf-8", FRAB),
    "csv": (writers.csv, spreadsheet_writer.CONTENT_TYPE, TABLE),
    "xlsx": (writers.xlsx, spreadsheet_writer.XLSX_TYPE, TABLE),
}


class FileFilters(filters.SessionFilters):
    """The filters of the programme page under the same names, so that a page's address is a file's, and a speaker's."""

    q = fields.TextFilter(method="found", most=LONGEST_QUERY, about="Words, as in the search of the programme.")

    def __init__(self, data: Any, *, forum: Forum, now: datetime) -> None:
        super().__init__(data, now=now, queryset=Session.objects.public(now).filter(forum=forum))
        self.forum = forum

    def found(self, queryset: QuerySet[Session], name: str, query: str) -> QuerySet[Session]:
        found = search.ranked(self.forum, query=query or "", now=self.now)
        return queryset if found is None else queryset.filter(pk__in=found)


def _schedule_file(request: HttpRequest, forum: str, ending: str) -> HttpResponse:
    found, now = bare_forum(forum), timezone.now()
    chosen = FileFilters(request.GET, forum=found, now=now)
    if not chosen.is_valid():
        return errors.answer(400, code="bad-parameter", detail=errors.BAD_PARAMETER, fields=chosen.form.errors)
    write, kind, parts = FILES[ending]
    language = get_language() or ""
    table = released_timetable.gather(found, sessions=chosen.qs, language=language, parts=parts, now=now)
    response = HttpResponse(write(table), content_type=kind)
    response["Content-Disposition"] = f'inline; filename="{found.slug}.{ending}"'
    return response


_FILTERS = FileFilters.base_filters
_guarded: Callable[..., HttpResponseBase] = read_only(
    _schedule_file,
    parameters=_FILTERS,
    repeated=[name for name, found in _FILTERS.items() if found.schema["type"] == "array"],
)


def schedule_file(request: HttpRequest, forum: str, ending: str) -> HttpResponseBase:
    """The public programme of a forum as one of FILES; the filters of the query leave a part of it (FileFilters). What they are
    not is refused as in the API: 400 with JSON."""
    return _guarded(request, forum=forum, ending=ending)
