"""Querysets whose SQL is made once in a process: for a few rows Django works longer on the statement than PostgreSQL on the
answer. For what every personal page asks, and what a rush of people writes.

    OWN = Prepared(lambda: Registration.objects.active().filter(user=slot("user", int)))
    mine = OWN.first(user=request.user.pk)
    GIVE_UP = PreparedChange(lambda: Draft.objects.filter(user=slot("user", int)))
    GIVE_UP(user=request.user.pk)
    save(HistoryEntry(…))
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, cached_property
from itertools import batched
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections, models
from django.db.models import Expression, QuerySet
from django.db.models.base import ModelState
from django.db.models.constants import OnConflict
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesIterable,
    ValuesListIterable,
    get_related_populators,
)
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

LARGEST = 2**63
FEW = 12  # values that one question takes (`slots`)
FIELDS: dict[type, "type[models.Field[Any, Any]]"] = {
    int: models.BigIntegerField,
    str: models.TextField,
    dict: models.JSONField,
    datetime: models.DateTimeField,
    UUID: models.UUIDField,
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


def slots(name: str, kind: type) -> list[Any]:
    """Places for the values of an `__in`, for `Prepared.among`."""
    return [Slot(f"{name}{place}", kind) for place in range(FEW)]


@contextmanager
def prepared_cursor() -> Iterator[Any]:
    """A cursor of this thread's connection."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        yield cursor


def _rows(sql: str, values: Sequence[Any]) -> list[Sequence[Any]]:
    """Ask a statement; return its rows."""
    with prepared_cursor() as cursor:
        cursor.execute(sql, values)
        return cast(list[Sequence[Any]], cursor.fetchall())


