"""The front: what a web process answers on its event loop, and what it hands to Django in its few places.

Finished pages, static files and /healthz never wait for a thread or for the database. Bodies are read here, with a deadline
(config.front.request_bodies). Everything else is Django's, in a place (config.front.places); while the database is away
(config.database.watch) it is told so at once. The interface is granian's RSGI.
"""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import Http404, StreamingHttpResponse
from django.urls import resolve
from django.utils import timezone, translation
from granian.rsgi import HTTPProtocol, Scope

from config.database import watch
from config.errors import Trouble
from config.front import request_bodies
from config.front.collected_files import CollectedFiles
from config.front.finished_page import Headers, Page, Reply
from config.front.page_cache import Application, Key, PageCache, in_utf_8
from config.front.places import Full, Places, TooManyOfOne
from config.front.wsgi_environ import add_body, environ_of
from config.middleware import ARRIVED, TROUBLE
from config.monitoring import metrics
from events.pages.expensive import is_expensive
from prizes.models import Trace
from prizes.vote import network_traces
from registration.accounts.adapter import client_ip

log = logging.getLogger(__name__)

WAIT = 5.0  # seconds to wait for a finished page that somebody else is making
CHUNK = 64 * 1024  # bytes of a long answer that are sent at a time
PLAIN = ("Content-Type", "text/plain; charset=utf-8")
UP = Reply(200, [PLAIN, ("Cache-Control", "private, no-store")], b"ok\n")
TOO_SLOW = Reply(408, [PLAIN, ("Connection", "close")], b"Your request came too slowly. Send it again.\n")
SAFE = frozenset({"GET", "HEAD"})
WATCHING = frozenset(
    {"/readyz", "/metrics"}
)  # asked by machines that watch: they need no database to say that it is away


class Long(NamedTuple):
    """An answer that is sent piece by piece."""

    status: int
    headers: Headers
    pieces: StreamingHttpResponse


