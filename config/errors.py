"""The pages for requests that cannot be answered. They need no database and no signed-in person."""

import sys
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import escape_leading_slashes
from django.views import defaults

from events.api import errors as api_errors
from events.shared.jobs.troubles import Trouble, trouble_of

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


API_SENTENCES = {
    Trouble.AWAY: "The database is not reached just now. Ask again in a few seconds.",
    Trouble.FULL: "The database has no room to write. Ask again in a minute.",
    Trouble.BUSY: "More is asked at once than the site can do. Ask again in a few seconds.",
}
RETRY_AFTER = {Trouble.AWAY: 2, Trouble.FULL: 60, Trouble.BUSY: 2}  # seconds
SENT_AGAIN = 20_000  # bytes of a form that the page can hold, to be sent again: reading more would take long
SECRETS = ("password", "code", "receipt", "secret")  # in the name of a field: it does not stand in a page


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the site has a fault (500); where it is the database's, what it is, and that it passes (503)."""
    trouble = trouble_of(sys.exc_info()[1])
    if trouble is Trouble.AWAY and not connection.in_atomic_block:
        connection.close()  # lost, or what it has planned does not hold any more: the next one is a new one
    return unavailable(request, trouble) if trouble else defaults.server_error(request)


def unavailable(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    """Say what the trouble is (503), with the seconds after which to try again.

    A form that was sent stands in the page, to be sent again by a button; one with a password or a file does not.
    """
    if api_errors.is_of_the_api(request):
        response: HttpResponse = api_errors.answer(503, code=trouble, detail=API_SENTENCES[trouble])
    else:
        context = {
            "trouble": trouble,
            "is_read": request.method in {"GET", "HEAD"},
            "path": escape_leading_slashes(request.get_full_path()),
        }
        response = HttpResponse(render_to_string("503.html", context | {"fields": _fields(request)}), status=503)
    response["Retry-After"] = RETRY_AFTER[trouble]
    response["Cache-Control"] = "no-store"
    return response


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a form that may stand in a page, to be sent again: a small one of this very site, without a secret or a
    file."""
    length, origin = request.META.get("CONTENT_LENGTH") or "0", urlsplit(request.headers.get("Origin", ""))
    is_ours = origin.netloc in {request.META.get("HTTP_HOST", ""), ""} and request.headers.get("Origin") != "null"
    is_small = length.isascii() and length.isdigit() and int(length) <= SENT_AGAIN
    if request.content_type != "application/x-www-form-urlencoded" or not (is_ours and is_small):
        return []
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except (*TOO_MUCH, BadRequest, OSError):
        return []
    return [] if any(secret in name for name, _value in fields for secret in SECRETS) else fields
