"""The secrets of a site in a file of their own: SECRET_KEY, the keys of the prize's open editions, and the list of who was erased.

Never in one file with the database, and never in one folder: a dump with the key of an edition tells from which
network a voter voted (docs/operations.md).
"""

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from pyrage import x25519

from config.running.backup import archive
from registration.people.data_rights import erased_list

SECRET_KEY = "secret-key"  # noqa: S105  a file's name
KEYS = "keys"


def check_apart(path: Path) -> None:
    """Refuse `not-apart` where the other kind of file lies in the folder already."""
    ending = archive.SITE if path.name.endswith(archive.SECRETS) else archive.SECRETS
    if other := next(path.parent.glob(f"*{ending}"), None):
        raise ValidationError(
            f"{other.name} lies in {path.parent}: secrets and database are kept apart. Choose another folder, on another "
            "machine or medium.",
            code="not-apart",
        )


def make(path: Path, *, key: x25519.Identity) -> list[str]:
    """Write the secrets into a new file; return their names. Refuses `exists`."""
    with archive.work_folder() as folder:
        (folder / SECRET_KEY).write_text(settings.SECRET_KEY)
        keys = sorted(file for file in Path(settings.KEYS_DIR).glob("*") if file.is_file())
        parts = [(SECRET_KEY, folder / SECRET_KEY), *((f"{KEYS}/{file.name}", file) for file in keys)]
        archive.seal(path, parts, key=key, folder=folder)
    return [name for name, _file in parts]


def restore(folder: Path) -> list[str]:
    """Put opened secrets back; return sentences about what was done. What is there and differs is kept beside, never overwritten.

    A site makes a SECRET_KEY with its first command, this one too: the one there is then kept as secret-key.before.
    """
    said, keys = [], Path(settings.KEYS_DIR)
    places = {folder / SECRET_KEY: settings.DATA_DIR / SECRET_KEY}
    places |= {file: keys / file.name for file in sorted((folder / KEYS).glob("*"))}
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file, place in places.items():
        if place.name == erased_list.FILE:  # lines that are there stay
            erased_list.add(file.read_text())
        elif not place.exists() or place.read_bytes().strip() != file.read_bytes().strip():
            if place.exists():
                place.replace(place.with_name(f"{place.name}.before"))
            file.chmod(0o600)
            shutil.move(file, place)
        said.append(f"{place}: is there")
    if os.environ.get("SECRET_KEY") not in {None, "", (settings.DATA_DIR / SECRET_KEY).read_text().strip()}:
        said.append("The environment sets another SECRET_KEY, and that one is used: set this one there, or none.")
    return said
