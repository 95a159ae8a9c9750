"""The manifest: what a backup says of itself, and which backups this version of the site can take in."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

NAME = "manifest.json"
DATABASE = "database"
MEDIA = "media/"
# Log-in sessions are as good as passwords: their rows stay out of a backup, and a restored site asks everybody to log in.
LEFT_OUT = ("registration_signin", "django_session")


@dataclass
class Part:
    """A part of a backup: its size in bytes and its SHA-256 (hex)."""

    bytes: int
    sha256: str


@dataclass
class Manifest:
    """`made`: the moment of the database in the backup; media were copied after it, until `finished` (UTC, ISO).

    `missing`: files that rows name and that were not there any more when the media were copied.
    """

    made: str
    finished: str = ""
    engine: str = ""  # postgresql, sqlite
    server: int = 0  # its major version
    schema: str = ""
    migrations: list[list[str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made)

    @property
    def media(self) -> list[str]:
        """The names of the media files, as the storage knows them."""
        return [name.removeprefix(MEDIA) for name in self.parts if name.startswith(MEDIA)]

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()


def from_json(text: bytes) -> Manifest:
    """Read a manifest. Raises ValueError, TypeError, KeyError or AttributeError for anything else."""
    values = json.loads(text)
    values["parts"] = {name: Part(**part) for name, part in values["parts"].items()}
    found = Manifest(**values)
    if not re.fullmatch(r"[\w-]*", found.schema) or found.moment.tzinfo is None:  # both go into SQL
        raise ValueError(found.schema)
    return found


def applied() -> list[list[str]]:
    """The migrations of the database, as [app, name]."""
    return sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())


def check_fits(manifest: Manifest) -> None:
    """Refuse `another-database` (made on SQLite, restored into PostgreSQL, or the other way), and `newer` (its migrations)."""
    if manifest.engine != connection.vendor:
        raise ValidationError(
            f"The backup is of a database on {manifest.engine}, and DATABASE_URL names one on {connection.vendor}.",
            code="another-database",
        )
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    newer = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if newer:
        raise ValidationError(
            f"The backup is of a newer version of the site (it has {newer[0]}): restore it with that version.",
            code="newer",
        )


def count_rows(cursor: Any, tables: Iterable[str]) -> dict[str, int]:
    """How many rows each table has."""
    counts = {}
    for table in sorted(tables):
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  the database's own names
        counts[table] = 0 if table in LEFT_OUT else cursor.fetchone()[0]
    return counts


def named_files(cursor: Any, *, tables: Collection[str]) -> set[str]:
    """The names of all files that rows name, under the folder of the media. `tables`: those that there are; an older site does
    not have all of ours."""
    names: set[str] = set()
    for model in (model for model in apps.get_models() if model._meta.db_table in tables):
        for column in [one.column for one in model._meta.local_fields if isinstance(one, models.FileField)]:
            cursor.execute(f'SELECT DISTINCT "{column}" FROM "{model._meta.db_table}"')  # noqa: S608  our names
            names.update(row[0] for row in cursor.fetchall() if row[0])
    return names
