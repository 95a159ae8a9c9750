"""Limits that slow a script. They count in the cache within a stretch of the clock; nothing is kept longer.

Names (an address, an account) stand there as digests, never as themselves. Where the broker is away each process counts for
itself (events.shared.broker.cache).
"""

import contextlib
import hashlib
from datetime import datetime

from django.core.cache import cache

MINUTE, HOUR = 60, 3600  # seconds


def is_over(name: str, *, limit: int, seconds: int, now: datetime) -> bool:
    """Count one more under a name in this stretch of so many seconds; whether that is over the limit (0: none)."""
    if not limit:
        return False
    key = _key(name, seconds=seconds, now=now)
    for _try in range(2):
        with contextlib.suppress(ValueError):  # the first one of this stretch, unless another process was quicker
            return bool(cache.incr(key) > limit)
        if cache.add(key, 1, timeout=2 * seconds):
            return False
    return False  # the cache lost it twice, as when the broker has just gone away


def forget(name: str, *, seconds: int, now: datetime) -> None:
    """Count from nothing again under a name."""
    cache.delete(_key(name, seconds=seconds, now=now))


def counted(name: str, *, seconds: int, now: datetime) -> int:
    """How many were counted under a name in this stretch."""
    return int(cache.get(_key(name, seconds=seconds, now=now), 0))


def give_back(name: str, *, seconds: int, now: datetime) -> None:
    """Count one less under a name; `now` as it was when it was counted."""
    with contextlib.suppress(ValueError):  # it is forgotten already
        cache.decr(_key(name, seconds=seconds, now=now))


def _key(name: str, *, seconds: int, now: datetime) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"limit:{digest}:{int(now.timestamp()) // seconds}"
