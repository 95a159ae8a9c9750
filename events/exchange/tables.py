"""Programmes as tables: CSV and XLSX, with the columns of this site or of another."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from events.exchange.gathering import Gatherer, Link, Raw, language_codes
from events.exchange.records import MAX_SESSIONS, Person, Programme, Talk, refusal
from events.exchange.texts import clean
from events.models import Appearance
from events.transfer import parts, text_of

MAX_COLUMNS, MAX_PACKED, MAX_UNPACKED = 100, 500, 60_000_000
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

type Row = dict[str, str]


def read_csv(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read a table parted by commas, semicolons or tabs. Refuses `broken`, `no-schedule` (no title column), `too-many-sessions`."""
    text = _decoded(data)
    head = text[:20_000].split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), MAX_SESSIONS + 2))
    except csv.Error as fault:
        raise refusal(_("The table cannot be read: %s") % str(fault)[:100], code="broken") from None
    return _read(rows, programme=Programme(format="csv"), zone=zone)


def _decoded(data: bytes) -> str:
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refusal(_("The file is neither UTF-8 nor a table of an older program"), code="broken")


def read_xlsx(data: bytes, *, zone: ZoneInfo) -> Programme:
    """Read the first sheet of a workbook. Refuses `broken`, `too-large`, `no-schedule`, `too-many-sessions`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            sizes = [entry.file_size for entry in packed.infolist()]
        is_small = len(sizes) <= MAX_PACKED and sum(sizes) <= MAX_UNPACKED
        rows = _sheet(data) if is_small else []
    except Exception:  # what a damaged archive, or the XML in it, makes the libraries raise has no end
        raise refusal(_("The workbook is damaged, or is none"), code="broken") from None
    if not is_small:
        raise refusal(_("The workbook is too large when it is unpacked"), code="too-large")
    return _read(rows, programme=Programme(format="xlsx"), zone=zone)


def _sheet(data: bytes) -> list[list[Any]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    rows = book.worksheets[0].iter_rows(max_row=MAX_SESSIONS + 2, max_col=MAX_COLUMNS, values_only=True)
    return [list(row) for row in rows]


def _read(rows: Sequence[Sequence[Any]], *, programme: Programme, zone: ZoneInfo) -> Programme:
    headers = [re.sub(r"[^a-z]", "", text_of(cell).casefold()) for cell in rows[0][:MAX_COLUMNS]] if rows else []
    columns: dict[str, int] = {}
    for at, header in enumerate(headers):
        if header in KNOWN:
            columns.setdefault(KNOWN[header], at)
    if "title" not in columns:
        raise refusal(
            _("The file is no schedule: neither frab XML or JSON, nor a calendar, nor a table with a column “title”"),
            code="no-schedule",
        )
    if len(rows) > MAX_SESSIONS + 1:
        raise refusal(_("The file has more than %(n)s sessions") % {"n": MAX_SESSIONS}, code="too-many-sessions")
    programme.is_ours = [text_of(cell) for cell in rows[0]] == list(COLUMNS)
    gatherer = Gatherer(programme, zone=zone)
    for number, row in enumerate(rows[1:], 2):
        cells = {name: clean(text_of(row[at])) if at < len(row) else "" for name, at in columns.items()}
        if any(cells.values()):
            _take(cells, gatherer=gatherer, number=number)
    return programme


def _take(cells: Row, *, gatherer: Gatherer, number: int) -> None:
    raw = Raw(where=_("row %(n)s") % {"n": number}, identity=cells.get("id", ""), code=cells.get("code", "").upper())
    if not gatherer.programme.zone and cells.get("time_zone"):
        gatherer.use_zone(cells["time_zone"])
    raw.guid = cells.get("guid", "")
    for name, cell in (("date", "date"), ("start", "starts"), ("end", "ends"), ("duration", "duration")):
        setattr(raw, name, _time(cells.get(cell, "")))
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


def _time(text: str) -> str:
    """A cell of a workbook that is a date only, or a time only, reads like one that people wrote."""
    return text.removesuffix(" 00:00") if len(text) == 16 and text.startswith("1900-01-0") else text


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
