"""PostgreSQL's side of a backup: the dump of one moment by pg_dump, and its restoring in one transaction by psql."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection

# Log-in sessions are as good as passwords: their rows stay out of a backup, and a restored site asks everybody to log in.
LEFT_OUT = ("registration_signin", "django_session")
ENDING = (
    5  # seconds that the server may be busy with a program that has ended, such as with the commit of a killed psql
)
LOCK_WAIT = 30_000  # milliseconds that the dump waits for a table that a migration holds


def _run(tool: str, *options: Any, code: str, what: str, on_database: bool = True) -> None:
    """Run one of PostgreSQL's programs, on the site's database; refuse `no-tools`, or with what it said.

    It is looked for in POSTGRES_BINARIES where that is set, else on the PATH.
    """
    program = shutil.which(tool, path=settings.POSTGRES_BINARIES or None)
    if program is None:
        raise ValidationError(
            f"{tool} is not found: install PostgreSQL’s client of the server’s version or newer, or name its folder in "
            "POSTGRES_BINARIES.",
            code="no-tools",
        )
    # Where the database is, as Django tells its own `dbshell`: the password in the environment, which no list of processes shows.
    place, secrets = connection.client.settings_to_cmd_args_env(connection.settings_dict, map(str, options))
    arguments = place[1:] if on_database else [str(option) for option in options]
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **(secrets or {})}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise ValidationError(f"{what}: {said}", code=code)


def dump(file: Path) -> None:
    """Dump the database of this moment into a file."""
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--lock-wait-timeout={LOCK_WAIT}", f"--file={file}"]
    without = [f"--exclude-table-data={table}" for table in LEFT_OUT]
    _run("pg_dump", *options, *without, code="not-dumped", what="The database could not be dumped")


def _as_sql(file: Path, *, to: Path) -> None:
    """Write a dump as SQL, reading it to its end."""
    options = ["--no-owner", "--no-privileges", f"--file={to}", file]
    _run("pg_restore", *options, code="damaged", what="The dump in the backup cannot be read", on_database=False)


def check_readable(file: Path) -> None:
    """Read a dump through to its end, without a database. Refuses `no-tools` and `damaged`."""
    _as_sql(file, to=Path(os.devnull))


def check_empty() -> None:
    """Refuse `not-empty` for a database with tables, and `in-use` while other programs are connected to it."""
    if tables := connection.introspection.table_names():
        raise ValidationError(
            f"The database {connection.settings_dict['NAME']} is not empty (it has {tables[0]}, …): a backup is restored into an "
            "empty one only. Make a new one (createdb) and name it in DATABASE_URL.",
            code="not-empty",
        )
    check_unused()


def check_unused() -> None:
    """Refuse `in-use` while other programs are connected to the database: a worker would send what is not sorted out yet. One that
    has just ended has ENDING seconds to be gone."""
    ends = time.monotonic() + ENDING
    while others := _others():
        if time.monotonic() > ends:
            raise ValidationError(
                f"{others} other connections to the database are open: stop the site on every machine first.",
                code="in-use",
            )
        time.sleep(0.05)


def _others() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # inside a transaction the server shows what it showed before
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def load(file: Path, *, last: list[str]) -> None:
    """Restore a dump into the empty database, and run the statements `last`, all in one transaction.

    Needs a multiple of the dump's size beside it. Refuses `damaged`, and `not-restored` with the database's own reason; the database is
    then as empty as before.
    """
    script, end = file.with_name("dump.sql"), file.with_name("last.sql")
    _as_sql(file, to=script)
    end.write_text(f"RESET search_path;\n{';\n'.join(last)};\n")
    connection.close()
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--output={os.devnull}"]
    what = "The database refused the backup, and is as empty as before"
    _run("psql", *options, f"--file={script}", f"--file={end}", code="not-restored", what=what)


def skip_numbers(by: int) -> None:
    """Let every sequence go on so much later: numbers of rows that were lost with the old machine are not given again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(c.oid, coalesce(pg_sequence_last_value(c.oid), 0) + %s) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND n.nspname = current_schema()",
            [by],
        )
