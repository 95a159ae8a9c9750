"""A backup that is told to end in the middle: nothing of the database stays on the disk."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.config.backup.place import files
from tests.conftest import site_environment

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def locked():
    """A table that pg_dump waits for; a connection that tells who waits."""
    place = connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
    with psycopg.connect(**place) as holder, psycopg.connect(**place, autocommit=True) as watch:
        watch.execute("CREATE SCHEMA elsewhere CREATE TABLE held (number int)")
        holder.execute("LOCK TABLE elsewhere.held")
        yield watch
        holder.rollback()
        watch.execute("DROP SCHEMA elsewhere CASCADE")


def dumping(watch):
    found = watch.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump'"
        " AND wait_event_type = 'Lock' AND datname = current_database()"
    )
    return found.fetchone()[0] > 0


def test_backup_that_is_told_to_end_leaves_nothing(tmp_path, locked):
    (tmp_path / "kept").mkdir()
    child = subprocess.Popen(
        [sys.executable, "manage.py", "backup", str(tmp_path / "kept")],
        cwd=ROOT,
        env=site_environment(DATA_DIR=str(tmp_path / "data")),
    )
    while child.poll() is None and not dumping(locked):
        time.sleep(0.01)
    during = [path.name for path in (tmp_path / "kept").iterdir()]
    child.send_signal(signal.SIGTERM)

    assert child.wait(timeout=20) == 128 + signal.SIGTERM
    assert [name.endswith(".part") for name in during] == [True]
    assert files(tmp_path / "kept") == {}
    assert list((tmp_path / "data").glob("backup-*")) == []
