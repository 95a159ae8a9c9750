"""A table that comes in by a resource: looked at first, then its rows in one transaction, all or the good ones."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from tablib import Dataset

from events.models import User
from events.once_a_revision import kept_meanwhile
from events.pages import revision
from events.tables import headers, spreadsheet_reader
from events.tables.answers import Answers, NameQuestion
from events.tables.resources import CHANGED, NEW, SKIPPED, TableResource
from events.tables.spreadsheet_reader import Table

EMPTY = {"blank", "null", "required"}
MOST_RANGES = 10  # of rows that are named with what is wrong with them
TOLD = 5  # rows that are refused when the file comes in


class RowError(NamedTuple):
    """What is wrong with rows, and where: their numbers in the file and the column, as far as there are such."""

    rows: Sequence[int]
    column: str
    text: str

    @property
    def where(self) -> str:
        """“row 2, column Title”, “rows 2–9, 12”."""
        if not self.rows:
            return self.column
        row = (_("row %(n)s") if len(self.rows) == 1 else _("rows %(n)s")) % {"n": _ranges(self.rows)}
        return _("%(row)s, column %(name)s") % {"row": row, "name": self.column} if self.column else row


def _ranges(numbers: Sequence[int]) -> str:
    """Rising numbers in words: “2–9, 12”."""
    runs = [[one for _place, one in run] for _gap, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    shown = [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return ", ".join([*shown[:MOST_RANGES], *(["…"] if len(shown) > MOST_RANGES else [])])


class RowChange(NamedTuple):
    """A row that changes: its name, and each column with its cell before and after."""

    name: str
    shown: list[tuple[str, str, str]]


@dataclass
class TableLook:
    """What a table does, or did. `result`: of the library; None where a column that it needs is missing."""

    resource: TableResource
    headers: list[headers.Header]
    first: int  # the number of the row before the first one
    used: list[str]  # the columns that the file has
    missing: list[str]
    result: Any = None

    template = "admin/events/exchange/table_preview.html"

    @property
    def asks_columns(self) -> bool:
        """Whether the person has to say first what the columns are."""
        return bool(self.missing) or any(header.is_open for header in self.headers)

    @property
    def left_out(self) -> list[str]:
        """The columns that hold something and are not used."""
        return [header.text for header in self.headers if header.is_left_out]

    @property
    def questions(self) -> list[NameQuestion]:
        return list(self.resource.questions.asked.values())

    @property
    def columns(self) -> list[tuple[str, str]]:
        """What a header may mean."""
        return [(name, capfirst(str(labels[0]))) for name, labels in self.resource.labels().items()]

    @cached_property
    def errors(self) -> list[RowError]:
        """Everything that is wrong with rows, the same in several as one, but for names about which the page asks."""
        words = _("No column is “%(name)s”. Say which one is")
        found = [RowError((), "", words % {"name": name}) for name in self.missing]
        words = _("Several columns are “%(name)s”. Say which one is")
        found += [RowError((), "", words % {"name": dict(self.columns)[name]}) for name in headers.ties(self.headers)]
        if self.result is None:
            return found
        found += [RowError((), "", str(error.error)) for error in self.result.base_errors]
        rows: dict[tuple[str, str], list[int]] = {}
        for number, column, text in self._row_errors():
            rows.setdefault((column, text), []).append(number)
        return [*found, *(RowError(numbers, *what) for what, numbers in rows.items())]

    def _row_errors(self) -> Iterator[tuple[int, str, str]]:
        """Of each row its number in the file, the column and what is wrong there."""
        labels = dict(self.columns)
        for number, errors in self.result.row_errors():
            for error in errors:
                yield number + self.first, "", str(error.error)
        for row in self.result.invalid_rows:
            for name, errors in row.error.update_error_dict({}).items():
                column = "" if name == NON_FIELD_ERRORS else labels.get(name, name)
                for error in errors:
                    if error.code != "not-found":
                        text = _("It is empty") if error.code in EMPTY else " ".join(error.messages)
                        yield row.number + self.first, column, text

    def _rows(self, kind: str) -> list[Any]:
        return [row for row in self.result.rows if row.import_type == kind] if self.result else []

    def keys(self, kind: str) -> frozenset[Any]:
        """The keys of the rows that are new, or changed."""
        return frozenset(row.object_id for row in self._rows(kind))

    @property
    def shown_columns(self) -> list[str]:
        """The columns that the file has, as the preview heads them."""
        return [label for name, label in self.columns if name in self._shown]

    @cached_property
    def _shown(self) -> set[str]:
        """The columns of the file without the key: a new row gets another one when it is kept than in the preview."""
        return set(self.used) - {self.resource._meta.model._meta.pk.name}

    @cached_property
    def new(self) -> list[list[str]]:
        """The cells of each new row, in the order of `shown_columns`."""
        places = [place for place, (name, _label) in enumerate(self.columns) if name in self._shown]
        return [[row.diff[place][1] for place in places] for row in self._rows(NEW)]

    @cached_property
    def changed(self) -> list[RowChange]:
        labels, names = dict(self.columns), [field.column_name for field in self.resource.get_import_fields()]
        changes = []
        for row in self._rows(CHANGED):
            cells = zip(names, row.diff, strict=True)
            shown = [(labels[name], before, after) for name, (before, after) in cells if before != after]
            changes.append(RowChange(row.object_repr or "", shown))
        return changes

    @cached_property
    def same(self) -> int:
        """How many rows say what is there already."""
        return sum(row.object_id is not None for row in self._rows(SKIPPED))

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed)

    @property
    def is_refused(self) -> bool:
        """Whether a row, or the whole table, cannot come in."""
        return self.result is None or self.result.has_errors() or self.result.has_validation_errors()

    @cached_property
    def digest(self) -> str:
        """What it does to each row, in 64 characters: another one as soon as somebody changes what it would change."""
        changed = [(row.object_id, row.diff) for row in self._rows(CHANGED)]
        return hashlib.sha256(repr((self.new, changed)).encode()).hexdigest()


def look(
    resource: TableResource,
    data: bytes,
    *,
    answers: Answers,
    by: User,
    without: Collection[int] = (),
    is_kept: bool = False,
) -> TableLook:
    """What the rows of a table do, but for those of some numbers: tried, and taken back, or kept (`is_kept`) where none is wrong.

    Refuses what `spreadsheet_reader.read` refuses, and `empty`.
    """
    labels = resource.labels()
    known = headers.known_headers(labels, table=resource._meta.model._meta.model_name)
    table = _table(spreadsheet_reader.read(data), {**known, **answers.columns})
    found = [
        one for one in headers.headers_of([table], known=known, answers=answers) if not resource.is_ignored(one.text)
    ]
    columns = table.columns({one.key: one.column for one in found})
    missing = [capfirst(str(labels[name][0])) for name in resource.required_columns if name not in columns]
    used = {name: place for name, place in columns.items() if name not in resource.ignored_columns}
    seen = TableLook(resource, found, table.first, list(used), missing)
    if seen.asks_columns:
        return seen
    rows = [[row[place] if place < len(row) else "" for place in used.values()] for row in table.rows[1:]]
    if not any(map(any, rows)):
        raise ValidationError(_("The table has no rows below its header"), code="empty")
    taken = [[""] * len(used) if number in without else row for number, row in enumerate(rows, table.first + 1)]
    with kept_meanwhile():
        seen.result = resource.import_data(
            Dataset(*taken, headers=list(used)),
            dry_run=not is_kept,
            use_transactions=not is_kept,  # in that of `bring_in`, without a savepoint for each row
            rollback_on_validation_errors=True,
            user=by,
            first=table.first,
            rows=len(taken),
        )
    return seen


def _table(tables: list[Table], known: dict[str, str]) -> Table:
    """The sheet that has most of the columns."""
    tables = [table.from_header(known) for table in tables]
    return max(tables, key=lambda table: len(table.columns(known)), default=Table([]))


def bring_in(
    resource: TableResource, data: bytes, *, answers: Answers, by: User, seen: str, without: Collection[int]
) -> TableLook:
    """Bring in the rows of a table, but for those of some numbers (the wrong ones of the preview). Refuses (`moved-meanwhile`)
    what is not what was `seen`, the digest of the preview, or a row that is refused by now; then nothing has happened."""
    with transaction.atomic():
        done = look(resource, data, answers=answers, by=by, without=without, is_kept=True)
        if done.digest != seen or done.is_refused:
            words = _("Somebody changed these rows meanwhile. Look at what the file changes now")
            rows = [f"{capfirst(error.where)}: {error.text}." for error in done.errors[:TOLD]]
            raise ValidationError([ValidationError(text, code="moved-meanwhile") for text in rows or [words]])
        if not done.is_empty:
            revision.bump()
    return done
