"""Programmes as tables: CSV and XLSX, with the columns of this site or of another."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from events.exchange.readers.dates import MIDNIGHT, UNCLEAR, Dates
from events.exchange.readers.gathering import Gatherer, Link, Raw, language_codes
from events.exchange.readers.records import MAX_SESSIONS, Person, Programme, Talk, refusal
from events.exchange.readers.texts import clean, line
from events.models import Appearance
from events.tables.reading import parts, text_of

MAX_COLUMNS, MAX_PACKED, MAX_UNPACKED, MAX_ROWS = 100, 500, 60_000_000, 4 * MAX_SESSIONS
COLUMNS = (
    "guid", "id", "code", "title", "description", "type", "track", "starts", "ends", "time_zone", "room", "state",
    "languages", "captioning", "speakers", "organisers", "action_lines", "sdgs", "recording_url", "url",
)  # fmt: skip
# What others call the columns; letters only, so that “Start (date)” and start_date are one.
NAMES = {
    "guid": "guid uuid identity uid proposalid", "id": "id number nr no sessionnumber sessionid", "code": "code",
    "title": "title sessiontitle name sessionname subject summary topic session talk", "subtitle": "subtitle",
    "abstract": "abstract shortdescription", "description": "description longdescription text details content",
    "type": "type sessiontype format category", "track": "track stream theme tracks",
    "date": "date day startdate datestart", "starts": "starts start begin begins starttime timestart from time startsat",
    "ends": "ends end endtime timeend to until finish endsat", "duration": "duration length minutes durationminutes",
    "time_zone": "timezone zone tz", "room": "room location venue place hall", "state": "state status",
    "languages": "languages language lang", "captioning": "captioning captions",
    "speakers": "speakers speaker speakernames speakersnames persons presenters presenter panellists panelists people",
    "organisers": "organisers organizers organiser organizer organisation organisations organizations",
    "action_lines": "actionlines actionline", "sdgs": "sdgs sdg goals",
    "recording_url": "recordingurl recording video videourl videodownloadurl", "url": "url link links website",
}  # fmt: skip
KNOWN = {word: column for column, words in NAMES.items() for word in words.split()}
CANCELLED = frozenset({"cancelled", "canceled", "withdrawn", "rejected"})
ROLES: dict[str, str] = {str(role.value): role.value for role in Appearance.Role}

TOLD_DELIMITER = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # a first line of Excel's

type Row = dict[str, str]


def read_csv(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read a table parted by commas, semicolons or tabs. Refuses `broken`, `no-schedule` (no title column), `too-many-sessions`."""
    text = _decoded(data)
    told = TOLD_DELIMITER.match(text)
    text = text[told.end() :] if told else text
    head = text[:20_000].split("\n", 1)[0]
    delimiter = told[1] if told else max(",;\t", key=head.count)
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), MAX_SESSIONS + 2))
    except csv.Error as fault:
        raise refusal(_("The table cannot be read: %s") % str(fault)[:100], code="broken") from None
    table = _Table.of(rows, first=2 if told else 1)
    return _read([table], programme=Programme(format="csv"), zone=zone)


def _decoded(data: bytes) -> str:
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refusal(_("The file is neither UTF-8 nor a table of an older program"), code="broken")


