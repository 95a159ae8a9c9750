"""Finished public pages, kept in the memory of a web process and sent before Django is asked.

A page gets here when a view of `events.shared.pages.public.public_page` made it: the response carries `finished`. It leaves when the public
revision rises (looked at once a second), at a moment at which pages change by themselves (events.shared.pages.page_expiry), or when its own
seconds are over. Where Django cannot make a new one the last one is sent, but for those that are never late. How an address is spelled
makes no second page, and the host is in no key: a name that is not the site's own goes to Django, which refuses it.
"""

import gzip
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

import brotli
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.http import parse_etags

from config.running.monitoring import metrics
from events.shared.once_a_revision import keep_anew
from events.shared.pages import embedding, page_expiry, preview, revision
from events.shared.pages.public import Finished, preferred_language

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds between two looks at the revision
ROOM = 40 * 1024 * 1024  # bytes for pages; those that were made first go first
MOST_PATHS = 20_000  # addresses remembered as public
LONGEST_QUERY = 2_000  # characters
PERSONAL = {"HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"}
OWN = {"content-length", "content-encoding", "etag", "vary"}  # headers that are written here
OF_UNCHANGED = {"cache-control", "vary", "etag", "access-control-allow-origin", "access-control-expose-headers"}
TEXTS = ("text/", "application/json", "application/xml", "image/svg")

type Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
type Key = tuple[str, str, str]  # path, the parameters that the page reads, the language where it goes by that


