"""Tables as files to save."""

from collections.abc import Iterable, Sequence

from django.http import Http404, HttpResponse

from events.shared.tables.spreadsheet_writer import CONTENT_TYPE, XLSX_TYPE, csv_bytes, xlsx_bytes

FILES = {"csv": (CONTENT_TYPE, csv_bytes), "xlsx": (XLSX_TYPE, xlsx_bytes)}


def table_response(name: str, header: Sequence[object], *, rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A table as a file of this name, whose ending says what is written: csv or xlsx; 404 for another ending."""
    _stem, _dot, ending = name.rpartition(".")
    if ending not in FILES:
        raise Http404
    content_type, written = FILES[ending]
    response = HttpResponse(written(header, rows=rows), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
