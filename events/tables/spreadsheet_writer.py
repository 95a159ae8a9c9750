"""The one writer of CSV and XLSX files. Whatever leaves the site as a table goes through `cells.safe`, so that no
spreadsheet runs it."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from events.formatting.plain_text import clean
from events.tables.cells import safe

CONTENT_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"  # without it Excel reads the file in the machine's own code page
MOST_SIGNS = 32_767  # of a cell: with more, Excel calls the file broken
NEVER = datetime(1980, 1, 1)  # noqa: DTZ001  a workbook bears no time: the same table has the same bytes


def csv_bytes(header: Sequence[object], *, rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file (UTF-8 with a byte order mark, RFC 4180 quoting and line ends) whose every cell is `safe`."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([safe(cell) for cell in header])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return (BOM + file.getvalue()).encode()


def xlsx_bytes(header: Sequence[object], *, rows: Iterable[Sequence[object]]) -> bytes:
    """Return a workbook of one sheet whose every cell is `safe`: texts and numbers, nothing that is computed."""
    import xlsxwriter  # 2 MB that a web process can do without until it writes a workbook

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "constant_memory": True}) as book:
        book.set_properties({"created": NEVER})
        sheet = book.add_worksheet()
        for number, row in enumerate([header, *rows]):
            for place, value in enumerate(row):
                cell = safe(value)
                if isinstance(cell, (int, float)):
                    sheet.write_number(number, place, cell)
                elif cell:
                    sheet.write_string(number, place, clean(str(cell))[:MOST_SIGNS])
    return file.getvalue()
