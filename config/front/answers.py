"""What Django answers, as the front sends it: at once and compressed, or piece by piece."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from wsgiref.types import WSGIEnvironment

from django.http import StreamingHttpResponse
from granian.rsgi import HTTPProtocol

from config.database.troubles import Trouble
from config.front import encodings
from config.front.finished_page import Headers, Reply
from config.front.page_cache import Application

log = logging.getLogger(__name__)

CHUNK = 64 * 1024  # bytes of a long answer that are sent at a time


class Long(NamedTuple):
    """An answer that is sent piece by piece. It tells its length, so that one that is cut off is not taken as whole."""

    status: int
    headers: Headers
    pieces: StreamingHttpResponse


def ask(application: Application, environ: WSGIEnvironment) -> tuple[Reply | Long, Trouble | None]:
    """What a WSGI application answers, and the trouble that it tells."""
    status, headers = 0, Headers.__value__()

    def start(line: str, sent: Headers, exc_info: object = None) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = int(line[:3]), sent
        return lambda data: None

    response: Any = application(environ, start)
    if getattr(response, "streaming", False):
        return Long(status, headers, response), None
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    return Reply(status, headers, body), getattr(response, "trouble", None)


def whole(answer: Reply | Long) -> Reply:
    """The answer in one piece."""
    if isinstance(answer, Reply):
        return answer
    body = b"".join(answer.pieces)
    answer.pieces.close()
    return Reply(answer.status, answer.headers, body)


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
    """Send an answer piece by piece, each read in a thread: a slow reader keeps no place."""
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
        await asyncio.to_thread(answer.pieces.close)


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
