"""Which column of a table a header means: its own name, its label in any language of the site, what people and other systems
call it (column_names.csv), or what the person answers who brings the table in."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise

from events.formatting.plain_text import line
from events.tables.answers import Answers
from events.tables.cells import fold, spellings
from events.tables.spreadsheet_reader import Table, header_key

with Path(__file__).with_name("column_names.csv").open(encoding="utf-8", newline="") as file:
    NAMES = [(row["table"], row["column"], row["also called"].split()) for row in csv.DictReader(file)]


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a file, and the column that it means ("": left out). `is_known`: nobody had to say so."""

    key: str
    text: str
    column: str
    is_known: bool


def known_headers(columns: Mapping[str, Iterable[str | Promise]], *, table: str = "") -> dict[str, str]:
    """Which of some columns, with their labels, each folded header means. `table`: whose names in column_names.csv count
    beside those of all tables. A column's own name comes before its labels, and these before what others call it."""
    found: dict[str, str] = {}
    for of, name, words in NAMES:
        if name in columns and of in {table, ""}:
            named = {fold(word): name for word in words}
            found = found | named if of else named | found
    found |= {word: name for name, labels in columns.items() for label in labels for word in spellings(label)}
    return found | {fold(name): name for name in columns}


def headers_of(tables: Sequence[Table], *, known: Mapping[str, str], answers: Answers) -> list[Header]:
    """The headers of some tables, each once, what is not known by itself first."""
    found: dict[str, Header] = {}
    for table in tables:
        for text in table.headers:
            if not (key := header_key(text)):
                continue
            column = answers.columns.get(key, known.get(key, ""))
            found.setdefault(key, Header(key, line(text, most=40), column, is_known=bool(known.get(key))))
    return sorted(found.values(), key=lambda header: header.is_known)
