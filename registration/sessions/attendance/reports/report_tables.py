"""The rows of a report that is a table: which line names the columns, which column is which, and whose address stands elsewhere."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta, tzinfo
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.formatting.plain_text import line
from events.shared.tables import dates, headers, spreadsheet_reader
from events.shared.tables.answers import LEAVE, Answers, OpenQuestion, Reading
from events.shared.tables.cells import fold, meaning, whole_name
from events.shared.tables.code_pages import decoded
from events.shared.tables.spreadsheet_reader import Table
from registration.sessions.attendance.reports import report_cells, report_columns, report_zones
from registration.sessions.attendance.reports.report_columns import (
    BEGAN,
    COLUMNS,
    ENDED,
    LEFT,
    columns_of,
    is_of_leaves,
    known,
    lacking,
    with_delimiter,
    zoned,
)

MAX_ROWS = 20_000
LONGEST = 200  # characters of a name or an address that are read
ONE_EACH = frozenset({*BEGAN, *ENDED, "date"})  # two such columns are a question
ELSE = frozenset(fold(word) for of, name, words in headers.NAMES if (of, name) == ("report", "") for word in words)
NOT_THERE = frozenset({"", "-", "--", "–", "—", "n/a"})
AWAY = {"attended": "no", "waiting": "yes"}  # who was not there
MEANINGS = {  # of the values of columns that say a few things, in the words of the page that asks
    "attended": {"yes": gettext_lazy("They were there"), "no": gettext_lazy("They were not there")},
    "waiting": {"no": gettext_lazy("They were let in"), "yes": gettext_lazy("They only waited to be let in")},
    "action": {"join_time": gettext_lazy("They joined"), "leave_time": gettext_lazy("They left")},
}
MOST_VALUES = 8  # that are asked about, of one column


class Raw(NamedTuple):
    """A time that somebody joined, as it stands in the file; `length`: for how long they were there, in what `unit` where the header
    names one; `zones`: that the headers of the two times name. `is_shared`: several people have the name, and nothing says which one
    this is."""

    number: int
    name: str
    email: str
    began: Any
    ended: Any
    length: str = ""
    unit: timedelta | None = None
    zones: tuple[tzinfo | None, tzinfo | None] = (None, None)
    is_shared: bool = False


class ReportRows(NamedTuple):
    """The rows of a report; `left_out`: headers of columns that are not read; `notes`: sentences about how others are."""

    rows: list[Raw]
    left_out: list[str]
    notes: list[str]


@dataclass
class Section:
    """A table of a report, of which several may stand one below the other. `columns`: where each known one stands, perhaps several
    times; `table`: its cells, with headers that name no zone."""

    header: Sequence[str]
    columns: dict[str, list[int]]
    table: Table
    answers: Answers
    zone: tzinfo | None = None  # above it
    unclear: dict[tuple[str, str], None] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[Raw]:
        """Those of people who were there. What nobody understands is `unclear` then: values with their columns."""
        rows = enumerate(self.table.rows[1:], self.table.first + 1)
        return [one for number, row in rows for one in _raw(row, self, number=number)]

    def said(self, column: str, text: str) -> str:
        """Which of `MEANINGS` a value has, by itself or as somebody answered; `LEAVE` for a row to leave out, "" for none."""
        word = known().get(fold(text), "") if column == "action" else meaning(text, "yes", "no")
        found = word if word in MEANINGS[column] else self.answers.names.get(_value_key(column, text), "")
        if text and not found:
            self.unclear[column, text] = None
        return found

    @cached_property
    def places(self) -> dict[str, int]:
        """Of the columns that are read."""
        return {name: found[0] for name, found in self.columns.items()}

    def headers_of_times(self, names: Iterable[str] = (*BEGAN, *LEFT)) -> list[str]:
        """Where it has these columns."""
        return [self.header[self.places[name]] for name in names if name in self.places]

    @cached_property
    def zones(self) -> tuple[tzinfo | None, tzinfo | None]:
        """That the headers of the times of joining and of leaving name."""
        found = [[zoned(header)[1] for header in self.headers_of_times(names)] for names in (BEGAN, LEFT)]
        return (found[0] or found[1])[0], (found[1] or found[0])[0]

    @cached_property
    def unit(self) -> timedelta | None:
        """Of numbers that are lengths."""
        return headers.unit_of(self.header[self.places["duration"]]) if "duration" in self.places else None

    @cached_property
    def left_out(self) -> dict[int, str]:
        """The keys of the columns that are not read, by their place."""
        used = set(self.places.values())
        return {place: key for place, (key, _name) in enumerate(self.table.keys) if place not in used}

    def text(self, place: int) -> str:
        """What a column is called, or its number."""
        return line(self.header[place], most=40) or str(place + 1)

    def values(self, place: int) -> list[str]:
        """The first values of a column."""
        return _values(self.table, place)

    @cached_property
    def zone_texts(self) -> list[str]:
        """What its column of zones says."""
        place = self.places.get("time_zone")
        return (
            []
            if place is None
            else list(
                dict.fromkeys(row[place] for row in self.table.rows[1:] if row[place : place + 1] not in ([], [""]))
            )
        )

    def zones_of(self, text: str) -> tuple[tzinfo | None, tzinfo | None]:
        """Of the times of a row, which names the zone `text`: those of the headers come first, that of a line above last."""
        own = report_zones.named(text) if self.answers.names.get(report_zones.KEY) != report_zones.CHOSEN else None
        began, ended = (zone or own or self.zone for zone in self.zones)
        return began, ended

    @property
    def is_summary(self) -> bool:
        """Whether it says of each person when they came first and left last."""
        return not self.places.keys() & {"join_time", "span"} and (
            not self.is_of_leaves or "leave_time" not in self.places
        )

    @cached_property
    def is_of_leaves(self) -> bool:
        """Whether each row says when somebody left, and how long they had been there."""
        return is_of_leaves(self.places)

    @property
    def has_spans(self) -> bool:
        """Whether one cell says when somebody joined and left."""
        return "span" in self.places and not self.places.keys() & {"join_time", "first_join"}

    @cached_property
    def is_of_actions(self) -> bool:
        """Whether each row says that somebody joined or that they left."""
        return "action" in self.places and not self.places.keys() & {*LEFT, "span", "duration"}

    def joined(self) -> Iterator[Raw]:
        """Its rows. Where they are of actions, a leaving belongs to the joining before it."""
        if not self.is_of_actions:
            yield from self.rows
            return
        there: dict[tuple[str, str], Raw] = {}
        for row in self.rows:
            who, action = (row.name, row.email), self.said("action", row.ended)
            if action == "join_time":
                yield from filter(None, [there.pop(who, None)])
                there[who] = row._replace(ended="")
            elif action == "leave_time" and who in there:
                yield there.pop(who)._replace(ended=row.began)
            else:
                yield row._replace(began=row.ended)
        yield from there.values()

    def has_time(self, row: Sequence[str]) -> bool:
        """Whether a row says when somebody joined, and so names no columns."""
        place = next(self.places[name] for name in (*BEGAN, *LEFT) if name in self.places)
        return place < len(row) and any(map(str.isdigit, zoned(row[place])[0]))


def read(data: bytes, *, answers: Answers) -> ReportRows:
    """The rows of a report. Where times of joining are listed one by one (Teams), those of the first and the last ones are left out,
    and an address comes from there where one person alone has the name.

    Refuses `headers.OpenColumns`, `unclear-value` (`answers.OpenQuestion`), and what `spreadsheet_reader.read` does."""
    meanings = {**known(), **answers.columns}
    is_text = data[:4] != b"PK\x03\x04" and data[:8] != spreadsheet_reader.OLE
    data = with_delimiter(decoded(data, answers=answers), meanings) if is_text else data
    tables = spreadsheet_reader.read(data, answers=answers, most_rows=MAX_ROWS)
    sections: list[Section] = []
    others: list[Section] = []  # tables of people of which not all is known
    told = ""
    for table in tables:
        section = None
        for number, row in enumerate(table.rows, 1):
            places = {} if section and section.has_time(row) else columns_of(row, meanings)
            if not lacking(places):
                told = told or report_zones.above(table.rows[: number - 1])[0]
                section = _section(row, [], places, answers=answers, first=number)
                section.zone = report_zones.named(told)
                sections.append(section)
            elif section:
                section.table.rows.append(row)
            if len(places) > 1 and places.keys() & {"name", "first_name"} and lacking(places):
                below = table.rows[number : number + headers.LOOKED_AT]
                others.append(_section(row, below, places, answers=answers))
    if not sections:
        raise _open(tables, meanings, answers=answers)
    _ask_about_twins(sections)
    _ask_about_unknown([*sections, *others], answers)
    texts = list(dict.fromkeys(text for one in sections for text in one.zone_texts))
    report_zones.ask_about_rows(texts, answers=answers)
    rows = list(_told_once(sections))
    _ask_about_values(sections)
    left = (one.text(place) for one in sections for place in one.left_out if one.values(place))
    of_times = (header for one in sections for header in one.headers_of_times())
    notes = [*report_zones.lost(of_times), *report_zones.notes(texts or [told])]
    return ReportRows(rows, list(dict.fromkeys(left)), list(dict.fromkeys(notes)))


def _section(
    header: Sequence[str], rows: Sequence[list[str]], columns: dict[str, list[int]], *, answers: Answers, first: int = 1
) -> Section:
    return Section(header, columns, Table([[zoned(cell)[0] for cell in header], *rows], first=first), answers)


def _told_once(sections: Sequence[Section]) -> Iterator[Raw]:
    summary = [row for section in sections if section.is_summary for row in section.rows]
    names = Counter(row.name for row in summary)
    emails = {row.name: row.email for row in summary if names[row.name] == 1}
    listed = {row.name for section in sections if not section.is_summary for row in section.rows}
    for section in sections:
        for row in section.joined():
            if not section.is_summary or row.name not in listed:
                email = row.email or emails.get(row.name, "")
                yield row._replace(email=email, is_shared=not email and names[row.name] > 1)


# --- which column is which ------------------------------------------------------------------------
def _ask_about_twins(sections: Sequence[Section]) -> None:
    """Refuse two columns that mean the same moment."""
    for one in sections:
        for name, places in one.columns.items():
            if name in ONE_EACH and len(places) > 1:
                texts = ", ".join(f"“{one.text(place)}”" for place in places)
                words = _("Several columns are “%(name)s”: %(columns)s. Say which one is")
                tables = [section.table for section in sections]
                raise _asked(words % {"name": COLUMNS[name], "columns": texts}, tables, answers=one.answers)


def _ask_about_unknown(sections: Sequence[Section], answers: Answers) -> None:
    """Refuse columns that would be left out, and may say who somebody is, or when they were there."""
    unknown = {
        key: one.text(place)
        for one in sections
        for place, key in one.left_out.items()
        if key not in {"", *ELSE} and key not in answers.columns and _may_matter(one, place)
    }
    if unknown:
        words = _("It is not known what these columns mean: %(columns)s. Say what they mean, or leave them out")
        columns = ", ".join(f"“{text}”" for text in unknown.values())
        tables = [one.table for one in sections]
        raise _asked(words % {"columns": line(columns, most=300)}, tables, unknown=unknown, answers=answers)


def _value_key(column: str, text: str) -> str:
    return f"value:{column}:{fold(text) or text}"


def _ask_about_values(sections: Sequence[Section]) -> None:
    """Refuse what nobody understands in columns that say a few things: value by value, or where there are many, whether it is such a
    column."""
    for one in sections:
        columns = [column for column, _text in one.unclear]
        for column, text in one.unclear:
            place = one.places[column]
            named = {"text": text, "column": one.text(place)}
            if columns.count(column) > MOST_VALUES:
                words = _(
                    "The column “%(column)s” has too many values that are not known, such as “%(text)s”. Say what it means"
                )
                key, _name = one.table.keys[place]
                raise _asked(words % named, [one.table], unknown={key}, answers=one.answers)
            words = _("It is not known what “%(text)s” means in the column “%(column)s”. Say what it means")
            meanings = {**MEANINGS[column], LEAVE: _("Leave these rows out")}
            readings = [Reading(value, str(label), ()) for value, label in meanings.items()]
            raise OpenQuestion(words % named, code="unclear-value", key=_value_key(column, text), readings=readings)


def _may_matter(section: Section, place: int) -> bool:
    began = next((section.places[name] for name in BEGAN if name in section.places), None)
    kinds = {"address", "moment", "answer", "zone"}
    if began is None or report_cells.kind(section.values(began)) == "clock":
        kinds |= {"clock", "day"}
    if not section.places.keys() & {*LEFT}:
        kinds |= {"clock"}
    if "duration" not in section.places:
        kinds |= {"clock", "length"}
        if section.values(place) and headers.unit_of(section.header[place]):
            return True
    return report_cells.kind(section.values(place)) in kinds


def _values(table: Table, place: int) -> list[str]:
    cells = (row[place] for row in table.rows[1:] if place < len(row) and row[place])
    return list(islice(cells, headers.LOOKED_AT))


def _open(tables: Sequence[Table], meanings: Mapping[str, str], *, answers: Answers) -> ValidationError:
    """What is asked where no row names all the columns: of the row that names most of them."""
    rows = [
        (
            len(columns_of(row, meanings)),
            min(3, sum(map(bool, row))),
            -any(map(dates.moment, row)),
            Table([[zoned(cell)[0] for cell in row], *table.rows[place + 1 :]]),
        )
        for table in tables
        for place, row in enumerate(table.rows[: report_columns.HEAD])
        if row
    ]
    found = max(rows, key=lambda one: one[:3], default=None)
    if found is None:
        return ValidationError(_("The file holds nothing"), code="no-column")
    places, keys = columns_of(found[3].headers, meanings), [key for key, _name in found[3].keys]
    words = _("It is not clear which column is: %(missing)s. The columns of the file are: %(columns)s")
    if answers.columns.keys() >= set(filter(None, keys)):
        words = _(
            "By what you said no column is: %(missing)s. Without it the report cannot be read. Its columns are: %(columns)s"
        )
    columns = ", ".join(f"“{line(text, most=40)}”" for text in found[3].headers if text)
    dates_of = places.get("date", []) if lacking(places) else []  # one with a time is more than a day
    unknown = {
        keys[place] for place in dates_of if report_cells.kind(_values(found[3], place)) == "moment"
    } - answers.columns.keys()
    told = words % {"missing": ", ".join(lacking(places)), "columns": line(columns, most=300)}
    return _asked(told, [found[3]], unknown=unknown, answers=answers)


def _asked(
    message: str, tables: Sequence[Table], *, answers: Answers, unknown: Collection[str] = ()
) -> headers.OpenColumns:
    """It is not clear which column of some tables is which: first come those with the keys `unknown`, which have to be answered."""
    found = headers.headers_of(tables, known=known(), answers=answers)
    found.sort(key=lambda one: one.key not in unknown)
    asked = [replace(one, column="", is_open=True, is_doubtful=True) if one.key in unknown else one for one in found]
    return headers.OpenColumns([message], headers=asked, columns=list(COLUMNS.items()))


# --- rows -----------------------------------------------------------------------------------------
def _raw(row: Sequence[str], section: Section, *, number: int) -> Iterator[Raw]:
    """The times that somebody of a row was there; none for others, and for lines between the tables."""

    def cell(*names: str, most: int = LONGEST) -> str:
        place = next((section.places[name] for name in names if name in section.places), len(row))
        return line(row[place], most=most) if place < len(row) else ""

    def dated(text: str) -> str:
        is_clock = "date" in section.places and dates.clock(dates.zone(text)[0])
        return f"{cell('date').removesuffix(' 00:00') or '?'} {text}" if is_clock else text

    email = (cell("email") or cell("account")).lower()
    name = whole_name(cell("name"), first=cell("first_name"), last=cell("last_name")) or email
    times = [(dates.FIRST_DAYS.sub("", cell(*BEGAN)), cell(*LEFT, "action"), cell("duration"))]
    if section.is_of_leaves:
        times = [("", dated(dates.FIRST_DAYS.sub("", cell(*LEFT))), cell("duration"))]
    elif section.has_spans:
        times = report_cells.in_one(cell("span", most=MAX_ROWS))
    if (times[0][0] or times[0][1] * section.is_of_leaves).casefold() in NOT_THERE or not name:
        return
    asked = [*AWAY, *(["action"] if section.is_of_actions or section.is_of_leaves else [])]
    said = {one: section.said(one, text) for one in asked if (text := cell(one)).casefold() not in NOT_THERE}
    others = {**AWAY, "action": "join_time"} if section.is_of_leaves else AWAY  # who joins is told of as they leave
    if any(value in {LEAVE, others.get(one)} for one, value in said.items()):
        return
    zones = section.zones_of(cell("time_zone"))
    for began, ended, length in times:
        yield Raw(number, name, email, dated(began), ended, length, section.unit, zones)
