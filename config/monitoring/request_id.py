"""The id of a request: one word that its log lines, its answer and the proxy's log share."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"
GOOD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

# Empty outside a request.
request_id: ContextVar[str] = ContextVar("request_id", default="")


def new_request_id(header: str | None) -> str:
    """Return the id that a trusted proxy sent (`header`; None where none is trusted), or a new one where it is no such word."""
    return header if header and GOOD.fullmatch(header) else secrets.token_hex(8)
