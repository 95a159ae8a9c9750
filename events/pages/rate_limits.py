"""Limits that slow a script. They count in the cache within a stretch of the clock; nothing is kept longer.

Names (an address, an account) stand there as digests, never as themselves. Where the broker is away each process counts for
itself (events.broker.cache).
"""

import hashlib
from datetime import datetime

from django.core.cache import cache

MINUTE, HOUR = 60, 3600  # seconds


def is_over(name: str, *, limit: int, seconds: int, now: datetime) -> bool:
    """Count one more under a name in this stretch of so many seconds; whether that is over the limit (0: none)."""
    if not limit:
        return False
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    key = f"limit:{digest}:{int(now.timestamp()) // seconds}"
    try:
        count = cache.incr(key)
    except ValueError:  # the first one of this stretch, unless another process was quicker
        count = 1 if cache.add(key, 1, timeout=2 * seconds) else cache.incr(key)
    return bool(count > limit)
