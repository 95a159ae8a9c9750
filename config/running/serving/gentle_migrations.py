"""Migrations beside a site that runs: none makes readers wait behind it, and each stands beside the older code.

A change of a table waits for its lock until the last reader has gone, and whoever comes later waits behind it. So it waits
a second at the most, lets everybody pass, and tries again.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

log = logging.getLogger(__name__)

LOCK_WAIT = 1.0  # seconds that a statement waits for its lock
PAUSE = 1.0  # seconds until it is tried again
TRIES = 60


def migrate() -> None:
    """Bring the tables up to date. Raises OperationalError where a table is in use for a minute and longer."""
    if connection.vendor != "postgresql":
        call_command("migrate", interactive=False, verbosity=0)
        return
    for left in reversed(range(TRIES)):
        try:
            _set_lock_wait(LOCK_WAIT)
            with connection.execute_wrapper(_waiting_where_nobody_waits_behind):
                call_command("migrate", interactive=False, verbosity=0)
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable) or not left:
                raise
            log.warning("A table is in use: the migration tries again in %.0f s", PAUSE)
            time.sleep(PAUSE)
        finally:
            _set_lock_wait(0)


def _waiting_where_nobody_waits_behind(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """An index that is made CONCURRENTLY holds nobody up while it waits; broken off, it would be left there, invalid."""
    if "CONCURRENTLY" not in str(sql):
        return execute(sql, params, many, context)
    _set_lock_wait(0)
    try:
        return execute(sql, params, many, context)
    finally:
        _set_lock_wait(LOCK_WAIT)


def _set_lock_wait(seconds: float) -> None:
    """Let statements of this connection wait so long for a lock; 0: for ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {int(seconds * 1000)}")
