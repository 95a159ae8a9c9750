"""Programmes as tables: CSV and XLSX, with the columns of this site or of another."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.exchange.readers import texts
from events.exchange.readers.records import Programme, ReadSpeaker, Talk, refusal
from events.exchange.readers.session_builder import CELLS, FileLink, RawEvent, SessionBuilder
from events.exchange.readers.speaker_names import ROLES
from events.models import Appearance, Forum, Session
from events.shared.tables import cells, headers
from events.shared.tables.answers import Answers, NameQuestions
from events.shared.tables.cells import parts
from events.shared.tables.dates import (
    DAY_FIRST,
    MONTH_FIRST,
    SLASHES,
    UNCLEAR,
    YEAR_FIRST,
    Dates,
    clock,
    day_alone,
    day_of_row,
    plain,
)
from events.shared.tables.dates import day as read_day
from events.shared.tables.lengths import Lengths
from events.shared.tables.spreadsheet_reader import Table

# The columns that the site writes; the others it only reads.
COLUMNS = (
    "guid", "id", "code", "title", "description", "type", "track", "starts", "ends", "time_zone", "room", "state",
    "languages", "captioning", "speakers", "organisers", "action_lines", "sdgs", "recording_url", "url",
)  # fmt: skip
READ = (
    *(*COLUMNS, "moderators", "subtitle", "abstract", "date", "end_date", "duration", "capacity"),
    *("meeting_url", "broadcast_url", "forum"),
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
    "moderators": gettext_lazy("moderators"),
    "duration": gettext_lazy("duration"),
    "forum": gettext_lazy("forum"),
}
# What a header may mean, in the order in which one looks for it.
COLUMN_CHOICES = [(name, LABELS[name]) for name in READ if name not in {"guid", "forum"}]
HALF = re.compile(r"[ap]\.? ?m\.?$", re.IGNORECASE)
SPAN = re.compile(  # “10:00–11:30”, “10 Uhr bis 11.30 Uhr”
    r"(.*\d[^-–—~]*?)\s*(?:[-–—~〜至到]|\b(?:to|bis|à|a|до)\b|إلى)\s*(\d[^-–—~]{0,20})", re.IGNORECASE
)
EARLY = time(7)
USUAL = (timedelta(minutes=10), timedelta(hours=4))  # most sessions
LONGEST_SPAN = 200  # characters: of longer cells the search takes minutes
MODERATOR = Appearance.Role.MODERATOR.value
DAY_ROW = "row of a day"  # in place of a column: a day that is not clear
ORDER_OF_DATES = "order:dates"  # the key of the answer
ORDERS = {"day": DAY_FIRST, "month": MONTH_FIRST, "year": YEAR_FIRST}

type Row = dict[str, str]
type Placed = tuple[str, Row]  # where it stands in the file


def read(data: bytes, *, zone: ZoneInfo, forum: Forum | None = None, answers: Answers | None = None) -> Programme:
    """Read a table, or every sheet of a workbook, that has a title column. Rows of other forums than `forum` are left out
    where the file has several; its days tell 7 June from 6 July. `answers`: what somebody says of its headers who is asked: as long
    as one of them is open there are no sessions (`Programme.asks_columns`); who is not asked gets `no-schedule`
    where nothing is a title. Refuses what `tables.spreadsheet_reader.read` refuses."""
    programme, answers = Programme(), answers or Answers()
    known = headers.known_headers({name: [LABELS[name]] for name in READ}, table="session")
    found = headers.read(data, known=known, answers=answers, missing=_missing)
    if not found.used and not (answers.is_asking and found.meant):
        words = _(
            "The file is no schedule: neither frab XML or JSON, nor a calendar, nor a table with a column “title”"
        )
        raise refusal(words, code="no-schedule")
    programme.headers = found.headers
    for text in headers.open_columns(programme.headers, labels=LABELS, missing=found.missing):
        programme.unusable("", text)
    if programme.asks_columns:
        return programme
    for text in found.sheet_notes(LABELS):
        programme.note("", text)
    if names := [header.text for header in programme.headers if header.is_left_out]:
        words = _("These columns are not known, or stand there twice, and are not used: %(names)s")
        programme.note("", words % {"names": ", ".join(names)[:300]})
    programme.is_ours = all(set(table.headers) >= OURS for table in found.used)
    rows = [(_where(table, number, is_one=found.is_one), row) for table in found.used
            for number, row in _rows(table, found.meant, near=forum.starts if forum else None, answers=answers)]  # fmt: skip
    rows = _with_halves(rows, answers=answers, programme=programme)
    if dates := _dates(rows, forum=forum, answers=answers, programme=programme):
        _take_all(rows, dates=dates, builder=SessionBuilder(programme, zone=zone), forum=forum)
    return programme


def _missing(columns: Collection[str]) -> list[str]:
    return [] if "title" in columns else ["title"]


def _with_halves(rows: list[Placed], *, answers: Answers, programme: Programme) -> list[Placed]:
    """The rows, those before seven that follow later ones of their day in the half of the day that somebody says: few mean the night
    by “11:00, 1:30”. Where nobody is asked they are not used."""
    latest: dict[str, time] = {}
    unclear = []
    for where, row in rows:
        begins = None if HALF.search(plain(row.get("starts", ""))) else clock(row.get("starts", ""))
        last = latest.setdefault(row.get("date", ""), begins or time())
        if begins and begins < min(EARLY, last):
            unclear.append((where, row))
        elif begins:
            latest[row.get("date", "")] = max(begins, last)
    if not unclear:
        return rows
    text, questions = unclear[0][1]["starts"], NameQuestions(answers)
    halves = [("am", _("%(time)s, at night")), ("pm", _("%(time)s, in the afternoon"))]
    offered = [(half, words % {"time": f"{_in_half(text, half):%H:%M}"}) for half, words in halves]
    half = questions.choose(text, Session, key="hours:half", of=_("times such as"), offered=offered)
    programme.questions += questions.asked.values()
    for where, row in unclear:
        if not questions.is_asking:
            words = _("It is not clear whether “%(text)s” is at night or in the afternoon")
            programme.unusable(where, words % {"text": row["starts"]}, columns=("starts",))
        for name in ("starts", "ends"):
            if half and (read := _in_half(row.get(name, ""), half)):
                row[name] = read.isoformat()
    return rows if questions.is_asking else [placed for placed in rows if placed not in unclear]


def _in_half(text: str, half: str) -> time | None:
    """A time of the clock in a half of the day."""
    found = clock(text)
    return found.replace(hour=found.hour + 12) if found and half == "pm" and found.hour < 12 else found


def _dates(rows: Iterable[Placed], *, forum: Forum | None, answers: Answers, programme: Programme) -> Dates | None:
    """What reads the dates of a file; None while the person has not said whether they begin with the day or with the month."""
    written = (row[name] for _place, row in rows for name in ("date", "starts", "ends", "end_date") if name in row)
    dates = Dates(written, days=(forum.starts, forum.ends) if forum else None)
    if dates.unclear and answers.is_asking:
        order = ORDERS.get(answers.names.get(ORDER_OF_DATES, ""))
        if order is None:
            programme.unclear_date = dates.unclear
            return None
        dates.order, dates.unclear = order, ""
    if dates.unclear:
        programme.note("", _(UNCLEAR) % {"text": dates.unclear})
    return dates


def _take_all(rows: Iterable[Placed], *, dates: Dates, builder: SessionBuilder, forum: Forum | None) -> None:
    has_several = len({row.get("forum", "") for _place, row in rows} - {""}) > 1
    for where, row in rows:
        if has_several and row.get("forum", "") not in {"", forum.slug if forum else ""}:
            words = _("It belongs to the forum “%(name)s”") % {"name": row["forum"][:40]}
            builder.programme.unusable(where, words)
        elif DAY_ROW in row:
            text = {"text": row[DAY_ROW][:80]}
            if "date" in row:
                builder.programme.note(where, _("“%(text)s” is read as the day of the sessions below it") % text)
            else:
                words = _("It is not clear which day “%(text)s” is: write it as 2020-07-22")
                builder.programme.unusable(where, words % text)
        else:
            _take(row, builder=builder, dates=dates, where=where)


def _rows(table: Table, meant: dict[str, str], *, near: date | None, answers: Answers) -> Iterator[tuple[int, Row]]:
    """The rows with their numbers. A day stands for the rows with a time below it that name none: in the column of dates, alone in
    a row, or as the name of the sheet. One that is not clear ends the one above. `near`: a day of the forum."""
    day = table.name if read_day(table.name) else _iso(table.name, near=near)
    places = table.columns(meant)
    lengths = _lengths(table, meant, answers=answers)
    zones = [
        headers.zone_of_header(table.headers[places[name]]) for name in ("starts", "ends", "date") if name in places
    ]
    zone = next(filter(None, zones), "")
    for number, row in table.records(meant):
        filled = [cell for cell in table.rows[number - table.first] if cell]
        if len(filled) == 1 and (read_day(filled[0]) or SLASHES.fullmatch(filled[0])):
            day = filled[0]
            continue
        near = near or read_day(day)
        if len(filled) == 1 and (found := day_of_row(filled[0], near=near)):
            day = found[0].isoformat() if found[0] else ""
            if bool(day) == found[1]:  # other words beside a day, or a day that is not clear
                yield number, {DAY_ROW: filled[0], "date": day} if day else {DAY_ROW: filled[0]}
            if day or not found[1]:
                continue
        if row.get("date"):
            day = row["date"] = _iso(row["date"], near=near) or row["date"]
        if day and row.get("starts") and not row.get("date"):
            row["date"] = day
        if "starts" in row and not row.get("ends"):
            row |= _parted(row["starts"])
        if length := lengths.of(row.get("duration", "")):
            row["duration"] = f"PT{length.total_seconds():.0f}S"
        if zone and not row.get("time_zone"):
            row["time_zone"] = zone
        yield number, row


def _lengths(table: Table, meant: dict[str, str], *, answers: Answers) -> Lengths:
    """How long the sessions of a table are that have no end. Refuses what `Lengths` do."""
    places = table.columns(meant)
    unit = headers.unit_of(table.headers[places["duration"]]) if "duration" in places else None
    cells = ((row.get("duration", ""), None) for _number, row in table.records(meant) if not row.get("ends"))
    return Lengths(cells, unit=unit, usual=USUAL, answers=answers, of=table.name)


def _iso(text: str, *, near: date | None) -> str:
    found = day_of_row(text, near=near)
    return found[0].isoformat() if found and found[0] else ""


def _where(table: Table, number: int, *, is_one: bool) -> str:
    place = {"name": table.name, "n": number}
    return (_("row %(n)s") if is_one else _("sheet “%(name)s”, row %(n)s")) % place


def _take(row: Row, *, builder: SessionBuilder, dates: Dates, where: str) -> None:
    raw = RawEvent(where=where, identity=row.get("id", ""), code=row.get("code", "").upper())
    if "time_zone" in row:
        builder.use_zone(row["time_zone"])
    raw.guid = row.get("guid", "")
    named = row | {"language": row["languages"]} if "languages" in row else row
    raw.cells = {name: named[name] for name in CELLS if name in named}
    for name, cell in (("date", "date"), ("start", "starts"), ("end", "ends"), ("duration", "duration")):
        raw.cells[name] = dates.read(row.get(cell, ""))
    if "starts" in row and (first := day_alone(raw.cells["date"])):  # the time stands in the other column
        raw.cells["date"] = first.isoformat()
    if clock(raw.cells["end"]) and (last := day_alone(dates.read(row.get("end_date", "")))):
        raw.cells["end"] = f"{last.isoformat()} {raw.cells['end']}"
    if row.keys() & {"speakers", "moderators"}:
        told = {MODERATOR: row.get("moderators", ""), "": row.get("speakers", "")}
        is_ours = builder.programme.is_ours
        raw.persons = [person for role, text in told.items() for person in _persons(text, role=role)] if is_ours else []
        raw.told_people = {} if is_ours else {**told}
    if row.get("recording_url"):
        raw.recordings = [row["recording_url"]]
    if row.get("broadcast_url"):
        raw.links.append(FileLink("Broadcast", row["broadcast_url"]))
    if row.get("url") and not builder.programme.is_ours:
        raw.links.append(FileLink("", row["url"]))
    talk = builder.take(raw)
    if talk is not None:
        _columns_of_ours(talk, row, programme=builder.programme)


def _parted(text: str) -> Row:
    """“10:00–11:30” as start and end; “1:00–2:30 pm” is in the afternoon, “11:00–1:30 pm” begins before noon."""
    span = SPAN.fullmatch(text) if len(text) < LONGEST_SPAN else None
    ends_at = clock(span[2]) if span else None
    if not span or not ends_at:
        return {}
    starts, ends = span[1].strip(), span[2].strip()
    if HALF.search(ends) and not HALF.search(starts):
        bare = starts.split()[-1]
        halves = (" am", " pm")
        fitting = [starts + one for one in halves if (begins := clock(bare + one)) and begins < ends_at]
        starts = fitting[-1] if fitting else starts
    return {"starts": starts, "ends": ends}


def _columns_of_ours(talk: Talk, row: Row, *, programme: Programme) -> None:
    talk.state = row.get("state", "")
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


def _persons(text: str, *, role: str) -> Iterator[ReadSpeaker]:
    """“Ada Lovelace (moderator); Grace Hopper”, as this site writes them: a name with a comma stays one."""
    for name in parts(text):
        bare, _bracket, told = name.removesuffix(")").rpartition(" (")
        is_role = name.endswith(")") and told.strip().casefold() in ROLES
        yield ReadSpeaker(name=bare, role=told.strip().casefold()) if is_role else ReadSpeaker(name=name, role=role)
