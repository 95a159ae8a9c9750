"""Draws the data model from the models into docs/data-model.md: `DJANGO_SETTINGS_MODULE=config.settings python -m tests.data_model`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db.models import Field, ManyToManyField, Model, OneToOneField

APPS = ("events", "registration", "prizes", "config")
FILE = Path(__file__).resolve().parent.parent / "docs" / "data-model.md"
HEAD = """# The data model

Drawn from the models by `tests/data_model.py`; a test fails when it is not fresh. A line ends in a crow's foot where
there may be many. Each app shows the relations that its own models hold; models of lower apps stand as bare boxes.
"""


def drawing() -> str:
    """Return the whole document: for each app a drawing of relations, and what each model is for."""
    return "\n".join([HEAD, *(part for label in APPS for part in _app(label))])


def _app(label: str) -> Iterator[str]:
    models = sorted(apps.get_app_config(label).get_models(), key=lambda model: model.__name__)
    yield f"## {label}\n\n```mermaid\nerDiagram"
    for model in models:
        yield from (f"    {line}" for line in _relations(model))
    yield "```\n\n| model | what it is |\n|---|---|"
    for model in models:
        yield f"| `{model.__name__}` | {_purpose(model)} |"
    yield ""


def _relations(model: type[Model]) -> Iterator[str]:
    fields = [*model._meta.fields, *model._meta.many_to_many]
    related = [field for field in fields if field.is_relation and field.related_model]
    if not related:
        yield model.__name__
    for field in related:
        yield f"{_name(field.related_model)} {_ends(field)} {model.__name__} : {field.name}"


def _ends(field: "Field[Any, Any]") -> str:
    if isinstance(field, ManyToManyField):
        return "}o--o{"
    one = "|o" if field.null else "||"
    return f"{one}--{'o|' if isinstance(field, OneToOneField) else 'o{'}"


def _name(model: Any) -> str:
    return model if isinstance(model, str) else model.__name__


def _purpose(model: type[Model]) -> str:
    """The first paragraph of a model's docstring; its names where it has none (Django writes "Model(id, name)" then)."""
    text = (model.__doc__ or "").strip().split("\n\n")[0]
    if text.startswith(f"{model.__name__}("):
        return str(model._meta.verbose_name)
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    django.setup()
    FILE.write_text(drawing())
