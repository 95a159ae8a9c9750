"""Limits that slow a script, whatever the cache loses."""

import pytest
from django.core.cache import cache

from events.shared.pages import rate_limits
from tests.factories import NOW


def is_over(limit=2):
    return rate_limits.is_over("somebody", limit=limit, seconds=60, now=NOW)


@pytest.fixture(autouse=True)
def _nothing_counted():
    cache.clear()


def test_limit_holds_from_the_next_one_on():
    assert [is_over() for _each in range(4)] == [False, False, True, True]
    assert not is_over(limit=0)


def test_cache_that_loses_what_it_was_told_stops_nobody(monkeypatch):
    def lost(*arguments, **more):
        raise ValueError

    monkeypatch.setattr(type(cache._connections[cache._alias]), "incr", lost)

    assert [is_over() for _each in range(4)] == [False] * 4
