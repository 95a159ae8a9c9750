"""The one writer of CSV and XLSX files. Whatever leaves the site as a table goes through `safe`, so that no spreadsheet
runs it."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

CONTENT_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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


# --- XLSX -----------------------------------------------------------------------------------------
MOST_SIGNS = 32_767  # of a cell: with more, Excel calls the file broken
BEFORE_ALL = (1980, 1, 1, 0, 0, 0)  # the files inside bear no time: the same table has the same bytes
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
PROLOGUE = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org"
MAIN = f"{OFFICE}/spreadsheetml/2006/main"
LINKS = f"{OFFICE}/officeDocument/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
FRAME = {
    "[Content_Types].xml": (
        f'<Types xmlns="{OFFICE}/package/2006/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>'
        "</workbook>"
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def xlsx_bytes(header: Sequence[object], *, rows: Iterable[Sequence[object]]) -> bytes:
    """Return a workbook of one sheet whose every cell is `safe`: texts and numbers, nothing that is computed."""
    lines = [f'<row r="{number}">{_cells(row, number=number)}</row>' for number, row in enumerate([header, *rows], 1)]
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in (FRAME | {"xl/worksheets/sheet1.xml": sheet}).items():
            inside = zipfile.ZipInfo(name, BEFORE_ALL)
            inside.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(inside, (PROLOGUE + content).encode())
    return file.getvalue()


def _cells(row: Sequence[object], *, number: int) -> str:
    parts = []
    for place, value in enumerate(row):
        cell, name = safe(value), f"{_letters(place)}{number}"
        if isinstance(cell, (int, float)):
            parts.append(f'<c r="{name}"><v>{float(cell) if isinstance(cell, float) else int(cell)}</v></c>')
        elif cell:
            text = escape(NOT_IN_XML.sub("", str(cell))[:MOST_SIGNS], {"\r": "&#13;"})
            parts.append(f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>')
    return "".join(parts)


def _letters(place: int) -> str:
    """The name of a column: A, B … Z, AA …"""
    rest, last = divmod(place, 26)
    return (_letters(rest - 1) if rest else "") + chr(ord("A") + last)
