"""The rows that every forum needs: countries, Action Lines, SDGs, the WSIS–SDG Matrix, session types, themes and the words that the
search takes for one another.

They are loaded after every `migrate` (events/apps.py) into tables that are empty, and are the organisers' from
then on: what they changed, added or deleted is never touched again.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS, models, transaction

DATA = Path(__file__).resolve().parent.parent / "data"


def data(name: str) -> Any:
    """Return the content of `events/data/<name>.json`."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def shown_names() -> Iterator[tuple[str, str]]:
    """The file and the English text of each name of the rows (and of the sample): pages show such a name with
    `gettext(name)`, so the catalogues hold them all (config/catalogues.py). One that organisers changed is shown as it is."""
    columns = {"action_lines": ("title", "short_name", "description"), "sdgs": ("title", "full_title")}
    for name, keys in columns.items():
        yield from ((name, row[key]) for key in keys for row in data(name))
    yield from (("themes", row["name"]) for row in data("themes"))
    types = data("session_types")
    yield from (
        ("session_types", name) for name in [*(row["name"] for row in types["items"]), *types["special_tracks"]]
    )
    yield from (("prize_categories", row["title"].partition(". ")[2]) for row in data("prize_categories"))
    columns_of_sample = {"events.Forum": "theme", "events.Room": "name"}
    for table in data("sample/tables"):
        if column := columns_of_sample.get(table["model"]):
            yield from (("sample/tables", row[column]) for row in table["rows"])


def load(*, apps: Apps = installed_apps, using: str = DEFAULT_DB_ALIAS) -> int:
    """Fill each reference table that is empty, and return how many rows were added.

    `apps` may be a historical state (migrations); tables that it does not know yet are left out.
    """
    added = 0
    with transaction.atomic(using=using):
        for name, rows in ROWS.items():
            try:
                model = apps.get_model("events", name)
            except LookupError:
                continue
            queryset = model._base_manager.using(using)
            if not queryset.exists():
                queryset.bulk_create(rows(queryset.all(), apps))
                added += queryset.count()
    return added


def _countries(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    return [queryset.model(**row) for row in data("countries")]


def _sdgs(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    kept = ("number", "title", "full_title", "color")
    return [
        queryset.model(**{key: row[key] for key in kept}, has_white_text=row["white_text_contrast"] >= 4.5)
        for row in data("sdgs")
    ]


def _session_types(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    return [
        queryset.model(code=row["code"], name=row["name"], is_secretariat_only=row["secretariat_only"], order=order)
        for order, row in enumerate(data("session_types")["items"], start=1)
    ]


def _themes(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    return [queryset.model(**row, order=order) for order, row in enumerate(data("themes"), start=1)]


def _search_words(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    return [queryset.model(words="\n".join(words)) for words in data("search_words")]


def _action_lines(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    """The whole lines are written first: a part points to the row of its line, and stands behind it."""
    wholes: dict[str, models.Model] = {}
    parts: list[models.Model] = []
    for order, row in enumerate(data("action_lines"), start=1):
        values = row | {"facilitators": ", ".join(row["facilitators"]), "order": order}
        if row["parent"]:
            parts.append(queryset.model(**values | {"parent": wholes[row["parent"]]}))
        else:
            wholes[row["code"]] = queryset.model(**values)
    queryset.bulk_create(wholes.values())
    return parts


def _matrix_links(queryset: models.QuerySet[Any], apps: Apps) -> Iterable[models.Model]:
    lines, goals = (
        dict(apps.get_model("events", name)._base_manager.using(queryset.db).values_list(key, "pk"))
        for name, key in (("ActionLine", "code"), ("SDG", "number"))
    )
    return [
        queryset.model(action_line_id=lines[code], sdg_id=number)
        for code, numbers in data("wsis_sdg_matrix").items()
        for number in numbers
        if code in lines and number in goals
    ]


ROWS: dict[str, Callable[[models.QuerySet[Any], Apps], Iterable[models.Model]]] = {
    "Country": _countries,
    "SDG": _sdgs,
    "SessionType": _session_types,
    "Theme": _themes,
    "ActionLine": _action_lines,
    "MatrixLink": _matrix_links,
    "SearchWords": _search_words,
}
