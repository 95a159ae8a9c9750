"""What stands around every answer of the site, and what it never answers."""

import json
import logging
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client

from config.running.monitoring.log_lines import JsonLine
from tests.test_security import client_of, each_address

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def body_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def faults_of(name, answer):
    """Which rules for all answers this one breaks."""
    told, policy = answer.headers, answer.headers.get("Content-Security-Policy", "")
    kind, has_body = told.get("Content-Type", ""), body_of(answer)
    # The link of a mail sends its form with an Origin, and its address to nobody (decision 0029).
    referrers = {"strict-origin"} if name == "account_log_in_by_link" else {"same-origin", "no-referrer"}
    found = {
        "nosniff": told.get("X-Content-Type-Options") == "nosniff",
        "frames": "frame-ancestors 'none'" in policy or "sandbox" in policy,
        "scripts": "unsafe" not in policy and "default-src 'none'" in policy,
        "bases": "base-uri 'none'" in policy or "sandbox" in policy,
        "referrer": told.get("Referrer-Policy") in referrers,
        "opener": told.get("Cross-Origin-Opener-Policy") == "same-origin",
        "resource": told.get("Cross-Origin-Resource-Policy") in {"same-origin", "cross-origin"},
        "kind": not has_body or "charset=" in kind or not kind.startswith(("text/", "application/xml")),
        "named": not has_body or bool(kind),
    }
    return {(name, rule): kind for rule, is_right in found.items() if not is_right}


def is_without_way(answer):
    """Whether a page does not lead to the account: neither itself, nor by its fragment, or what stands in its place without script."""
    text = body_of(answer).decode(errors="replace")
    is_page = answer.status_code == 200 and "<body" in text
    return is_page and not re.search(r'href="/account/"|data-part="/2020/me/"', text)


def test_every_answer_says_what_it_is_and_every_page_leads_to_the_account(everybody):
    """Also refusals, and pages of people."""
    visitor, person = (client_of(everybody.people[role]) for role in ("visitor", "proposer"))
    faults, without = {}, []
    for name, address in each_address(everybody):
        faults |= faults_of(name, visitor.get(address)) | faults_of(name, own := person.get(address))
        without += [name] if is_without_way(own) else []

    assert (faults, without) == ({}, [])
    assert 'href="/account/"' in person.get("/2020/me/").content.decode()
    assert "/accounts/logout/" in person.get("/account/").content.decode()


def test_no_method_echoes_a_request(everybody):
    """TRACE would: a script could read cookies in its answer that are hidden from it."""
    client = client_of(everybody.people["proposer"])
    client.cookies["canary"] = "echoedcanary"

    for name, address in each_address(everybody):
        answer = client.generic("TRACE", address, headers={"X-Canary": "echoedcanary"})
        assert b"echoedcanary" not in body_of(answer), name
        assert answer.headers.get("Content-Type") != "message/http", name


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/.git/config",
            "/.git/HEAD",
            "/.env",
            "/manage.py",
            "/requirements.txt",
            "/config/settings.py",
            "/var/forum.sqlite3",
        ),
        *(
            "/static/",
            "/media/",
            "/media/documents/",
            "/static/..%2fmanage.py",
            "/static/%2e%2e/manage.py",
            "/server-status",
        ),
        *("/__debug__/", "/phpinfo.php", "/media/..%2f..%2fmanage.py"),
    ],
)
def test_nothing_of_the_machine_is_served(path):
    assert Client().get(path, follow=True).status_code in {400, 404}


def test_log_has_one_place_and_times_with_their_offset():
    record = logging.LogRecord("site", logging.WARNING, "", 0, "said", None, None)
    line = json.loads(JsonLine().format(record))

    assert {name: one["class"] for name, one in project.LOGGING["handlers"].items()} == {
        "console": "logging.StreamHandler"
    }
    assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)


def test_tls_of_the_sample_is_1_2_or_1_3_and_lists_no_folder():
    text = (ROOT / "docs" / "deploy" / "nginx" / "wsis.conf").read_text()

    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
    assert "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;" in text
    assert (text.count("ssl_protocols"), text.count("ssl_ciphers")) == (1, 1)
    assert "autoindex on" not in text
    assert "ssl_reject_handshake on;" in text  # whoever asks for another host gets nothing


def test_samples_hold_no_password_that_could_work():
    """PostgreSQL knows the site by the user of its process; the rest is to be filled in."""
    lines = (ROOT / "docs" / "deploy" / "wsis.env").read_text() + (ROOT / "compose.yaml").read_text()

    assert "DATABASE_URL=postgresql://wsis@//var/run/postgresql/wsis\n" in lines
    assert "SECRET_KEY=\n" in lines
    passwords = set(re.findall(r"PASSWORD[:=] *\"?([^\s\"]+)|://\w+:([^@\s]+)@", lines))
    mail = "password"  # of mail.example.org
    assert {one or other for one, other in passwords} == {"${POSTGRES_PASSWORD:?}", mail}


@pytest.mark.parametrize(
    "unit", ["wsis-web.service", "wsis-worker@.service", "wsis-beat.service", "wsis-backup.service"]
)
def test_units_run_as_a_user_without_rights(unit):
    lines = (ROOT / "docs" / "deploy" / "systemd" / unit).read_text().splitlines()

    wanted = {"User=wsis", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes"}
    assert wanted - {*lines} == set()
