"""The stored values of rows, as JSON can hold them and as people read them: what an act compares, keeps and puts back.

The values of a row are those of its columns, and of its plain many-to-many fields the keys of the rows that it names.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Field, ForeignKey, Model, QuerySet

type Kind = type[Model]
type Values = dict[str, Any]
type Rows = dict[Any, Values]  # by key
PLAIN = (str, int, float, bool)
LONGEST = 500  # characters of a value in the history


def links_of(model: Kind) -> list[Any]:
    """The many-to-many fields of a model whose table Django made."""
    return [field for field in model._meta.local_many_to_many if _through(field)._meta.auto_created]


def read(rows: QuerySet[Any]) -> Rows:
    """The values of rows by their keys: one query, and one for each many-to-many field."""
    model = rows.model
    found: Rows = {row.pk: columns_of(row) for row in rows}
    for field in links_of(model) if found else ():
        ours, theirs = field.m2m_column_name(), field.m2m_reverse_name()
        named = defaultdict(list)
        for key, other in _through(field).objects.filter(**{f"{ours}__in": found}).values_list(ours, theirs):
            named[key].append(other)
        for key, values in found.items():
            values[field.name] = sorted(named[key])
    return found


def lock(rows: QuerySet[Any]) -> Rows:
    """The same, of rows that nobody else changes until the transaction ends."""
    return read(rows.order_by("pk").select_for_update(of=("self",)))


def columns_of(row: Model) -> Values:
    """The values of a row in hand, without many-to-many fields."""
    return {field.attname: _stored(field, row) for field in row._meta.concrete_fields if not field.primary_key}


def naming(model: Kind) -> Iterator[tuple[Kind, Any, str]]:
    """The relations by which rows of other models name those of a model: the other model, its field, and the column."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            other: Any = relation.related_model
            if other._meta.auto_created is not model:  # else it holds the links of the rows themselves
                yield other, relation.field, relation.field.attname  # type: ignore[union-attr]


def called(model: Kind) -> QuerySet[Any]:
    """The rows of a model with what they name, so that their own names need no further query."""
    rows = model._base_manager.all()
    names = [column.name for column in model._meta.concrete_fields if isinstance(column, ForeignKey)]
    return rows.select_related(*names) if names else rows


def make_again(model: Kind, rows: Rows) -> None:
    """Write rows that were deleted, with their old keys."""
    columns = {field.attname: field for field in model._meta.concrete_fields}
    model._base_manager.bulk_create(
        model(pk=key, **{name: columns[name].to_python(value) for name, value in values.items() if name in columns})
        for key, values in rows.items()
    )
    _link(model, rows)


def write(model: Kind, rows: Rows) -> None:
    """Set columns of rows that are there. As many statements for three rows as for a batch of hundreds."""
    columns = {field.attname: field for field in model._meta.concrete_fields}
    names = sorted({name for values in rows.values() for name in values} & set(columns))
    there = list(model._base_manager.filter(pk__in=rows)) if names else []
    for row in there:
        for name, value in rows[row.pk].items():
            if name in columns:
                setattr(row, name, columns[name].to_python(value))
    if names:
        model._base_manager.bulk_update(there, [columns[name].name for name in names], batch_size=500)
    _link(model, rows)


def in_words(model: Kind, rows: Iterable[Values], *, kept: Collection[str] | Any) -> list[Values]:
    """Values as the history tells them: names of rows instead of keys; of a field that is not `kept` nothing but its
    name, under "fields"."""
    rows, told = list(rows), []
    names: Mapping[str, Mapping[Any, str]] = {
        name: _names(field.related_model, (row.get(name) for row in rows))
        for name, field in _relations(model).items()
        if any(name in row for row in rows)
    }
    fields = {field.attname: field.name for field in model._meta.concrete_fields}
    for row in rows:
        words, silent = {}, []
        for attname, value in row.items():
            name = fields.get(attname, attname)
            if name not in kept:
                silent.append(name)
            elif attname in names:
                words[name] = _worded(value, names[attname])
            else:
                words[name] = value[:LONGEST] if isinstance(value, str) else value
        told.append(words | ({"fields": silent} if silent else {}))
    return told


def _through(field: Any) -> Any:
    return field.remote_field.through


def _stored(field: "Field[Any, Any]", row: Model) -> Any:
    value = field.value_from_object(row)
    return value if value is None or isinstance(value, PLAIN) else field.value_to_string(row)


def _link(model: Kind, rows: Rows) -> None:
    for field in links_of(model):
        touched = {key: values[field.name] for key, values in rows.items() if field.name in values}
        if touched:
            ours, theirs = field.m2m_column_name(), field.m2m_reverse_name()
            _through(field).objects.filter(**{f"{ours}__in": touched}).delete()
            _through(field).objects.bulk_create(
                _through(field)(**{ours: key, theirs: other}) for key, others in touched.items() for other in others
            )


def _relations(model: Kind) -> dict[str, Any]:
    columns = {field.attname: field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)}
    return columns | {field.name: field for field in links_of(model)}


def _names(model: Any, found: Iterable[Any]) -> dict[Any, str]:
    keys = {key for value in found for key in (value if isinstance(value, list) else [value]) if key is not None}
    return {key: str(row) for key, row in called(model).in_bulk(keys).items()}


def _worded(value: Any, names: Mapping[Any, str]) -> Any:
    if isinstance(value, list):
        return [names.get(key, str(key)) for key in value]
    return None if value is None else names.get(value, str(value))
