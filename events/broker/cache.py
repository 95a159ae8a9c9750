"""The cache: Valkey while it answers, else the memory of this process.

So the limits of log-ins go on to count where the broker is away, in each process for itself, and nobody waits or sees an
error. What was counted on one side is not known on the other: an outage gives a guesser the limit once more per process.
"""

from functools import cached_property, partialmethod
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import RedisError

from events.broker import breaker

# As one question to the broker; Django asks first whether the key is there.
INCREASE = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('INCRBY', KEYS[1], ARGV[1]) end"
MOST_KEYS = 20_000  # in memory; beyond, those used least recently go
MOST_BYTES = 100_000  # of one value in memory


class Memory(LocMemCache):
    """The memory of a process, for small things: limits, locks, tokens. A file is not kept, and asked for again."""

    def _set(self, key: str, value: bytes, timeout: float | object = DEFAULT_TIMEOUT) -> None:
        if len(value) <= MOST_BYTES:
            super()._set(key, value, timeout)  # type: ignore[misc]
        else:
            self._delete(key)  # type: ignore[attr-defined]


class Client(RedisCacheClient):
    @cached_property
    def _broker(self) -> Any:
        return super().get_client(write=True)

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """The same one for all questions: to make one takes as long as to ask."""
        return self._broker

    def incr(self, key: Any, delta: int) -> int:
        found: int | None = self.get_client(key, write=True).eval(INCREASE, 1, key, delta)
        if found is None:
            raise ValueError(f"Key '{key}' not found.")
        return found


class BrokerCache(RedisCache):
    """A cache whose every call costs `breaker.TIMEOUT` at the most, and only the first of an outage."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
        self._options = breaker.quick() | params.get("OPTIONS", {})
        self._breaker = breaker.of(server)
        self._memory = Memory(f"instead of {server}", params | {"OPTIONS": {"MAX_ENTRIES": MOST_KEYS}})
        self._breaker.forget = self._memory.clear  # all of one name are one

    def _ask(self, verb: str, *arguments: Any, **named: Any) -> Any:
        if not self._breaker.is_open:
            try:
                return getattr(RedisCache, verb)(self, *arguments, **named)
            except RedisError as error:
                self._breaker.open(error)
        return getattr(self._memory, verb)(*arguments, **named)

    add = partialmethod(_ask, "add")
    get = partialmethod(_ask, "get")
    set = partialmethod(_ask, "set")
    touch = partialmethod(_ask, "touch")
    has_key = partialmethod(_ask, "has_key")
    incr = partialmethod(_ask, "incr")
    get_many = partialmethod(_ask, "get_many")
    set_many = partialmethod(_ask, "set_many")

    def delete(self, key: str, version: int | None = None) -> bool:
        """Delete in both places: a lock taken in one may be given back while the other is asked."""
        was_there: bool = self._ask("delete", key, version=version)
        if self._breaker.is_open and not self._breaker.delete_later(self.make_and_validate_key(key, version=version)):
            self._ask("delete", key, version=version)
        self._memory.delete(key, version=version)
        return was_there

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        for key in keys:
            self.delete(key, version=version)

    def clear(self) -> None:
        self._ask("clear")
        self._memory.clear()
