"""Migrations that broke off leave nothing in the way of the next try."""

import pytest
from django.db import IntegrityError, connection, models
from django.db.migrations.state import ModelState, ProjectState

from events.migrations._beside_writers import AddIndexBesideWriters


@pytest.fixture
def half_made(transactional_db):
    """A table, and what is left of an index that could not be made."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE events_twin AS SELECT n AS id, 1 AS name FROM generate_series(1, 2) n")
        with pytest.raises(IntegrityError):
            cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY twins_name ON events_twin (name)")
        yield
        cursor.execute("DROP TABLE events_twin")


def is_valid():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'twins_name'::regclass")
        return cursor.fetchone()[0]


def test_index_that_broke_off_is_made_again(half_made):
    before, after = ProjectState(), ProjectState()
    twin = ModelState(
        "events", "Twin", [("id", models.BigAutoField(primary_key=True)), ("name", models.IntegerField())]
    )
    before.add_model(twin)
    after.add_model(twin.clone())
    operation = AddIndexBesideWriters("twin", models.Index(fields=["name"], name="twins_name"))
    operation.state_forwards("events", after)
    assert not is_valid()

    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("events", editor, before, after)

    assert is_valid()
