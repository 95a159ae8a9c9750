"""A finished page, as it is sent: in two encodings, with its ETag, or as not changed."""

import gzip
import hashlib
import re
from functools import lru_cache
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from django.utils.http import parse_etags

from config.front.epochs import Epoch

ZERO = re.compile(r"q\s*=\s*0(?:\.0{1,3})?")  # of an encoding that a browser does not want
OF_UNCHANGED = frozenset({"cache-control", "vary", "content-location", "date"})  # headers of a 304

type Headers = list[tuple[str, str]]


class Reply(NamedTuple):
    """What is sent: status, headers, body."""

    status: int
    headers: Headers
    body: bytes


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

    def reply(self, environ: WSGIEnvironment) -> Reply:
        """The page as this request wants it, or that it has not changed. The headers are a copy: servers add to them."""
        is_packed = accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        etag, head, head_304 = self.encodings[is_packed]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and matches(known, etag):
            return Reply(304, list(head_304), b"")
        if environ["REQUEST_METHOD"] == "HEAD":
            return Reply(200, list(head), b"")
        return Reply(200, list(head), self.packed if is_packed else gzip.decompress(self.packed))


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
