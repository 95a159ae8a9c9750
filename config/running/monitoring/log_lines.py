"""How a line of the log looks: one JSON object for machines, or one line for people; neither holds personal data."""

import copy
import logging
from datetime import UTC, datetime
from typing import Any

from celery import current_task, signals
from django.contrib.auth import SESSION_KEY
from pythonjsonlogger.json import JsonFormatter

from config.running.monitoring.request_id import request_id, visitor
from config.running.monitoring.scrubbing import error_text, scrub
from registration.people.accounts.log_ins.networks import network_of

# What a line may say besides its words. Whatever else hangs on a record (a request, a task's arguments) is not written.
FIELDS = ("method", "kind", "status", "seconds", "event", "account", "row", "number", "network")
REFUSED = 403


class WithoutAddresses(logging.Filter):
    """Django names the address of a request, Celery the words of an error: put the route and the kind in their place."""

    def filter(self, record: logging.LogRecord) -> logging.LogRecord | bool:
        record = copy.copy(record)  # other handlers get it as it was
        request = getattr(record, "request", None)
        if request is not None and _route(request) == "readyz":
            return False  # its 503 is the answer that is asked for, again and again
        # Django tells some answers only after the middleware is through.
        record.request_id = request_id.get() or getattr(request, "request_id", "")
        if request is not None and record.args:
            record.args = tuple(_route(request) if _is_address(arg, request) else arg for arg in record.args)
        if hasattr(record, "event"):
            record.network = network_of(environ) if (environ := visitor.get()) is not None else None
        status = getattr(record, "status_code", 0)
        if request is not None and 400 <= status < 500:
            record.exc_info = record.exc_text = None  # what was asked for, and not a fault of ours
        if request is not None and status == REFUSED:
            # Who asks is known by now, or nobody has asked for it: no question to the database for a line.
            session = getattr(request, "session", None)
            key = session.get(SESSION_KEY) if session is not None and session.accessed else None
            record.event, record.account = "refused", int(key) if key else None
            record.network = network_of(request.META)
        if isinstance(record.args, dict) and "exc" in record.args:
            kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
            record.args = {
                **record.args,
                "exc": kind.__name__ if kind else "",
                "traceback": "",
                "args": "",
                "kwargs": "",
            }
        return record


def _is_address(said: object, request: Any) -> bool:
    """Whether a word of the line is the request's address (Django escapes it)."""
    path = str(request.path)
    return isinstance(said, str) and said.partition("?")[0] in {path, path.encode("unicode_escape").decode("ascii")}


def _route(request: Any) -> str:
    return request.resolver_match.route if request.resolver_match else "(no such address)"


class JsonLine(JsonFormatter):
    """One JSON object a line: time (UTC), level, logger, words, and the ids of the request and of the task."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        moment = datetime.fromtimestamp(record.created, UTC)
        log_data |= {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrub(record.message),
        }
        ids = {"request": getattr(record, "request_id", ""), "task": task_id()}
        extra = {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        error = {"error": message_dict["exc_info"]} if message_dict.get("exc_info") else {}
        log_data |= {name: value for name, value in ids.items() if value} | extra | error

    def formatException(self, ei: Any) -> str:
        return error_text(ei)


class TextLine(logging.Formatter):
    """The same for a terminal: time, level, logger, words."""

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        record.exc_text = None  # another handler may have kept the whole of it
        return scrub(super().format(record))

    def formatException(self, ei: Any) -> str:
        return error_text(ei)


def task_id() -> str:
    """The id of the task that runs in this thread; empty outside one."""
    return str(current_task.request.id or "") if current_task else ""


@signals.setup_logging.connect(weak=False)
def _keep_logging(loglevel: int | str | None = None, **_more: Any) -> None:
    """Celery leaves the log as the settings make it, and is only as loud as its --loglevel says."""
    if loglevel:
        logging.getLogger("celery").setLevel(loglevel)
