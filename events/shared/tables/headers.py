"""Which column of a table a header means: its own name, its label in any language of the site, what people and other systems
call it (column_names.csv), or what the person answers who brings the table in. What is not sure is asked, with some of its
values (templates/admin/events/exchange/columns.html). All sheets that have the columns are read, and the others named."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.models.time_zones import REGIONS, zone_of
from events.shared.formatting.plain_text import line
from events.shared.tables import dates, spreadsheet_reader
from events.shared.tables.answers import Answers, OpenQuestion
from events.shared.tables.cells import fold, spellings
from events.shared.tables.spreadsheet_reader import MAX_ROWS, Table

with Path(__file__).with_name("column_names.csv").open(encoding="utf-8", newline="") as file:
    NAMES = [(row["table"], row["column"], row["also called"].split()) for row in csv.DictReader(file)]
ALIAS, LABEL, EXACT = 1, 2, 3  # how sure a name is: the surest of two headers has the column
NAME_PARTS = ("first_names", "last_names")  # of speakers: of both, the cells of one number are one person
SEVERAL = frozenset(
    {"speakers", "moderators", "organisers", *NAME_PARTS}
)  # “Speaker 1”, “Speaker 2”: their cells are put together
LONGEST = 200  # characters of a header in which a unit or a zone is looked for
LIKE_OTHERS = 2  # columns by which a sheet that lacks one is asked about
EXAMPLES, LOOKED_AT = 3, 100  # values of a column that are shown, and by which it is judged
ADDRESS = re.compile(r"(?:[a-z]+://|www\.)\S+|[^\s@.]+\.[^\s@]{2,}", re.IGNORECASE)


def _digits(most: int) -> Callable[[str], bool]:
    return lambda text: sum(map(str.isdigit, text)) >= most


# What a value of a column looks like at least, whatever its header says.
FITS: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(("url", "website", "meeting_url", "broadcast_url", "recording_url"), lambda text: bool(ADDRESS.fullmatch(text))),
    **dict.fromkeys(("starts", "ends", "duration", "capacity", "year", "order", "protocol_order"), _digits(1)),
    **dict.fromkeys(("date", "end_date"), _digits(3)),
    "title": lambda text: any(map(str.isalpha, text)),
    "email": lambda text: "@" in text,
    "time_zone": lambda text: zone_of(text) is not None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a file, the column that it means ("": left out), and three of its values.

    `is_known`: nobody had to say so. `is_open`: the person is asked and has not answered; then `column` is what is proposed, and
    where `is_doubtful` nothing is."""

    key: str
    text: str
    column: str
    is_known: bool
    is_open: bool = False
    is_doubtful: bool = False
    examples: tuple[str, ...] = ()

    @property
    def is_left_out(self) -> bool:
        """Whether it holds something that is not used."""
        return not self.column and bool(self.examples)


type Choices = Sequence[tuple[str, Any]]  # columns with their labels

NUMBER = re.compile(r"[0-9]+")
UNIT = re.compile(r"[(\[（]\s*([^\W\d_]+)\.?\s*[)\]）]|(?<=\W)([^\W\d_]{3,})\.?$")
ZONE = re.compile(
    rf"[(\[（]\s*([A-Z]{{1,4}}T|(?:{REGIONS})/[A-Za-z_/+-]+)\b[^()]*[)\]）]"
)  # “(CEST)”, “(Africa/Nairobi)”


def unit_of(header: str) -> timedelta | None:
    """What one is in a column of lengths, where its header says so: “Duration (hours)”, “Dauer in Stunden”."""
    found = UNIT.search(header.strip()[-LONGEST:])
    return dates.UNITS.get(fold(found[1] or found[2])) if found else None


def zone_of_header(header: str) -> str:
    """The name of the zone in which a column of times is, where its header says one, known or not; else ""."""
    header = header.strip()[-LONGEST:]
    offset = dates.zone(header)[1]
    if offset is not None:
        hours = (offset.utcoffset(None) or timedelta()) / timedelta(hours=1)
        return f"Etc/GMT{-hours:+.0f}" if hours else "UTC"
    found = ZONE.search(header)
    return found[1] if found else ""


class Vocabulary(dict[str, str]):
    """Folded header → the column that it means; `meanings`: how sure that is, and all columns that it may mean."""

    def __init__(self) -> None:
        super().__init__()
        self.meanings: dict[str, tuple[int, list[str]]] = {}

    def add(self, rank: int, words: Iterable[tuple[str, str]]) -> None:
        """Names of columns, of which none is known yet: those of a higher rank come first."""
        new: dict[str, list[str]] = {}
        for word, column in words:
            if word and word not in self and column not in new.setdefault(word, []):
                new[word].append(column)
        for word, columns in new.items():
            if columns:
                self[word], self.meanings[word] = columns[0], (rank, columns)

    def meaning(self, name: str) -> tuple[int, list[str]]:
        """What a folded header may mean; one of several people has a number (“Speaker 1”, “Speaker 1 Last Name”)."""
        numberless = NUMBER.sub("", name)
        is_numbered = name not in self and self.get(numberless) in SEVERAL
        return self.meanings.get(numberless if is_numbered else name, (0, []))


