"""What the site writes is closed to other users of the machine: registrations, votes and log-in codes are among it."""

import contextlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

OTHERS = stat.S_IRWXO


def close(folder: Path) -> None:
    """Let what this process makes from now on be closed to others, and make `folder` where it is not there yet.

    A umask that keeps others out stays as it is: the group may be the proxy's, which reads static files.
    Raises ImproperlyConfigured where others can come into a folder that is there already.
    """
    before = os.umask(0o077)
    if before & OTHERS == OTHERS:
        os.umask(before)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & OTHERS and all(one.stat().st_mode & stat.S_IXOTH for one in folder.parents):
        raise ImproperlyConfigured(f"Other users of this machine can read DATA_DIR: chmod -R o= '{folder}'")


def kept_secret(path: Path) -> str:
    """Return the secret kept in a file; make it (mode 600) when it is not there yet."""
    if not path.exists():
        # Written whole before it gets its name, so that two processes that start together read the same.
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it with mode 600
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text().strip()
