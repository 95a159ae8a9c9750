"""An index for a table that is written meanwhile: nobody waits for it on PostgreSQL. SQLite has one writer anyway."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations.operations import AddIndex


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
