"""What meeting systems write about who was there: read into one shape.

Tables (CSV, XLSX) of Zoom (meetings, webinars), Teams, Webex and BigBlueButton; JSON of BigBlueButton's dashboard, of Jitsi's
`event_sync`, and of the interfaces of Zoom, Webex and Teams. A table is known by its columns, not by its vendor.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.formatting.plain_text import line
from events.tables import dates, spreadsheet_reader
from events.tables.cells import fold

MAX_ROWS = 20_000
HEAD = 60  # lines in which the names of the columns are looked for
LONGEST = 200  # characters of a name or an address that are read
COLUMNS = {
    "name": {"name", "fullname", "nameoriginalname", "usernameoriginalname", "username", "displayname", "attendeename"},
    "email": {"email", "useremail", "emailaddress", "attendeeemail"},
    "account": {"participantidupn"},
    "began": {"jointime", "joined", "join", "firstjoin", "joindatetime"},
    "ended": {"leavetime", "left", "leave", "lastleave", "leavedatetime"},
    "attended": {"attended"},
}
NEEDED = {"name", "began", "ended"}
JSON_KEYS = {
    "name": ("name", "displayName"),
    "email": ("email", "user_email", "emailAddress"),
    "began": ("registeredOn", "joined_at", "join_time", "joinedTime", "joinDateTime"),
    "ended": ("leftOn", "left_at", "leave_time", "leftTime", "leaveDateTime"),
}
SHORT_YEAR = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2})(?!\d)")
DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
NOT_THERE = {"", "-", "--", "n/a"}


class Entry(NamedTuple):
    """One time that somebody joined; `ended` is None where the report does not say when they left."""

    name: str
    email: str
    began: datetime
    ended: datetime | None


class Report(NamedTuple):
    """`unread`: the numbers of the rows whose times cannot be read."""

    entries: list[Entry]
    unread: list[int]


type Raw = tuple[int, str, str, Any, Any]  # row, name, address, joined, left: as they stand there


def read(data: bytes, *, zone: ZoneInfo, near: datetime) -> Report:
    """The entries of a report. `zone`: of times that name none; `near`: a moment of the meeting, which decides whether 07/04/2020 is
    in April or in July.

    Refuses `broken` (also one that is cut off), `no-column`, `empty`, and what `spreadsheet_reader.read` refuses.
    """
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}
    raw = list(_of_json(data) if is_json else _of_tables(data))
    found = min(
        (_with_times(raw, zone=zone, is_day_first=one) for one in (False, True)), key=lambda one: _far(one, near)
    )
    if not found.entries:
        raise ValidationError(_("The report names nobody who was there"), code="empty")
    return found


def _far(report: Report, near: datetime) -> tuple[int, timedelta]:
    first = min((entry.began for entry in report.entries), default=near)
    return len(report.unread), abs(first - near)


def _with_times(raw: Sequence[Raw], *, zone: ZoneInfo, is_day_first: bool) -> Report:
    def moment(value: Any) -> datetime | None:
        return _moment(value, zone, is_day_first)

    report = Report([], [])
    for number, name, email, joined, left in raw:
        began, ended = moment(joined), None
        is_open = not left or str(left).strip().casefold() in NOT_THERE
        if not is_open:
            ended = moment(left)
            if began and ended and ended < began:
                ended = ended.replace(fold=1)  # the clocks went back meanwhile
        if began is None or (not is_open and (ended is None or ended.astimezone(UTC) < began.astimezone(UTC))):
            report.unread.append(number)
        else:
            report.entries.append(Entry(name, email, began.astimezone(UTC), ended.astimezone(UTC) if ended else None))
    return report


@lru_cache(maxsize=50_000)
def _moment(value: Any, zone: ZoneInfo, is_day_first: bool) -> datetime | None:
    if isinstance(value, int | float):
        return moment_of(value // 1000 if value > 10**11 else value)  # milliseconds
    text = " ".join(str(value).split())
    text = SHORT_YEAR.sub(r"\1/\2/20\3", text)
    text = DAY.sub(r"\3-\2-\1" if is_day_first else r"\3-\1-\2", text)
    found = dates.moment(re.sub(r"^(\d{4}-\d{1,2}-\d{1,2}),", r"\1", text))
    return found if found is None or found.tzinfo else found.replace(tzinfo=zone)


def moment_of(seconds: float) -> datetime | None:
    """The moment so many seconds after the beginning of 1970; None for what is none of this century."""
    return datetime.fromtimestamp(int(seconds), UTC) if 0 < seconds < 4 * 10**9 else None


# --- tables ---------------------------------------------------------------------------------------
def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Where each known column stands in a row that names columns; nothing for other rows."""
    folded = [fold(cell) for cell in cells]
    found = {name: place for name, words in COLUMNS.items() for place, word in enumerate(folded) if word in words}
    return found if found.keys() >= NEEDED else {}


