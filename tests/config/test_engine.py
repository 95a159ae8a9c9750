"""The tests' own services are what they say they are."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCacheClient
from django.db import connection

from events.models import Country, Role, Session
from tests.factories import SessionFactory


def test_database_and_cache_of_the_run_are_postgresql_and_valkey(db):
    cache.set("key", "value")

    assert (connection.vendor, cache.get("key")) == ("postgresql", "value")
    assert isinstance(cache._cache, RedisCacheClient)


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
