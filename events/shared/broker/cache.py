"""The cache: Django's own over Valkey, or the memory of this process while Valkey does not answer.

So the limits of log-ins go on to count, in each process for itself: an outage gives a guesser the limit once more per process.
"""

import logging
from functools import partialmethod
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import ConnectionError as Disconnected
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

# Seconds for an answer. A connection that was lost is made again at once: the broker may have been started again.
QUICK = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 1, (Disconnected,))}
AWAY = 5.0  # seconds for which a broker that did not answer is not asked


class BrokerCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params | {"OPTIONS": QUICK})
        self._memory = LocMemCache(f"instead of {server}", params | {"OPTIONS": {"MAX_ENTRIES": 20_000}})

    def _ask(self, verb: str, *arguments: Any, **named: Any) -> Any:
        if not self._memory.get("broker-away"):
            try:
                return getattr(RedisCache, verb)(self, *arguments, **named)
            except RedisError as error:
                self._memory.set("broker-away", True, AWAY)  # for all threads: memory of one name is one
                log.warning("the cache does not answer (%s): this process counts for itself", type(error).__name__)
        return getattr(self._memory, verb)(*arguments, **named)


for verb in ("add", "get", "set", "touch", "delete", "has_key", "incr", "get_many", "set_many", "delete_many", "clear"):
    setattr(BrokerCache, verb, partialmethod(BrokerCache._ask, verb))
