"""How the commands speak: a refusal is one sentence, never a traceback; a moment is typed as ISO."""

import sqlite3
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import DatabaseError
from pyrage import EncryptError


def plainly[**P](function: Callable[P, None]) -> Callable[P, None]:
    """Tell a refusal, a full disk or a database that does not answer in a sentence; the exit code is then 1."""

    @wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        except OSError as error:
            raise CommandError(f"{error.filename or 'Writing failed'}: {error.strerror}") from error
        except EncryptError as error:
            raise CommandError(f"Writing failed: {error}") from error
        except (DatabaseError, sqlite3.Error) as error:
            raise CommandError(f"The database says: {str(error).splitlines()[0]}") from error

    return told


def moment(text: str) -> datetime:
    """A moment as an argument of a command, with its zone: an hour that is guessed wrong would stand in public."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a moment looks like 2026-09-07T10:00:00Z") from None
    if found.tzinfo is None:
        raise ArgumentTypeError("a moment has its zone: 2026-09-07T10:00:00Z (UTC), or 2026-09-07T12:00:00+02:00")
    return found
