"""The file of a backup: one line that says what it is, then a tar, plain or sealed under a key.

    WSIS-FORUM-BACKUP 1 site plain                          then the tar, and the SHA-256 of all before it (32 bytes)
    WSIS-FORUM-BACKUP 1 site sealed SALT KEY-ID             then the tar in sealed portions

A plain one can be read by hand: `tail -n +2 FILE | tar x`. A sealed portion is ChaCha20-Poly1305 over at most PORTION
bytes; its nonce is the portion's number and whether it is the last, so that none can be left out, moved or cut off.
"""

import hashlib
import hmac
import io
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from django.core.exceptions import ValidationError

MAGIC = "WSIS-FORUM-BACKUP"
FORMAT = 1
SITE, KEYS = "site", "keys"  # what a file holds: database and media, or the secrets, never both
PORTION = 1 << 20
TAG = 16
KEY_BYTES = 32
LEFT_SECONDS = 86_400  # after this an unfinished file is of a command that was killed


def damaged(path: Path) -> ValidationError:
    """The refusal of a file that is not as it was written."""
    return ValidationError(f"{path} is cut off or damaged: nothing of it is used. Take another copy.", code="damaged")


# --- keys -------------------------------------------------------------------------------------------
def make_key(path: Path) -> None:
    """Make a key file (mode 600) that did not exist. Refuses `key-exists`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ValidationError(f"{path} is there already: a key is never overwritten.", code="key-exists") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{secrets.token_hex(KEY_BYTES)}\n")


def read_key(path: Path) -> bytes:
    """The 32 bytes of a key file. Refuses `no-key`."""
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValidationError(f"{path} is no key file (manage.py backup --new-key FILE makes one).", code="no-key")
    return key


def _derived(key: bytes, *, use: str, salt: bytes = b"") -> bytes:
    return hmac.digest(key, use.encode() + b"|" + salt, "sha256")  # the key is random: one step of HKDF is enough


# --- the first line ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Head:
    """The first line: what the file holds, and under which key it is sealed ("" for a plain one)."""

    holds: str
    salt: bytes = b""
    key_id: str = ""

    def line(self) -> bytes:
        seal = f"sealed {self.salt.hex()} {self.key_id}" if self.key_id else "plain"
        return f"{MAGIC} {FORMAT} {self.holds} {seal}\n".encode()


def read_head(path: Path) -> Head:
    """What a file says of itself. Refuses `no-backup` and `another-format`."""
    try:
        with path.open("rb") as file:
            words = file.readline(200).decode("ascii").split()
    except (OSError, UnicodeDecodeError):
        words = []
    if len(words) < 2 or words[0] != MAGIC:
        raise ValidationError(f"{path} is no backup of this site, or cannot be read.", code="no-backup")
    if words[1] != str(FORMAT):
        raise ValidationError(
            f"{path} has the format {words[1]}, and this version reads format {FORMAT}: restore it with the version of "
            "the site that made it.",
            code="another-format",
        )
    match words[2:]:
        case [holds, "plain"]:
            return Head(holds)
        case [holds, "sealed", salt, key_id] if set(salt) <= set("0123456789abcdef") and len(salt) % 2 == 0:
            return Head(holds, bytes.fromhex(salt), key_id)
    raise damaged(path)


# --- writing ----------------------------------------------------------------------------------------
class Writer(io.RawIOBase):
    """Takes the tar and writes it behind the first line; `finish` writes the end, without which a file is cut off."""

    def __init__(self, file: IO[bytes], *, holds: str, key: bytes | None) -> None:
        salt = secrets.token_bytes(16)
        self._head = Head(holds, salt, _derived(key, use="id").hex()[:16]) if key else Head(holds)
        self._aead = ChaCha20Poly1305(_derived(key, use="seal", salt=salt)) if key else None
        self._file, self._sum, self._rest, self._number = file, hashlib.sha256(), bytearray(), 0
        self._put(self._head.line())

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self._aead is None:
            self._put(data)
            return len(data)
        self._rest += data
        while len(self._rest) > PORTION:  # the last portion, however long, waits for `finish`
            self._seal(bytes(self._rest[:PORTION]), is_last=False)
            del self._rest[:PORTION]
        return len(data)

    def finish(self) -> None:
        """Write the end, through to the disk."""
        if self._aead:
            self._seal(bytes(self._rest), is_last=True)
        else:
            self._put(self._sum.digest())
        self._file.flush()
        os.fsync(self._file.fileno())

    def _put(self, data: bytes) -> None:
        self._sum.update(data)
        self._file.write(data)

    def _seal(self, portion: bytes, *, is_last: bool) -> None:
        assert self._aead is not None  # noqa: S101
        self._file.write(self._aead.encrypt(_nonce(self._number, is_last=is_last), portion, self._head.line()))
        self._number += 1


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])


@contextmanager
def writing(path: Path, *, holds: str, key: bytes | None) -> Iterator[Writer]:
    """A new file of mode 600, which gets its name when it is whole and on the disk; nothing is left when it fails.

    Refuses `exists`.
    """
    if path.exists():
        raise _exists(path)
    _sweep(path.parent)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")  # mode 600
    try:
        with os.fdopen(descriptor, "wb") as file:
            writer = Writer(file, holds=holds, key=key)
            yield writer
            writer.finish()
        _name(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sweep(folder: Path) -> None:
    """Remove the unfinished files that killed commands left."""
    for left in folder.glob(".*.part"):
        with suppress(ValidationError, OSError):  # another's file, or gone meanwhile
            read_head(left)
            if left.stat().st_mtime < time.time() - LEFT_SECONDS:
                left.unlink()


def _name(draft: Path, path: Path) -> None:
    """Give a finished file its name, without replacing what came there meanwhile."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without links, such as a mounted share
        if path.exists():
            raise _exists(path) from None
        draft.rename(path)


