"""Who prepares the site does it alone, on this DATA_DIR and on this database."""

import fcntl

import pytest
from django.db import connection

from config.serving import first_start


def advisory_locks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_who_prepares_is_alone(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"

    with first_start.alone():
        lock = settings.DATA_DIR / "prepare.lock"
        with lock.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = advisory_locks(), lock.stat().st_mode & 0o777

    with lock.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert (held, advisory_locks()) == ((1, 0o600), 0)
