"""Who prepares the site does it alone, on this DATA_DIR and on this database."""

import fcntl
import io

import pytest
from django.db import connection

from config.management.commands import prepare
from config.running.serving import first_start


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


@pytest.mark.parametrize("is_terminal", [True, False])
def test_passwords_are_printed_to_a_terminal_alone(monkeypatch, tmp_path, is_terminal):
    output = io.StringIO()
    output.isatty = lambda: is_terminal
    command = prepare.Command(stdout=output)
    for name, made in {
        "organiser": ("a@example.org", "secret-1", tmp_path / "organiser-login"),
        "second_officer": ("b@example.org", "secret-2", tmp_path / "second-officer-login"),
        "door_link": ("https://forum.example/door/secret-3/", tmp_path / "door-link"),
    }.items():
        monkeypatch.setattr(first_start, name, lambda made=made: made)

    command.tell_who_may_enter()

    said = output.getvalue()
    assert [f"secret-{number}" in said for number in (1, 2, 3)] == [is_terminal] * 3
    assert all(str(tmp_path / name) in said for name in ("organiser-login", "second-officer-login", "door-link"))
