"""The secrets of a site in a file of their own: SECRET_KEY, the keys of the prize's open editions, and the list of who was erased.

Never in one archive with the database, and never in one folder: a dump with the key of an edition tells from which
network a voter voted (docs/operations.md).
"""

import os
import tarfile
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from config.backup import container
from registration.data_rights import erased_list

SECRET_KEY = "secret-key"  # noqa: S105  a file's name
KEYS = "keys/"
ERASED = f"{KEYS}{erased_list.FILE}"


def check_apart(folder: Path, *, holds: str) -> None:
    """Refuse `not-apart` where the other kind of file lies in the folder already."""
    for path in folder.iterdir():
        try:
            other = container.read_head(path).holds if path.is_file() else holds
        except ValidationError:
            continue
        if other != holds:
            raise ValidationError(
                f"{path.name} lies in {folder}: secrets and database are kept apart. Choose another folder, on another "
                "machine or medium.",
                code="not-apart",
            )


def make(path: Path, *, key: bytes | None) -> list[str]:
    """Write the secrets into a new file; return their names. Refuses `exists`."""
    found = {SECRET_KEY: settings.SECRET_KEY.encode()}
    found |= {KEYS + one.name: one.read_bytes() for one in sorted(Path(settings.KEYS_DIR).glob("*.key"))}
    found |= {ERASED: content} if (content := erased_list.content()) else {}
    writing = container.writing(path, holds=container.KEYS, key=key)
    with writing as writer, tarfile.open(fileobj=writer, mode="w|") as tar:
        for name, content in found.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600
            tar.addfile(entry, BytesIO(content))
    return list(found)


def read(path: Path, *, key: bytes | None) -> dict[str, bytes]:
    """The secrets of a file by their names. Refuses what `container.reading` does, and `damaged`."""
    with container.reading(path, key=key) as reader:
        try:
            with tarfile.open(fileobj=reader, mode="r|") as tar:
                found = {one.name: file.read() for one in tar if (file := tar.extractfile(one))}
            reader.finish()
        except (tarfile.TarError, EOFError) as error:
            raise container.damaged(path) from error
    names = {name.removeprefix(KEYS) for name in found if name not in {SECRET_KEY, ERASED}}
    if SECRET_KEY not in found or any(Path(name).name != name or not name.endswith(".key") for name in names):
        raise container.damaged(path)
    return found


def restore(path: Path, *, key: bytes | None) -> list[str]:
    """Put secrets back; return sentences about what was done. What is there and differs is kept beside, never overwritten.

    A site makes a SECRET_KEY with its first command, this one too: the one there is then kept as secret-key.before.
    """
    found, said = read(path, key=key), []
    if ERASED in found:
        erased_list.add(found.pop(ERASED).decode())
        said.append(f"{settings.KEYS_DIR}/{erased_list.FILE}: its lines are there")
    for name, content in found.items():
        if name == SECRET_KEY:
            place = settings.DATA_DIR / SECRET_KEY
        else:
            place = Path(settings.KEYS_DIR) / name.removeprefix(KEYS)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if place.exists() and place.read_bytes() in {content, content + b"\n"}:
            said.append(f"{place}: is there already")
            continue
        if place.exists():
            place.replace(place.with_name(f"{place.name}.before"))
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        said.append(f"{place}: put back")
    if os.environ.get("SECRET_KEY", found[SECRET_KEY].decode()) != found[SECRET_KEY].decode():
        said.append("The environment sets another SECRET_KEY, and that one is used: set this one there, or none.")
    return said
