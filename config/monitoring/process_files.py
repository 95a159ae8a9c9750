"""The figures of each process in a file of its own under DATA_DIR/metrics, and those of all processes added up.

Beside `NAME.json` lies `NAME.alive`, on which the process holds a lock until it ends, however it ends. Numbers of processes that
are gone are added to those of `gone.json` and their files deleted: a sum never falls, and no files pile up.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

type Numbers = dict[tuple[str, ...], list[float]]  # what is counted, its labels → the numbers, which add up

GONE = "gone.json"


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

    def write(self, numbers: Numbers) -> None:
        """Replace what the file holds. Raises OSError, and leaves the file as it was."""
        _write(self._path, numbers)


def gather() -> tuple[Numbers, int]:
    """Add up the numbers of all processes, those that are gone too; return them and how many processes live."""
    if not folder().is_dir():
        return {}, 0
    with _alone():
        _fold_gone()
        living = list(folder().glob("*.alive"))
        total: Numbers = {}
        for path in [folder() / GONE, *(path.with_suffix(".json") for path in living)]:
            _add(_read(path), to=total)
    return total, len(living)


def _fold_gone() -> None:
    total = _read(folder() / GONE)
    gone = [path for path in folder().glob("*.alive") if _is_free(path)]
    for path in gone:
        _add(_read(path.with_suffix(".json")), to=total)
    if gone:
        _write(folder() / GONE, total)
    for path in gone:
        path.with_suffix(".json").unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def _is_free(path: Path) -> bool:
    """Whether nobody holds the lock: its process is gone."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
    return False


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time puts the folder in order."""
    with (folder() / "order.lock").open("wb") as file:
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
