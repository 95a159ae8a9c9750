"""The id of a request: one word that its log lines, its answer and the proxy's log share."""

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

HEADER = "X-Request-ID"
GOOD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

# Empty outside a request.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# The environ of the request; None outside one. A line that says an event takes the network from it.
visitor: ContextVar[Mapping[str, Any] | None] = ContextVar("visitor", default=None)


def new_request_id(header: str | None) -> str:
    """Return the id that a trusted proxy sent (`header`; None where none is trusted), or a new one where it is no such word."""
    return header if header and GOOD.fullmatch(header) else secrets.token_hex(8)
