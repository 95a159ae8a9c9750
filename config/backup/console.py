"""How the commands speak: a refusal is one sentence, never a traceback; a moment is typed as ISO."""

import signal
import sqlite3
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import DatabaseError


def plainly[**P](function: Callable[P, None]) -> Callable[P, None]:
    """Tell a refusal, a full disk or a database that does not answer in a sentence; the exit code is then 1."""

    @wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with _tidy_end():
                function(*args, **kwargs)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        except OSError as error:
            raise CommandError(f"{error.filename or 'Writing failed'}: {error.strerror}") from error
        except (DatabaseError, sqlite3.Error) as error:
            raise CommandError(f"The database says: {str(error).splitlines()[0]}") from error

    return told


@contextmanager
def _tidy_end() -> Iterator[None]:
    """Let a command that is told to end (systemd's stop, a lost terminal) remove its unfinished files first, the plain dump
    above all."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    ours = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_DFL]
    for one in ours:
        signal.signal(one, end)
    try:
        yield
    finally:
        for one in ours:
            signal.signal(one, signal.SIG_DFL)


def moment(text: str) -> datetime:
    """A moment as an argument of a command, with its zone: an hour that is guessed wrong would stand in public."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a moment looks like 2026-09-07T10:00:00Z") from None
    if found.tzinfo is None:
        raise ArgumentTypeError("a moment has its zone: 2026-09-07T10:00:00Z (UTC), or 2026-09-07T12:00:00+02:00")
    return found


def lines(say: Callable[[str], Any], found: list[str]) -> None:
    """Write sentences, one a line."""
    for sentence in found:
        say(sentence)


def add_backup(parser: ArgumentParser) -> None:
    """The arguments that name a backup and its key."""
    parser.add_argument("file", type=Path, nargs="?", help="a backup of the database and media, or of the secrets")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the key under which it is sealed")
