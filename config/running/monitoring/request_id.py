"""Where a request is from: its id, one word that its log lines, its answer and the proxy's log share; and whether a proxy passed it on."""

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest

HEADER = "X-Request-ID"
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
GOOD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

# Empty outside a request.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# The environ of the request; None outside one. A line that says an event takes the network from it.
visitor: ContextVar[Mapping[str, Any] | None] = ContextVar("visitor", default=None)


def new_request_id(header: str | None) -> str:
    """Return the id that a trusted proxy sent (`header`; None where none is trusted), or a new one where it is no such word."""
    return header if header and GOOD.fullmatch(header) else secrets.token_hex(8)


def came_through_a_proxy(request: HttpRequest) -> bool:
    """Whether a proxy says so, also where it is this machine: who asks may then be anybody."""
    return any(name in request.headers for name in FORWARDED)
