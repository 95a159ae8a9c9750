"""The key of an edition: 32 random bytes in a file outside the database, under which networks are hashed.

A count needs no key, and losing it loses nothing but the comparison of networks. It is destroyed when the edition is
closed; from then on no hash can be tried against an address.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from django.conf import settings

from prizes.models import Edition


def _path(edition: Edition) -> Path:
    return Path(settings.KEYS_DIR) / f"{edition.key_name}.key"


def key(edition: Edition) -> bytes | None:
    """Return the edition's key, made at the first call; None once it was destroyed. Two processes get the same."""
    if edition.key_destroyed:
        return None
    path = _path(edition)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written whole before it gets its name, so that two processes that start together read the same.
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it with mode 600
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_bytes()


def destroy(edition: Edition) -> None:
    """Overwrite and delete the key's file; doing it twice changes nothing. The caller writes `key_destroyed`."""
    path = _path(edition)
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
