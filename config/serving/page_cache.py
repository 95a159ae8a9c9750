"""The page cache: answers GET and HEAD of finished public pages from this process's memory, before Django does anything.

A page gets here when a view of `events.pages.public.public_page` made it: the response carries `finished`. It leaves when
the public revision rises, when the next moment comes (events.pages.page_expiry) or when its own seconds are over. Each process
asks for the revision at most once a second, in one query; while one thread asks, the others go on with what they
know, and when the database does not answer, the last finished pages are served.

How an address is spelled makes no second page: the host is not in the key, because no public page depends on it
(events.pages.public gives them that of BASE_URL); one that is not the site's own goes to Django, which refuses it.
"""

import gzip
import hashlib
import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.http import parse_etags

from events.pages import embedding, page_expiry, revision
from events.pages.public import Finished

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds between two looks at the revision
WAIT = 5.0  # seconds to wait for another thread that makes the same page
PLAIN_BYTES = 48 * 1024 * 1024  # room for pages without a query string …
QUERY_BYTES = 16 * 1024 * 1024  # … and for those with one, which so can never push the others out
LARGE = 256 * 1024  # bytes, compressed, from which a page (a booklet, a schedule) is large …
LARGE_BYTES = 16 * 1024 * 1024  # … and stands with its like: a few of them would push all the others out
MOST_PATHS = 20_000  # addresses remembered as public
MOST_HOSTS = 100  # spellings of the site's own names (each port is one) remembered as verified
PERSONAL = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
ZERO = re.compile(r"q\s*=\s*0(?:\.0{1,3})?")  # of an encoding that a browser does not want
OF_UNCHANGED = frozenset({"cache-control", "vary", "content-location", "date"})  # headers of a 304
LONGEST_QUERY = 2_000  # characters; longer ones, and those with raw bytes in them, go to Django and are not kept
EMBED = f"{embedding.PARAMETER}="  # a page in a frame of another site: it depends on which

type Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
type Headers = list[tuple[str, str]]


class Key(NamedTuple):
    """What a finished page is kept under."""

    is_https: bool
    path: str
    query: str  # of the parameters that the page reads


@dataclass(frozen=True)
class Epoch:
    """A stretch of time in which public pages stay as they are."""

    number: int
    ends: datetime | None


class Encoding(NamedTuple):
    """What is sent of a page in one encoding: its ETag, and the headers with the page and without (304)."""

    etag: str
    head: Headers
    head_304: Headers


