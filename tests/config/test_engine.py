"""The tests' own services are what they say they are."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCacheClient
from django.db import connection

from events.models import Country, Role, Session
from tests import slowest
from tests.factories import SessionFactory


def test_database_and_cache_of_the_run_are_postgresql_and_valkey(db):
    cache.set("key", "value")

    assert (connection.vendor, cache.get("key")) == ("postgresql", "value")
    assert isinstance(cache._cache, RedisCacheClient)


@pytest.mark.parametrize("processes", [1, 2, 3, 4])
@pytest.mark.parametrize("number", [0, 1, 7, 20])
def test_each_process_begins_with_its_share_of_the_long_tests(number, processes):
    items = list(range(number))

    found = slowest.dealt(items, processes, long=[[item] for item in items[::3]])

    assert sorted(found) == items
    for place in range(processes if number >= 2 * processes else 0):
        own = found[place * number // processes : (place + 1) * number // processes]
        long = [item % 3 == 0 for item in own]
        assert long == sorted(long, reverse=True)
        assert sum(long) in {len(items[::3]) // processes, len(items[::3]) // processes + 1}


@pytest.mark.parametrize("processes", [1, 2, 3, 4])
def test_what_is_of_one_world_stays_together(processes):
    found = slowest.dealt(list(range(20)), processes, long=[[1, 9, 17], [4], [6]])

    assert found[:3] == [1, 9, 17]
    assert sorted(found) == list(range(20))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(2))
def test_rows_of_a_new_database_are_there_for_each_test(_again):
    found = {model.__name__: model.objects.count() for model in (Permission, Group, Country, ContentType)}
    assert min(found.values()) > 0
    assert found["Group"] == len(Role.values)
    assert Group.permissions.through.objects.count() > 100
    assert Session.objects.count() == 0

    SessionFactory()
    Group.objects.all().delete()
    ContentType.objects.all().delete()
