"""The front: what a web process answers on its event loop, and what it hands to Django in its few places.

Finished pages, static files and /healthz never wait for a thread or for the database. Bodies are read here, with a deadline
(config.front.request_bodies). Everything else is Django's, in a place (config.front.places); while the database is away
(config.front.watch) it is told so at once. The interface is granian's RSGI.
"""

import asyncio
import contextlib
import functools
import ipaddress
import logging
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, get_path_info
from django.http import Http404
from django.template.loader import render_to_string
from django.urls import resolve, reverse
from django.utils import timezone, translation
from granian.rsgi import HTTPProtocol, Scope

from config.front import answers, request_bodies, watch
from config.front.answers import Answer, Long
from config.front.collected_files import CollectedFiles
from config.front.finished_page import Page, Reply
from config.front.page_cache import LARGE, Key, PageCache, in_utf_8
from config.front.places import Full, Places, TooManyOfOne
from config.front.wsgi_environ import environ_of
from config.middleware import ARRIVED, TROUBLE
from config.monitoring import metrics
from events.jobs.troubles import Trouble
from events.pages.view_marks import is_expensive, may_be_asked_again
from prizes.models import Trace
from prizes.vote import network_traces
from registration.accounts.log_ins.networks import ip_of

log = logging.getLogger(__name__)

WAIT = 2.0  # seconds to wait for a finished page that somebody else is making
PLAIN = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "private, no-store")]
UP = Reply(200, PLAIN, b"ok\n")
TOO_SLOW = Reply(
    408, [*PLAIN, ("Connection", "close")], b"Your request did not come in time, or not whole. Send it again.\n"
)
NO_LENGTH = Reply(411, [*PLAIN, ("Connection", "close")], b"Say the length of what you send (Content-Length).\n")
FAULT = Reply(500, PLAIN, b"The site has a fault. Try again in a minute.\n")
SAFE = frozenset({"GET", "HEAD"})
WATCHING = frozenset(
    {"/readyz", "/metrics"}
)  # asked by machines that watch: they need no database to say that it is away