class Page:
    """A finished page in both encodings. Only the compressed body is kept; few clients ask for the other."""

    __slots__ = ("encodings", "epoch", "expires", "packed")

    def __init__(self, body: bytes, *, headers: Headers, epoch: Epoch, expires: float) -> None:
        digest = hashlib.sha256(body).hexdigest()[:24]
        self.epoch, self.expires = epoch, expires
        self.packed = gzip.compress(body, compresslevel=9, mtime=0)
        kept = [(n, v) for n, v in headers if n.lower() not in {"content-length", "etag", "vary", "content-encoding"}]
        kept.append(("Vary", "Accept-Encoding"))
        about = [(n, v) for n, v in kept if n.lower() in OF_UNCHANGED or n.lower().startswith("access-control-")]

        def encoding(etag: str, *own: tuple[str, str]) -> Encoding:
            return Encoding(etag, [*kept, ("ETag", etag), *own], [*about, ("ETag", etag)])

        packed = ("Content-Encoding", "gzip"), ("Content-Length", str(len(self.packed)))
        self.encodings = {
            False: encoding(f'"{digest}"', ("Content-Length", str(len(body)))),
            True: encoding(f'"{digest}-gzip"', *packed),
        }

    @property
    def size(self) -> int:
        return len(self.packed) + 2_000  # the headers, roughly

    def answer(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        """Send the page, or that it has not changed."""
        is_packed = accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        etag, head, head_304 = self.encodings[is_packed]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and matches(known, etag):
            start("304 Not Modified", list(head_304))
            return []
        start("200 OK", list(head))  # a copy: servers add to the list
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        return [self.packed if is_packed else gzip.decompress(self.packed)]


@lru_cache(maxsize=256)
def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header allows gzip: named, or covered by `*`, and not with q=0."""
    allowed: dict[str, bool] = {}
    for part in header.lower().split(","):
        name, *options = (piece.strip() for piece in part.split(";"))
        allowed[name] = not any(ZERO.fullmatch(option) for option in options)
    return allowed.get("gzip", allowed.get("*", False))


def matches(header: str, etag: str) -> bool:
    """Whether an If-None-Match header (a list, weak forms, or `*`) names this strong ETag."""
    return header == etag or any(known in {etag, f"W/{etag}", "*"} for known in parse_etags(header))


class Shelf:
    """Pages by key, within a number of bytes; the least recently used go first."""

    def __init__(self, room: int) -> None:
        self._room, self._used = room, 0
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Page | None:
        page = self._pages.get(key)
        if page is not None:
            with self._lock:
                if key in self._pages:
                    self._pages.move_to_end(key)
        return page

    def put(self, key: Key, page: Page) -> None:
        with self._lock:
            if old := self._pages.pop(key, None):
                self._used -= old.size
            self._pages[key] = page
            self._used += page.size
            while self._used > self._room:
                _key, oldest = self._pages.popitem(last=False)
                self._used -= oldest.size

    def drop(self, key: Key) -> None:
        if key in self._pages:
            with self._lock:
                if page := self._pages.pop(key, None):
                    self._used -= page.size

    def __len__(self) -> int:
        return len(self._pages)


class Captured:
    """What Django answered, before anything is sent."""

    def __init__(self, application: Application, environ: WSGIEnvironment) -> None:
        self.status, self.headers, self._error = "", list[tuple[str, str]](), None
        self.response: Any = application(environ, self._start)

    def _start(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return lambda data: None

    @property
    def finished(self) -> Finished | None:
        """The mark of a public page; None for every other answer, and for one that sets a cookie."""
        mark = getattr(self.response, "finished", None)
        has_cookie = any(name.lower() == "set-cookie" for name, _value in self.headers)
        return mark if mark and self.status.startswith("200 ") and not has_cookie else None

    def take_body(self) -> bytes:
        body: bytes = self.response.content
        self.response.close()
        return body


def _impersonal(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The same request without the person: what comes back is kept for all."""
    return {name: value for name, value in environ.items() if name not in PERSONAL}


def _in_utf_8(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The same request without the character set of its Content-Type: this site speaks UTF-8.

    Django would read the query of the address in it: a kept page would be another one's, and Python knows names of
    codecs (base64) with which not even the request can be made.
    """
    kind = environ.get("CONTENT_TYPE")
    if not kind or "charset" not in kind.lower():
        return environ
    parts = [part for part in kind.split(";") if not part.strip().lower().startswith("charset")]
    return {**environ, "CONTENT_TYPE": ";".join(parts)}


class PageCache:
    """A WSGI application that stands before another one (Django's)."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._plain, self._queried, self._large = Shelf(PLAIN_BYTES), Shelf(QUERY_BYTES), Shelf(LARGE_BYTES)
        self._public: dict[str, Finished] = {}  # path → what its page reads
        self._hosts: set[str] = set()  # Host headers that name this site
        self._making: dict[Key, threading.Event] = {}
        self._making_lock = threading.Lock()
        self._epoch: Epoch | None = None
        self._next_look = 0.0
        self._look_lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ = _in_utf_8(environ)
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or not self._is_own_host(environ.get("HTTP_HOST", "")):
            return self._application(environ, start)
        known = self._public.get(environ["PATH_INFO"])
        if known is None:  # perhaps a public page that nobody has asked for yet, perhaps a personal one
            return self._make(environ, start, asked=environ, stale=None)
        key = self._key(environ, known)
        if key is None or (EMBED in key.query and embedding.is_refused(environ)):
            return self._application(environ, start)
        epoch = self._current_epoch()
        page = self._find(key)
        if page is not None and page.epoch is epoch and time.monotonic() < page.expires:
            return page.answer(environ, start)
        return self._renew(environ, start, key=key, stale=page)

    # --- making a page ---
    def _renew(
        self, environ: WSGIEnvironment, start: StartResponse, *, key: Key, stale: Page | None
    ) -> Iterable[bytes]:
        """Make a page that is known to be public: one thread does, the others wait for it."""
        with self._making_lock:
            ready = self._making.get(key)
            is_first = ready is None
            if ready is None:
                ready = self._making[key] = threading.Event()
        if not is_first:
            ready.wait(WAIT)
            page = self._find(key)
            if page is not None and page.epoch is self._epoch:
                return page.answer(environ, start)
            return self._make(environ, start, asked=_impersonal(environ), stale=stale)
        try:
            return self._make(environ, start, asked=_impersonal(environ), stale=stale)
        finally:
            with self._making_lock:
                self._making.pop(key, None)
            ready.set()

    def _make(
        self, environ: WSGIEnvironment, start: StartResponse, *, asked: WSGIEnvironment, stale: Page | None
    ) -> Iterable[bytes]:
        """Ask Django for `asked`; keep what comes when it is a public page, else hand it on untouched."""
        epoch = self._current_epoch()
        captured = Captured(self._application, asked)
        mark = captured.finished
        if mark is None:
            if stale is not None and captured.status.startswith("5"):
                log.warning("%s failed; the last finished page is served", environ["PATH_INFO"])
                captured.response.close()
                return stale.answer(environ, start)
            start(captured.status, captured.headers)
            answer: Iterable[bytes] = captured.response
            return answer
        return self._keep(captured, environ=environ, mark=mark, epoch=epoch).answer(environ, start)

    def _keep(self, captured: Captured, *, environ: WSGIEnvironment, mark: Finished, epoch: Epoch | None) -> Page:
        expires = time.monotonic() + mark.seconds if mark.seconds is not None else float("inf")
        lasting = epoch or Epoch(number=-1, ends=None)
        page = Page(captured.take_body(), headers=captured.headers, epoch=lasting, expires=expires)
        key = self._key(environ, mark)
        if key is not None and epoch is not None:
            if len(self._public) >= MOST_PATHS:
                self._public.clear()
            self._public[environ["PATH_INFO"]] = mark
            self._put(key, page)
        return page

    def _find(self, key: Key) -> Page | None:
        return (self._queried if key.query else self._plain).get(key) or self._large.get(key)

    def _put(self, key: Key, page: Page) -> None:
        small, large = self._queried if key.query else self._plain, self._large
        here, other = (large, small) if page.size > LARGE else (small, large)
        here.put(key, page)
        other.drop(key)  # it may have grown or shrunk

    # --- the address ---
    def _is_own_host(self, host: str) -> bool:
        """Whether a Host header names this site. Django asks the same, but not for a page that is in memory."""
        if host in self._hosts:
            return True
        name, _port = split_domain_port(host)
        if not name or not validate_host(name, settings.ALLOWED_HOSTS):
            return False
        if len(self._hosts) >= MOST_HOSTS:
            self._hosts.clear()
        self._hosts.add(host)
        return True

    @staticmethod
    def _is_https(environ: WSGIEnvironment) -> bool:
        """Whether the visitor came by https, as Django reads it; however the proxy spells it."""
        if settings.SECURE_PROXY_SSL_HEADER:
            header, secure = settings.SECURE_PROXY_SSL_HEADER
            if header in environ:
                said: str = environ[header]
                return said.split(",", 1)[0].strip() == secure
        return bool(environ["wsgi.url_scheme"] == "https")

    def _key(self, environ: WSGIEnvironment, known: Finished) -> Key | None:
        """The scheme, the path and the parameters that the page reads, sorted; None for a query that is not kept."""
        query = environ.get("QUERY_STRING", "")
        if query and known.parameters != frozenset():
            if len(query) > LONGEST_QUERY or not query.isascii():
                return None
            pairs = parse_qsl(query, keep_blank_values=True)
            names = set(known.names(name for name, _value in pairs))
            query = urlencode(sorted((pair for pair in pairs if pair[0] in names), key=lambda pair: pair[0]))
        else:
            query = ""
        return Key(self._is_https(environ), environ["PATH_INFO"], query)

    # --- the epoch ---
    def _current_epoch(self) -> Epoch | None:
        """The epoch as known; looked at again at most once a second. None until the database has answered once."""
        if time.monotonic() >= self._next_look and self._look_lock.acquire(blocking=self._epoch is None):
            try:
                if time.monotonic() >= self._next_look:
                    self._look()
                    self._next_look = time.monotonic() + LOOK_EVERY
            finally:
                self._look_lock.release()
        return self._epoch

    def _look(self) -> None:
        epoch, now = self._epoch, timezone.now()
        close_old_connections()
        try:
            number = revision.current()
            if epoch is None or number != epoch.number or (epoch.ends is not None and now >= epoch.ends):
                self._epoch = Epoch(number=number, ends=page_expiry.next_moment(now))
        except (DatabaseError, InterfaceError, OSError):
            log.warning("The public revision cannot be read; finished pages stay as they are", exc_info=True)
        finally:
            close_old_connections()
