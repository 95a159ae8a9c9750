"""Rows of the sample out of data files. `tables.json` of a folder lists the tables in their order; long ones are CSV files beside it.

A table has a `model`, its `rows` or a `file`, what is `set` in each row (with `{column}` of the row), the `columns` that are read where a
file has others too, the column that is its rows' `key` for those that point to them, and `find` where rows of these keys may be there.
An empty cell leaves the default. Moments: an ISO date or time; "D-14 10:00", 14 days before today at 10:00 in Geneva; "N-60",
60 minutes before now; "+60", 60 minutes after the row's start. `#model:key#` in a text is the number of a row.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.core.files.base import ContentFile
from django.db import models

from events.sample import drawings

GENEVA = ZoneInfo("Europe/Zurich")
BATCH = 2000
CODED = {"events.actionline": "code", "events.sessiontype": "code", "events.theme": "code"}  # rows that every site has
MOMENT = re.compile(r"D([+-]\d+)(?: (\d\d:\d\d))?")
NUMBER_OF = re.compile(r"#([\w.]+):([^#]+)#")
type Row = dict[str, Any]
type Rest = Callable[[Row], Row]  # what else a row has: columns with their values


class Loader:
    """Makes rows, and knows them by their keys for those that point to them. Atomicity is the caller's."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.today = now.astimezone(GENEVA).date()
        self.known: dict[str, dict[str, Any]] = {}

    def load(self, folder: Path, *, rest: Mapping[str, Rest] | None = None) -> dict[str, list[Any]]:
        """Make the rows of a folder's tables; returns those of each model. `rest`: what is not in the files, by model."""
        made: dict[str, list[Any]] = {}
        for table in json.loads((folder / "tables.json").read_text(encoding="utf-8")):
            rows = table["rows"] if "rows" in table else read(folder / table["file"])
            model = apps.get_model(table["model"])
            found = self._make(model, rows, table=table, folder=folder, rest=(rest or {}).get(table["model"]))
            made.setdefault(table["model"], []).extend(found)
        return made

    def row(self, model: type[models.Model], key: str) -> Any:
        """The row of a key, however its letters are written."""
        name = model._meta.label_lower
        if name not in self.known:
            column = CODED.get(name, "pk")
            self.known[name] = {str(getattr(one, column)).lower(): one for one in model._base_manager.all()}
        return self.known[name][key.lower()]

    def moment(self, text: str, *, start: datetime | None = None) -> datetime | date:
        """A moment, or a day where no time is said. `start`: of the row."""
        if text.startswith(("N", "+")):
            return (start or self.now) + timedelta(minutes=int(text.removeprefix("N")))
        found = MOMENT.fullmatch(text)
        if found is None:
            return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
        day = self.today + timedelta(days=int(found[1]))
        if found[2] is None:
            return day
        return datetime.combine(day, time.fromisoformat(found[2]), tzinfo=GENEVA).astimezone(UTC)

    def _make(
        self, model: type[models.Model], rows: Iterable[Row], *, table: Row, folder: Path, rest: Rest | None
    ) -> list[Any]:
        key, name = table.get("key", "key"), model._meta.label_lower
        known = self.known.setdefault(name, {})
        if table.get("find"):
            known |= {str(getattr(one, key)).lower(): one for one in model._base_manager.all()}
        made, linked = [], []
        for row in rows:
            if table.get("find") and row[key].lower() in known:
                continue
            kept = {column: row[column] for column in table["columns"]} if "columns" in table else row
            told = {column: str_of(value, row) for column, value in table.get("set", {}).items()}
            values, links = self._values(model, told | kept, folder=folder)
            made.append(model(**values | (rest(row) if rest else {})))
            linked.append(links)
            if key in row:
                known[str(row[key]).lower()] = made[-1]
        model._base_manager.bulk_create(made, batch_size=BATCH)
        for column in {column for links in linked for column in links}:
            self._link(model, column, made, linked)
        return made

    def _values(self, model: type[models.Model], cells: Row, *, folder: Path) -> tuple[Row, dict[str, list[Any]]]:
        values: Row = {}
        links: dict[str, list[Any]] = {}
        for column, cell in cells.items():
            if cell == "" or (column == "key" and not any(f.name == "key" for f in model._meta.fields)):
                continue
            field: Any = model._meta.get_field(column)
            if field.many_to_many:
                links[column] = [self.row(field.related_model, key) for key in str(cell).split("|")]
            else:
                values[column] = self._value(field, cell, folder=folder, start=values.get("starts"))
        return values, links

    def _value(self, field: Any, cell: Any, *, folder: Path, start: datetime | None) -> Any:
        if field.is_relation:
            return self.row(field.related_model, str(cell))
        if isinstance(field, models.FileField):
            made = file(cell, folder=folder)  # the site's own: nothing that would have to be read first (`StoredFile`)
            return field.storage.save(field.generate_filename(field.model(), str(made.name)), made)
        if isinstance(field, models.DateField):
            return self.moment(cell, start=start)
        if isinstance(field, models.JSONField):
            text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
            return json.loads(self._numbered(text))
        return field.to_python(self._numbered(cell) if isinstance(cell, str) else cell)

    def _numbered(self, text: str) -> str:
        return NUMBER_OF.sub(lambda found: str(self.row(apps.get_model(found[1]), found[2]).pk), text)

    def _link(
        self, model: type[models.Model], column: str, made: Sequence[Any], linked: Sequence[dict[str, list[Any]]]
    ) -> None:
        field: Any = model._meta.get_field(column)
        one, other = field.m2m_field_name(), field.m2m_reverse_field_name()
        through = field.remote_field.through
        through._base_manager.bulk_create(
            through(**{one: row, other: target})
            for row, links in zip(made, linked, strict=True)
            for target in links.get(column, [])
        )


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def str_of(value: Any, row: Row) -> Any:
    """What is set, with the row's own words in it."""
    return value.format_map(row) if isinstance(value, str) and "{" in value else value


def file(words: str, *, folder: Path) -> ContentFile:
    """A file that a cell names: "portrait 3", "pattern 3" and "logo Name of somebody" are drawn, else it lies in the folder."""
    kind, _space, what = words.partition(" ")
    if kind == "portrait":
        return drawings.portrait(int(what))
    if kind == "pattern":
        return drawings.pattern(int(what))
    if kind == "logo":
        return drawings.logo(what)
    return ContentFile((folder / words).read_bytes(), name=words)
