"""Programmes as tables: CSV and XLSX, with the columns of this site or of another."""

import re
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.exchange.readers import texts
from events.exchange.readers.records import Person, Programme, Talk, refusal
from events.exchange.readers.session_builder import CELLS, Link, RawEvent, SessionBuilder
from events.models import Appearance, Forum, Session
from events.tables import cells, headers, spreadsheet_reader
from events.tables.answers import Answers
from events.tables.cells import parts
from events.tables.dates import MIDNIGHT, UNCLEAR, Dates
from events.tables.spreadsheet_reader import Table

# The columns that the site writes; the others it only reads.
COLUMNS = (
    "guid", "id", "code", "title", "description", "type", "track", "starts", "ends", "time_zone", "room", "state",
    "languages", "captioning", "speakers", "organisers", "action_lines", "sdgs", "recording_url", "url",
)  # fmt: skip
READ = (*COLUMNS, "subtitle", "abstract", "date", "duration", "capacity", "meeting_url", "broadcast_url", "forum")
OURS = {"guid", "code", "time_zone", "action_lines"}  # a table with all of these was written here
LABELS = {field.name: field.verbose_name for field in Session._meta.get_fields() if hasattr(field, "verbose_name")} | {
    "guid": gettext_lazy("identity (guid)"),
    "id": gettext_lazy("number"),
    "time_zone": gettext_lazy("time zone"),
    "speakers": gettext_lazy("speakers"),
    "url": gettext_lazy("link"),
    "subtitle": gettext_lazy("subtitle"),
    "abstract": gettext_lazy("abstract"),
    "date": gettext_lazy("date"),
    "duration": gettext_lazy("duration"),
    "forum": gettext_lazy("forum"),
}
# What a header may mean, in the order in which one looks for it.
COLUMN_CHOICES = [(name, LABELS[name]) for name in READ if name not in {"guid", "forum"}]
COMMA = re.compile(r",(?![^()]*\))")  # not within brackets
CANCELLED = frozenset({"cancelled", "canceled", "withdrawn", "rejected"})
SPAN = re.compile(
    r"(.*\d[^-–—]*?)\s*[-–—]\s*(\d{1,2}(?:[:.h]\d{2})?\s*(?:[ap]\.?m\.?)?)", re.IGNORECASE
)  # “10:00–11:30”
ROLES = frozenset(Appearance.Role.values)

type Row = dict[str, str]


def read(data: bytes, *, zone: ZoneInfo, forum: Forum | None = None, answers: Answers | None = None) -> Programme:
    """Read a table, or every sheet of a workbook, that has a title column. Rows of other forums than `forum` are left out
    where the file has several; its days tell 7 June from 6 July. `answers`: what somebody says of its headers who is asked; who is not gets `no-schedule`
    where nothing is a title. Refuses what `tables.spreadsheet_reader.read` refuses."""
    programme, answers = Programme(), answers or Answers()
    known = headers.known_headers({name: [LABELS[name]] for name in READ}, table="session")
    read_tables = [table.from_header({**known, **answers.columns}) for table in spreadsheet_reader.read(data)]
    programme.headers = headers.headers_of(read_tables, known=known, answers=answers)
    tables = [(table, *table.columns({**known, **answers.columns})) for table in read_tables]
    used = [(table, columns) for table, columns, _unused in tables if "title" in columns]
    if not used:
        words = _(
            "The file is no schedule: neither frab XML or JSON, nor a calendar, nor a table with a column “title”"
        )
        if not answers.is_asking or not programme.headers:
            raise refusal(words, code="no-schedule")
        programme.unusable("", _("No column is the title. Say above which one is"))
        return programme
    programme.is_ours = all(set(table.headers) >= OURS for table, _columns in used)
    asked = {header.text for header in programme.headers if not header.column} if answers.is_asking else set()
    _tell_unused(tables, asked, programme=programme)
    rows = [(_where(table, number, is_one=len(tables) == 1), row) for table, columns in used
            for number, row in table.records(columns)]  # fmt: skip
    builder = SessionBuilder(programme, zone=zone)
    written = (row[name] for _place, row in rows for name in ("date", "starts", "ends") if name in row)
    dates = Dates(written, days=(forum.starts, forum.ends) if forum else None)
    if dates.unclear:
        programme.note("", _(UNCLEAR) % {"text": dates.unclear})
    has_several = len({row.get("forum", "") for _place, row in rows} - {""}) > 1
    for where, row in rows:
        if has_several and row.get("forum", "") not in {"", forum.slug if forum else ""}:
            programme.unusable(where, _("It belongs to the forum “%(name)s”") % {"name": row["forum"][:40]})
        else:
            _take(row, builder=builder, dates=dates, where=where)
    return programme


