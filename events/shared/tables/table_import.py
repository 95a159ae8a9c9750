"""A table that comes in by a resource: looked at first, then its rows in one transaction, all or the good ones."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from tablib import Dataset

from events.models import User
from events.shared.once_a_revision import kept_until_done
from events.shared.pages import revision
from events.shared.tables import headers, spreadsheet_reader
from events.shared.tables.answers import Answers
from events.shared.tables.looks import Look, LookedRow, Problem
from events.shared.tables.resources import CHANGED, NEW, SKIPPED, TableResource
from events.shared.tables.spreadsheet_reader import Table

EMPTY = {"blank", "null", "required"}
MOST_RANGES = 10  # of rows that are named with what is wrong with them


def _where(rows: Sequence[int], column: str) -> str:
    """“row 2, column Title”, “rows 2–9, 12”."""
    runs = [[one for _place, one in run] for _gap, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0])]
    shown = [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    numbers = ", ".join([*shown[:MOST_RANGES], *(["…"] if len(shown) > MOST_RANGES else [])])
    row = (_("row %(n)s") if len(rows) == 1 else _("rows %(n)s")) % {"n": numbers}
    return _("%(row)s, column %(name)s") % {"row": row, "name": column} if column else row


def _row_errors(result: Any, *, labels: Mapping[str, str], first: int) -> Iterator[tuple[str, str, int]]:
    """The column and what is wrong there, and in which row, but for names about which the page asks."""
    for number, errors in result.row_errors():
        for error in errors:
            yield "", str(error.error), number + first
    for row in result.invalid_rows:
        for name, errors in row.error.update_error_dict({}).items():
            column = "" if name == NON_FIELD_ERRORS else labels.get(name, name)
            for error in errors:
                if error.code != "not-found":
                    text = _("It is empty") if error.code in EMPTY else " ".join(error.messages)
                    yield column, text, row.number + first


def _tell(seen: Look, resource: TableResource, result: Any, *, used: Collection[str], first: int) -> None:
    """Note down what the library did to each row: what is wrong in several as one, and new rows without the key, which is another
    one when they are kept. `used`: the columns of the file; `first`: the number of the row before the first one."""
    labels, names = dict(seen.columns), [field.column_name for field in resource.get_import_fields()]
    seen.told, seen.questions = resource.told, list(resource.questions.asked.values())
    seen.is_refused = result.has_errors() or result.has_validation_errors()
    seen.errors += [Problem("", str(error.error)) for error in result.base_errors]
    rows: dict[tuple[str, str], list[int]] = {}
    for column, text, number in _row_errors(result, labels=labels, first=first):
        rows.setdefault((column, text), []).append(number)
    seen.errors += [Problem(_where(numbers, column), text, rows=numbers) for (column, text), numbers in rows.items()]
    shown = [name for name in names if name in used and name != resource._meta.model._meta.pk.name]
    seen.heads = [labels[name] for name in shown]
    keys: dict[str, list[Any]] = {}
    for row in result.rows:
        keys.setdefault(row.import_type, []).append(row.object_id)
        cells = dict(zip(names, row.diff or (), strict=False))
        changes = [(labels[name], *pair) for name, pair in cells.items() if pair[0] != pair[1]]
        looked = LookedRow(row.object_repr or "", changes, [cells[name][1] for name in shown if cells])
        if row.import_type in {NEW, CHANGED}:
            (seen.new if row.import_type == NEW else seen.changed).append(looked)
        elif row.import_type == SKIPPED and row.object_id is not None:
            seen.same.append(looked)
    seen.keys = keys
    changed = [(row.object_id, row.diff) for row in result.rows if row.import_type == CHANGED]
    seen.digest = hashlib.sha256(repr(([row.cells for row in seen.new], changed)).encode()).hexdigest()


def _columns(resource: TableResource, data: bytes, *, answers: Answers) -> tuple[Look, Table, dict[str, int]]:
    """What has to be said of the columns of a table first, the table, and where each column that is read stands."""
    labels = resource.labels()
    known = headers.known_headers(labels, table=resource._meta.model._meta.model_name)
    table = _table(spreadsheet_reader.read(data), {**known, **answers.columns})
    found = [
        one for one in headers.headers_of([table], known=known, answers=answers) if not resource.is_ignored(one.text)
    ]
    places = table.columns({one.key: one.column for one in found})
    names = {name: capfirst(str(words[0])) for name, words in labels.items()}
    missing = [name for name in resource.required_columns if name not in places]
    errors = [Problem("", text) for text in headers.open_columns(found, labels=names, missing=missing)]
    is_open = bool(missing) or any(header.is_open for header in found)
    used = {name: place for name, place in places.items() if name not in resource.ignored_columns}
    return Look(found, list(names.items()), errors, asks_columns=is_open), table, used


def _table(tables: list[Table], known: dict[str, str]) -> Table:
    """The sheet that has most of the columns."""
    tables = [table.from_header(known) for table in tables]
    return max(tables, key=lambda table: len(table.columns(known)), default=Table([]))


def bring_in(
    resource: TableResource,
    data: bytes,
    *,
    answers: Answers,
    by: User,
    is_dry: bool = False,
    seen: str | None = None,
    without: Collection[int] = (),
) -> Look:
    """Bring in the rows of a table, but for those of some numbers (the wrong ones of the preview), all or nothing. `is_dry`: they are
    tried, each on its own, and taken back; columns that are open come first. `seen`: the digest of what somebody agreed to.

    Refuses what `spreadsheet_reader.read` refuses, `empty`, and `moved-meanwhile` where it would do something else than was seen, or
    where a row is refused by now.
    """
    look, table, used = _columns(resource, data, answers=answers)
    if look.asks_columns:
        look.check_seen(seen)
        return look
    rows = [[row[place] if place < len(row) else "" for place in used.values()] for row in table.rows[1:]]
    if not any(map(any, rows)):
        raise ValidationError(_("The table has no rows below its header"), code="empty")
    taken = [[""] * len(used) if number in without else row for number, row in enumerate(rows, table.first + 1)]
    with transaction.atomic():
        with kept_until_done():
            result = resource.import_data(
                Dataset(*taken, headers=list(used)),
                dry_run=is_dry,
                use_transactions=is_dry,  # a savepoint for each row
                rollback_on_validation_errors=True,
                user=by,
                first=table.first,
                rows=len(taken),
            )
        _tell(look, resource, result, used=used, first=table.first)
        look.check_seen(seen)
        if not (is_dry or look.is_empty):
            revision.bump()
    return look