class Front:
    """The application of a web process."""

    def __init__(self, django: WSGIHandler) -> None:
        self._django = django
        self._pages = PageCache(django)
        self._static = CollectedFiles(lambda request: None)
        self._bodies = request_bodies.Bodies()
        self._making: dict[Key, asyncio.Future[None]] = {}
        self._watch = watch.Watch(self._pages.epochs.look)

    # --- the process ---
    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._common = Places("page", number=settings.WEB_THREADS, waiting=settings.WEB_WAITING)
        self._expensive = Places("expensive", number=1, waiting=40, each=12)
        self._watching = Places("watching", number=1, waiting=20)
        self._pages.epochs.is_watched = True
        self._watch.start()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watch.stop()
        for places in (self._common, self._expensive, self._watching):
            places.close()

    # --- a request ---
    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        environ = in_utf_8(environ_of(scope))
        try:
            await self._answer(environ, protocol)
        except Exception:
            log.exception("a request was not answered")
            protocol.response_bytes(500, [PLAIN], b"The site has a fault. Try again in a minute.\n")

    async def _answer(self, environ: WSGIEnvironment, protocol: HTTPProtocol) -> None:
        if environ["REQUEST_METHOD"] in SAFE and (found := await self._at_hand(environ)):
            protocol.response_bytes(*found)
            return
        try:
            if request_bodies.is_there(environ):
                await self._read_body(environ, protocol)
        except request_bodies.TooSlow:
            protocol.response_bytes(*TOO_SLOW)
            return
        answer = await self._by_django(environ)
        if isinstance(answer, Long):
            await self._send_long(answer, protocol)
        else:
            protocol.response_bytes(*answer)

    async def _at_hand(self, environ: WSGIEnvironment) -> Reply | None:
        """What can be answered from memory; None where Django has to be asked."""
        path = environ["PATH_INFO"]
        if path == "/healthz":
            return UP
        if self._static.has(path):
            return self._inline(environ)
        key = self._pages.key_of(environ)
        if key is None:
            return None
        began = time.perf_counter()
        page = self._pages.ready(key) or await self._made(key)
        if page is None:
            return None
        reply = page.reply(environ)
        metrics.observe_request("finished", reply.status, time.perf_counter() - began)
        return reply

    # --- finished pages are made once ---
    async def _made(self, key: Key) -> Page | None:
        """The page, where somebody makes it just now; None where this request has to be the one."""
        if key not in self._making:
            return None
        await asyncio.wait([self._making[key]], timeout=WAIT)
        return self._pages.ready(key)

    @contextlib.contextmanager
    def _making_of(self, key: Key | None) -> Iterator[None]:
        """While a page is made (its key, if it has one), others who want it wait for it."""
        if key is None or key in self._making:
            yield
            return
        done = self._making[key] = asyncio.get_running_loop().create_future()
        try:
            yield
        finally:
            del self._making[key]
            done.set_result(None)

    # --- the body ---
    async def _read_body(self, environ: WSGIEnvironment, protocol: HTTPProtocol) -> None:
        """Read the body into the environ. One that is too large is not read: Django says so, by its announced length."""
        limit = request_bodies.most(environ)
        length = request_bodies.announced_length(environ)
        if length is not None and length > limit:
            return
        try:
            body, length = await self._bodies.read(protocol, limit=limit)
        except request_bodies.TooLarge:
            environ["CONTENT_LENGTH"] = str(settings.UPLOAD_LIMIT + 1)
        except request_bodies.TooMany:
            environ["CONTENT_LENGTH"], environ[TROUBLE] = "0", Trouble.BUSY
        else:
            add_body(environ, body, length=length)

    # --- Django ---
    async def _by_django(self, environ: WSGIEnvironment) -> Reply | Long:
        """Ask Django for it in a place; say that the site is busy where there is none."""
        environ[ARRIVED] = timezone.now()
        network = network_traces.place(client_ip(WSGIRequest(environ)), kind=Trace.Kind.ADDRESS)
        work = functools.partial(self._work, environ)
        with self._making_of(self._pages.key_of(environ)):
            try:
                return await self._places_for(environ).run(work, network=network)
            except TooManyOfOne:
                return self._inline(environ, Trouble.TOO_MANY)
            except Full:
                return self._inline(environ, Trouble.BUSY)

    def _places_for(self, environ: WSGIEnvironment) -> Places:
        if environ["PATH_INFO"] in WATCHING:
            return self._watching
        path = WSGIRequest(environ).path_info
        with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
            try:
                view = resolve(path).func
            except Http404:
                return self._common
        query = [name for name, _value in parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)]
        return self._expensive if is_expensive(view, query=query) else self._common

    def _work(self, environ: WSGIEnvironment) -> Reply | Long:
        """In a place: what Django answers. What is only read is asked for twice where its connection was lost."""
        if watch.is_away() and environ["PATH_INFO"] not in WATCHING:
            environ[TROUBLE] = Trouble.AWAY
        answer, trouble = _ask(self._pages, environ)
        if trouble is Trouble.AWAY and environ["REQUEST_METHOD"] in SAFE and not watch.is_away():
            answer, _trouble = _ask(self._pages, environ)
        return answer

    def _inline(self, environ: WSGIEnvironment, trouble: Trouble | None = None) -> Reply:
        """On the event loop: what Django answers without its database, a static file or the page that tells a trouble."""
        status, headers, body = _ask(self._django, environ | {TROUBLE: trouble})[0]
        return Reply(status, headers, body if isinstance(body, bytes) else b"".join(body))

    # --- long answers ---
    async def _send_long(self, long: Long, protocol: HTTPProtocol) -> None:
        """Send an answer piece by piece, each read in a thread: a slow reader keeps no place."""
        transport = protocol.response_stream(long.status, long.headers)
        pieces = _in_chunks(long.pieces)
        try:
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                await transport.send_bytes(piece)
        except RuntimeError:  # the reader has gone
            log.info("a long answer was not read to its end")
        finally:
            await asyncio.to_thread(long.pieces.close)


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


def _ask(application: Application, environ: WSGIEnvironment) -> tuple[Reply | Long, Trouble | None]:
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
