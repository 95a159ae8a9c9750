"""What Django answers, as the front sends it: at once and compressed, or piece by piece."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIEnvironment

from granian.rsgi import HTTPProtocol

from config.front import encodings
from config.front.finished_page import Headers, Reply
from events.jobs.troubles import Trouble
from events.pages.public import Finished

log = logging.getLogger(__name__)

CHUNK = 64 * 1024  # bytes of a long answer that are sent at a time

type Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


class Long(NamedTuple):
    """An answer that is sent piece by piece. It tells its length, so that one that is cut off is not taken as whole.

    `file`: the path of the file whose bytes it is, all of them; "" for others.
    """

    status: int
    headers: Headers
    pieces: Iterable[bytes]
    close: Callable[[], object]
    file: str


class Answer:
    """What a WSGI application answers, before anything is sent."""

    def __init__(self, application: Application, environ: WSGIEnvironment) -> None:
        self.status, self.headers = 0, list[tuple[str, str]]()
        self._response: Any = application(environ, self._start)

    def _start(self, status: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], object]:
        self.status, self.headers = int(status[:3]), headers
        return lambda data: None

    def close(self) -> None:
        """Let it go, unread."""
        if hasattr(self._response, "close"):
            self._response.close()

    @property
    def trouble(self) -> Trouble | None:
        """The trouble that the answer tells."""
        found: Trouble | None = getattr(self._response, "trouble", None)
        return found

    @property
    def finished(self) -> Finished | None:
        """The mark of a public page; None for every other answer, and for one that sets a cookie."""
        mark: Finished | None = getattr(self._response, "finished", None)
        has_cookie = any(name.lower() == "set-cookie" for name, _value in self.headers)
        return mark if mark and self.status in {200, 302, 503} and not has_cookie else None

    def take(self) -> Reply | Long:
        """The answer as it is sent."""
        if getattr(self._response, "streaming", False):
            return Long(self.status, self.headers, self._response, self.close, self._file())
        return self.whole()

    def _file(self) -> str:
        """The path of the file that is sent, from its first byte to its last; "" where it is none, or a part."""
        file: Any = getattr(self._response, "file_to_stream", None)
        path = str(getattr(file, "name", ""))
        return path if self.status == 200 and path and Path(path).is_file() and file.tell() == 0 else ""

    def whole(self) -> Reply:
        """The answer in one piece."""
        body = b"".join(self._response)
        self.close()
        return Reply(self.status, self.headers, body)


def packed(reply: Reply, environ: WSGIEnvironment) -> Reply:
    """An answer that Django made just now, compressed as the browser likes it."""
    about = {name.lower(): value for name, value in reply.headers}
    if environ["REQUEST_METHOD"] == "HEAD" or "content-encoding" in about or "etag" in about:
        return reply
    is_personal = "HTTP_COOKIE" in environ or "set-cookie" in about
    accepted, kind = environ.get("HTTP_ACCEPT_ENCODING", ""), about.get("content-type", "")
    name, body = encodings.quickly(reply.body, accepted=accepted, kind=kind, is_personal=is_personal)
    if not name:
        return reply
    varies = ", ".join(filter(None, [about.get("vary"), "Accept-Encoding"]))
    headers = [one for one in reply.headers if one[0].lower() not in {"content-length", "vary"}]
    headers += [("Content-Encoding", name), ("Vary", varies), ("Content-Length", str(len(body)))]
    return Reply(reply.status, headers, body)


async def send_long(answer: Long, protocol: HTTPProtocol) -> None:
    """Send an answer piece by piece, each read in a thread: a slow reader keeps no place.

    The server takes pieces faster than they are read, and holds them; a file it reads as fast as its reader does.
    """
    if answer.file:
        protocol.response_file(answer.status, answer.headers, answer.file)
        await asyncio.to_thread(answer.close)
        return
    transport = protocol.response_stream(answer.status, answer.headers)
    pieces = _in_chunks(answer.pieces)
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            try:
                await transport.send_bytes(piece)
            except RuntimeError:
                log.info("a long answer was not read to its end")
                return
    finally:
        await asyncio.to_thread(answer.close)


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about CHUNK."""
    held, size = list[bytes](), 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
