"""The page cache: finished public pages in this process's memory.

A page gets here when a view of `events.pages.public.public_page` made it: the response carries `finished`. It leaves when
its epoch ends (config.front.epochs) or when its own seconds are over. When the database does not answer, the last
finished pages are served.

How an address is spelled makes no second page: the host is not in the key, because no public page depends on it
(events.pages.public gives them that of BASE_URL); one that is not the site's own goes to Django, which refuses it.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from config.database import watch
from config.front.epochs import Epoch, Epochs
from config.front.finished_page import Headers, Page
from events.pages import embedding
from events.pages.public import Finished

log = logging.getLogger(__name__)

PLAIN_BYTES = 48 * 1024 * 1024  # room for pages without a query string …
QUERY_BYTES = 16 * 1024 * 1024  # … and for those with one, which so can never push the others out
LARGE = 256 * 1024  # bytes, compressed, from which a page (a booklet, a schedule) is large …
LARGE_BYTES = 16 * 1024 * 1024  # … and stands with its like: a few of them would push all the others out
MOST_PATHS = 20_000  # addresses remembered as public
MOST_HOSTS = 100  # spellings of the site's own names (each port is one) remembered as verified
PERSONAL = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
LONGEST_QUERY = 2_000  # characters; longer ones, and those with raw bytes in them, go to Django and are not kept
EMBED = f"{embedding.PARAMETER}="  # a page in a frame of another site: it depends on which

type Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


class Key(NamedTuple):
    """What a finished page is kept under."""

    is_https: bool
    path: str
    query: str  # of the parameters that the page reads


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


def in_utf_8(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The same request without the character set of its Content-Type: this site speaks UTF-8.

    Django would read the query of the address in it: a kept page would be another one's, and Python knows names of
    codecs (base64) with which not even the request can be made.
    """
    kind = environ.get("CONTENT_TYPE")
    if not kind or "charset" not in kind.lower():
        return environ
    parts = [part for part in kind.split(";") if not part.strip().lower().startswith("charset")]
    return {**environ, "CONTENT_TYPE": ";".join(parts)}


def _send(page: Page, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    status, headers, body = page.reply(environ)
    start(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body] if body else []


class PageCache:
    """A WSGI application that stands before another one (Django's)."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._plain, self._queried, self._large = Shelf(PLAIN_BYTES), Shelf(QUERY_BYTES), Shelf(LARGE_BYTES)
        self._public: dict[str, Finished] = {}  # path → what its page reads
        self._hosts: set[str] = set()  # Host headers that name this site
        self.epochs = Epochs()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ = in_utf_8(environ)
        key = self.key_of(environ)
        if key is None:
            # Perhaps a public page that nobody has asked for yet, perhaps a personal one.
            is_open = self._is_open(environ) and environ["PATH_INFO"] not in self._public
            return (
                self._make(environ, start, asked=environ, stale=None) if is_open else self._application(environ, start)
            )
        self.epochs.current()
        page = self.ready(key)
        if page is not None:
            return _send(page, environ, start)
        return self._make(environ, start, asked=_impersonal(environ), stale=self.last(key))

    def key_of(self, environ: WSGIEnvironment) -> Key | None:
        """The key of a request that asks for what is known to be a public page, and may be kept; else None."""
        known = self._public.get(environ["PATH_INFO"]) if self._is_open(environ) else None
        key = self._key(environ, known) if known is not None else None
        if key is not None and EMBED in key.query and embedding.is_refused(environ):
            return None
        return key

    def ready(self, key: Key) -> Page | None:
        """The page, when it can be sent as it is: of this epoch; while the database is away, the last one."""
        page = self.last(key)
        if page is None or watch.is_away():
            return page
        return page if page.epoch is self.epochs.known and time.monotonic() < page.expires else None

    def _is_open(self, environ: WSGIEnvironment) -> bool:
        return environ["REQUEST_METHOD"] in {"GET", "HEAD"} and self._is_own_host(environ.get("HTTP_HOST", ""))

    # --- making a page ---
    def _make(
        self, environ: WSGIEnvironment, start: StartResponse, *, asked: WSGIEnvironment, stale: Page | None
    ) -> Iterable[bytes]:
        """Ask Django for `asked`; keep what comes when it is a public page, else hand it on untouched."""
        epoch = self.epochs.current()
        captured = Captured(self._application, asked)
        mark = captured.finished
        if mark is None:
            if stale is not None and captured.status.startswith("5"):
                log.warning("%s failed; the last finished page is served", environ["PATH_INFO"])
                captured.response.close()
                return _send(stale, environ, start)
            start(captured.status, captured.headers)
            answer: Iterable[bytes] = captured.response
            return answer
        return _send(self._keep(captured, environ=environ, mark=mark, epoch=epoch), environ, start)

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

    def last(self, key: Key) -> Page | None:
        """The page as it was made last, however long ago."""
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
