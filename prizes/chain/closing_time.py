"""The last minute: a choice counts by the moment it arrived, and nothing is sealed for good while one may be under way.

A request takes its time once, when it reaches the site (`config.middleware`). A choice that arrived before the close
is written even after it, within WRITE_LIMIT; later it is refused, as the whole request is then broken. The last
block is sealed from `close + GRACE` on, under a lock that waits for every choice that is being written.
"""

from datetime import datetime, timedelta

from django.db import connection

from prizes.models import Edition, Phase

WRITE_LIMIT = timedelta(seconds=60)  # from the arrival of a request to the writing of its choice
GRACE = timedelta(seconds=90)  # longer than WRITE_LIMIT, for clocks that differ between machines
_LOCK_SPACE = 0x5753  # the first half of PostgreSQL's advisory lock; the second is the edition


def close_of(edition: Edition) -> datetime | None:
    """The moment from which on no arriving choice is accepted; None without a voting phase."""
    phase = edition.phase(Phase.Kind.VOTING)
    return phase.ends if phase else None


def is_settled(edition: Edition, *, now: datetime) -> bool:
    """Whether no choice that arrived in time can still be under way, but for one that holds the lock."""
    close = close_of(edition)
    return close is not None and now >= close + GRACE


def hold_open(edition: Edition) -> None:
    """While a choice is written: share the polls' lock until the end of the transaction. Choices never wait for each other."""
    _lock(edition, shared=True)


def wait_for_choices(edition: Edition) -> None:
    """Before the last block: wait for the choices that are being written, and keep out others to the transaction's end."""
    _lock(edition, shared=False)


def _lock(edition: Edition, *, shared: bool) -> None:
    if connection.vendor != "postgresql":  # SQLite has one writer at a time anyway
        return
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_LOCK_SPACE, edition.pk])
