"""PostgreSQL's side of a backup: the dump of one moment by pg_dump, and its restoring in one transaction by psql."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from psycopg import pq

from config.backup.manifest import LEFT_OUT, Manifest, count_rows, named_files

# Seconds that the server may be busy with a program that has ended, such as with the commit of a killed psql.
ENDING = 5
LOCK_WAIT = 30_000  # milliseconds that the dump waits for a table that a migration holds


def server() -> int:
    """The major version of the server."""
    return int(connection.cursor().connection.info.server_version // 10_000)


def tools(*, at_least: int) -> Path:
    """The folder with pg_dump, pg_restore and psql of a major version, else of the next newer one.

    Looked for in POSTGRES_BINARIES where that is set, else in Debian's folders and on the PATH. Refuses `no-tools`.
    """
    folders = [Path(settings.POSTGRES_BINARIES)] if settings.POSTGRES_BINARIES else _usual_folders()
    found = {folder: version for folder in folders if (version := _version(folder)) >= at_least}
    if not found:
        raise ValidationError(
            f"pg_dump, pg_restore and psql of PostgreSQL {at_least} or newer are needed and not found here: install "
            f"postgresql-client-{at_least}, or name their folder in POSTGRES_BINARIES.",
            code="no-tools",
        )
    return min(found, key=lambda folder: found[folder])


def _usual_folders() -> list[Path]:
    on_path = shutil.which("pg_dump")
    return [*sorted(Path("/usr/lib/postgresql").glob("*/bin")), *([Path(on_path).parent] if on_path else [])]


def _version(folder: Path) -> int:
    """The major version of the tools in a folder; 0 where they are missing or do not run."""
    if not all((folder / tool).exists() for tool in ("pg_dump", "pg_restore", "psql")):
        return 0
    told = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\) (\d+)", told.stdout)
    return int(found[1]) if found else 0


def _environment() -> dict[str, str]:
    """What the tools need to reach the site's database, its password included, which no list of processes shows."""
    wanted: Mapping[str, Any] = connection.get_connection_params()
    known = {one.keyword.decode(): (one.envvar or b"").decode() for one in pq.Conninfo.get_defaults()}
    ours = {known[name]: str(value) for name, value in wanted.items() if known.get(name) and value is not None}
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **ours}


def _run(command: list[Any], *, code: str, what: str) -> None:
    """Run one of the tools; refuse with what it said."""
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise ValidationError(f"{what}: {said}", code=code)


def dump(file: Path, *, manifest: Manifest) -> set[str]:
    """Dump the database of this moment into a file, and write into the manifest what it held; return the names of its files.

    The counts are of the very moment of the dump: both read one snapshot.
    """
    version = server()
    folder = tools(at_least=version)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot(), now(), current_schema()")
        snapshot, now, schema = cursor.fetchone()
        manifest.made, manifest.engine, manifest.server, manifest.schema = (
            now.isoformat(),
            "postgresql",
            version,
            schema,
        )
        manifest.counts = count_rows(cursor, connection.introspection.table_names(cursor))
        names = named_files(cursor, tables=manifest.counts)
        command = [folder / "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        command += [f"--exclude-table-data={table}" for table in LEFT_OUT]
        command += [f"--lock-wait-timeout={LOCK_WAIT}", f"--file={file}"]
        _run(command, code="not-dumped", what="The database could not be dumped")
    return names


def check_readable(file: Path, *, manifest: Manifest) -> None:
    """Read a dump through to its end, without a database. Refuses `no-tools` and `damaged`."""
    command = [tools(at_least=manifest.server) / "pg_restore", "--file=/dev/null", file]
    _run(command, code="damaged", what="The dump in the backup cannot be read")


def check_empty() -> None:
    """Refuse `not-empty` for a database with tables, and `in-use` while other programs are connected to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            " AND n.nspname NOT LIKE 'pg\\_%%' AND NOT EXISTS (SELECT 1 FROM pg_depend d"
            " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"
        )
        tables = [row[0] for row in cursor.fetchall()]
        name = connection.settings_dict["NAME"]
        if tables:
            raise ValidationError(
                f"The database {name} is not empty (it has {tables[0]}, …): a backup is restored into an empty one only. "
                "Make a new one (createdb) and name it in DATABASE_URL.",
                code="not-empty",
            )
    check_unused()


def check_unused() -> None:
    """Refuse `in-use` while other programs are connected to the database: a worker would send what is not sorted out yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # inside a transaction the server shows what it showed before
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
    if others:
        raise ValidationError(
            f"{others} other connections to the database are open: stop the site on every machine first.", code="in-use"
        )


def wait_until_unused() -> None:
    """Wait until the server is through with programs that have ended or were killed. Refuses `in-use` after ENDING seconds."""
    ends = time.monotonic() + ENDING
    while True:
        try:
            return check_unused()
        except ValidationError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)


def load(file: Path, *, manifest: Manifest, folder: Path, last: list[str]) -> None:
    """Restore a dump into the empty database, and run the statements `last`, all in one transaction.

    `folder`: for the dump's statements, which need a multiple of its size there. Refuses `not-restored` with the
    database's own reason; the database is then as empty as before.
    """
    binaries, script, end = tools(at_least=max(manifest.server, server())), folder / "dump.sql", folder / "last.sql"
    _run(
        [binaries / "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", file],
        code="damaged",
        what="The dump cannot be read",
    )
    end.write_text(f'SET search_path TO "{manifest.schema}";\n{";\n".join(last)};\n')
    connection.close()
    command = [binaries / "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    what = "The database refused the backup, and is as empty as before"
    _run([*command, "--output=/dev/null", f"--file={script}", f"--file={end}"], code="not-restored", what=what)
    script.unlink()


def check_server(manifest: Manifest) -> None:
    """Refuse `older-server` where the backup comes from a newer PostgreSQL than this one."""
    if server() < manifest.server:
        raise ValidationError(
            f"The backup is of PostgreSQL {manifest.server}, and this server is {server()}: take one as new.",
            code="older-server",
        )


def take_statistics() -> None:
    """Let the planner look at the tables, for a dump brings none: without, `verify` took 30 times as long."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def skip_numbers(by: int) -> None:
    """Let every sequence go on so much later: numbers of rows that were lost with the old machine are not given again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(c.oid, coalesce(pg_sequence_last_value(c.oid), 0) + %s) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND n.nspname = current_schema()",
            [by],
        )
