"""Querysets whose SQL is made once in a process: for a few rows Django works longer on the statement than PostgreSQL on the
answer. For what every page of a person asks.

    OWN = Prepared(lambda: Registration.objects.active().filter(user=slot("user", int)))
    mine = OWN.first(user=request.user.pk)
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections, models
from django.db.models import Expression, QuerySet
from django.db.models.sql.compiler import SQLCompiler

LARGEST = 2**63
FIELDS: dict[type, "type[models.Field[Any, Any]]"] = {
    int: models.BigIntegerField,
    str: models.TextField,
    datetime: models.DateTimeField,
}


class Slot(Expression):
    """The place of a value that is given when the query is asked."""

    def __init__(self, name: str, kind: type) -> None:
        super().__init__(output_field=FIELDS[kind]())
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """The placeholder, and itself where the value will stand."""
        return "%s", (self,)


def slot(name: str, kind: type) -> Any:
    """A place for a value of this kind, to write into a queryset instead of the value."""
    return Slot(name, kind)


@contextmanager
def prepared_cursor() -> Iterator[Any]:
    """A cursor for statements written by hand that are sent all the time: PostgreSQL plans each once for a connection."""
    connection: Any = connections[DEFAULT_DB_ALIAS]  # of this thread
    connection.is_preparing = True
    try:
        made = connection.cursor()
    finally:
        connection.is_preparing = False
    with made as cursor:
        yield cursor


class Prepared[Row]:
    """A queryset with slots instead of values; what it prefetches is left out."""

    def __init__(self, make: Callable[[], QuerySet[Any, Row]]) -> None:
        self._make = make

    @cached_property
    def _ready(self) -> tuple[QuerySet[Any, Row], SQLCompiler, str, tuple[Any, ...]]:
        queryset = self._make()
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        return queryset, compiler, sql, tuple(parameters)

    def all(self, **values: Any) -> list[Row]:
        """Ask with these values, one for each slot."""
        connection = connections[DEFAULT_DB_ALIAS]  # of this thread
        try:
            return self._ask(connection, values)
        except NotSupportedError:  # a column has changed its type since the server planned this
            if connection.in_atomic_block:
                raise
            connection.close()
            return self._ask(connection, values)

    def _ask(self, connection: Any, values: dict[str, Any]) -> list[Row]:
        queryset, compiler, sql, parameters = self._ready
        if any(isinstance(value, int) and not -LARGEST <= value < LARGEST for value in values.values()):
            return []  # no column holds it
        filled = tuple(
            one.output_field.get_db_prep_value(values[one.name], connection) if isinstance(one, Slot) else one
            for one in parameters
        )
        asked, answering = copy.copy(compiler), copy.copy(queryset.query)
        asked.connection = connection
        asked.as_sql = lambda *_arguments, **_more: (sql, filled)  # type: ignore[method-assign]
        answering.get_compiler = lambda *_arguments, **_more: asked  # type: ignore[method-assign]
        connection.is_preparing = True  # PostgreSQL plans it once too (config.database.base)
        try:
            rows: Any = queryset._iterable_class(QuerySet(queryset.model, query=answering))
            return list(rows)
        finally:
            connection.is_preparing = False

    def first(self, **values: Any) -> Row | None:
        """The first row, or None. The queryset itself says that it wants only one, where there could be many."""
        return next(iter(self.all(**values)), None)