class KeptPage:
    """A finished page, compressed too where it is a text. A redirect has no ETag: only a page can be unchanged."""

    def __init__(self, body: bytes, headers: list[tuple[str, str]], *, mark: Finished, status: int, epoch: int) -> None:
        self.status, self.epoch, self.is_never_late = status, epoch, mark.is_never_late
        self.expires = float("inf") if mark.seconds is None else time.monotonic() + mark.seconds
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        self.bodies = {"": body}
        if kind.startswith(TEXTS) and len(body) > 500:
            self.bodies |= {"gzip": gzip.compress(body, mtime=0), "br": brotli.compress(body, quality=7)}
        vary = "Accept-Encoding, Accept-Language, Cookie" if mark.by_language else "Accept-Encoding"
        self._headers = [*((name, value) for name, value in headers if name.lower() not in OWN), ("Vary", vary)]
        if not mark.is_never_late and mark.seconds != 0:  # nginx in front may keep it so many seconds, and tells nobody
            self._headers.append(("X-Accel-Expires", "1"))
        self._digest = hashlib.sha256(body).hexdigest()[:24] if status == HTTPStatus.OK else ""
        self.size = sum(map(len, self.bodies.values())) + 2_000  # the headers, roughly

    def answer(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        """Send the page as this request wants it, or that it has not changed."""
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        coding = next((name for name in ("br", "gzip") if name in self.bodies and takes(accepted, name)), "")
        etag = f'"{self._digest}{coding and "-"}{coding}"'
        head = [*self._headers, *([("ETag", etag)] if self._digest else [])]
        if self._digest and {etag, f"W/{etag}", "*"} & set(parse_etags(environ.get("HTTP_IF_NONE_MATCH", ""))):
            start("304 Not Modified", [one for one in head if one[0].lower() in OF_UNCHANGED])
            return []
        body = self.bodies[coding]
        head += [("Content-Length", str(len(body))), *([("Content-Encoding", coding)] if coding else [])]
        start(f"{self.status} {HTTPStatus(self.status).phrase}", head)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def takes(header: str, coding: str) -> bool:
    """Whether an Accept-Encoding header names a coding and does not refuse it by q=0 (RFC 9110, 12.5.3)."""
    parts = (part.replace(" ", "").partition(";q=") for part in header.lower().split(","))
    return any(name == coding and (not weight or weight.strip("0.") != "") for name, _mark, weight in parts)


class FinishedPages:
    """A WSGI application before another one (Django's)."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._pages: OrderedDict[Key, KeptPage] = OrderedDict()
        self._public: dict[str, Finished] = {}  # path → what its page reads
        self._used, self._epoch, self._revision, self.looked = 0, 0, -1, float("-inf")
        self._ends: datetime | None = None
        self._lock, self._looking = threading.Lock(), threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        began, environ = time.perf_counter(), in_utf_8(environ)
        self._look()
        known = self._public.get(environ["PATH_INFO"])
        key = self._key(environ, known) if known else None
        page = self._pages.get(key) if key else None
        if page and page.epoch == self._epoch and time.monotonic() < page.expires:
            metrics.observe_request("finished", page.status, time.perf_counter() - began)
            return page.answer(environ, start)
        asked = environ
        if key:  # what comes back is kept for all: nothing of the person goes in
            asked = {name: value for name, value in environ.items() if name not in PERSONAL}
            asked |= {"REQUEST_METHOD": "GET", "HTTP_ACCEPT_LANGUAGE": key[2], "HTTP_ACCEPT_ENCODING": ""}
        made = self._made(asked, start, last=page)
        return made.answer(environ, start) if isinstance(made, KeptPage) else made

    def _made(
        self, environ: WSGIEnvironment, start: StartResponse, *, last: KeptPage | None
    ) -> KeptPage | Iterable[bytes]:
        """Ask Django: a public page is kept, anything else is sent as it is. `last`: what is sent in place of a fault."""
        epoch, told = self._epoch, list[tuple[str, list[tuple[str, str]]]]()

        def note(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
            told.append((status, headers))
            return lambda _data: None

        response: Any = self._application(environ, note)
        (line, headers), mark = told[0], getattr(response, "finished", None)
        status = int(line[:3])
        if not mark or status not in {200, 302, 503} or any(name.lower() == "set-cookie" for name, _ in headers):
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR and last and not last.is_never_late:
                log.warning("%s failed; the last finished page is sent", environ["PATH_INFO"])
                response.close()
                return last
            start(line, headers)
            found: Iterable[bytes] = response
            return found
        body = b"".join(response)
        response.close()
        body = gzip.decompress(body) if ("Content-Encoding", "gzip") in headers else body
        page = KeptPage(body, headers, mark=mark, status=status, epoch=epoch)
        if mark.seconds != 0 and self._revision >= 0 and (key := self._key(environ, mark)):
            self._keep(key, page, mark=mark)
        return page

    def _keep(self, key: Key, page: KeptPage, *, mark: Finished) -> None:
        with self._lock:
            if len(self._public) >= MOST_PATHS:
                self._public.clear()
            self._public[key[0]] = mark
            old = self._pages.pop(key, None)
            self._pages[key] = page
            self._used += page.size - (old.size if old else 0)
            while self._used > ROOM:
                self._used -= self._pages.popitem(last=False)[1].size

    def _look(self) -> None:
        """Ask the database for the revision, once a second at most. One thread asks; the others go on with what they know, and all
        do while the database does not answer."""
        if time.monotonic() - self.looked < LOOK_EVERY or not self._looking.acquire(blocking=self._revision < 0):
            return
        try:
            close_old_connections()
            number, now = revision.current(), timezone.now()
            if number != self._revision or (self._ends is not None and now >= self._ends):
                self._ends = page_expiry.next_moment(now)
                keep_anew(is_watched=True)  # first: no new page may hold what was kept of the old ones
                self._revision, self._epoch = number, self._epoch + 1
        except (DatabaseError, InterfaceError) as error:
            log.warning("the public revision cannot be read (%s): finished pages stay", type(error).__name__)
        finally:
            self.looked = time.monotonic()
            self._looking.release()

    @staticmethod
    def _key(environ: WSGIEnvironment, known: Finished) -> Key | None:
        """The key of a request that may get what everybody gets; else None."""
        host, query = split_domain_port(environ.get("HTTP_HOST", ""))[0], environ.get("QUERY_STRING", "")
        header, secure = settings.SECURE_PROXY_SSL_HEADER or ("", "https")
        is_secure = str(environ.get(header, environ["wsgi.url_scheme"])).split(",", 1)[0].strip() == secure
        is_open = environ["REQUEST_METHOD"] in {"GET", "HEAD"} and (is_secure or not settings.SECURE_SSL_REDIRECT)
        if not is_open or not host or not validate_host(host, settings.ALLOWED_HOSTS):
            return None
        if len(query) > LONGEST_QUERY or not query.isascii() or preview.is_asked_for(environ.get("HTTP_COOKIE", "")):
            return None
        pairs = parse_qsl(query, keep_blank_values=True) if known.parameters != frozenset() else []
        names = set(known.names(name for name, _value in pairs))
        if embedding.PARAMETER in names and embedding.is_refused(environ):
            return None
        read = urlencode(sorted((pair for pair in pairs if pair[0] in names), key=lambda pair: pair[0]))
        return environ["PATH_INFO"], read, preferred_language(environ) if known.by_language else ""


def in_utf_8(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The same request without the character set of its Content-Type: this site speaks UTF-8. Django would read the query in it: a
    kept page would be another one's, and Python knows names of codecs (base64) with which not even the request can be made."""
    kind = environ.get("CONTENT_TYPE") or ""
    if "charset" not in kind.lower():
        return environ
    parts = [part for part in kind.split(";") if not part.strip().lower().startswith("charset")]
    return {**environ, "CONTENT_TYPE": ";".join(parts)}
