"""PostgreSQL as Django speaks it, over connections that say while they wait for the server (config.database.watch)."""

import os
import select
import socket
import time
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base, operations
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from config.database import watch

# Seconds after an answer in which a connection is not asked whether it is alive, unless something came on it.
FRESH = 0.25
# Of pages: milliseconds that they wait for a row or table that somebody else holds (workers wait on); and what is prepared is
# planned once, also where the server would expect to win something each time.
OF_PAGES = "-c lock_timeout=2500ms -c plan_cache_mode=force_generic_plan"


class UtcLoader(BaseTzLoader):
    """Reads moments as Django's loader does, which takes fifteen times as long: a page of sessions has a hundred of them."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii")).astimezone(UTC)
        except ValueError:  # years that Python does not have, infinity: Django's says so
            return super().load(data)


class WatchedConnection(psycopg.Connection[Any]):
    """A connection whose waiting can be ended by the watch of its process."""

    answered = 0.0  # when the server answered last, by the monotonic clock
    twin: socket.socket | None = None  # a second handle on its socket, so that nobody shuts another one by its number
    kept_cursor: Any = None  # see DatabaseWrapper.kept_cursor

    def wait(self, *arguments: Any, **options: Any) -> Any:
        """Wait for the server; OperationalError when the watch has ended the connection meanwhile."""
        self.answered = 0.0  # who breaks off is looked at before the next question
        with watch.waiting(self):
            answer = super().wait(*arguments, **options)
        self.answered = time.monotonic()
        return answer

    def has_something_to_read(self) -> bool:
        """Whether the server sent something that nobody asked for: as a rule, that the connection ends."""
        asked = select.poll()
        asked.register(self.fileno(), select.POLLIN)
        return bool(asked.poll(0))

    def close(self) -> None:
        """Close the connection and the second handle."""
        super().close()
        if self.twin is not None:
            self.twin.close()


class PreparingCursor(base.ServerBindingCursor):
    """The server plans a statement once for each connection, and gets the values apart from it."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True, **options)  # type: ignore[misc]


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> Any:
        """What tests and debuggers show of a statement; the values of a prepared one went apart from it."""
        is_prepared = isinstance(cursor, PreparingCursor)
        text: str | None = (
            self.compose_sql(sql, params) if is_prepared else super().last_executed_query(cursor, sql, params)
        )
        return text


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for the class of its connections (and without OPTIONS for a level of isolation, which nobody sets)."""

    ops_class = DatabaseOperations
    is_preparing = False  # while events.prepared_queries asks

    def get_new_connection(self, conn_params: dict[str, Any]) -> WatchedConnection:
        if watch.is_refused():
            raise psycopg.OperationalError("the database is away: no connection is tried")
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        if watch.is_started():
            conn_params = {"options": OF_PAGES, **conn_params}
        connection = WatchedConnection.connect(**conn_params)
        connection.adapters.register_loader("timestamptz", UtcLoader)
        connection.prepare_threshold = 1  # statements are prepared where a cursor says so, else never
        connection.twin = socket.socket(fileno=os.dup(connection.fileno()))
        return connection

    def is_usable(self) -> bool:
        """Whether the server is there: as it was a moment ago, unless it has said since that it goes; else it is asked."""
        is_fresh = self.connection is not None and time.monotonic() - self.connection.answered < FRESH
        return (is_fresh and not self.connection.has_something_to_read()) or super().is_usable()

    def kept_cursor(self) -> Any:
        """A cursor that prepares, one for as long as the connection lasts: to make it takes as long as to ask. For questions
        whose rows are read at once."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self.connection.kept_cursor is None:
            self.is_preparing = True
            try:
                self.connection.kept_cursor = self.make_cursor(self.create_cursor())
            finally:
                self.is_preparing = False
        return self.connection.kept_cursor

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's own, but for one that prepares."""
        is_preparing = self.is_preparing and settings.DATABASE_PREPARES
        self.connection.cursor_factory = PreparingCursor if is_preparing else base.Cursor
        return super().create_cursor(name)