def _where(table: Table, number: int, *, is_one: bool) -> str:
    place = {"name": table.name, "n": number}
    return (_("row %(n)s") if is_one else _("sheet “%(name)s”, row %(n)s")) % place


def _tell_unused(
    tables: Sequence[tuple[Table, dict[str, int], list[str]]], asked: set[str], *, programme: Programme
) -> None:
    """Tell what is not used, but for the headers about which somebody is `asked`."""
    names: dict[str, None] = {}
    for table, columns, unused in tables:
        if "title" in columns:
            names |= dict.fromkeys(header for header in unused if header not in asked)
        else:
            programme.note(_("sheet “%(name)s”") % {"name": table.name}, _("It has no column “title”: it is not read"))
    if names:
        words = _("These columns are not known, or stand there twice, and are not used: %(names)s")
        programme.note("", words % {"names": ", ".join(names)[:300]})


def _take(row: Row, *, builder: SessionBuilder, dates: Dates, where: str) -> None:
    raw = RawEvent(where=where, identity=row.get("id", ""), code=row.get("code", "").upper())
    if "time_zone" in row:
        builder.use_zone(row["time_zone"])
    raw.guid = row.get("guid", "")
    if "starts" in row and not row.get("ends") and (span := SPAN.fullmatch(row["starts"])):
        row |= {"starts": span[1], "ends": span[2]}
    named = row | {"language": row["languages"]} if "languages" in row else row
    raw.cells = {name: named[name] for name in CELLS if name in named}
    for name, cell in (("date", "date"), ("start", "starts"), ("end", "ends"), ("duration", "duration")):
        raw.cells[name] = dates.read(row.get(cell, ""))
    if "starts" in row:  # a cell with a date is midnight to a workbook; the time stands in the other column
        raw.cells["date"] = MIDNIGHT.sub("", raw.cells["date"])
    if "speakers" in row:
        raw.persons = list(persons(row["speakers"], is_ours=builder.programme.is_ours))
    if row.get("recording_url"):
        raw.recordings = [row["recording_url"]]
    if row.get("broadcast_url"):
        raw.links.append(Link("Broadcast", row["broadcast_url"]))
    if row.get("url") and not builder.programme.is_ours:
        raw.links.append(Link("", row["url"]))
    talk = builder.take(raw)
    if talk is not None:
        _columns_of_ours(talk, row, programme=builder.programme)


def _columns_of_ours(talk: Talk, row: Row, *, programme: Programme) -> None:
    if "state" in row:
        talk.is_cancelled = row["state"].casefold() in CANCELLED
    if "captioning" in row:
        talk.captioning = cells.languages(row["captioning"])
    for name in ("organisers", "action_lines", "sdgs"):
        if name in row:
            setattr(talk, name, parts(row[name]))
    try:
        talk.capacity = cells.whole_number(row.get("capacity", ""))
    except ValidationError as refused:
        programme.note(talk.where, " ".join(refused.messages))
    talk.meeting_url = texts.address(row.get("meeting_url", "")) or None
    if row.get("meeting_url") and not talk.meeting_url:
        programme.note(talk.where, _("“%(url)s” is no web address: left out") % {"url": row["meeting_url"][:80]})


def persons(text: str, *, is_ours: bool = False) -> Iterator[Person]:
    """“Ada Lovelace (moderator); Grace Hopper”. Without a semicolon, commas outside brackets part the names, as others write
    them. `is_ours`: a name with a comma and a role stays one."""
    names = parts(text)
    if len(names) == 1 and not (is_ours and "(" in text):
        names = [name.strip() for name in COMMA.split(text) if name.strip()]
    for name in names:
        bare, bracket, role = name.rpartition(" (")
        role = role.removesuffix(")").strip().casefold()
        is_role = bracket and name.endswith(")") and role in ROLES
        yield Person(name=bare, role=role) if is_role else Person(name=name)
