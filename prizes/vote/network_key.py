"""The key of an edition: 32 random bytes in a file outside the database, under which networks and addresses of voters are hashed.

A count needs no key. Who loses it loses the comparison with what was hashed before: networks, mail boxes, and the addresses that
have begun a ballot. It is destroyed when the edition is closed; from then on no hash can be tried against an address.
"""

import contextlib
import hashlib
import hmac
import logging
import os
import secrets
from pathlib import Path

from django.conf import settings

from events.shared import key_files
from events.shared.key_files import KEY_BYTES
from prizes.models import Edition

log = logging.getLogger(__name__)


def path(edition: Edition) -> Path:
    """Where the edition's key is, or would be."""
    return key_files.path(edition.key_name)


def key(edition: Edition) -> bytes | None:
    """Return the edition's key, made at the first call; None once the edition is closed. Two processes get the same.

    Under an empty key a hash would be as good as the address, so a file that was cut short is replaced by a new key, and what was
    hashed under the old one can no longer be compared. None too, and a line in the log, where the folder cannot be
    read or written: a vote counts without its traces.
    """
    if edition.closed or edition.key_destroyed:
        return None
    try:
        return key_files.key(edition.key_name)
    except OSError as error:
        log.error("the key of edition %s is out of reach (%s): nothing is compared", edition.pk, error.strerror)
        return None


def hashed(key: bytes, text: str) -> str:
    """The hash (hex, 256 bits) of a text under a key."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def is_there(edition: Edition) -> bool:
    """Whether the edition's whole key lies in the folder. No key is made."""
    with contextlib.suppress(OSError):
        return path(edition).stat().st_size == KEY_BYTES
    return False


def is_left(edition: Edition) -> bool:
    """Whether a file of the edition's key, or a draft of it, is still there."""
    return bool(_files(edition))


def destroy(edition: Edition) -> None:
    """Overwrite and delete the key's file, with drafts that a crash left; doing it twice changes nothing.

    Raises OSError where the folder cannot be written. The caller writes `key_destroyed` (prizes.fair_play.close_edition).
    """
    for file_path in _files(edition):
        with contextlib.suppress(FileNotFoundError):
            with file_path.open("r+b") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            file_path.unlink()


def _files(edition: Edition) -> list[Path]:
    return sorted(Path(settings.KEYS_DIR).glob(f"{edition.key_name}.*"))
