"""Limits that slow a script. They count in the cache within a stretch of the clock; nothing is kept longer.

Names (an address, an account) stand there as digests, never as themselves. Where the cache is away nobody is held up: no
rule rests on a limit.
"""

import hashlib
import logging
from datetime import datetime

from django.core.cache import cache

logger = logging.getLogger(__name__)

MINUTE, HOUR = 60, 3600  # seconds


def is_over(name: str, *, limit: int, seconds: int, now: datetime) -> bool:
    """Count one more under a name in this stretch of so many seconds; whether that is over the limit (0: none)."""
    if not limit:
        return False
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    key = f"limit:{digest}:{int(now.timestamp()) // seconds}"
    try:
        try:
            count = cache.incr(key)
        except ValueError:  # the first one of this stretch, unless another process was quicker
            count = 1 if cache.add(key, 1, timeout=2 * seconds) else cache.incr(key)
        return count > limit
    except Exception as error:  # whatever the cache's client raises: nothing must be lost for want of a limit
        logger.warning("a limit did not count (%s)", type(error).__name__)
        return False
