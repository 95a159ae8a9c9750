"""The body of a request as Django reads it: one that broke off is an error, never a shorter one.

The server hands over what came, and a form of which the end is missing looks like a whole one.
"""

import io
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from config.finished_pages import Application


class WholeBody(io.RawIOBase):
    """A stream of so many bytes; OSError where it ends before, which Django makes an UnreadablePostError."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream, self._left = stream, length

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        wanted = min(len(room), self._left)
        data = self._stream.read(wanted) if wanted else b""
        if wanted and not data:
            raise OSError("the body broke off")
        self._left -= len(data)
        room[: len(data)] = data
        return len(data)


def whole_or_none(application: Application) -> Application:
    """A WSGI application whose requests have whole bodies, or none that can be read."""

    def ask(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal():
            environ["wsgi.input"] = io.BufferedReader(WholeBody(environ["wsgi.input"], int(length)))
        return application(environ, start)

    return ask
