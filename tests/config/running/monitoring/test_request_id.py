"""The id of a request: made here or taken from a trusted proxy, and told where the answer is one person's own."""

import pytest

from config.running.monitoring.request_id import new_request_id, request_id


@pytest.mark.parametrize(
    "header", [None, "", "short", "with blank in it", "line\r\nbreak-12345", "ä" * 12, "-" * 12, "a" * 65]
)
def test_what_is_no_id_is_replaced(header):
    made = new_request_id(header)

    assert (made != header, len(made), made.isalnum()) == (True, 16, True)


def test_id_of_a_trusted_proxy_is_kept(client, db, settings):
    settings.TRUSTED_PROXIES = 1

    assert client.get("/healthz", HTTP_X_REQUEST_ID="proxy-id-0001")["X-Request-ID"] == "proxy-id-0001"


def test_id_of_a_stranger_is_not_kept(client, db):
    answers = [client.get("/healthz", HTTP_X_REQUEST_ID="stranger-0001")["X-Request-ID"] for _number in range(2)]

    assert len({"stranger-0001", *answers}) == 3
    assert request_id.get() == ""


def test_public_pages_carry_no_id(client, db):
    assert "X-Request-ID" not in client.get("/api/v1/")
