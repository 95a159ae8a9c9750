"""The body of a request as Django reads it: one that broke off is an error, never a shorter one.

The server hands over what came, and a form of which the end is missing looks like a whole one.
"""

from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from config.finished_pages import Application


class WholeBody:
    """A stream of so many bytes; OSError where it ends before, which Django makes an UnreadablePostError."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream, self._left = stream, length

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data: bytes = self._stream.read(wanted) if wanted else b""
        self._left -= len(data)
        if len(data) < wanted:
            raise OSError("the body broke off")
        return data


def whole_or_none(application: Application) -> Application:
    """A WSGI application whose requests have whole bodies, or none that can be read."""

    def ask(environ: WSGIEnvironment, start: StartResponse) -> Any:
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal():
            environ["wsgi.input"] = WholeBody(environ["wsgi.input"], int(length))
        return application(environ, start)

    return ask