def known_headers(columns: Mapping[str, Iterable[str | Promise]], *, table: str = "") -> Vocabulary:
    """Which of some columns, with their labels, each folded header means. `table`: whose names in column_names.csv come before
    those of all tables. A column's own name comes before its labels, and these before what others call it."""
    found = Vocabulary()
    found.add(EXACT, ((fold(name), name) for name in columns))
    found.add(
        LABEL, ((word, name) for name, labels in columns.items() for label in labels for word in spellings(label))
    )
    for wanted in dict.fromkeys((table, "")):
        named = ((of, name, words) for of, name, words in NAMES if of == wanted and name in columns)
        found.add(ALIAS, ((fold(word), name) for _of, name, words in named for word in words))
    return found


def headers_of(tables: Sequence[Table], *, known: Vocabulary, answers: Answers) -> list[Header]:
    """The headers of some tables, each once, what the person has to say of first, then what they said."""
    ranks: dict[str, int] = {}
    found: dict[str, Header] = {}
    for key, (name, text, values) in _seen(tables).items():
        ranks[key], columns = known.meaning(name)
        ranks[key] = ranks[key] if values else 0  # an empty column takes nothing from another
        found[key] = _header(key, text, columns, values, rank=ranks[key])
    for keys in _of_one_column(tables, found):
        found |= _surest(keys, found, ranks)
    may_mean = {"", *known.values()}
    for key, column in answers.columns.items():
        if key in found and column in may_mean:
            found[key] = replace(found[key], column=column, is_open=False, is_doubtful=False)
    for keys in _of_one_column(tables, found):
        found |= {key: replace(found[key], is_open=True) for key in keys}
    return sorted(found.values(), key=lambda header: (not header.is_open, header.is_known))


class OpenColumns(OpenQuestion):
    """Before a file is read on, somebody says what its `headers` are, of some `columns`."""

    def __init__(
        self, messages: Sequence[str], *, headers: Sequence[Header], columns: Choices, code: str = "no-column"
    ) -> None:
        told = messages or [_("Say what these columns are")]
        super().__init__([ValidationError(text, code=code) for text in told], code=code)
        self.headers, self.columns = headers, columns


def check_known(found: Sequence[Header], *, columns: Choices, missing: Collection[str]) -> None:
    """Refuse (`OpenColumns`) headers that are open, with the columns that are `missing`, and those that several open headers were
    said to be. `no-column` where there are no headers."""
    if not missing and not any(header.is_open for header in found):
        return
    counts = Counter(header.column for header in found if header.is_open and header.column)
    words = [(_("No column is “%(name)s”. Say which one is"), name) for name in missing]
    several = _("Several columns are “%(name)s”. Say which one is")
    words += [(several, name) for name, count in counts.items() if count > 1]
    labels = dict(columns)
    told = [text % {"name": capfirst(str(labels[name]))} for text, name in words]
    if not found:
        raise ValidationError([ValidationError(text, code="no-column") for text in told])
    raise OpenColumns(told, headers=found, columns=columns)


def _seen(tables: Sequence[Table]) -> dict[str, tuple[str, str, list[str]]]:
    """Each header by its key: its name, itself, and the first values below it in all tables."""
    found: dict[str, tuple[str, str, list[str]]] = {}
    for table in tables:
        for place, (key, name) in enumerate(table.keys):
            if key:
                values = found.setdefault(key, (name, line(table.headers[place], most=40), []))[2]
                cells = (row[place] for row in table.rows[1:] if place < len(row) and row[place])
                values += islice(cells, LOOKED_AT)
    return found


def _header(key: str, text: str, columns: Sequence[str], values: Sequence[str], *, rank: int) -> Header:
    fitting = [column for column in columns if _fit(column, values, rank=rank)]
    is_sure = len(columns) == 1 and bool(fitting)
    proposed = [column for column in fitting if column in FITS] or fitting  # an address is more than any words
    column = proposed[0] if len(proposed) == 1 else ""
    is_open = not is_sure and bool(values)
    examples = tuple(line(value, most=60) for value in list(dict.fromkeys(values))[:EXAMPLES])
    return Header(key, text, column, is_sure, is_open, bool(columns) and not column, examples)


