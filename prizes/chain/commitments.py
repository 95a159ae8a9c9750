"""The arithmetic of the verifiable vote, without ORM; recount.py repeats it.

All texts are UTF-8. A `secret` has 100 bits, a `tracker` and a `nonce` 80; all are written in Crockford's base 32.

    tracker    = base32(HMAC-SHA256(key = secret, "tracker|" + edition + "|" + category number)[:10 bytes])
    commitment = SHA256("choice|" + nonce + "|" + tracker + "|" + category number + "|" + nominee's code)
    head 0     = SHA256("rules|" + rules)                      rules: the bytes of rules.json
    head n     = SHA256("block|" + head n-1 + "|" + n + "|" + sealed + "|" + notes + "|" + all commitments in order)
                 sealed: UTC, 2020-09-07T10:00:00Z; notes: canonical JSON; heads and commitments: lower-case hex,
                 commitments sorted and joined without anything between them.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from events.shared.formatting.codes import SIGNS

SECRET_SIGNS = 20
TRACKER_SIGNS = 16


def base32(number: int, *, signs: int) -> str:
    """Write the lowest 5 × `signs` bits of a number in Crockford's base 32."""
    return "".join(SIGNS[number >> 5 * place & 31] for place in reversed(range(signs)))


def new_secret() -> str:
    """A ballot's secret: 20 random characters, 100 bits."""
    return base32(secrets.randbits(5 * SECRET_SIGNS), signs=SECRET_SIGNS)


def new_nonce() -> str:
    """A random number of 80 bits, so that nobody can guess the choice behind a commitment."""
    return base32(secrets.randbits(80), signs=16)


def tracker(secret: str, *, edition: str, number: int) -> str:
    """The tracker of one category (`number`) under a ballot's secret. `edition` is the forum's slug."""
    digest = hmac.new(secret.encode(), f"tracker|{edition}|{number}".encode(), hashlib.sha256).digest()
    return base32(int.from_bytes(digest[:10]), signs=TRACKER_SIGNS)


def commitment(*, nonce: str, tracker: str, number: int, nominee: str) -> bytes:
    """The 32 bytes that stand for a choice; `nominee` is the nomination's code."""
    return hashlib.sha256(f"choice|{nonce}|{tracker}|{number}|{nominee}".encode()).digest()


def canonical(value: Any) -> str:
    """JSON that has one form only: sorted keys, no spaces, no escapes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def stamp(moment: datetime) -> str:
    """A moment as the chain writes it: UTC, whole seconds, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def first_head(rules: bytes) -> str:
    """The head of block 0, over the rules."""
    return hashlib.sha256(b"rules|" + rules).hexdigest()


def next_head(previous: str, *, number: int, sealed: str, notes: list[Any], commitments: Iterable[bytes]) -> str:
    """The head of block `number`. `sealed` as `stamp` gives it.

    `commitments` come sorted, one at a time: a block of millions needs no memory.
    """
    digest = hashlib.sha256(f"block|{previous}|{number}|{sealed}|{canonical(notes)}|".encode())
    for value in commitments:
        digest.update(value.hex().encode())
    return digest.hexdigest()
