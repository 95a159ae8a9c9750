"""Moments come out of the database as Django's own loader reads them (config.database.base)."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from config.database.base import UtcLoader

pytestmark = pytest.mark.django_db

MOMENTS = [
    ("2020-07-22 12:00:00+00", datetime(2020, 7, 22, 12, tzinfo=UTC)),
    ("2020-07-22 14:00:00.5+02", datetime(2020, 7, 22, 12, 0, 0, 500_000, tzinfo=UTC)),
    ("0001-01-01 00:00:00.000001+00", datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
    ("9999-12-31 23:59:59.999999+00", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
]


class DjangosLoader(BaseTzLoader):
    timezone = UTC


def read(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("text", "moment"), MOMENTS)
def test_moments_are_read_to_the_microsecond_in_utc(text, moment):
    found = read(text)
    theirs = DjangosLoader(0, connection.connection).load(str(moment).encode())

    assert (found, found.tzinfo, theirs) == (moment, UTC, moment)
    assert (
        connection.connection.adapters.get_loader(connection.connection.adapters.types["timestamptz"].oid, 0)
        == UtcLoader
    )


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns"])
def test_the_moment_stays_the_same_where_the_server_writes_in_another_zone(zone):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL TIME ZONE '{zone}'")

    assert read("2020-07-22 12:00:00+00") == datetime(2020, 7, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 12:00:00+00 BC", "12020-07-22 12:00:00+00"])
def test_moments_that_python_does_not_have_are_refused_as_ever(text):
    with pytest.raises(DataError):
        read(text)
