"""SQLite's side of a backup: a copy of one moment by SQLite's own online backup, put back under a name at once."""

import contextlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import connection

from config.running.backup.postgresql import LEFT_OUT


def path() -> Path:
    """The file of the site's database."""
    return Path(connection.settings_dict["NAME"])


def dump(file: Path) -> None:
    """Copy the database of this moment into a file."""
    if not path().exists():
        raise ValidationError(f"There is no database {path()}.", code="not-dumped")
    with closing(sqlite3.connect(f"file:{path()}?mode=ro", uri=True)) as live, closing(sqlite3.connect(file)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("PRAGMA secure_delete=ON")
        for table in LEFT_OUT:
            copy.execute(f"DELETE FROM {table}")  # noqa: S608  our name
        copy.commit()


def check_readable(file: Path) -> None:
    """Look through a copy for damage. Refuses `damaged`."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            said = copy.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise ValidationError(f"The database in the backup cannot be read: {said}", code="damaged")


def check_empty() -> None:
    """Refuse `not-empty` for a database with tables."""
    if path().exists():
        with closing(sqlite3.connect(path())) as found:
            if found.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise ValidationError(
                    f"The database {path()} is not empty: a backup is restored into an empty place only. Move it away, "
                    "with the files beside it that begin with its name.",
                    code="not-empty",
                )


def load(file: Path, *, last: list[str]) -> None:
    """Put a copy in the place of the empty database, the statements `last` done to it before anybody can see it.

    Refuses `not-empty` where somebody made tables there in that time; nothing is left of the copy then.
    """
    connection.close()
    draft = path().with_name(f".{path().name}.restoring")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    draft.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as copy, closing(sqlite3.connect(draft)) as place:
        copy.backup(place)
        place.execute("PRAGMA foreign_keys=OFF")
        for statement in last:
            place.execute(statement)
        place.commit()
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    try:
        check_empty()
    except ValidationError:
        draft.unlink()
        raise
    for beside in ("-wal", "-shm"):  # of the empty database that is there
        path().with_name(path().name + beside).unlink(missing_ok=True)
    draft.replace(path())


def skip_numbers(by: int) -> None:
    """Let every table number its rows so much later: numbers of rows that were lost are not given again."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [by])