def _fit(column: str, values: Sequence[str], *, rank: int) -> bool:
    """Whether half of the values may stand in a column, which was called something else; of its own name or label it is believed
    while any of the first values may. Rows that are wrong are told one by one."""
    count = sum(map(FITS.get(column, bool), values))
    return 2 * count >= len(values) if rank == ALIAS else count > 0 or len(values) < EXAMPLES


def _of_one_column(tables: Iterable[Table], found: Mapping[str, Header]) -> Iterator[list[str]]:
    """The headers that stand in one table and mean the same."""
    for table in tables:
        keys: dict[str, list[str]] = {}
        for key, _name in table.keys:
            if key and found[key].column and found[key].column not in SEVERAL:
                keys.setdefault(found[key].column, []).append(key)
        yield from (several for several in keys.values() if len(several) > 1)


def _surest(keys: Sequence[str], found: Mapping[str, Header], ranks: Mapping[str, int]) -> dict[str, Header]:
    """The headers that do not have their column, because a surer one has it; of equals all."""
    sure = {key: (ranks[key], found[key].is_known) for key in keys}
    best = [key for key in keys if sure[key] == max(sure.values())]
    left = [found[key] for key in keys if key not in best or len(best) > 1]
    return {
        one.key: replace(one, column="", is_known=False, is_open=bool(one.examples), is_doubtful=one.key in best)
        for one in left
    }


# --- the sheets of a file --------------------------------------------------------------------------
class SheetRow(NamedTuple):
    """A row by column, with the name of its sheet ("" where the file has one) and its number there."""

    sheet: str
    number: int
    cells: dict[str, str]

    @property
    def place(self) -> str:
        """“3”, “Delegates: 3”."""
        return f"{self.sheet}: {self.number}" if self.sheet else str(self.number)


@dataclass(frozen=True, slots=True)
class Sheets:
    """`used`: the tables that lack no column; `headers`: those about which somebody may be asked, and `meant`: the column of each, by
    its key; `lacks`: the columns that each other table lacks, by its name. `is_one`: the file has no other."""

    used: list[Table]
    headers: list[Header]
    meant: dict[str, str]
    lacks: dict[str, list[str]]
    is_one: bool

    @property
    def missing(self) -> list[str]:
        """The columns that have to be there first: those of the table that lacks least."""
        return [] if self.used else min(self.lacks.values(), key=len, default=[])

    def sheet_notes(self, labels: Mapping[str, Any]) -> list[str]:
        """Which of several sheets are read, and which are not, in sentences."""
        names = ", ".join(f"“{table.name}”" for table in self.used)
        told = [] if self.is_one or not names else [_("Sheets that are read: %(names)s") % {"names": names}]
        words = _("The sheet “%(sheet)s” is not read. These columns are missing: %(names)s")
        named = {name: ", ".join(str(labels[column]) for column in lacks) for name, lacks in self.lacks.items()}
        return [*told, *(words % {"sheet": name, "names": names} for name, names in named.items())]

    def rows(self, *, without: Container[str] = ()) -> list[SheetRow]:
        """The rows that hold something; `without`: columns that are not read. Refuses `empty` and `too-many-rows`."""
        meant = {key: column for key, column in self.meant.items() if column not in without}
        named = [("" if self.is_one else table.name, table) for table in self.used]
        found = [SheetRow(name, *record) for name, table in named for record in table.records(meant)]
        if not found:
            raise ValidationError(_("The table has no rows below its header"), code="empty")
        if len(found) > MAX_ROWS:
            raise ValidationError(_("The file has more than %(n)s rows") % {"n": MAX_ROWS}, code="too-many-rows")
        return found


def read(
    data: bytes, *, known: Vocabulary, answers: Answers, missing: Callable[[Collection[str]], list[str]]
) -> Sheets:
    """The tables of a file; `missing`: the columns that are needed and not among some. As long as one lacks none, the others are asked
    about only where they look like it. Refuses what `spreadsheet_reader.read` does."""
    read_tables = spreadsheet_reader.read(data, answers=answers) or [Table([])]
    tables = [table.from_header({**known, **answers.columns}) for table in read_tables]
    meant = {one.key: one.column for one in headers_of(tables, known=known, answers=answers)}
    lacks = {place: missing(table.columns(meant)) for place, table in enumerate(tables)}
    used = [table for place, table in enumerate(tables) if not lacks[place]]
    asked = [table for table in tables if table in used or not used or len(table.columns(meant)) >= LIKE_OTHERS]
    found = headers_of(asked, known=known, answers=answers)
    others = {table.name: lacks[place] for place, table in enumerate(tables) if lacks[place]}
    return Sheets(used, found, meant, others, len(tables) == 1)
