"""The figures of each process in a file of its own under DATA_DIR/metrics, and those of all processes added up.

Beside `NAME.json` lies `NAME.alive`, on which the process holds a lock until it ends, however it ends. Numbers of processes that
are gone are added to those of `gone.json` and their files deleted, whenever somebody asks or a process begins: a sum never falls,
and no files pile up. `gone.json` also names the processes that it holds: one whose files could not be deleted counts once.
"""

import fcntl
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

type Numbers = dict[tuple[str, ...], list[float]]  # what is counted, its labels → the numbers, which add up

GONE = "gone.json"
HELD = "held"  # what a row of gone.json counts that names a process which is added to it


def folder() -> Path:
    return Path(settings.DATA_DIR) / "metrics"


class ProcessFile:
    """The file of this process."""

    def __init__(self, folder: Path) -> None:
        """Take a name that nobody has. Raises OSError where the folder cannot be written."""
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        draft = folder / f"{name}.draft"
        self._lock = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        draft.rename(folder / f"{name}.alive")  # locked before anybody can see it
        self._path = folder / f"{name}.json"
        _put_in_order(folder)

    def write(self, numbers: Numbers) -> None:
        """Replace what the file holds. Raises OSError, and leaves the file as it was."""
        _write(self._path, numbers)


def gather() -> tuple[Numbers, int]:
    """Add up the numbers of all processes, those that are gone too; return them and how many processes live.

    Raises nothing where the folder cannot be written (a full disk, say): then it is only read.
    """
    if not folder().is_dir():
        return {}, 0
    return _put_in_order(folder()) or _sum(folder())


def _put_in_order(folder: Path) -> tuple[Numbers, int] | None:
    """Fold the processes that are gone, and return what `gather` does; None where the folder cannot be written."""
    try:
        with _alone(folder):
            _fold_gone(folder)
            return _sum(folder)
    except OSError as error:
        log.debug("the figures cannot be put in order: %s", error.strerror)
        return None


def _sum(folder: Path) -> tuple[Numbers, int]:
    total = _read(folder / GONE)
    held = _held(total)
    others = [path for path in folder.glob("*.alive") if path.stem not in held]
    for path in others:
        _add(_read(path.with_suffix(".json")), to=total)
    return total, sum(not _is_free(path) for path in others)


def _fold_gone(folder: Path) -> None:
    total = _read(folder / GONE)
    gone = {path.stem: path for path in folder.glob("*.alive") if _is_free(path)}
    if not gone:
        return
    held = _held(total)
    for name, path in gone.items():
        if name not in held:
            _add(_read(path.with_suffix(".json")), to=total)
    total = {row: values for row, values in total.items() if row[0] != HELD}
    _write(folder / GONE, total | {(HELD, name): [1] for name in gone})
    for path in gone.values():
        for suffix in (".draft", ".json", ".alive"):
            path.with_suffix(suffix).unlink(missing_ok=True)


def _held(numbers: Numbers) -> set[str]:
    """The processes whose numbers gone.json holds, as long as their files may still lie there."""
    return {row[1] for row in numbers if row[0] == HELD}


def _is_free(path: Path) -> bool:
    """Whether nobody holds the lock: its process is gone."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:
        return False


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time puts the folder in order."""
    with (folder / "order.lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _add(numbers: Numbers, *, to: Numbers) -> None:
    for row, values in numbers.items():
        there = to.get(row)
        # Another version may have counted in other steps: its numbers cannot be added to ours.
        if there is None or len(there) != len(values):
            to[row] = list(values)
        else:
            to[row] = [a + b for a, b in zip(there, values, strict=True)]


def _read(path: Path) -> Numbers:
    """What a file holds; nothing where there is none, or where it is not ours."""
    try:
        return {tuple(row): values for row, values in json.loads(path.read_bytes())}
    except (OSError, ValueError, TypeError):
        return {}


def _write(path: Path, numbers: Numbers) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(list(numbers.items())))
    draft.replace(path)
