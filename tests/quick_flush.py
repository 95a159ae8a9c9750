"""Empties the tables after a test with transactions of its own. TRUNCATE and all that follows a migration take a second."""

from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db import connection

KEPT = "kept"  # the schema with copies of the rows that a new database has


def install():
    """Let `flush` delete where there are rows, and put back those of a new database, which this one still is."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    put_back = []
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {KEPT} CASCADE")  # of the run before (--reuse-db)
        cursor.execute(f"CREATE SCHEMA {KEPT}")
        for name in map(connection.ops.quote_name, names):
            cursor.execute(f"SELECT FROM {name} LIMIT 1")
            if cursor.rowcount:
                cursor.execute(f"CREATE TABLE {KEPT}.{name} AS TABLE {name}")
                put_back.append(f"INSERT INTO {name} TABLE {KEPT}.{name}")

    def sql_flush(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        names = [self.quote_name(table) for table in tables]
        asked = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names)
        loop = f"FOR name IN {asked} LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;"
        return [
            f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE",  # as TRUNCATE: waits for those who still write
            "SET LOCAL session_replication_role = replica",  # no foreign key is checked: all rows go
            f"DO $$ DECLARE name text; BEGIN {loop} END $$",
            *put_back,
        ]

    type(connection.ops).sql_flush = sql_flush  # of all connections: once a browser runs, this thread has another one
    flush.emit_post_migrate_signal = lambda *args: ContentType.objects.clear_cache()
