"""A finished page, as it is sent: in each encoding, with its ETag, or as not changed."""

import gzip
import hashlib
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from django.utils.http import parse_etags

from config.front.encodings import KINDS, SMALLEST_FIRST, THOROUGH, chosen
from config.front.epochs import Epoch

OF_UNCHANGED = frozenset({"cache-control", "vary", "content-location", "date"})  # headers of a 304
OWN = frozenset({"content-length", "etag", "vary", "content-encoding"})  # headers that we write

type Headers = list[tuple[str, str]]


class Reply(NamedTuple):
    """What is sent: status, headers, body."""

    status: int
    headers: Headers
    body: bytes


class Encoding(NamedTuple):
    """What is sent of a page in one encoding: its ETag, the headers with the page and without (304), the body.

    The body as it is, without an encoding, is not kept where there are others: few clients ask for it.
    """

    etag: str
    head: Headers
    head_304: Headers
    body: bytes | None


class Page:
    """A finished page in all encodings; one that compression does not make smaller (a PDF) as it is.

    `varies`: the headers of a request by which it is chosen. A redirect has no ETag: only a page can be unchanged.
    """

    __slots__ = ("_encodings", "_offered", "_status", "epoch", "expires", "is_never_late", "size")

    def __init__(
        self,
        body: bytes,
        *,
        headers: Headers,
        epoch: Epoch,
        expires: float,
        status: int = 200,
        varies: str = "",
        is_never_late: bool = False,
    ) -> None:
        digest = hashlib.sha256(body).hexdigest()[:24]
        self.epoch, self.expires, self._status, self.is_never_late = epoch, expires, status, is_never_late
        kept = [(name, value) for name, value in headers if name.lower() not in OWN]
        kept.append(("Vary", ", ".join(filter(None, ["Accept-Encoding", varies]))))
        about = [(n, v) for n, v in kept if n.lower() in OF_UNCHANGED or n.lower().startswith("access-control-")]

        is_text = any(name.lower() == "content-type" and KINDS.match(value) for name, value in headers)
        self._offered = SMALLEST_FIRST if is_text and body else ()

        def encoding(name: str) -> Encoding:
            etag = "" if status != 200 else f'"{digest}-{name}"' if name else f'"{digest}"'
            packed = THOROUGH[name](body) if name else body
            head = [*kept, ("Content-Length", str(len(packed)))]
            head += [("ETag", etag)] if etag else []
            head += [("Content-Encoding", name)] if name else []
            return Encoding(etag, head, [*about, ("ETag", etag)], None if self._offered and not name else packed)

        self._encodings = {name: encoding(name) for name in ("", *self._offered)}
        self.size = sum(len(one.body or b"") for one in self._encodings.values()) + 2_000  # the headers, roughly

    def reply(self, environ: WSGIEnvironment) -> Reply:
        """The page as this request wants it, or that it has not changed. The headers are a copy: servers add to them."""
        etag, head, head_304, body = self._encodings[chosen(environ.get("HTTP_ACCEPT_ENCODING", ""), self._offered)]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and etag and matches(known, etag):
            return Reply(304, list(head_304), b"")
        if environ["REQUEST_METHOD"] == "HEAD":
            return Reply(self._status, list(head), b"")
        if (
            body is None
        ):  # who takes no encoding gets a copy: the server would hold one for each reader whatever it was given
            body = gzip.decompress(self._encodings["gzip"].body or b"")
        return Reply(self._status, list(head), body)


def matches(header: str, etag: str) -> bool:
    """Whether an If-None-Match header (a list, weak forms, or `*`) names this strong ETag."""
    return header == etag or any(known in {etag, f"W/{etag}", "*"} for known in parse_etags(header))