class _Maker:
    """Makes models as `Model.from_db` does, which asks each field whether it came and sends signals that nobody hears: that takes
    five times as long."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def from_db(self, db: str, names: Sequence[str], values: Sequence[Any]) -> Any:
        made = self._model.__new__(self._model)
        made._state = ModelState()
        made._state.adding, made._state.db = False, db
        made.__dict__.update(zip(names, values, strict=True))
        return made


def _speed_up(populators: Any) -> None:
    for related in populators:
        related.model_cls = _Maker(related.model_cls)
        _speed_up(related.related_populators)


class _Models:
    """Turns rows into models, as Django's ModelIterable does, but finds out only once which column belongs to which field."""

    def __init__(self, compiler: SQLCompiler) -> None:
        about: Any = compiler.klass_info
        select: Any = compiler.select
        self._maker, places = _Maker(about["model"]), about["select_fields"]
        self._own = slice(places[0], places[-1] + 1)
        self._names = tuple(one[0].target.attname for one in select[self._own])
        self._related = get_related_populators(about, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # of a later Django
        _speed_up(self._related)
        self._annotated = tuple((compiler.annotation_col_map or {}).items())

    def __call__(self, row: Sequence[Any]) -> Any:
        made = self._maker.from_db(DEFAULT_DB_ALIAS, self._names, row[self._own])
        for related in self._related:
            related.populate(row, made)
        for name, place in self._annotated:
            setattr(made, name, row[place])
        return made


def _maker(queryset: QuerySet[Any, Any], compiler: SQLCompiler) -> Callable[[Sequence[Any]], Any]:
    """What turns a row into what the queryset gives: a model, a value, a tuple or a dict of values."""
    kind, query = queryset._iterable_class, queryset.query
    if kind is ModelIterable:
        return _Models(compiler)
    if kind is ValuesIterable:
        names = [*(query.selected or (*query.extra_select, *query.values_select, *query.annotation_select))]
        return lambda row: dict(zip(names, row, strict=True))
    makers: dict[Any, Callable[[Sequence[Any]], Any]] = {
        ValuesListIterable: tuple,
        FlatValuesListIterable: itemgetter(0),
    }
    return makers[kind]


def _with_constants(sql: str, parameters: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """On PostgreSQL all but the slots stands in the statement itself: a plan that is made once can use the indexes that hold only
    some rows, and for another one the server would plan each time."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return sql, tuple(parameters)
    from psycopg.sql import quote  # PostgreSQL's alone

    left = iter(parameters)

    def written(found: re.Match[str]) -> str:
        one = next(left) if found[0] == "%s" else None
        return (
            found[0]
            if found[0] == "%%" or isinstance(one, Slot)
            else quote(one, connection.connection).replace("%", "%%")
        )

    connection.ensure_connection()
    return re.sub("%[s%]", written, sql), tuple(one for one in parameters if isinstance(one, Slot))


def _filled(parameters: Sequence[Any], values: dict[str, Any]) -> tuple[Any, ...]:
    """The parameters of a statement with the values in their slots."""
    connection = connections[DEFAULT_DB_ALIAS]
    return tuple(
        one.output_field.get_db_prep_value(values[one.name], connection) if isinstance(one, Slot) else one
        for one in parameters
    )


class _Statement:
    """The SQL of a queryset, its values and slots, and how the rows of the answer are read."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        compiler: Any = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, self.parameters = _with_constants(*compiler.as_sql())
        self._converters = compiler.get_converters([one[0] for one in compiler.select[: compiler.col_count]])
        self._converted = compiler.apply_converters
        self._make = _maker(queryset, compiler)

    def read(self, rows: list[Sequence[Any]]) -> list[Any]:
        """What the queryset gives for these rows."""
        found = self._converted(rows, self._converters) if self._converters else rows
        return [self._make(row) for row in found]


class Prepared[Row]:
    """A queryset of models or of values, with slots; what it prefetches is left out."""

    def __init__(self, make: Callable[[], QuerySet[Any, Row]]) -> None:
        self._make = make

    @cached_property
    def _ready(self) -> _Statement:
        return _Statement(self._make())

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
        statement = self._ready
        if any(isinstance(value, int) and not -LARGEST <= value < LARGEST for value in values.values()):
            return []  # no column holds it
        return statement.read(_rows(statement.sql, _filled(statement.parameters, values)))

    def among(self, name: str, few: Iterable[Any], **values: Any) -> list[Row]:
        """Ask with these few values for the `slots` of a name: one query for each FEW of them."""
        rows = []
        for some in batched(few, FEW):
            filled = {f"{name}{place}": some[min(place, len(some) - 1)] for place in range(FEW)}
            rows += self.all(**filled, **values)
        return rows

    def first(self, **values: Any) -> Row | None:
        """The first row, or None. The queryset itself says that it wants only one, where there could be many."""
        return next(iter(self.all(**values)), None)

    def get(self, **values: Any) -> Row:
        """The first row; where there is none, `DoesNotExist` of its model."""
        row = self.first(**values)
        if row is None:
            raise self._make().model.DoesNotExist
        return row


class PreparedChange:
    """What is done to the rows of a queryset with slots: their `columns` get values, with slots too; without columns they are
    deleted, and nothing may hang on them. No signal is sent."""

    def __init__(self, make: Callable[[], QuerySet[Any, Any]], **columns: Any) -> None:
        self._make, self._columns = make, columns

    @cached_property
    def _ready(self) -> tuple[str, tuple[Any, ...]]:
        query: Any = self._make().query.chain(UpdateQuery if self._columns else DeleteQuery)
        if self._columns:
            query.add_update_values(self._columns)
        return _with_constants(*query.get_compiler(DEFAULT_DB_ALIAS).as_sql())

    def __call__(self, **values: Any) -> int:
        """Do it with these values, one for each slot; return to how many rows."""
        sql, parameters = self._ready
        with prepared_cursor() as cursor:
            cursor.execute(sql, _filled(parameters, values))
            return int(cursor.rowcount)


@cache
def _insertion(model: type[models.Model], on_conflict: OnConflict | None) -> tuple[str, list[Any]]:
    """The statement that inserts a row of a model, and the fields whose values it takes."""
    query = InsertQuery(model, on_conflict=on_conflict)
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    query.insert_values(fields, [model()])
    compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.returning_fields = [model._meta.pk]
    return compiler.as_sql()[0][0], fields


def save(row: models.Model, *, on_conflict: OnConflict | None = None) -> None:
    """Save a row: a new one, whose columns hold values and no expressions, by a statement that is made once for its model, and
    without a signal. One that is left out (`on_conflict`) gets no key."""
    if not row._state.adding:
        row.save()
        return
    connection = connections[DEFAULT_DB_ALIAS]
    sql, fields = _insertion(type(row), on_conflict)
    made = _rows(sql, [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields])
    if made:
        row.pk, row._state.adding, row._state.db = made[0][0], False, DEFAULT_DB_ALIAS