class Front:
    """The application of a web process."""

    def __init__(self, django: WSGIHandler) -> None:
        self._django = django
        self._pages = PageCache(django)
        self._static = CollectedFiles(lambda request: None)
        self._bodies = request_bodies.Bodies()
        self._making: dict[Key, asyncio.Future[None]] = {}
        self._watch = watch.Watch()

    # --- the process ---
    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Before the first request: as many connections as the system allows, and nothing left to be loaded on the loop."""
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self._common = Places("page", number=settings.WEB_THREADS, waiting=settings.WEB_WAITING, each=100, patience=10)
        self._expensive = Places("expensive", number=1, waiting=40, each=12, patience=3)
        self._watching = Places("watching", number=1, waiting=20, each=4, patience=3)
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                render_to_string("503.html")
                _view_of(reverse("events:index"))
        self._watch.start()
        self._pages.epochs.start()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """After the last request: the watch goes last, because it ends what waits for a frozen database."""
        for places in (self._common, self._expensive, self._watching):
            places.close()
        self._pages.epochs.stop()
        self._watch.stop()

    # --- a request ---
    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        environ = in_utf_8(environ_of(scope))
        try:
            answer = await self._at_hand(environ) or await self._by_django(environ, protocol)
        except Exception:
            log.exception("a request was not answered")
            answer = FAULT
        if isinstance(answer, Reply):
            protocol.response_bytes(*answer)
        else:
            await answers.send_long(answer, protocol)

    async def _at_hand(self, environ: WSGIEnvironment) -> Reply | None:
        """What can be answered from memory; None where Django has to be asked."""
        if environ["REQUEST_METHOD"] not in SAFE:
            return None
        path = environ["PATH_INFO"]
        if path == "/healthz":
            return UP
        if self._static.has(path):
            return self._inline(environ)
        key = self._pages.key_of(environ)
        return await self._finished(key, environ) if key is not None else None

    # --- finished pages ---
    async def _finished(self, key: Key, environ: WSGIEnvironment) -> Reply | None:
        began = time.perf_counter()
        page = self._pages.ready(key) or await self._made(key)
        if page is None:
            return None
        is_large = page.size > LARGE  # unpacking it, for one who takes no encoding, would hold up the loop
        reply = await asyncio.to_thread(page.reply, environ) if is_large else page.reply(environ)
        metrics.observe_request("finished", reply.status, time.perf_counter() - began)
        return reply

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

    # --- Django ---
    async def _by_django(self, environ: WSGIEnvironment, protocol: HTTPProtocol) -> Reply | Long:
        """Read the body, then ask Django."""
        length = request_bodies.announced_length(environ) or 0
        if "HTTP_TRANSFER_ENCODING" in environ:
            return NO_LENGTH
        network = _network(ip_of(environ))
        if not 0 < length <= request_bodies.most(environ):  # a body that is too large is not read: Django says so
            return await self._in_a_place(environ, network=network)
        try:
            body = await self._bodies.read(protocol, length=length, network=network)
        except request_bodies.TooSlow:
            return TOO_SLOW
        except request_bodies.TooMany:
            return self._inline(environ | {"CONTENT_LENGTH": ""}, Trouble.BUSY)
        except OSError:
            return self._inline(environ | {"CONTENT_LENGTH": ""}, Trouble.FULL)
        try:
            return await self._in_a_place(environ | {"wsgi.input": body}, network=network)
        finally:
            self._bodies.close(body)

    async def _in_a_place(self, environ: WSGIEnvironment, *, network: str) -> Reply | Long:
        """Ask Django for it in a place; say that the site is busy where there is none, or send the last finished page."""
        environ[ARRIVED] = timezone.now()
        view, key = _view_of(get_path_info(environ)), self._pages.key_of(environ)
        work = functools.partial(self._work, environ, is_retried=may_be_asked_again(view))
        places = self._places_for(view, environ)
        with self._making_of(key):
            try:
                return await places.run(work, network=network)
            except (TooManyOfOne, Full) as refusal:
                if key is not None and (page := self._pages.last(key)):
                    return page.reply(environ)
                is_theirs = isinstance(refusal, TooManyOfOne) and places is self._expensive
                return self._inline(environ, Trouble.TOO_MANY if is_theirs else Trouble.BUSY)

    def _places_for(self, view: Callable[..., Any] | None, environ: WSGIEnvironment) -> Places:
        if environ["PATH_INFO"] in WATCHING:
            return self._watching
        query = [name for name, _value in parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)]
        return self._expensive if is_expensive(view, query=query, method=environ["REQUEST_METHOD"]) else self._common

    def _work(self, environ: WSGIEnvironment, *, is_retried: bool) -> Reply | Long:
        """In a place: what Django answers. What is only read is asked for twice where its connection was lost."""
        if watch.is_away() and environ["PATH_INFO"] not in WATCHING:
            environ[TROUBLE] = Trouble.AWAY
        answer, trouble = self._pages.answer(environ)
        if trouble is Trouble.AWAY and is_retried and environ["REQUEST_METHOD"] in SAFE and not watch.is_away():
            environ.pop(TROUBLE, None)
            answer, _trouble = self._pages.answer(environ)
        return answers.packed(answer, environ) if isinstance(answer, Reply) else answer

    def _inline(self, environ: WSGIEnvironment, trouble: Trouble | None = None) -> Reply:
        """On the event loop: what Django answers without its database, a static file or the page that tells a trouble."""
        return Answer(self._django, environ | {TROUBLE: trouble}).whole()


@functools.lru_cache(maxsize=1_000)  # addresses, which may be long
def _view_of(path: str) -> Callable[..., Any] | None:
    """The view that an address leads to, in the language that it names; None for an address that leads nowhere."""
    with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            return resolve(path).func
        except Http404:
            return None


@functools.lru_cache(maxsize=10_000)
def _network(ip: str) -> str:
    """The network of an address; "" where it cannot be told from others: this machine, a proxy that we do not know of, an
    internal network."""
    return network_traces.place(ip, kind=Trace.Kind.ADDRESS) if ipaddress.ip_address(ip).is_global else ""
