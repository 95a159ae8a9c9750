"""The tests' own services are what they say they are."""

import smtplib
from email.message import EmailMessage

import pytest
from django.core.cache import cache
from django.db import connection


def test_database_of_the_run_is_postgresql(db):
    assert connection.vendor == "postgresql"


def test_cache_is_valkey():
    cache.set("key", "value")

    assert cache.get("key") == "value"
    assert type(cache).__name__ == "ConnectionProxy"


def test_smtp_server_keeps_the_mail(smtp):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Hello"

    with smtplib.SMTP(smtp.host, smtp.port) as client:
        client.send_message(mail)

    assert [m["Subject"] for m in smtp.to("b@example.org")] == ["Hello"]


@pytest.mark.browser
def test_browser_opens_the_site(live_site, page):
    answer = page.goto(f"{live_site}/accounts/login/")

    assert answer.status == 200


@pytest.mark.services
def test_worker_process_is_ready(celery_worker_process):
    assert celery_worker_process.poll() is None
