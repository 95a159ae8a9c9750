"""Health: one address for the process, one for what stands behind it."""

import pytest
from django.db import connection
from django.db.utils import OperationalError


def test_healthz_needs_no_database_and_no_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert [client.post(path).status_code for path in ("/healthz", "/readyz")] == [405, 405]


@pytest.mark.parametrize("has_broker", [True, False])
def test_readyz_answers_when_all_is_there(client, db, settings, has_broker):
    settings.REDIS_URL = settings.REDIS_URL if has_broker else ""  # nobody to ask

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_names_what_does_not_answer(client, db, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"

    def refuse(execute, sql, params, many, context):
        raise OperationalError("gone")

    one = client.get("/readyz")
    with connection.execute_wrapper(refuse):
        both = client.get("/readyz")

    assert (one.status_code, one.content) == (503, b"no answer from: broker\n")
    assert (both.status_code, both.content) == (503, b"no answer from: database, broker\n")
