"""The one writer of CSV files. Whatever leaves the site as a table goes through `safe`, so that no spreadsheet runs it."""

import csv
import io
from collections.abc import Iterable, Sequence

CONTENT_TYPE = "text/csv; charset=utf-8"
BOM = "\ufeff"  # without it Excel reads the file in the machine's own code page
FORMULA_STARTS = frozenset("=+-@＝＋－＠﹢﹣﹫−")
BLANKS = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff"


def safe(value: object) -> object:
    """Return what a spreadsheet shows and never runs, for one cell.

    Text that may be taken for a formula (it begins with = + - @ or one of their wide forms, also behind blanks;
    or with a tab, a return or a new line) gets an apostrophe in front; NUL is left out. Numbers stay numbers,
    None is an empty cell, anything else is written as its text.
    """
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    text = str(value).replace("\0", "")
    is_risky = text[:1] in ("\t", "\r", "\n") or text.lstrip(BLANKS)[:1] in FORMULA_STARTS
    return f"'{text}" if is_risky else text


def csv_bytes(header: Sequence[object], *, rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file (UTF-8 with a byte order mark, RFC 4180 quoting and line ends) whose every cell is `safe`."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([safe(cell) for cell in header])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return (BOM + file.getvalue()).encode()
