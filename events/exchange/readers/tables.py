"""Programmes as tables: CSV and XLSX, with the columns of this site or of another."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.exchange.readers import texts
from events.exchange.readers.records import Programme, ReadSpeaker, Talk, refusal
from events.exchange.readers.session_builder import CELLS, FileLink, RawEvent, SessionBuilder
from events.exchange.readers.speaker_names import ROLES
from events.exchange.readers.table_times import ALONE, Days, Halves, Placed, Row, parted
from events.models import Appearance, Forum, Session
from events.shared.tables import cells, headers
from events.shared.tables.answers import Answers, OpenQuestion, Reading
from events.shared.tables.cells import SEPARATOR, parts, whole_name
from events.shared.tables.dates import DAY_FIRST, MONTH_FIRST, YEAR_FIRST, Dates, clock, day_alone
from events.shared.tables.lengths import Lengths
from events.shared.tables.spreadsheet_reader import Table

# The columns that the site writes; the others it only reads.
COLUMNS = (
    "guid", "id", "code", "title", "description", "type", "track", "starts", "ends", "time_zone", "room", "state",
    "languages", "captioning", "speakers", "organisers", "action_lines", "sdgs", "recording_url", "url",
    "interpretation", "broadcast_url",
)  # fmt: skip
READ = (
    *(*COLUMNS, "moderators", "subtitle", "abstract", "date", "end_date", "duration", "capacity"),
    *("meeting_url", "forum", *headers.NAME_PARTS),
)
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
    "end_date": gettext_lazy("date of the end"),
    "first_names": gettext_lazy("first names of speakers"),
    "last_names": gettext_lazy("last names of speakers"),
    "moderators": gettext_lazy("moderators"),
    "duration": gettext_lazy("duration"),
    "forum": gettext_lazy("forum"),
}
# What a header may mean, in the order in which one looks for it.
COLUMN_CHOICES = [(name, LABELS[name]) for name in READ if name not in {"guid", "forum"}]
TIMES = ("date", "starts", "ends", "end_date", "duration")
ZONED = ("starts", "ends", "date")
USUAL = (timedelta(minutes=10), timedelta(hours=4))  # most sessions
MODERATOR = Appearance.Role.MODERATOR.value
ORDER_OF_DATES = "order:dates"  # the key of the answer
ORDERS = {
    "day": (gettext_lazy("With the day"), DAY_FIRST),
    "month": (gettext_lazy("With the month"), MONTH_FIRST),
    "year": (gettext_lazy("With the year"), YEAR_FIRST),
}


def read(
    data: bytes,
    *,
    zone: ZoneInfo,
    forum: Forum | None = None,
    answers: Answers,
    today: date | None = None,
) -> Programme:
    """Read a table, or every sheet of a workbook, that has a title column. Rows of other forums than `forum` are left out
    where the file has several; its days tell 7 June from 6 July. `answers`: what somebody says of its headers, and what else is
    asked. Refuses `no-schedule` where nothing may be a title, `unclear-date`, and what `spreadsheet_reader.read`,
    `headers.check_known` and `Days` refuse."""
    programme = Programme()
    known = headers.known_headers({name: [LABELS[name]] for name in READ}, table="session")
    found = headers.read(data, known=known, answers=answers, missing=_missing)
    if not found.meant:
        words = _(
            "The file is no schedule: neither frab XML or JSON, nor a calendar, nor a table with a column “title”"
        )
        raise refusal(words, code="no-schedule")
    programme.headers = found.headers
    headers.check_known(found.headers, columns=COLUMN_CHOICES, missing=found.missing)
    for text in found.sheet_notes(LABELS):
        programme.note("", text)
    if names := [header.text for header in programme.headers if header.is_left_out]:
        words = _("These columns are not known, or stand there twice, and are not used: %(names)s")
        programme.note("", words % {"names": ", ".join(names)[:300]})
    programme.is_ours = all(set(table.headers) >= OURS for table in found.used)
    days = Days(_alone(found), forum=forum, today=today, programme=programme, answers=answers)
    rows = [placed for table in found.used for placed in _rows(table, found, days=days, answers=answers)]
    dates = _dates(rows, forum=forum, answers=answers)
    read_rows = [(where, row | {name: dates.read(row[name]) for name in TIMES if name in row}) for where, row in rows]
    halves = Halves(read_rows, answers=answers)
    _take_all([*halves.read()], builder=SessionBuilder(programme, zone=zone), forum=forum)
    programme.questions += [*days.questions.asked.values(), *halves.questions.asked.values()]
    return programme


def _alone(found: headers.Sheets) -> Iterator[str]:
    """What may be a day that stands alone: names of sheets, cells of the columns of dates, and of rows of few cells."""
    for table in found.used:
        yield table.name
        yield from (row["date"] for _number, row in table.records(found.meant) if row.get("date"))
        yield from (" ".join(cells) for cells in map(_cells, table.rows[1:]) if len(cells) <= ALONE)


def _cells(row: Iterable[str]) -> list[str]:
    """What stands in a row: merged cells once."""
    return list(dict.fromkeys(filter(None, row)))


def _missing(columns: Collection[str]) -> list[str]:
    return [] if "title" in columns else ["title"]


def _dates(rows: Iterable[Placed], *, forum: Forum | None, answers: Answers) -> Dates:
    """What reads the dates of a file. Refuses (`unclear-date`) such as may begin with the day or with the month."""
    written = (row[name] for _place, row in rows for name in ("date", "starts", "ends", "end_date") if name in row)
    dates = Dates(written, days=(forum.starts, forum.ends) if forum else None)
    if text := dates.unclear:
        chosen = answers.names.get(ORDER_OF_DATES, "")
        if chosen not in ORDERS:
            words = _("What does a date such as “%(text)s” begin with?") % {"text": text[:40]}
            readings = [Reading(key, str(label), [text[:40]]) for key, (label, _order) in ORDERS.items()]
            raise OpenQuestion(words, code="unclear-date", key=ORDER_OF_DATES, readings=readings)
        dates.order, dates.unclear = ORDERS[chosen][1], ""
    return dates


def _take_all(rows: Sequence[Placed], *, builder: SessionBuilder, forum: Forum | None) -> None:
    has_several = len({row.get("forum", "") for _place, row in rows} - {""}) > 1
    for where, row in rows:
        if has_several and row.get("forum", "") not in {"", forum.slug if forum else ""}:
            words = _("It belongs to the forum “%(name)s”") % {"name": row["forum"][:40]}
            builder.programme.unusable(where, words)
        else:
            _take(row, builder=builder, where=where)


def _rows(table: Table, found: headers.Sheets, *, days: Days, answers: Answers) -> Iterator[Placed]:
    """The rows with their places. A day stands for the rows with a time below it that name none: in the column of dates, alone in
    a row, or as the name of the sheet. One that is not clear ends the one above."""
    places, records = table.columns(found.meant), dict(table.records(found.meant, aligned=headers.NAME_PARTS))
    lengths = _lengths(table, found.meant, answers=answers)
    zone = next(
        filter(None, (headers.zone_of_header(table.headers[places[name]]) for name in ZONED if name in places)), ""
    )
    above_times = _above_times(table, records)
    counts = Counter(" ".join(_cells(table.rows[number - table.first])) for number in above_times)
    where = _where(table, table.first, is_one=found.is_one)
    day = days.of_cell(table.name, where=where) if above_times or _takes_day(records.values()) else ""
    for number, filled in enumerate(map(_cells, table.rows[1:]), table.first + 1):
        row, where = records.get(number, {}), _where(table, number, is_one=found.is_one)
        count = counts[" ".join(filled)]
        told = days.of_row(filled, above=day, is_above_times=number in above_times, is_repeated=count > 1, where=where)
        if told is not None:
            day = told
        elif row:
            if row.get("date"):
                day = row["date"] = days.of_cell(row["date"], where=where)
            elif day and row.get("starts"):
                row["date"] = day
            if "starts" in row and not row.get("ends"):
                row |= parted(row["starts"])
            if length := lengths.of(row.get("duration", "")):
                row["duration"] = f"PT{length.total_seconds():.0f}S"
            if zone and not row.get("time_zone"):
                row["time_zone"] = zone
            yield where, row


def _takes_day(rows: Iterable[Row]) -> bool:
    return any(row.get("starts") and not row.get("date") for row in rows)


def _above_times(table: Table, records: Mapping[int, Row]) -> set[int]:
    """The rows of few cells and no time from which the rows below them may take their day."""
    found, is_above = set(), False
    for number in range(table.first + len(table.rows) - 1, table.first, -1):
        row = records.get(number, {})
        if row.get("starts"):
            is_above = not row.get("date")
        elif is_above and 0 < len(_cells(table.rows[number - table.first])) <= ALONE:
            found.add(number)
    return found


def _lengths(table: Table, meant: dict[str, str], *, answers: Answers) -> Lengths:
    """How long the sessions of a table are that have no end. Refuses what `Lengths` do."""
    places = table.columns(meant)
    unit = headers.unit_of(table.headers[places["duration"]]) if "duration" in places else None
    cells = ((row.get("duration", ""), None) for _number, row in table.records(meant) if not row.get("ends"))
    return Lengths(cells, unit=unit, usual=USUAL, answers=answers, of=table.name)


def _where(table: Table, number: int, *, is_one: bool) -> str:
    place = {"name": table.name, "n": number}
    return (_("row %(n)s") if is_one else _("sheet “%(name)s”, row %(n)s")) % place


def _take(row: Row, *, builder: SessionBuilder, where: str) -> None:
    raw = RawEvent(where=where, identity=row.get("id", ""), code=row.get("code", "").upper())
    if "time_zone" in row:
        builder.use_zone(row["time_zone"])
    raw.guid, raw.meeting = row.get("guid", ""), texts.address(row.get("meeting_url", ""))
    named = row | {"language": row["languages"]} if "languages" in row else row
    raw.cells = {name: named[name] for name in CELLS if name in named}
    raw.cells |= {name: row.get(cell, "") for name, cell in (("start", "starts"), ("end", "ends"))}
    if first := day_alone(row.get("date", "")):  # the time stands in the other column
        raw.cells["date"] = first.isoformat()
    if clock(raw.cells["end"]) and (last := day_alone(row.get("end_date", ""))):
        raw.cells["end"] = f"{last.isoformat()} {raw.cells['end']}"
    if row.keys() & {"speakers", "moderators", *headers.NAME_PARTS}:
        told = {MODERATOR: row.get("moderators", ""), "": row.get("speakers", "")}
        is_ours = builder.programme.is_ours
        raw.persons = [person for role, text in told.items() for person in _persons(text, role=role)] if is_ours else []
        raw.told_people = {} if is_ours else {**told, "": told[""] or _names_of_parts(row)}
    if row.get("recording_url"):
        raw.recordings = [row["recording_url"]]
    if row.get("broadcast_url"):
        raw.links.append(FileLink("Broadcast", row["broadcast_url"]))
    if row.get("url") and not builder.programme.is_ours:
        raw.links.append(FileLink("", row["url"]))
    talk = builder.take(raw)
    if talk is not None:
        _columns_of_ours(talk, row, programme=builder.programme)


def _columns_of_ours(talk: Talk, row: Row, *, programme: Programme) -> None:
    talk.state = row.get("state", "")
    for name in ("captioning", "interpretation"):
        if name in row:
            setattr(talk, name, cells.languages(row[name]))
    for name in ("organisers", "action_lines", "sdgs"):
        if name in row:
            setattr(talk, name, parts(row[name]))
    try:
        talk.capacity = cells.whole_number(row.get("capacity", ""))
    except ValidationError as refused:
        programme.note(talk.where, " ".join(refused.messages))
    if row.get("meeting_url") and not texts.address(row["meeting_url"]):
        programme.note(talk.where, _("“%(url)s” is no web address: left out") % {"url": row["meeting_url"][:80]})


def _names_of_parts(row: Row) -> list[str]:
    """“Ada; Grace” and “Lovelace; Hopper” of two columns: who they are."""
    firsts, lasts = (row.get(name, "").split(SEPARATOR) for name in headers.NAME_PARTS)
    pairs = zip_longest(map(str.strip, firsts), map(str.strip, lasts), fillvalue="")
    return [whole_name("", first=first, last=last) for first, last in pairs]


def _persons(text: str, *, role: str) -> Iterator[ReadSpeaker]:
    """“Ada Lovelace (moderator); Grace Hopper”, as this site writes them: a name with a comma stays one."""
    for name in parts(text):
        bare, _bracket, told = name.removesuffix(")").rpartition(" (")
        is_role = name.endswith(")") and told.strip().casefold() in ROLES
        yield ReadSpeaker(name=bare, role=told.strip().casefold()) if is_role else ReadSpeaker(name=name, role=role)
