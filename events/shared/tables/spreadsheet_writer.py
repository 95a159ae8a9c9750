"""The one writer of CSV and XLSX files. Whatever leaves the site as a table goes through `cells.safe`, so that no
spreadsheet runs it."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from events.shared.formatting.plain_text import clean
from events.shared.tables.cells import safe, safe_in_csv

CONTENT_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"  # without it Excel reads the file in the machine's own code page
MOST_SIGNS = 32_767  # of a cell: with more, Excel calls the file broken
# A moment as our tables write it, with or without its offset.
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?")
NEVER = datetime(1980, 1, 1)  # noqa: DTZ001  a workbook bears no time: the same table has the same bytes


def csv_bytes(header: Sequence[object], *, rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file (UTF-8 with a byte order mark, RFC 4180 quoting and line ends) whose every cell is `safe_in_csv`."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([safe_in_csv(cell) for cell in header])
    writer.writerows([safe_in_csv(cell) for cell in row] for row in rows)
    return (BOM + file.getvalue()).encode()


def xlsx_bytes(header: Sequence[object], *, rows: Iterable[Sequence[object]]) -> bytes:
    """Return a workbook of one sheet whose every cell is `safe`: texts, numbers, and moments as times that a spreadsheet sorts and
    counts with (their offset stands in the cell's format); nothing that is computed."""
    import xlsxwriter  # 2 MB that a web process can do without until it writes a workbook

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "constant_memory": True}) as book:
        book.set_properties({"created": NEVER})
        sheet = book.add_worksheet()
        shown = cache(lambda zone: book.add_format({"num_format": f"yyyy-mm-dd hh:mm{zone}"}))
        for number, row in enumerate([header, *rows]):
            for place, value in enumerate(row):
                cell = safe(value)
                if number and (moment := _moment(value, cell)):
                    sheet.write_datetime(number, place, moment[0], shown(moment[1]))
                elif isinstance(cell, (int, float)):
                    sheet.write_number(number, place, cell)
                elif cell:
                    sheet.write_string(number, place, clean(str(cell))[:MOST_SIGNS])
    return file.getvalue()


def _moment(value: object, text: object) -> tuple[datetime, str] | None:
    """A moment on the clock of its zone, and the words of its offset in a cell's format. The second of two hours of one name (when
    clocks go back) stays a text, for a workbook knows no offsets."""
    found = MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None or (isinstance(value, datetime) and value.fold):
        return None
    day, clock, offset = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day} {clock}")
    except ValueError:
        return None
    return (
        (moment, f' "{"UTC" if offset in {"Z", "+00:00"} else offset}"' if offset else "")
        if moment.year >= 1900
        else None
    )
