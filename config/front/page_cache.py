"""The page cache: finished public pages in this process's memory.

A page gets here when a view of `events.pages.public.public_page` made it: the response carries `finished`. It leaves when
its epoch ends (config.front.epochs) or when its own seconds are over. When the database does not answer, the last
finished pages are served, but for those that are never late.

How an address is spelled makes no second page: the host is not in the key, because no public page depends on it
(events.pages.public gives them that of BASE_URL); one that is not the site's own goes to Django, which refuses it.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from config.front import watch
from config.front.answers import Answer, Application, Long
from config.front.epochs import Epoch, Epochs
from config.front.finished_page import Page, Reply
from events.jobs.troubles import Trouble
from events.pages import embedding, preview
from events.pages.public import Finished, preferred_language

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


class Key(NamedTuple):
    """What a finished page is kept under."""

    is_https: bool
    path: str
    query: str  # of the parameters that the page reads
    language: str = ""  # that the browser asks for, where the page goes by it


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


def _impersonal(environ: WSGIEnvironment, *, language: str) -> WSGIEnvironment:
    """The same request without the person, but for the language: what comes back is kept for all."""
    bare = {name: value for name, value in environ.items() if name not in PERSONAL}
    return bare | {"HTTP_ACCEPT_LANGUAGE": language}


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


class PageCache:
    """A WSGI application that stands before another one (Django's)."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._plain, self._queried, self._large = Shelf(PLAIN_BYTES), Shelf(QUERY_BYTES), Shelf(LARGE_BYTES)
        self._public: dict[str, Finished] = {}  # path → what its page reads
        self._hosts: set[str] = set()  # Host headers that name this site
        self.epochs = Epochs()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """The same by WSGI, for a site without the front."""
        answer, _trouble = self.answer(in_utf_8(environ))
        start(f"{answer.status} {HTTPStatus(answer.status).phrase}", answer.headers)
        return [answer.body] if isinstance(answer, Reply) else answer.pieces

    def answer(self, environ: WSGIEnvironment) -> tuple[Reply | Long, Trouble | None]:
        """A finished page, also one that was made while this request waited for its place, or what Django answers; and the
        trouble that it tells."""
        epoch, key = self.epochs.current(), self.key_of(environ)
        if key is None:
            # Perhaps a public page that nobody has asked for yet, perhaps a personal one.
            is_new = self._is_open(environ) and environ["PATH_INFO"] not in self._public
            answer = Answer(self._application, environ)
            mark = answer.finished if is_new else None
        elif page := self.ready(key):
            return page.reply(environ), None
        else:
            answer = Answer(self._application, _impersonal(environ, language=key.language))
            mark = answer.finished
            if answer.status >= 500 and mark is None and (stale := self.last(key)):
                log.warning("%s failed; the last finished page is served", environ["PATH_INFO"])
                answer.close()
                return stale.reply(environ), None
        if mark is None:
            return answer.take(), answer.trouble
        return self._keep(answer, environ=environ, mark=mark, epoch=epoch).reply(environ), None

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
        return page if page is not None and (watch.is_away() or self._is_current(page)) else None

    def _is_current(self, page: Page) -> bool:
        return page.epoch is self.epochs.known and time.monotonic() < page.expires

    def _is_open(self, environ: WSGIEnvironment) -> bool:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or preview.is_asked_for(environ.get("HTTP_COOKIE", "")):
            return False
        return self._is_own_host(environ.get("HTTP_HOST", ""))

    # --- keeping a page ---
    def _keep(self, answer: Answer, *, environ: WSGIEnvironment, mark: Finished, epoch: Epoch | None) -> Page:
        page = Page(
            answer.whole().body,
            headers=answer.headers,
            epoch=epoch or Epoch(number=-1, ends=None),
            expires=time.monotonic() + mark.seconds if mark.seconds is not None else float("inf"),
            status=answer.status,
            varies="Accept-Language, Cookie" if mark.by_language else "",
            is_never_late=mark.is_never_late,
        )
        key = self._key(environ, mark)
        if key is not None and epoch is not None and mark.seconds != 0:
            if len(self._public) >= MOST_PATHS:
                self._public.clear()
            self._public[environ["PATH_INFO"]] = mark
            self._put(key, page)
        return page

    def last(self, key: Key) -> Page | None:
        """The page as it was made last, however long ago; one that is never late only while it is current."""
        page = (self._queried if key.query else self._plain).get(key) or self._large.get(key)
        return None if page is not None and page.is_never_late and not self._is_current(page) else page

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
        language = preferred_language(environ) if known.by_language else ""
        return Key(self._is_https(environ), environ["PATH_INFO"], query, language)
