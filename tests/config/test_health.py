"""Health: one address for the process, one for what stands behind it."""

import pytest
from django.db import connection
from django.db.utils import OperationalError


def test_healthz_needs_no_database(client, django_assert_num_queries):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_answers_when_all_is_there(client, db):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_without_a_broker_to_ask_is_ready(client, db, settings):
    settings.REDIS_URL = ""

    assert client.get("/readyz").status_code == 200


def test_readyz_names_the_broker_that_does_not_answer(client, db, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"no answer from: broker\n")


def test_readyz_names_the_database_that_does_not_answer(client, db):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"no answer from: database\n")


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_takes_no_post(client, address):
    assert client.post(address).status_code == 405


def test_healthz_answers_over_http_where_the_site_is_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz").status_code == 200
