"""Around everything that Django answers: the request gets its id, is counted by the kind of its page, and leaves a line in the log."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.running.monitoring import metrics
from config.running.monitoring.request_id import HEADER, new_request_id, request_id, visitor

log = logging.getLogger("requests")
UNKNOWN, STATIC = "unknown", "static"  # the kinds of an address that leads nowhere, and of a file
LOUDNESS = dict.fromkeys(
    (STATIC, "healthz", "readyz", "metrics"), logging.DEBUG
)  # asked all the time, and telling nothing

type Next = Callable[[HttpRequest], HttpResponse]


def observed(get_response: Next) -> Next:
    """The id: what stands before Django has set one, a trusted proxy sent one, or it is made here."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        sent = request.headers.get(HEADER) if settings.TRUSTED_PROXIES else None
        before = request_id.set(request_id.get() or new_request_id(sent))
        request.request_id = request_id.get()  # type: ignore[attr-defined]
        nobody = visitor.set(request.META)
        try:
            response = get_response(request)
            seconds = time.perf_counter() - began
            kind = kind_of(request)
            is_being_made = getattr(response, "is_being_made", False)  # events.shared.pdf.responses
            metrics.observe_request(kind, response.status_code, seconds, is_being_made=is_being_made)
            # The kind, never the address: it may hold a code or a token.
            about = {
                "method": request.method,
                "kind": kind,
                "status": response.status_code,
                "seconds": round(seconds, 4),
            }
            log.log(
                LOUDNESS.get(kind, logging.INFO), "%(method)s %(kind)s %(status)s in %(seconds)s s", about, extra=about
            )
            if "no-store" in response.get("Cache-Control", ""):  # what is kept for others must not differ by this
                response[HEADER] = request_id.get()
            return response
        finally:
            visitor.reset(nobody)
            request_id.reset(before)

    return middleware


def kind_of(request: HttpRequest) -> str:
    """The name of the view that a request reached; "static" for the files of the pages."""
    if request.path_info.startswith(settings.STATIC_URL):
        return "static"
    return request.resolver_match.view_name if request.resolver_match else UNKNOWN
