"""PostgreSQL as Django speaks it, over connections that say while they wait for the server (config.database.watch)."""

import os
import socket
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from config.database import watch

LOCK_TIMEOUT = 2_500  # milliseconds that a page waits for a row or table that somebody else holds; workers wait on


class WatchedConnection(psycopg.Connection[Any]):
    """A connection whose waiting can be ended by the watch of its process."""

    twin: socket.socket | None = None  # a second handle on its socket, so that nobody shuts another one by its number

    def wait(self, *arguments: Any, **options: Any) -> Any:
        """Wait for the server; OperationalError when the watch has ended the connection meanwhile."""
        with watch.waiting(self):
            return super().wait(*arguments, **options)

    def close(self) -> None:
        """Close the connection and the second handle."""
        super().close()
        if self.twin is not None:
            self.twin.close()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for the class of its connections (and without OPTIONS for a level of isolation, which nobody sets)."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> WatchedConnection:
        if watch.is_refused():
            raise psycopg.OperationalError("the database is away: no connection is tried")
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        if watch.is_started():
            conn_params = {"options": f"-c lock_timeout={LOCK_TIMEOUT}ms", **conn_params}
        connection = WatchedConnection.connect(**conn_params)
        connection.twin = socket.socket(fileno=os.dup(connection.fileno()))
        return connection
