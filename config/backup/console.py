"""How the commands speak: a refusal is one sentence, never a traceback; a moment is typed as ISO."""

import sqlite3
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import DatabaseError


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
        except (DatabaseError, sqlite3.Error) as error:
            raise CommandError(f"The database says: {str(error).splitlines()[0]}") from error

    return told


def moment(text: str) -> datetime:
    """A moment as an argument of a command; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a moment looks like 2026-09-07T10:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def lines(say: Callable[[str], Any], found: list[str]) -> None:
    """Write sentences, one a line."""
    for sentence in found:
        say(sentence)
