"""How answers are compressed: by what the browser says it takes (RFC 9110, 12.5.3), and safe against BREACH.

Finished pages are compressed once and thoroughly. Pages of a person are compressed as they go, quickly, and end with a comment of
random length: who can make a browser ask for a page again and again learns little from its size, and slowly. What protects in
the first place is that no other site's request carries the cookie (SameSite) and that a form's token is another one each time.
"""

import gzip
import re
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache

import brotli
import zstandard

WEIGHT = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
SMALLEST_FIRST = ("br", "zstd", "gzip")  # what is made once
QUICKEST_FIRST = ("zstd", "br", "gzip")  # what is made for each request
THOROUGH: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=7),
    # Copied: what the library returns holds as much memory as the page before it was compressed.
    "zstd": lambda body: bytes(memoryview(zstandard.compress(body, 12))),
    "gzip": lambda body: gzip.compress(body, compresslevel=9, mtime=0),
}
QUICK: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=4),
    "zstd": lambda body: zstandard.compress(body, 3),
    "gzip": lambda body: gzip.compress(body, compresslevel=5, mtime=0),
}
LEAST = 600  # bytes: what is smaller fits into one packet anyway
KINDS = re.compile(r"text/|application/(?:[a-z.+-]*json|[a-z.+-]*xml|javascript)|image/svg")
LONGEST_NOTE = 64  # bytes of chance; twice as many characters


@lru_cache(maxsize=512)
def chosen(header: str, offered: Sequence[str]) -> str:
    """The encoding to send, of those that we have, in our order where the browser likes several as much; "": none."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *options = (piece.strip() for piece in part.split(";"))
        found = [float(weight[1]) for option in options if (weight := WEIGHT.fullmatch(option))]
        weights["gzip" if name == "x-gzip" else name] = found[0] if found else 1.0
    others = weights.get("*", 0.0)
    best = max(offered, key=lambda name: weights.get(name, others), default="")  # the first of equals
    liking = weights.get(best, others)
    return best if liking > 0 and liking >= weights.get("identity", 0.0) else ""


def quickly(body: bytes, *, accepted: str, kind: str, is_personal: bool) -> tuple[str, bytes]:
    """Compress one answer of this content type as it goes; return the encoding ("": none) and the body.

    What is personal and no page (data for a script, a file) is left as it is: no comment can hide its length.
    """
    name = chosen(accepted, QUICKEST_FIRST)
    is_page = kind.startswith("text/html")
    if not name or len(body) < LEAST or not KINDS.match(kind) or (is_personal and not is_page):
        return "", body
    if is_personal:
        body += b"<!-- %s -->" % secrets.token_hex(secrets.randbelow(LONGEST_NOTE)).encode()
    return name, QUICK[name](body)
