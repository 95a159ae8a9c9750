"""Which changes of tables old and new code both stand, and which hold nobody up: the check of new migrations.

Old code goes on for a while beside the new tables, and on a large table each second of a lock is seen. What breaks either
has to say why it may (`deploy_note` of the migration: a sentence).
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import ModelOperation
from django.db.migrations.state import ProjectState
from django.db.models import Value
from django.db.models.fields import NOT_PROVIDED
from django.db.models.functions import Now

from events.migrations._beside_writers import (
    AddIndexBesideWriters,
    AddWordIndex,
    DropIndexOfKey,
    RemoveIndexBesideWriters,
)

STANDS = {
    operations.CreateModel,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
    AddIndexBesideWriters,
    AddWordIndex,
    DropIndexOfKey,
    RemoveIndexBesideWriters,
    AddConstraintNotValid,
    ValidateConstraint,
}  # these themselves, not what is derived from them; what is not named here has to be looked at
ALTERED = (
    "PostgreSQL may write or read the whole table for it, and old code knows the old column: add a new one instead"
)
INSTEAD = {
    operations.RemoveField: "old code still reads it: first use it no more, and remove it in the next version",
    operations.DeleteModel: "old code still reads it: first use it no more, and delete it in the next version",
    operations.RenameField: "old code knows the old name: add a new one instead",
    operations.RenameModel: "old code knows the old name: keep the table's (db_table)",
    operations.AlterModelTable: "old code knows the old name",
    operations.AddIndex: "it keeps writers waiting: use AddIndexBesideWriters, with atomic = False",
    AddIndexConcurrently: "broken off, it leaves an index that no later try can make: use AddIndexBesideWriters",
    operations.RemoveIndex: "it keeps readers waiting: use RemoveIndexBesideWriters, with atomic = False",
    RemoveIndexConcurrently: "SQLite cannot: use RemoveIndexBesideWriters, with atomic = False",
    operations.AddConstraint: "it reads the table under a lock: use AddConstraintNotValid, then ValidateConstraint",
    operations.RemoveConstraint: "it keeps readers waiting, and old code may count on it: say why it may go now",
    operations.AlterUniqueTogether: "it makes an index that keeps writers waiting: add a UniqueConstraint by itself",
    operations.AlterIndexTogether: "it keeps writers waiting: use AddIndexBesideWriters, with atomic = False",
    operations.RunPython: "say how many rows it changes, and that it changes them a part at a time",
    operations.RunSQL: "say how many rows it changes, and which locks it takes",
}
UNKNOWN = "nobody has looked at whether old code and a large table stand it: say why they do (deploy_note)"
ONE_BY_ONE = "not atomic: what broke off could not be tried again; give each operation a migration of its own"


def faults(migration: Migration, before: ProjectState) -> Iterator[str]:
    """Give what old code, or who reads a large table, would not stand: "Operation of thing: what to do instead".

    `before` is the state of the models before the migration. A model that it makes itself is nobody's yet.
    """
    if getattr(migration, "deploy_note", ""):
        return
    if not migration.atomic and len(migration.operations) > 1:
        yield f"{migration.name}: {ONE_BY_ONE}"
    state = before.clone()
    for operation in migration.operations:
        model = str(getattr(operation, "model_name", "")).lower()
        is_known = _is_known(operation, before, app=migration.app_label)
        if is_known and (reason := _reason(operation, state, app=migration.app_label)):
            thing = ".".join(filter(None, [model, str(getattr(operation, "name", ""))]))
            yield f"{type(operation).__name__} of {thing}: {reason}"
        operation.state_forwards(migration.app_label, state)


def _is_known(operation: Operation, before: ProjectState, *, app: str) -> bool:
    """Whether an operation changes what was there before the migration, or may do so."""
    model = getattr(operation, "model_name", "")
    if isinstance(operation, ModelOperation) and not isinstance(operation, operations.CreateModel):
        model = operation.name
    return not model or (app, model.lower()) in before.models


def _reason(operation: Operation, before: ProjectState, *, app: str) -> str:
    if isinstance(operation, operations.SeparateDatabaseAndState):
        return next(filter(None, (_reason(one, before, app=app) for one in operation.database_operations)), "")
    if isinstance(operation, operations.AddField):
        return _of_new_field(operation.field)
    if isinstance(operation, operations.AlterField):
        old = before.models[app, operation.model_name_lower].fields[operation.name]
        return "" if _is_looser(old, operation.field) else ALTERED
    return "" if type(operation) in STANDS else INSTEAD.get(type(operation), UNKNOWN)


def _of_new_field(field: Any) -> str:
    if field.many_to_many:
        return ""
    if field.remote_field is not None and field.db_constraint:
        return "its reference reads the table and locks both: db_constraint=False, and null=True"
    if field.unique or field.db_index:
        return "its index keeps writers waiting: add the field without (db_index=False), then AddIndexBesideWriters"
    if field.db_default is NOT_PROVIDED:
        return "" if field.null else "old code does not fill it: null=True or db_default"
    is_plain = isinstance(field.db_default, Value | Now) or not hasattr(field.db_default, "resolve_expression")
    return "" if is_plain else "its default is worked out for each row: PostgreSQL writes the whole table again"


def _is_looser(old: Any, new: Any) -> bool:
    """Whether PostgreSQL neither reads nor writes the table again: the column stays, or only takes more than before."""

    def column(field: Any) -> dict[str, Any]:
        _name, path, arguments, options = field.deconstruct()
        kept = {name: value for name, value in options.items() if name not in field.non_db_attrs}
        length, is_null = kept.pop("max_length", 0), kept.pop("null", False)
        return {"kind": (path, arguments, kept), "length": length, "null": is_null}

    one, other = column(old), column(new)
    return one["kind"] == other["kind"] and one["length"] <= other["length"] and one["null"] <= other["null"]
