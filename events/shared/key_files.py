"""Keys of 32 random bytes in files outside the database (KEYS_DIR, which every machine of the site has)."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from django.conf import settings

KEY_BYTES = 32


def path(name: str) -> Path:
    """Where the key of a name is, or would be."""
    return Path(settings.KEYS_DIR) / f"{name}.key"


def key(name: str) -> bytes:
    """Return the key of a name, made at the first call. Two processes that start together get the same.

    A file that a crash cut short is no key: it is replaced by a new one (by each of two processes that find it at the same
    moment; the last one stays). Raises OSError where the folder cannot be read or
    written.
    """
    with contextlib.suppress(FileNotFoundError):
        found = path(name).read_bytes()
        if len(found) == KEY_BYTES:
            return found
        path(name).unlink(missing_ok=True)
    return _made(name)


def _made(name: str) -> bytes:
    folder = Path(settings.KEYS_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written whole before it gets its name, so that two processes that start together read the same.
    descriptor, draft = tempfile.mkstemp(dir=folder, prefix=f"{name}.", suffix=".draft")  # mode 600
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path(name))
    Path(draft).unlink()
    return path(name).read_bytes()
