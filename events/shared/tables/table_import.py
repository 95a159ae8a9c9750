"""A table that comes in by a resource: looked at first, then its rows in one transaction, all or the good ones."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from tablib import Dataset

from events.models import User
from events.shared.once_a_revision import kept_until_done
from events.shared.pages import revision
from events.shared.tables import headers
from events.shared.tables.answers import Answers
from events.shared.tables.headers import SheetRow, Sheets
from events.shared.tables.looks import Look, LookedRow, Problem
from events.shared.tables.resources import CHANGED, NEW, SKIPPED, TableResource

EMPTY = {"blank", "null", "required"}
MOST_RANGES = 10  # of rows that are named with what is wrong with them


def _where(rows: Sequence[SheetRow], column: str) -> str:
    """“row 2, column Title”, “sheet “A”, rows 2–9, 12”: of rows of one sheet."""
    numbers = [row.number for row in rows]
    runs = [[one for _place, one in run] for _gap, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    shown = [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    told = ", ".join([*shown[:MOST_RANGES], *(["…"] if len(shown) > MOST_RANGES else [])])
    place = (_("row %(n)s") if len(rows) == 1 else _("rows %(n)s")) % {"n": told}
    if rows[0].sheet:
        place = _("sheet “%(name)s”, %(rows)s") % {"name": rows[0].sheet, "rows": place}
    return _("%(row)s, column %(name)s") % {"row": place, "name": column} if column else place


def _row_errors(result: Any, *, labels: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    """The column and what is wrong there, and in which row, but for names about which the page asks."""
    for number, errors in result.row_errors():
        for error in errors:
            yield "", str(error.error), number
    for row in result.invalid_rows:
        for name, errors in row.error.update_error_dict({}).items():
            column = "" if name == NON_FIELD_ERRORS else labels.get(name, name)
            for error in errors:
                if error.code != "not-found":
                    text = _("It is empty") if error.code in EMPTY else " ".join(error.messages)
                    yield column, text, row.number


def _tell(seen: Look, resource: TableResource, result: Any, *, rows: Mapping[int, SheetRow]) -> None:
    """Note down what the library did to each of some rows: what is wrong in several of a sheet as one, and new rows without the key,
    which is another one when they are kept."""
    labels, names = dict(seen.columns), [field.column_name for field in resource.get_import_fields()]
    seen.told, seen.questions = resource.told, list(resource.questions.asked.values())
    seen.is_refused = result.has_errors() or result.has_validation_errors()
    seen.errors += [Problem("", str(error.error)) for error in result.base_errors]
    numbers, wrong = list(rows), dict[tuple[str, str, str], list[int]]()
    for column, text, number in _row_errors(result, labels=labels):
        row_number = numbers[number - 1]
        wrong.setdefault((rows[row_number].sheet, column, text), []).append(row_number)
    seen.errors += [
        Problem(_where([rows[one] for one in found], column), text, rows=found)
        for (_sheet, column, text), found in wrong.items()
    ]
    used = {name for row in rows.values() for name in row.cells}
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


def _sheets(resource: TableResource, data: bytes, *, answers: Answers) -> tuple[Look, Sheets]:
    """What is said of the columns of a table, and its sheets. Refuses `headers.OpenColumns`."""
    labels = resource.labels()
    known = headers.known_headers(labels, table=resource._meta.model._meta.model_name)

    def missing(columns: Collection[str]) -> list[str]:
        return [name for name in resource.required_columns if name not in columns]

    found = headers.read(data, known=known, answers=answers, missing=missing)
    asked = [one for one in found.headers if not resource.is_ignored(one.text)]
    names = {name: capfirst(str(words[0])) for name, words in labels.items()}
    columns = list(names.items())
    headers.check_known(asked, columns=columns, missing=found.missing)
    notes = [Problem("", text, is_note=True) for text in found.sheet_notes(names)]
    return Look(asked, columns, notes=notes), found


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
    """Bring in the rows of all sheets of a file that have the columns, but for those of some numbers (`Problem.rows` of the preview), all
    or nothing. `is_dry`: they are tried, each on its own, and taken back. `seen`: the digest of what somebody agreed to.

    Refuses what `spreadsheet_reader.read`, `headers.check_known` and `Sheets.rows` refuse, and `moved-meanwhile` where it would do something else than was seen, or
    where a row is refused by now.
    """
    look, found = _sheets(resource, data, answers=answers)
    every = found.rows(without=resource.ignored_columns)
    rows = {number: row for number, row in enumerate(every, 1) if number not in without}
    columns = list(dict.fromkeys(name for row in every for name in row.cells))
    cells = [[row.cells.get(name) for name in columns] for row in rows.values()]  # None: its sheet has no such column
    with transaction.atomic():
        with kept_until_done():
            result = resource.import_data(
                Dataset(*cells, headers=columns),
                dry_run=is_dry,
                use_transactions=is_dry,  # a savepoint for each row
                rollback_on_validation_errors=True,
                user=by,
                rows=list(rows.values()),
            )
        _tell(look, resource, result, rows=rows)
        look.check_seen(seen)
        if not (is_dry or look.is_empty):
            revision.bump()
    return look
