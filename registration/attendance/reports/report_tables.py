"""The rows of a report that is a table: which line names the columns, which column is which, and whose address stands elsewhere."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.formatting.plain_text import line
from events.tables import dates, headers, spreadsheet_reader
from events.tables.answers import Answers
from events.tables.cells import fold
from events.tables.spreadsheet_reader import Table

MAX_ROWS = 20_000
HEAD = 60  # lines in which the names of the columns are looked for
LONGEST = 200  # characters of a name or an address that are read
COLUMNS = {  # what a report says, in the words of the page that asks; what systems call it: events/tables/column_names.csv
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "email": gettext_lazy("E-mail"),
    "account": gettext_lazy("Account"),
    "join_time": gettext_lazy("Time of joining"),
    "leave_time": gettext_lazy("Time of leaving"),
    "first_join": gettext_lazy("First time of joining"),
    "last_leave": gettext_lazy("Last time of leaving"),
    "duration": gettext_lazy("Duration"),
    "attended": gettext_lazy("Attended"),
}
WHO, BEGAN, ENDED = (
    ("name", "first_name", "last_name", "email", "account"),
    ("join_time", "first_join"),
    ("leave_time", "last_leave", "duration"),
)
ONE_EACH = frozenset({*BEGAN, *ENDED})  # two such columns are a question
NOT_THERE = frozenset({"", "-", "--", "–", "—", "n/a"})
NO = frozenset({"no", "non", "nein", "нет", "لا", "否", "いいえ"})


class Raw(NamedTuple):
    """A time that somebody joined, as it stands in the file; `length`: for how long they were there."""

    number: int
    name: str
    email: str
    began: Any
    ended: Any
    length: str = ""


class ColumnsOpen(ValidationError):
    """It is not clear which column is which; `table` has those of the file as its headers. Code `no-column`."""

    def __init__(self, message: str, *, table: Table) -> None:
        super().__init__(message, code="no-column")
        self.table = table


@dataclass
class Section:
    """A table of a report, of which several may stand one below the other. `places`: of its columns; `zones`: that their headers
    name."""

    places: dict[str, int]
    zones: dict[int, str]
    rows: list[Raw] = field(default_factory=list)

    @property
    def is_summary(self) -> bool:
        """Whether it says of each person when they came first and left last."""
        return "join_time" not in self.places

    def has_time(self, row: Sequence[str]) -> bool:
        """Whether a row says when somebody joined, and so names no columns."""
        place = next(self.places[name] for name in BEGAN if name in self.places)
        return place < len(row) and any(map(str.isdigit, _bare(row[place])))


@cache
def known() -> headers.Vocabulary:
    """Which column each folded header means."""
    return headers.known_headers({name: [label] for name, label in COLUMNS.items()}, table="report")


def read(data: bytes, *, answers: Answers) -> Iterator[Raw]:
    """The rows of a report. Where times of joining are listed one by one (Teams), those of the first and the last ones are left out,
    and an address comes from there where one person alone has the name.

    Refuses (`no-column`) as `ColumnsOpen`, and what `spreadsheet_reader.read` refuses."""
    meanings = {**known(), **answers.columns}
    data = data if data[:4] == b"PK\x03\x04" else _with_delimiter(spreadsheet_reader.decoded(data), meanings)
    tables = spreadsheet_reader.read(data, most_rows=MAX_ROWS)
    sections: list[Section] = []
    for table in tables:
        section = None
        for number, row in enumerate(table.rows, 1):
            places = {} if section and section.has_time(row) else _columns(row, meanings)
            if _lacking(places):
                if section and (one := _raw(row, section, number=number)):
                    section.rows.append(one)
                continue
            _ask_about_twins(row, places, Table(table.rows[number - 1 :]))
            zones = {place: str(zone) for place, cell in enumerate(row) if (zone := dates.zone(cell)[1])}
            section = Section({name: found[0] for name, found in places.items()}, zones)
            sections.append(section)
    if not sections:
        raise _open(tables, meanings)
    yield from _told_once(sections)


def _told_once(sections: Sequence[Section]) -> Iterator[Raw]:
    summary = [row for section in sections if section.is_summary for row in section.rows]
    names = Counter(row.name for row in summary)
    emails = {row.name: row.email for row in summary if names[row.name] == 1}
    listed = {row.name for section in sections if not section.is_summary for row in section.rows}
    for section in sections:
        for row in section.rows:
            if not section.is_summary:
                yield row._replace(email=row.email or emails.get(row.name, ""))
            elif row.name not in listed:
                yield row


# --- which column is which ------------------------------------------------------------------------
def _columns(cells: Sequence[str], meanings: Mapping[str, str]) -> dict[str, list[int]]:
    """Where each known column stands in a row, if it names columns."""
    found: dict[str, list[int]] = {}
    for place, (key, _name) in enumerate(Table([[_bare(cell) for cell in cells]]).keys):
        if column := key and meanings.get(key, ""):
            found.setdefault(column, []).append(place)
    return found


def _bare(header: str) -> str:
    """A header without its zone: “Join Time (UTC+01:00)”."""
    text, zone = dates.zone(header)
    return text if zone else header


def _lacking(places: Mapping[str, Any]) -> list[str]:
    """What the columns of a report do not say, in words."""
    words = {WHO: _("Name"), BEGAN: _("Time of joining"), ENDED: _("Time of leaving")}
    return [words[names] for names in (WHO, BEGAN, ENDED) if not places.keys() & set(names)]


def _ask_about_twins(row: Sequence[str], places: Mapping[str, list[int]], table: Table) -> None:
    """Refuse two columns that mean the same moment."""
    for name in ONE_EACH & places.keys():
        if len(places[name]) > 1:
            texts = ", ".join(f"“{line(row[place], most=40)}”" for place in places[name])
            words = _("Several columns are “%(name)s”: %(columns)s. Say which one is")
            raise ColumnsOpen(words % {"name": COLUMNS[name], "columns": texts}, table=table)


def _open(tables: Sequence[Table], meanings: Mapping[str, str]) -> ValidationError:
    """What is asked where no row names all the columns: of the row that names most of them."""
    rows = [
        (
            len(_columns(row, meanings)),
            min(3, sum(map(bool, row))),
            -any(map(dates.moment, row)),
            Table(table.rows[place:]),
        )
        for table in tables
        for place, row in enumerate(table.rows[:HEAD])
        if row
    ]
    found = max(rows, key=lambda one: one[:3], default=None)
    if found is None:
        return ValidationError(_("The file holds nothing"), code="no-column")
    words = _("It is not clear which column is: %(missing)s. The columns of the file are: %(columns)s")
    missing = ", ".join(_lacking(_columns(found[3].headers, meanings)))
    columns = ", ".join(f"“{line(text, most=40)}”" for text in found[3].headers if text)
    return ColumnsOpen(words % {"missing": missing, "columns": line(columns, most=300)}, table=found[3])


def asked(refusal: ColumnsOpen, *, answers: Answers) -> list[headers.Header]:
    """The headers about which the page asks."""
    rows = [[_bare(cell) for cell in refusal.table.headers], *refusal.table.rows[1:]]
    return headers.headers_of([Table(rows)], known=known(), answers=answers)


# --- rows -----------------------------------------------------------------------------------------
def _raw(row: Sequence[str], section: Section, *, number: int) -> Raw | None:
    """A row of somebody who was there; None for others, and for lines between the tables."""

    def cell(*names: str) -> str:
        place = next((section.places[name] for name in names if name in section.places), len(row))
        return line(row[place], most=LONGEST) if place < len(row) else ""

    def moment(*names: str) -> str:
        text = cell(*names)
        zone = next((section.zones.get(section.places[name], "") for name in names if name in section.places), "")
        return f"{text} {zone}" if zone and text.casefold() not in NOT_THERE and not dates.zone(text)[1] else text

    email = (cell("email") or cell("account")).lower()
    name = cell("name")
    if not name or not section.places.keys() >= {
        "first_name",
        "last_name",
    }:  # “Nom” beside “Prénom” is a part of the name
        name = " ".join(filter(None, (cell("first_name"), name, cell("last_name")))) or email
    began = moment(*BEGAN)
    if began.casefold() in NOT_THERE or fold(cell("attended")) in NO or not name:
        return None
    return Raw(number, name, email, began, moment("leave_time", "last_leave"), cell("duration"))


def _with_delimiter(text: str, meanings: Mapping[str, str]) -> bytes:
    """The file behind a line that tells the reader of tables its delimiter: the line of the columns says which it is, else the
    line with the most known ones, else the most lines that have as many delimiters."""
    lines = text.split("\n", HEAD)[:HEAD]
    for one in lines:
        for delimiter in "\t;,":
            if _names_columns(one, delimiter, meanings):
                return f"sep={delimiter}\n{text}{_cut_off(text, delimiter, meanings)}".encode()
    if spreadsheet_reader.TOLD_DELIMITER.match(text):
        return text.encode()

    def sure(delimiter: str) -> tuple[int, int]:
        named = max(len(_columns(one.split(delimiter), meanings)) for one in lines)
        return named, max(Counter(count for one in lines if (count := one.count(delimiter))).values(), default=0)

    return f"sep={max('\t;,', key=sure)}\n{text}".encode()


def _names_columns(one: str, delimiter: str, meanings: Mapping[str, str]) -> bool:
    return not _lacking(_columns([cell.strip('=" \r\ufeff') for cell in one.split(delimiter)], meanings))


def _cut_off(text: str, delimiter: str, meanings: Mapping[str, str]) -> str:
    """What makes the row in which a file is cut off one that cannot be read, so that it is told: question marks for the cells that
    it lacks. Nothing for a whole file."""
    *lines, last = text.split("\n")
    head = (
        next((one for one in reversed(lines) if _names_columns(one, delimiter, meanings)), "") if last.strip() else ""
    )
    missing = head.count(delimiter) - last.count(delimiter)
    return "?" + f"{delimiter}?" * missing if missing > 0 else ""
