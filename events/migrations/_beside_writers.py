"""Indexes of tables to which people go on writing: nobody waits for them on PostgreSQL. SQLite has one writer anyway."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db.migrations.operations import AddIndex, AlterField, RemoveIndex


class AddIndexBesideWriters(AddIndexConcurrently):
    """The migration is not atomic, and has no other operation: broken off, it can be run again."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make the index; what an earlier try left of it, broken off and invalid, goes first."""
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the index."""
        is_concurrent = schema_editor.connection.vendor == "postgresql"
        operation = AddIndexConcurrently if is_concurrent else AddIndex
        operation.database_backwards(self, app_label, schema_editor, from_state, to_state)


class AddWordIndex(AddIndexBesideWriters):
    """An index of the words in some columns (events.shared.admin.word_search): on PostgreSQL only, and no part of the models."""

    def __init__(self, model_name: str, *columns: str, name: str) -> None:
        super().__init__(model_name, GinIndex(SearchVector(*columns, config="simple"), name=name))

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models know nothing of it."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make the index."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the index."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")


class RemoveIndexBesideWriters(RemoveIndexConcurrently):
    """An index that nobody needs any more."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the index."""
        is_concurrent = schema_editor.connection.vendor == "postgresql"
        operation = RemoveIndexConcurrently if is_concurrent else RemoveIndex
        operation.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make it again."""
        is_concurrent = schema_editor.connection.vendor == "postgresql"
        operation = RemoveIndexConcurrently if is_concurrent else RemoveIndex
        operation.database_backwards(self, app_label, schema_editor, from_state, to_state)


class DropIndexOfKey(AlterField):
    """A foreign key without an index of its own (`db_index=False`), where another index begins with it."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the index. AlterField would take the foreign key away and check every row when it comes back."""
        if schema_editor.connection.vendor != "postgresql":
            return
        opts = from_state.apps.get_model(app_label, self.model_name)._meta
        column, named = opts.get_field(self.name).column, {index.name for index in opts.indexes}
        with schema_editor.connection.cursor() as cursor:
            found = schema_editor.connection.introspection.get_constraints(cursor, opts.db_table)
        for name, one in found.items():
            if one["index"] and not one["unique"] and one["columns"] == [column] and name not in named:
                schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(name)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make it again."""
        if schema_editor.connection.vendor == "postgresql":
            opts = to_state.apps.get_model(app_label, self.model_name)._meta
            table, column = map(schema_editor.quote_name, (opts.db_table, opts.get_field(self.name).column))
            schema_editor.execute(f"CREATE INDEX CONCURRENTLY ON {table} ({column})")
