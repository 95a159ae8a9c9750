"""The rows that every forum needs: countries, Action Lines, SDGs, the WSIS–SDG Matrix and the session types.

They are loaded after every `migrate` (events/apps.py) into tables that are empty, and are the organisers' from
then on: what they changed, added or deleted is never touched again.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS, models, transaction

DATA = Path(__file__).resolve().parent.parent / "data"


def data(name: str) -> Any:
    """Return the content of `events/data/<name>.json`."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def load(*, apps: Apps = installed_apps, using: str = DEFAULT_DB_ALIAS) -> int:
    """Fill each reference table that is empty, and return how many rows were added.

    `apps` may be a historical state (migrations); tables that it does not know yet are left out.
    """
    added = 0
    with transaction.atomic(using=using):
        for name, rows in (
            ("Country", _countries),
            ("SDG", _sdgs),
            ("SessionType", _session_types),
            ("ActionLine", _action_lines),
            ("MatrixLink", _matrix_links),
        ):
            added += _fill(name, rows=rows, apps=apps, using=using)
    return added


type Rows = Callable[[models.QuerySet[Any], Apps], Iterable[models.Model]]


def _fill(name: str, *, rows: Rows, apps: Apps, using: str) -> int:
    try:
        model = apps.get_model("events", name)
    except LookupError:
        return 0
    queryset = model._base_manager.using(using)
    if queryset.exists():
        return 0
    queryset.bulk_create(rows(queryset.all(), apps))
    return int(queryset.count())


def _countries(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    return [queryset.model(**row) for row in data("countries")]


def _sdgs(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    return [
        queryset.model(
            number=row["number"],
            title=row["title"],
            full_title=row["full_title"],
            color=row["color"],
            has_white_text=row["white_text_contrast"] >= 4.5,
        )
        for row in data("sdgs")
    ]


def _session_types(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    return [
        queryset.model(code=row["code"], name=row["name"], is_secretariat_only=row["secretariat_only"], order=order)
        for order, row in enumerate(data("session_types")["items"], start=1)
    ]


def _action_lines(queryset: models.QuerySet[Any], _apps: Apps) -> Iterable[models.Model]:
    rows = [
        (
            row["parent"],
            queryset.model(
                code=row["code"],
                title=row["title"],
                short_name=row["short_name"],
                description=row["description"],
                facilitators=", ".join(row["facilitators"]),
                order=order,
            ),
        )
        for order, row in enumerate(data("action_lines"), start=1)
    ]
    # The whole lines first: a part points to the row of its line.
    wholes = {line.code: line for parent, line in rows if parent is None}
    queryset.bulk_create(wholes.values())
    parts = [line for parent, line in rows if parent is not None]
    for parent, line in rows:
        if parent is not None:
            line.parent = wholes[parent]
    return parts


def _matrix_links(queryset: models.QuerySet[Any], apps: Apps) -> Iterable[models.Model]:
    lines = dict(apps.get_model("events", "ActionLine")._base_manager.using(queryset.db).values_list("code", "pk"))
    goals = set(apps.get_model("events", "SDG")._base_manager.using(queryset.db).values_list("pk", flat=True))
    return [
        queryset.model(action_line_id=lines[code], sdg_id=number)
        for code, numbers in data("wsis_sdg_matrix").items()
        for number in numbers
        if code in lines and number in goals
    ]