def _exists(path: Path) -> ValidationError:
    return ValidationError(f"{path} is there already: a backup is never overwritten.", code="exists")


# --- reading ----------------------------------------------------------------------------------------
class Reader(io.RawIOBase):
    """Gives the tar of a file, each byte checked: a sealed one portion by portion, a plain one by `finish`."""

    def __init__(self, path: Path, file: IO[bytes], *, head: Head, key: bytes | None) -> None:
        self._path, self._file, self._head = path, file, head
        self._aead = ChaCha20Poly1305(_derived(key, use="seal", salt=head.salt)) if key and head.key_id else None
        self._ready, self._ahead, self._number, self._sum = b"", b"", 0, hashlib.sha256()
        self._sum.update(self._file.readline())
        self._is_over = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._is_over and (size < 0 or len(self._ready) < size):
            self._ready += self._sealed() if self._aead else self._plain()
        size = len(self._ready) if size < 0 else size
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def finish(self) -> None:
        """Read what is left, to the end. Refuses `damaged` where the end is not the one that was written."""
        while self.read(PORTION):
            pass

    def _next(self, size: int) -> tuple[bytes, bool]:
        """The next bytes of the file, and whether they are its last."""
        data = self._ahead + self._file.read(size - len(self._ahead))
        self._ahead = self._file.read(1)
        return data, not self._ahead

    def _sealed(self) -> bytes:
        data, self._is_over = self._next(PORTION + TAG)
        assert self._aead is not None  # noqa: S101
        try:
            portion = self._aead.decrypt(_nonce(self._number, is_last=self._is_over), data, self._head.line())
        except InvalidTag:
            raise damaged(self._path) from None
        self._number += 1
        return portion

    def _plain(self) -> bytes:
        data = self._ahead + self._file.read(PORTION)
        part, self._ahead = data[:-32], data[-32:]  # the last 32 bytes are no part of the tar
        self._sum.update(part)
        if not part:
            self._is_over = True
            if self._ahead != self._sum.digest():
                raise damaged(self._path)
        return part


@contextmanager
def reading(path: Path, *, key: bytes | None) -> Iterator[Reader]:
    """A file from its beginning. Refuses `no-backup`, `another-format`, `key-missing`, `wrong-key`, `not-sealed`; while it is
    read `damaged`."""
    head = read_head(path)
    if key and not head.key_id:  # anybody can write a plain one, and a dump can run programs
        raise ValidationError(
            f"{path} is not sealed, and a key was given: this is not the file that was made with it. Only if you know where "
            "it comes from, leave --key away.",
            code="not-sealed",
        )
    if head.key_id and key is None:
        raise ValidationError(f"{path} is sealed: give the key that it was made with (--key FILE).", code="key-missing")
    if head.key_id and key and _derived(key, use="id").hex()[:16] != head.key_id:
        raise ValidationError(f"The key is the wrong one: {path} was made with another.", code="wrong-key")
    with path.open("rb") as file:
        yield Reader(path, file, head=head, key=key)
