"""What an error of the database means to those who wait: whether it passes, and by itself."""

import enum

from django.db import Error, InterfaceError, OperationalError, connection


class Trouble(enum.StrEnum):
    """Why the site cannot answer just now. It is over by itself, or once the organisers have seen to it."""

    AWAY = "away"  # the database is not reached
    FULL = "full"  # the database has no room to write
    BUSY = "busy"  # more is asked at once than the site can do


# Beginnings of SQLSTATE. A connection that broke off; a server that stops, starts, or has become one to read from only.
LOST = ("08", "57P", "25006", "25P03")
DISK_FULL = "53100"
CHANGED = "0A000"  # with “cached plan”: a column has another type than when this connection planned its statements
PASSING = ("40", "53", "55", "57014")  # rolled back for others, too many connections, a lock, a time limit


def trouble_of(error: BaseException | None) -> Trouble | None:
    """The trouble that an error of the database stands for; None for faults of ours."""
    if not isinstance(error, Error):
        return None
    words, cause = str(error), error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == DISK_FULL or "disk is full" in words:
        return Trouble.FULL
    if type(cause).__module__ == "sqlite3":  # a web process that speaks PostgreSQL does not load it
        return Trouble.BUSY if "locked" in words else None
    if state == CHANGED and "cached plan" in words:
        return Trouble.AWAY
    if state is None:  # the client's own words: nothing came from the server
        is_lost = "connection" in words if isinstance(error, InterfaceError) else isinstance(error, OperationalError)
        return Trouble.AWAY if is_lost else None
    return Trouble.AWAY if state.startswith(LOST) else Trouble.BUSY if state.startswith(PASSING) else None


def is_trouble(error: BaseException) -> bool:
    """Whether an error, or what it came from, is trouble of the database."""
    return bool(trouble_of(error) or trouble_of(error.__cause__))


def is_of_the_row(error: BaseException) -> bool:
    """Whether a trouble is one row's: PostgreSQL had too much to do with it, or waited too long for it, and is there for the next."""
    return trouble_of(error) is Trouble.BUSY and connection.vendor == "postgresql" and connection.is_usable()