def read_xlsx(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read every sheet of a workbook that has a title column. Refuses `broken`, `too-large`, `no-schedule`, `too-many-sessions`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            sizes = [entry.file_size for entry in packed.infolist()]
        is_small = len(sizes) <= MAX_PACKED and sum(sizes) <= MAX_UNPACKED
        sheets = _sheets(data) if is_small else None
    except Exception:  # what a damaged archive, or the XML in it, makes the libraries raise has no end
        raise refusal(_("The workbook is damaged, or is none"), code="broken") from None
    if sheets is None:
        raise refusal(_("The workbook is too large when it is unpacked"), code="too-large")
    return _read(sheets, programme=Programme(format="xlsx"), zone=zone)


def _sheets(data: bytes) -> list["_Table"] | None:
    """The sheets that are not empty; None where they have too many rows together."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    tables, count = [], 0
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows(max_row=MAX_SESSIONS + 2, max_col=MAX_COLUMNS, values_only=True))
        count += len(rows)
        if count > MAX_ROWS:
            return None
        if any(cell is not None for row in rows for cell in row):
            tables.append(_Table.of(rows, name=line(str(sheet.title), most=40)))
    return tables


@dataclass(slots=True)
class _Table:
    """The cells of a table as text; `name` of its sheet; `first`: the number of its first row in the file."""

    name: str
    first: int
    rows: list[list[str]]
    columns: dict[str, int]
    unused: list[str]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]], *, name: str = "", first: int = 1) -> "_Table":
        cells = [[clean(text_of(cell)) for cell in row[:MAX_COLUMNS]] for row in rows]
        table = cls(name, first, cells, {}, [])
        for at, header in enumerate(cells[0] if cells else []):
            column = KNOWN.get(re.sub(r"[^a-z]", "", header.casefold()), "")
            if column and column not in table.columns:
                table.columns[column] = at
            elif header:
                table.unused.append(line(header, most=40))
        return table

    def cells(self) -> Iterator[tuple[int, Row]]:
        """Each row that is not empty, with its number."""
        for number, row in enumerate(self.rows[1:], self.first + 1):
            cells = {name: row[at] if at < len(row) else "" for name, at in self.columns.items()}
            if any(cells.values()):
                yield number, cells


def _read(tables: Sequence[_Table], *, programme: Programme, zone: ZoneInfo) -> Programme:
    used = [table for table in tables if "title" in table.columns]
    if not used:
        raise refusal(
            _("The file is no schedule: neither frab XML or JSON, nor a calendar, nor a table with a column “title”"),
            code="no-schedule",
        )
    if any(len(table.rows) > MAX_SESSIONS + 1 for table in used):
        raise refusal(_("The file has more than %(n)s sessions") % {"n": MAX_SESSIONS}, code="too-many-sessions")
    programme.is_ours = all([cell for cell in table.rows[0] if cell] == list(COLUMNS) for table in used)
    _tell_unused(tables, programme=programme)
    gatherer = Gatherer(programme, zone=zone)
    dates = Dates(cell for table in used for _number, cells in table.cells() for cell in _dates(cells))
    if dates.unclear:
        programme.note("", _(UNCLEAR) % {"text": dates.unclear})
    for table in used:
        for number, cells in table.cells():
            place = {"name": table.name, "n": number}
            where = _("sheet “%(name)s”, row %(n)s") if len(tables) > 1 else _("row %(n)s")
            _take(cells, gatherer=gatherer, dates=dates, where=where % place)
    return programme


def _tell_unused(tables: Iterable[_Table], *, programme: Programme) -> None:
    unused: dict[str, None] = {}
    for table in tables:
        if "title" in table.columns:
            unused |= dict.fromkeys(table.unused)
        else:
            programme.note(_("sheet “%(name)s”") % {"name": table.name}, _("It has no column “title”: it is not read"))
    if unused:
        names = ", ".join(unused)[:300]
        programme.note(
            "", _("These columns are not known, or stand there twice, and are not used: %(names)s") % {"names": names}
        )


def _dates(cells: Row) -> Iterator[str]:
    return (cells[name] for name in ("date", "starts", "ends") if name in cells)


def _take(cells: Row, *, gatherer: Gatherer, dates: Dates, where: str) -> None:
    raw = Raw(where=where, identity=cells.get("id", ""), code=cells.get("code", "").upper())
    if "time_zone" in cells:
        gatherer.use_zone(cells["time_zone"])
    raw.guid = cells.get("guid", "")
    for name, cell in (("date", "date"), ("start", "starts"), ("end", "ends"), ("duration", "duration")):
        setattr(raw, name, dates.read(cells.get(cell, "")))
    if "starts" in cells:  # a cell with a date is midnight to a workbook; the time stands in the other column
        raw.date = MIDNIGHT.sub("", raw.date)
    raw.title, raw.subtitle = cells["title"], cells.get("subtitle", "")
    for name in ("abstract", "description", "room", "track", "type"):
        setattr(raw, name, cells.get(name))
    raw.language = cells.get("languages")
    if "speakers" in cells:
        raw.persons = list(_persons(cells["speakers"]))
    if cells.get("recording_url"):
        raw.recordings = [cells["recording_url"]]
    if cells.get("url") and not gatherer.programme.is_ours:
        raw.links.append(Link("", cells["url"]))
    talk = gatherer.take(raw)
    if talk is not None:
        _columns_of_ours(talk, cells)


def _columns_of_ours(talk: Talk, cells: Row) -> None:
    if "state" in cells:
        talk.is_cancelled = cells["state"].casefold() in CANCELLED
    if "captioning" in cells:
        talk.captioning = language_codes(cells["captioning"])
    for name in ("organisers", "action_lines", "sdgs"):
        if name in cells:
            setattr(talk, name, parts(cells[name]))


def _persons(text: str) -> Iterator[Person]:
    """“Ada Lovelace (moderator); Grace Hopper”. Without a semicolon, commas part the names, as others write them."""
    names = parts(text)
    if len(names) == 1 and "," in text and "(" not in text:
        names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        bare, bracket, role = name.rpartition(" (")
        known = ROLES.get(role.removesuffix(")").strip().casefold(), "") if bracket and name.endswith(")") else ""
        yield Person(name=bare if known else name, role=known)


def written(value: datetime) -> str:
    """A moment for a cell: 2020-07-22T14:00+02:00."""
    return value.isoformat(timespec="minutes" if not value.second else "seconds")


def joined(values: Iterable[str]) -> str:
    """Several values in one cell. A semicolon in a value would part it: a comma stands there instead."""
    return "; ".join(value.replace(";", ",") for value in values)
