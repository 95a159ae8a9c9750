"""Whether the running site is whole: its tables, the files that rows name, the chains, the bundles."""

import hashlib
from collections.abc import Iterator

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor

from config.running.backup import restore
from prizes.models import Count, Edition
from prizes.verify import chain_check


def faults() -> Iterator[str]:
    """Every fault as a sentence; none where all is well. Reads everything once: minutes at two million votes."""
    if moment := restore.unfinished():
        yield f"A restore was interrupted: manage.py restore --finish {moment}"
    if pending := list(_migrations()):  # without its tables nothing else can be looked at
        yield from pending
        return
    yield from _constraints()
    yield from _files()
    for edition in Edition.objects.order_by("pk"):
        yield from chain_check.faults(edition)
    yield from _bundles()


def _migrations() -> Iterator[str]:
    executor = MigrationExecutor(connection)
    for one, _is_backwards in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield f"The migration {one.app_label}.{one.name} is not applied: run manage.py migrate."


def _constraints() -> Iterator[str]:
    """What the database itself must refuse, and whether it still does."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace"
                " WHERE NOT convalidated AND nspname = current_schema() UNION ALL"
                " SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1, 2"
            )
            for table, name in cursor.fetchall():
                yield f"The constraint or index {name} of {table} is not valid: rows may break it."
            return
        cursor.execute("PRAGMA integrity_check")
        yield from (f"SQLite says: {row[0]}" for row in cursor.fetchall() if row[0] != "ok")
        cursor.execute("PRAGMA foreign_key_check")
        yield from (f"Row {row[1]} of {row[0]} names a row of {row[2]} that is not there." for row in cursor.fetchall())


def _files() -> Iterator[str]:
    columns = [(model, one) for model in apps.get_models() for one in model._meta.local_fields]
    for model, column in columns:
        if isinstance(column, models.FileField):
            for name in model._base_manager.exclude(**{column.name: ""}).values_list(column.name, flat=True).distinct():
                if name and not default_storage.exists(name):
                    yield f"The file {name}, which a row names, is not in MEDIA."


def _bundles() -> Iterator[str]:
    for count in Count.objects.exclude(bundle="").select_related("edition").order_by("pk"):
        if count.bundle.storage.exists(str(count.bundle.name)):
            with count.bundle.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != count.bundle_sha256:
                    yield f"{count.edition}: the bundle of count {count.number} is not the one whose SHA-256 was published."
