"""Making a backup and taking one apart: the parts of the tar, each with its SHA-256 in the manifest at the end."""

import contextlib
import hashlib
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from config.backup import container, manifest, postgresql, sqlite
from config.backup.manifest import DATABASE, MEDIA, Manifest, Part
from events.models import Message

PORTION = 1 << 20


def file_name(now: datetime, *, is_keys: bool) -> str:
    """The name of a file made at a moment (UTC), such as forum-20260907T100000Z.backup."""
    return f"forum-{now:%Y%m%dT%H%M%SZ}.{'keys' if is_keys else 'backup'}"


@contextmanager
def work_folder() -> Iterator[Path]:
    """A folder of mode 700 in DATA_DIR, for what is unpacked for a while. Those that a killed command left go after a day."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    for left in settings.DATA_DIR.glob("backup-*"):
        if left.stat().st_mtime < timezone.now().timestamp() - container.LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.DATA_DIR) as folder:
        yield Path(folder)


# --- making one -------------------------------------------------------------------------------------
def make(path: Path, *, key: bytes | None) -> Manifest:
    """Back up database and media into a new file, which gets its name when it is whole.

    The database first, then the media: a file is stored before a row names it, so that what the rows of the backup name
    was there before. Only a file that is deleted while the media are copied can be missing; the manifest names it.
    Refuses `exists`, `no-tables`, `no-tools`, `not-dumped`.
    """
    if Message._meta.db_table not in connection.introspection.table_names():
        raise ValidationError("The database has no tables of the site: there is nothing to back up.", code="no-tables")
    done = Manifest(made="", migrations=manifest.applied())
    side = postgresql if connection.vendor == "postgresql" else sqlite
    with (
        container.writing(path, holds=container.SITE, key=key) as writer,
        work_folder() as folder,
        tarfile.open(fileobj=writer, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        named = side.dump(folder / "dump", manifest=done)
        _add(tar, DATABASE, folder / "dump", to=done)
        for file in _stored():
            name = MEDIA + file.relative_to(media()).as_posix()
            with contextlib.suppress(FileNotFoundError):  # deleted in this moment, as its row is
                _add(tar, name, file, to=done)
        done.missing = sorted(named - set(done.media))
        done.finished = timezone.now().isoformat()
        _add_text(tar, manifest.NAME, done.as_json())
    return done


def media() -> Path:
    """The folder of the uploaded files."""
    return Path(default_storage.path(""))


def _stored() -> list[Path]:
    """The media files; none that begins with a point (a restore that broke off leaves such a folder)."""
    found = [path for path in media().rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(path for path in found if not path.relative_to(media()).parts[0].startswith("."))


class _Summed(io.RawIOBase):
    """A file that is read once, with its SHA-256."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sum = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sum.update(data)
        return data


def _add(tar: tarfile.TarFile, name: str, path: Path, *, to: Manifest) -> None:
    """Add a file. Raises FileNotFoundError before anything is written."""
    with path.open("rb") as file:
        entry = tar.gettarinfo(arcname=name, fileobj=file)
        entry.mode, entry.uid, entry.gid, entry.uname, entry.gname = 0o600, 0, 0, "", ""
        summed = _Summed(file)
        tar.addfile(entry, summed)
    to.parts[name] = Part(entry.size, summed.sum.hexdigest())


def _add_text(tar: tarfile.TarFile, name: str, text: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(text), 0o600
    tar.addfile(entry, io.BytesIO(text))


# --- taking one apart -------------------------------------------------------------------------------
def unpack(path: Path, *, key: bytes | None, folder: Path, media: Path | None) -> Manifest:
    """Take a backup apart and check every byte of it; return its manifest.

    The dump goes into `folder` under the name "dump", the media under `media` (None: they are only checked). Refuses what
    `container.reading` does, `holds-keys` for a file with the secrets, and `damaged` for whatever is not as it was
    written; what lies in the folders is then worth nothing.
    """
    if container.read_head(path).holds != container.SITE:
        raise ValidationError(f"{path} holds the secrets of a site, not its database.", code="holds-keys")
    sums: dict[str, Part] = {}
    found: Manifest | None = None
    with container.reading(path, key=key) as reader:
        try:
            with tarfile.open(fileobj=reader, mode="r|") as tar:
                for entry in tar:
                    source = tar.extractfile(entry)
                    if source is None or found:
                        raise container.damaged(path)
                    if entry.name == manifest.NAME:
                        found = manifest.from_json(source.read())
                    else:
                        sums[entry.name] = _copy(source, to=_place(path, entry.name, folder=folder, media=media))
            reader.finish()
        except (tarfile.TarError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise container.damaged(path) from error
    if found is None or sums != found.parts or DATABASE not in sums:
        raise container.damaged(path)
    return found


def _place(path: Path, name: str, *, folder: Path, media: Path | None) -> Path | None:
    """Where a part goes; None for media that are only checked. No part leaves its folder, whoever wrote the tar."""
    if name == DATABASE:
        return folder / "dump"
    parts = PurePosixPath(name).parts
    if not name.startswith(MEDIA) or ".." in parts or len(parts) < 2 or parts[1].startswith("."):
        raise container.damaged(path)
    return media.joinpath(*parts[1:]) if media else None


def _copy(source: IO[bytes], *, to: Path | None) -> Part:
    total, size = hashlib.sha256(), 0
    if to:
        to.parent.mkdir(parents=True, exist_ok=True)
    with (to or Path("/dev/null")).open("wb") as file:
        while data := source.read(PORTION):
            total.update(data)
            size += len(data)
            file.write(data)
    return Part(size, total.hexdigest())


def check(path: Path, *, key: bytes | None) -> Manifest:
    """Check a backup without restoring it: whole, unharmed, its dump readable to the end. Refuses as `unpack`, and `no-tools`."""
    with work_folder() as folder:
        found = unpack(path, key=key, folder=folder, media=None)
        if found.engine == "postgresql":
            postgresql.check_readable(folder / "dump", manifest=found)
        else:
            sqlite.check_readable(folder / "dump")
    return found


def check_new(path: Path, *, key: bytes | None) -> None:
    """Check a backup that was just made, as `check`; one that is damaged loses its name, or it would pass for a good one."""
    try:
        check(path, key=key)
    except ValidationError as refusal:
        if refusal.code != "damaged":
            raise
        away = path.rename(path.with_name(f"{path.name}.damaged"))
        raise ValidationError(
            f"The new backup cannot be read back and is now {away}. Look at the disk, then make another one.",
            code="damaged",
        ) from refusal
