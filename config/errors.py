"""The pages for requests that cannot be answered. They need no database and no signed-in person."""

import enum
import sqlite3
import sys

from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import escape_leading_slashes
from django.views import defaults

from events.api import errors as api_errors

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    """Say that the request was not understood (400), or that it was too large (413)."""
    if isinstance(exception, TOO_MUCH):
        return too_large(request)
    if api_errors.is_of_the_api(request):
        return api_errors.answer(400, code="bad-request", detail=api_errors.NOT_UNDERSTOOD)
    return HttpResponse(render_to_string("400.html"), status=400)


def too_large(request: HttpRequest) -> HttpResponse:
    """Say that the form sent more than the site takes (413), and how to go on."""
    if api_errors.is_of_the_api(request):
        return api_errors.answer(413, code="too-large", detail=api_errors.TOO_LARGE)
    return HttpResponse(render_to_string("413.html"), status=413)


class Trouble(enum.StrEnum):
    """Why the site cannot answer just now. It is over by itself, or once the organisers have seen to it."""

    AWAY = "away"  # the database is not reached
    FULL = "full"  # the database has no room to write
    BUSY = "busy"  # more is asked at once than the site can do
    TOO_MANY = "too-many"  # … by this network alone


API_SENTENCES = {
    Trouble.AWAY: "The database is not reached just now. Ask again in a few seconds.",
    Trouble.FULL: "The database has no room to write. Ask again in a minute.",
    Trouble.BUSY: "More is asked at once than the site can do. Ask again in a few seconds.",
    Trouble.TOO_MANY: "Your network asks for too much at once. Ask for one thing after the other.",
}
RETRY_AFTER = {Trouble.AWAY: 2, Trouble.FULL: 60, Trouble.BUSY: 2, Trouble.TOO_MANY: 5}  # seconds
LOST = ("08", "57P")  # SQLSTATE of a connection that broke off, of a server that stops or starts
DISK_FULL = "53100"
PASSING = ("40", "53", "55", "57014")  # rolled back for others, too many connections, a lock, a time limit
SENT_AGAIN = 100_000  # characters of a form that the page can hold, to be sent again


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the site has a fault (500); where it is the database's, what it is, and that it passes (503)."""
    trouble = trouble_of(sys.exc_info()[1])
    return unavailable(request, trouble) if trouble else defaults.server_error(request)


def trouble_of(error: BaseException | None) -> Trouble | None:
    """The trouble that an error of the database stands for; None for faults of ours."""
    if isinstance(error, InterfaceError):
        return Trouble.AWAY
    if not isinstance(error, OperationalError):
        return None
    words, state = str(error), getattr(error.__cause__, "sqlstate", None)
    if state == DISK_FULL or "disk is full" in words:
        return Trouble.FULL
    if state is not None:
        is_lost, is_passing = state.startswith(LOST), state.startswith(PASSING)
        return Trouble.AWAY if is_lost else Trouble.BUSY if is_passing else None
    if isinstance(error.__cause__, sqlite3.Error):
        return Trouble.BUSY if "locked" in words else None
    return Trouble.AWAY


def unavailable(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    """Say what the trouble is (503; 429 where one network asks too much), with the seconds after which to try again.

    A form that was sent stands in the page, to be sent again by a button; one with a password or a file does not.
    """
    status = 429 if trouble is Trouble.TOO_MANY else 503
    if api_errors.is_of_the_api(request):
        response: HttpResponse = api_errors.answer(status, code=trouble, detail=API_SENTENCES[trouble])
    else:
        context = {
            "trouble": trouble,
            "is_read": request.method in {"GET", "HEAD"},
            "path": escape_leading_slashes(request.get_full_path()),
        }
        response = HttpResponse(render_to_string("503.html", context | {"fields": _fields(request)}), status=status)
    response["Retry-After"] = RETRY_AFTER[trouble]
    response["Cache-Control"] = "no-store"
    response.trouble = trouble  # type: ignore[attr-defined]
    return response


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a form that may stand in a page, to be sent again; none of a form with a password or a file."""
    if request.content_type != "application/x-www-form-urlencoded":
        return []
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except (*TOO_MUCH, BadRequest, OSError):
        return []
    is_kept = sum(len(name) + len(value) for name, value in fields) <= SENT_AGAIN
    return fields if is_kept and not any("password" in name for name, _value in fields) else []
