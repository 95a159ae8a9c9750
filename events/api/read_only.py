"""The door of the API: who may come in (everybody, to read), and what is refused before a view runs.

An answer is the same for everyone, so it is a public page: kept finished and sent by config.finished_pages. The whole query is
its key: names that a list does not know are refused, and refusals are never kept.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from events.api import errors
from events.shared.pages.public import OPEN, public_page

LONGEST_QUERY = 2_000  # characters; the page cache keeps nothing longer either
# A page elsewhere that sends If-None-Match asks first whether it may.
PREFLIGHT = {
    "Allow": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "public, max-age=86400",
}

type View = Callable[..., HttpResponseBase]


def read_only(view: View, *, parameters: Iterable[str] = (), repeated: Iterable[str] = ()) -> View:
    """Put a view of the API behind the door. `parameters`: the names it reads; `repeated`: those of them that may
    stand more than once. Pages of other sites may read all that comes out (CORS).

    Refuses with JSON: 400 (unknown or repeated names, a long query, text that is no UTF-8), 405.
    """
    known, many = frozenset(parameters), frozenset(repeated)
    page = public_page(view, parameters=None)

    @wraps(view)  # the schema is made from what Django REST framework wrote on the view
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return _with(HttpResponse(status=204), OPEN | PREFLIGHT)
        if request.method not in {"GET", "HEAD"}:
            refused: HttpResponseBase = errors.answer(405, code="method-not-allowed", detail=errors.NOT_ALLOWED)
            return _with(refused, {"Allow": PREFLIGHT["Allow"]})
        refusal = _refusal(request, known=known, many=many)
        return _with(refusal or page(request, *args, **kwargs), OPEN)

    # There is nothing to forge: it reads, and knows nobody. So a POST learns that it is not allowed (405).
    door.csrf_exempt = True  # type: ignore[attr-defined]
    return door


def _with(response: HttpResponseBase, headers: dict[str, str]) -> HttpResponseBase:
    for name, value in headers.items():
        response[name] = value
    return response


def _refusal(request: HttpRequest, *, known: frozenset[str], many: frozenset[str]) -> HttpResponse | None:
    query = request.META.get("QUERY_STRING", "")
    if len(query) > LONGEST_QUERY:
        detail = f"The query is longer than {LONGEST_QUERY} characters."
        return errors.answer(400, code="query-too-long", detail=detail)
    try:
        unquote_to_bytes(query.encode("latin-1")).decode()
    except UnicodeError:
        return errors.answer(400, code="bad-request", detail=errors.NOT_UNDERSTOOD)
    faults = {}
    for name, values in request.GET.lists():
        if name not in known:
            faults[name[:60]] = ["There is no such parameter here."]
        elif len(values) > 1 and name not in many:
            faults[name] = ["Give this parameter once."]
    if faults:
        return errors.answer(400, code="bad-parameter", detail=errors.BAD_PARAMETER, fields=faults)
    return None