def _of_tables(data: bytes) -> Iterator[Raw]:
    """A report has a table for each of its sections, one below the other, and lines between them. Where times of joining are listed
    one by one (Teams), the table of the first and the last ones is left out."""
    is_packed = data[:4] == b"PK\x03\x04"
    data = data if is_packed else _with_delimiter(spreadsheet_reader.decoded(data))
    sections: list[tuple[bool, list[Raw]]] = []
    emails: dict[str, str] = {}
    for table in spreadsheet_reader.read(data, most_rows=MAX_ROWS):
        columns: dict[str, int] = {}
        for number, row in enumerate(table.rows, 1):
            if named := _columns(row):
                columns = named
                sections.append((fold(row[columns["began"]]) == "firstjoin", []))
            elif columns and (one := _raw(row, columns, number=number)):
                sections[-1][1].append(one)
                emails.setdefault(one[1], one[2])
    if not sections:
        words = _("These columns are missing: a name, the time of joining and that of leaving")
        raise ValidationError(words, code="no-column")
    is_listed = any(rows for is_summary, rows in sections if not is_summary)
    for is_summary, rows in sections:
        if not (is_summary and is_listed):
            for number, name, email, joined, left in rows:
                yield number, name, email or emails.get(name, ""), joined, left


def _raw(row: Sequence[str], columns: dict[str, int], *, number: int) -> Raw | None:
    """A row of somebody who was there; None for others, and for lines between the tables."""

    def cell(name: str) -> str:
        place = columns.get(name, len(row))
        return line(row[place], most=LONGEST) if place < len(row) else ""

    joined, name = cell("began"), cell("name")
    if joined.casefold() in NOT_THERE or cell("attended").casefold() == "no" or not name:
        return None
    return number, name, (cell("email") or cell("account")).lower(), joined, cell("ended")


def _with_delimiter(text: str) -> bytes:
    """The file behind a line that tells the reader of tables its delimiter: the line of the columns says which it is."""
    for one in text.split("\n", HEAD)[:HEAD]:
        for delimiter in "\t;,":
            if _names_columns(one, delimiter):
                return f"sep={delimiter}\n{text}{_cut_off(text, delimiter)}".encode()
    return text.encode()


def _names_columns(one: str, delimiter: str) -> bool:
    return bool(_columns([cell.strip('" \r\ufeff') for cell in one.split(delimiter)]))


def _cut_off(text: str, delimiter: str) -> str:
    """What makes the row in which a file is cut off one that cannot be read, so that it is told: question marks for the cells that
    it lacks. Nothing for a whole file."""
    *lines, last = text.split("\n")
    head = next((one for one in reversed(lines) if _names_columns(one, delimiter)), "") if last.strip() else ""
    missing = head.count(delimiter) - last.count(delimiter)
    return "?" + f"{delimiter}?" * missing if missing > 0 else ""


# --- JSON -----------------------------------------------------------------------------------------
def _of_json(data: bytes) -> Iterator[Raw]:
    try:
        found = list(_within(json.loads(data), name="", email=""))
    except (ValueError, RecursionError):
        raise ValidationError(_("The file is cut off, or is no JSON"), code="broken") from None
    if len(found) > MAX_ROWS:
        raise ValidationError(_("The file has more than %(n)s rows") % {"n": MAX_ROWS}, code="too-many-rows")
    for number, (name, email, joined, left) in enumerate(found, 1):
        if not isinstance(joined, int | float | str) or not isinstance(left, int | float | str | None):
            joined, left = "", ""
        yield number, line(str(name), most=LONGEST), line(str(email), most=LONGEST).lower(), joined, left


def _within(value: Any, *, name: Any, email: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Whatever has a time of joining, wherever it stands, with the name and the address of what it stands in."""
    if isinstance(value, list):
        for one in value:
            yield from _within(one, name=name, email=email)
    elif isinstance(value, dict):

        def first(keys: Sequence[str], otherwise: Any = None) -> Any:
            return next((value[key] for key in keys if isinstance(value.get(key), int | float | str)), otherwise)

        identity = value.get("identity")
        name = first(JSON_KEYS["name"], identity.get("displayName", name) if isinstance(identity, dict) else name)
        email = first(JSON_KEYS["email"], email)
        if (joined := first(JSON_KEYS["began"])) is not None:
            yield name, email, joined, first(JSON_KEYS["ended"])
        for one in value.values():
            if isinstance(one, dict | list):
                yield from _within(one, name=name, email=email)
