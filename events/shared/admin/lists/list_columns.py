"""Which columns of a list a person wants to see. It is kept with the account, and is the same in every forum."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.http import HttpRequest
from django.utils.text import capfirst

CHECKBOX = "action_checkbox"


class Column(NamedTuple):
    name: str
    title: str
    is_shown: bool


def name_of(column: Any) -> str:
    """What a column is called in addresses and choices: a name, or that of a function."""
    return column if isinstance(column, str) else column.__name__


def field_of(opts: Any, name: Any) -> Any:
    """The field of a model that a column is called after; None where it is none."""
    try:
        return opts.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        return None


def chosen(user: Any, model: type[Model]) -> Collection[str] | None:
    """The columns that a person chose for the list of a model; None where they never did."""
    found: Collection[str] | None = user.list_columns.get(model._meta.label_lower)
    return found


def choose(user: Any, model: type[Model], names: Iterable[str]) -> None:
    """Keep the columns that a person wants in the list of a model."""
    user.list_columns = {**user.list_columns, model._meta.label_lower: list(names)}
    user.save(update_fields=["list_columns"])


def columns(offered: Iterable[Any], *, shown: Sequence[Any], model_admin: Any) -> list[Column]:
    """The columns of a list to choose from, with their titles and whether they stand in it."""
    return [
        Column(name_of(one), capfirst(str(label_for_field(one, model_admin.model, model_admin))), one in shown)
        for one in offered
    ]


def address_without_order(request: HttpRequest) -> str:
    """The address of a list without its order: this names columns by their place."""
    query = request.GET.copy()
    query.pop(ORDER_VAR, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path
