"""The one reader of tables: CSV with any delimiter, and workbooks, as rows of text."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.shared.formatting.plain_text import line
from events.shared.tables.answers import Answers
from events.shared.tables.cells import SEPARATOR, fold, text_of
from events.shared.tables.code_pages import decoded

MAX_ROWS = 5_000
MAX_COLUMNS, MAX_PACKED, MAX_UNPACKED, MAX_ALL_ROWS = 300, 500, 60_000_000, 4 * MAX_ROWS
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TITLE = 9  # rows that may stand above the header
TOLD_DELIMITER = re.compile(r'"?sep=([^"\r\n])"?\r?\n', re.IGNORECASE)  # a first line of Excel's
TEXT_FORMULA = re.compile(r'(^|[,;\t])="([^"\r\n]*)"(?=[,;\t\r\n]|$)', re.MULTILINE)  # ="Conway, Radia" is one cell
BRACKETS = re.compile(r"[(\[（]([^()\[\]（）]*)[)\]）]")
NOTES = re.compile(  # what forms write behind a name, folded: how it is to be filled in, and units
    "optional|facultati(f|ve)|opcional|необязательно|可选|选填|اختياري|required|mandatory|obligatoire|obligatorio|erforderlich"
    "|pflicht(feld|angabe)?|обязательно|必填|الزامي|mins?|minut(e|es|en|os|i)|мин(ут)?|分钟|دقيقة|sec(onde?)?s?|segundos|sek(unden)?|сек(унды?)?"
    "|秒|ثانية|h|hrs?|hours|heures|horas|stunden|std|час(ов)?|小时|ساعة|(hh?|ss)mm(ss)?|(yyyy|yy)mmdd|(dd|mm){2}y{2,4}|ttmmj{2,4}|jjmma{2,4}|ddmma{2,4}|(24|12)h"
)


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a table as text; `name` of its sheet; `first`: the number of its first row in the file."""

    rows: list[list[str]]
    name: str = ""
    first: int = 1

    @property
    def headers(self) -> list[str]:
        return self.rows[0] if self.rows else []

    @property
    def keys(self) -> list[tuple[str, str]]:
        """What each header is asked about by, and its folded name: of several of one name, the others have a number."""
        found, counts = list[tuple[str, str]](), Counter[str]()
        for name in map(header_key, self.headers):
            counts[name] += 1
            found.append((f"{name} {counts[name]}" if name and counts[name] > 1 else name, name))
        return found

    def columns(self, known: Mapping[str, str]) -> dict[str, int]:
        """Where each column stands first. `known`: key of a header → column."""
        found: dict[str, int] = {}
        for place, (key, _name) in enumerate(self.keys):
            if column := key and known.get(key, ""):
                found.setdefault(column, place)
        return found

    def from_header(self, known: Mapping[str, str]) -> "Table":
        """The table from that of its first rows which names most columns: what stands above it is a title. Where none is known,
        that is the first row of several cells."""
        below = [
            Table(self.rows[place:], self.name, self.first + place) for place in range(min(len(self.rows), TITLE + 1))
        ]
        return max(
            below, key=lambda table: (len(table.columns(known)), min(2, sum(map(bool, table.headers)))), default=self
        )

    def records(
        self, known: Mapping[str, str], *, aligned: Container[str] = ()
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row that is not empty, by column, with its number. The cells of one column are put together, empty ones too where it
        is `aligned` with another."""
        columns = [known.get(key, "") if key else "" for key, _name in self.keys]
        for number, row in enumerate(self.rows[1:], self.first + 1):
            found: dict[str, list[str]] = {column: [] for column in columns if column}
            for column, cell in zip_longest(columns, row[: len(columns)], fillvalue=""):
                if column and (cell or column in aligned):
                    found[column].append(cell)
            if any(map(any, found.values())):
                yield number, {column: f"{SEPARATOR} ".join(cells) for column, cells in found.items()}


def header_key(header: str) -> str:
    """What a header is known by: its letters and digits, but for “(optional)” and units in brackets; itself where it has none."""
    bare = BRACKETS.sub(lambda found: "" if NOTES.fullmatch(fold(found[1])) else found[0], header)
    return fold(bare) or fold(header) or line(header, most=40)


def read(data: bytes, *, answers: Answers, most_rows: int = MAX_ROWS) -> list[Table]:
    """The table of a CSV file, or each sheet of a workbook that is neither empty nor hidden. `answers`: the code page of one that is not in UTF-8.

    Refuses what `code_pages.decoded` does, `broken`, `other-format` (a table of another kind, by its name), `too-large` (unpacked), `too-many-rows` and `too-many-columns`.
    """
    if data[:8] == OLE:
        words = _("The file is an older workbook (.xls), or locked with a password. Save it as XLSX without one")
        raise ValidationError(words, code="other-format")
    is_packed = data[:4] == b"PK\x03\x04"
    tables = _sheets(data, most_rows) if is_packed else [_csv(decoded(data, answers=answers), most_rows)]
    if any(len(table.rows) > most_rows + 1 for table in tables):
        raise ValidationError(_("The file has more than %(n)s rows") % {"n": most_rows}, code="too-many-rows")
    if any(any(row[MAX_COLUMNS:]) for table in tables for row in table.rows):
        raise ValidationError(_("The file has more than %(n)s columns") % {"n": MAX_COLUMNS}, code="too-many-columns")
    return tables


def _csv(text: str, most_rows: int) -> Table:
    """A table parted by commas, semicolons, tabs or what its first line says."""
    told = TOLD_DELIMITER.match(text)
    text = TEXT_FORMULA.sub(r'\1"\2"', text[told.end() :] if told else text)
    head = text[:20_000].split("\n", 1)[0]
    delimiter = told[1] if told else max(",;\t", key=head.count)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = _filled((row[: MAX_COLUMNS + 1] for row in lines), most_rows)
    except csv.Error as fault:
        raise ValidationError(_("The table cannot be read: %s") % str(fault)[:100], code="broken") from None
    return Table(_texts(rows), first=2 if told else 1)


def _filled(rows: Iterable[Sequence[Any]], most_rows: int) -> list[Sequence[Any]]:
    """The rows down to the last that holds something, one too many at the most: a sheet may say that it has a million. What stands
    below as many empty rows is not read."""
    found: list[Sequence[Any]] = []
    empty = 0
    for row in rows:
        if all(cell is None or cell == "" for cell in row):
            empty += 1
        else:
            found += [*([()] * empty), row]
            empty = 0
        if empty > most_rows or len(found) > most_rows + 1:
            break
    return found


def _texts(rows: Iterable[Sequence[Any]]) -> list[list[str]]:
    texts = [[text_of(cell) for cell in row[: MAX_COLUMNS + 1]] for row in rows]
    for row in texts:
        while row and not row[-1]:
            row.pop()
    return texts


def _sheets(data: bytes, most_rows: int) -> list[Table]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            sizes = [entry.file_size for entry in packed.infolist()]
            is_open_document = "mimetype" in packed.namelist() and b"opendocument" in packed.read("mimetype")[:100]
        is_small = len(sizes) <= MAX_PACKED and sum(sizes) <= MAX_UNPACKED
        tables = _workbook(data, most_rows) if is_small and not is_open_document else []
    except Exception:  # what a damaged archive, or the XML in it, makes the libraries raise has no end
        raise ValidationError(_("The workbook is damaged, or is none"), code="broken") from None
    if is_open_document:
        words = _("The file is an OpenDocument table (.ods). Save it as XLSX or CSV")
        raise ValidationError(words, code="other-format")
    if not is_small or sum(len(table.rows) for table in tables) > MAX_ALL_ROWS:
        raise ValidationError(_("The workbook is too large when it is unpacked"), code="too-large")
    return tables


def _workbook(data: bytes, most_rows: int) -> list[Table]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    tables: list[Table] = []
    for sheet in (one for one in book.worksheets if one.sheet_state == "visible"):
        if sum(len(table.rows) for table in tables) > MAX_ALL_ROWS:
            break
        sheet.reset_dimensions()  # other programs write wrong ones
        if rows := _filled(sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True), most_rows):
            tables.append(Table(_texts(rows), name=line(str(sheet.title), most=40)))
    return tables
