"""The tests' own services are what they say they are."""

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCacheClient
from django.db import connection


def test_database_and_cache_of_the_run_are_postgresql_and_valkey(db):
    cache.set("key", "value")

    assert (connection.vendor, cache.get("key")) == ("postgresql", "value")
    assert isinstance(cache._cache, RedisCacheClient)
