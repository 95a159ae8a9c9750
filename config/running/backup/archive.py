"""The file of a backup: a tar, sealed by age. It can be opened without this site: `age -d -i KEY FILE | tar x`.

    manifest.json    the moment, the kind of database, the migrations that it has
    database         a dump of pg_dump -Fc, or an SQLite file
    media/…          the uploaded files

age says of every cut and every changed bit; so a file that opens is as it was written.
"""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pyrage import DecryptError, IdentityError, decrypt_file, encrypt_file, x25519

from config.running.backup import postgresql, sqlite
from config.running.monitoring import last_runs
from events.models import Message

MANIFEST, DATABASE, MEDIA = "manifest.json", "database", "media"
SECRETS, SITE = ".secrets.age", ".backup.age"  # endings of names
LEFT_SECONDS = 86_400  # after this what lies in a folder of ours is of a command that was killed


# --- keys -------------------------------------------------------------------------------------------
def make_key(path: Path) -> None:
    """Make a key file (mode 600), as age-keygen does, that did not exist. Refuses `key-exists`."""
    key = x25519.Identity.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ValidationError(f"{path} is there already: a key is never overwritten.", code="key-exists") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(f"# public key: {key.to_public()}\n{key}\n")


def read_key(path: Path) -> x25519.Identity:
    """The key of a file of age-keygen or of `make_key`. Refuses `no-key`."""
    try:
        lines = path.read_text("ascii").splitlines()
        return x25519.Identity.from_str(next(line.strip() for line in lines if line[:1] not in {"#", ""}))
    except (OSError, ValueError, StopIteration, IdentityError):
        raise ValidationError(
            f"{path} is no key file (manage.py backup --new-key FILE makes one).", code="no-key"
        ) from None


# --- sealing and opening --------------------------------------------------------------------------------
@contextmanager
def work_folder() -> Iterator[Path]:
    """A folder of mode 700 in DATA_DIR, for what is not sealed for a while. Those that a killed command left go after a day."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    for left in settings.DATA_DIR.glob("backup-*"):
        if left.stat().st_mtime < timezone.now().timestamp() - LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.DATA_DIR) as folder:
        yield Path(folder)


def seal(path: Path, parts: Iterable[tuple[str, Path]], *, key: x25519.Identity, folder: Path) -> None:
    """Write files, by the names that they get, into a new sealed file, which gets its own name when it is whole and on the disk.

    A file that is gone by now is left out. Refuses `exists`.
    """
    if path.exists():
        raise ValidationError(f"{path} is there already: a backup is never overwritten.", code="exists")
    with tarfile.open(folder / "tar", "w", format=tarfile.PAX_FORMAT) as tar:
        for name, file in parts:
            with suppress(FileNotFoundError):  # deleted in this moment, as its row is
                tar.add(file, name, recursive=False)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")  # mode 600
    try:
        encrypt_file(str(folder / "tar"), draft, [key.to_public()])
        os.fsync(descriptor)
        os.rename(draft, path)
    finally:
        os.close(descriptor)
        Path(draft).unlink(missing_ok=True)
        (folder / "tar").unlink()


@contextmanager
def opened(path: Path, *, key: x25519.Identity) -> Iterator[Path]:
    """A folder with what is in a sealed file. Refuses `not-opened`."""
    with work_folder() as folder:
        try:
            decrypt_file(str(path), str(folder / "tar"), [key])
            with tarfile.open(folder / "tar") as tar:
                tar.extractall(folder / "parts", filter="data")  # nothing outside this folder, whoever wrote the tar
        except (OSError, DecryptError, tarfile.TarError) as error:
            raise ValidationError(
                f"{path} does not open ({str(error).splitlines()[0]}): it is another key’s, cut off, damaged, or no backup of "
                "this version of the site. Nothing of it is used.",
                code="not-opened",
            ) from error
        (folder / "tar").unlink()
        yield folder / "parts"


# --- backups ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: the moment of its database (UTC, ISO), on which engine it is, its migrations ([app, name])."""

    made: str
    engine: str
    migrations: list[list[str]]

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made)


def media() -> Path:
    """The folder of the uploaded files."""
    return Path(default_storage.path(""))


def stored() -> Iterator[tuple[str, Path]]:
    """The uploaded files, with their names in a backup."""
    for file in sorted(media().rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield f"{MEDIA}/{file.relative_to(media())}", file


def make(path: Path, *, key: x25519.Identity) -> Manifest:
    """Back up database and media into a new file.

    The database first, then the media: a file is stored before a row names it, so that what the rows of the backup name
    was there before. Only a file that is deleted while the media are copied can be missing. Refuses `exists`, `no-tables`,
    `no-tools`, `not-dumped`.
    """
    if Message._meta.db_table not in connection.introspection.table_names():
        raise ValidationError("The database has no tables of the site: there is nothing to back up.", code="no-tables")
    with work_folder() as folder:
        applied = sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())
        now = timezone.now()  # a row of after this moment may be in it, never one of before be missing
        (postgresql if connection.vendor == "postgresql" else sqlite).dump(folder / DATABASE)
        made = Manifest(now.isoformat(), connection.vendor, applied)
        (folder / MANIFEST).write_text(json.dumps(asdict(made), indent=1))
        own = [(name, folder / name) for name in (MANIFEST, DATABASE)]
        seal(path, [*own, *stored()], key=key, folder=folder)
    last_runs.note(last_runs.BACKUP, now=timezone.now())
    return made


def read_manifest(folder: Path) -> Manifest:
    """What an opened backup says of itself. Refuses `no-backup` for another file, and for one of an earlier version."""
    try:
        found = Manifest(**json.loads((folder / MANIFEST).read_text()))
        if found.moment.tzinfo is not None and (folder / DATABASE).is_file():
            return found
    except (OSError, ValueError, TypeError):
        pass
    raise ValidationError("The file holds no database of this version of the site.", code="no-backup")


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


def check(path: Path, *, key: x25519.Identity) -> tuple[Manifest, int]:
    """Check a backup without restoring it: it opens, and its dump can be read to the end. Returns what it says of itself, and how many
    uploaded files are in it. Refuses as `opened` and `read_manifest`, and `damaged`."""
    with opened(path, key=key) as folder:
        found = read_manifest(folder)
        (postgresql if found.engine == "postgresql" else sqlite).check_readable(folder / DATABASE)
        return found, sum(file.is_file() for file in (folder / MEDIA).rglob("*"))
