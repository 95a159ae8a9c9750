"""What a web process with https settings gets from Mozilla's HTTP Observatory."""

import http.client
import json
import re
from contextlib import closing
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from events.pages import revision
from tests import observatory
from tests.factories import ForumFactory, SessionFactory, confirmed

HOST = "forum.example"
TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def port(start_web, settings, monkeypatch):
    """Where a web process behind a proxy answers as https://forum.example, with HSTS as it is set when https works well."""
    settings.BASE_URL = f"https://{HOST}"
    for name, value in {"TRUSTED_PROXIES": "1", "HSTS_SECONDS": "31536000", "HSTS_SUBDOMAINS": "true"}.items():
        monkeypatch.setenv(name, value)
    SessionFactory(forum=ForumFactory(slug="2020"))
    revision.bump()
    return start_web()[0]


def ask(port, path, *, scheme="https", body=None, **headers):
    given = {"Host": HOST, "X-Forwarded-Proto": scheme, "X-Forwarded-For": "192.0.2.7"} | headers
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST" if body else "GET", path, body, given)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
    return answer


def scan(port, path):
    """As the scanner goes: plain http first, then https to the end of all redirects, then as a script of another site."""
    plain = ask(port, path, scheme="http")
    answer, lines = ask(port, path), []
    for _redirect in range(5):
        lines += answer.headers.get_all("Set-Cookie", [])
        if answer.status not in {301, 302}:
            break
        answer = ask(port, urlsplit(answer.headers["Location"]).path)
    assert answer.status == 200
    others = ask(port, path, Origin="https://http-observatory.example")
    return observatory.Scan(HOST, plain.headers, answer.headers, answer.text, lines, others.headers)


def test_front_page_and_log_in_score_140(port):
    """The front page sets no cookie, so it cannot gain by good ones: 135, and 140 once the host is in the browsers' list. The
    log-in page sets one: 140, and 145 then."""
    front, log_in = scan(port, "/"), scan(port, "/accounts/login/")

    assert front.cookies == []
    assert [observatory.is_fit_for_the_preload_list(one) for one in (front, log_in)] == [True, True]
    assert {name: points for name, points in observatory.marks(front).items() if points} == {
        **{"policy": 10, "referrer": 5, "integrity": 5, "frames": 5, "resource_policy": 10}
    }
    assert [observatory.score(one) for one in (front, log_in)] == [135, 140]
    assert [observatory.score(one, is_preloaded=True) for one in (front, log_in)] == [140, 145]


def test_finished_page_has_the_headers_of_the_first(port):
    first, again = scan(port, "/2020/programme/"), scan(port, "/2020/programme/")

    assert observatory.score(first) == observatory.score(again) == 135
    for name in (
        "Content-Security-Policy",
        "Strict-Transport-Security",
        "Cross-Origin-Opener-Policy",
        "Referrer-Policy",
    ):
        assert again.headers[name] == first.headers[name] != "", name


def test_people_are_led_to_https_and_programs_are_told(port):
    page, program = ask(port, "/2020/programme/", scheme="http"), ask(port, "/api/v1/forums/", scheme="http")

    assert (page.status, page.headers["Location"]) == (301, f"https://{HOST}/2020/programme/")
    assert (program.status, json.loads(program.text)["code"]) == (403, "https-only")
    assert ask(port, "/api/v1/forums/").status == 200


def test_every_cookie_is_of_this_host_alone(port):
    """Of the log-in, of what a page says after it, of the language: each has the name that binds it, and its flags."""
    person = confirmed(password=PBKDF2PasswordHasher().encode("a long enough sentence", "salt", iterations=1000))
    page = ask(port, "/accounts/login/")
    form = {
        "login": person.email,
        "password": "a long enough sentence",
        "csrfmiddlewaretoken": TOKEN.search(page.text)[1],
    }
    sent = {"Cookie": page.headers["Set-Cookie"].split(";")[0], "Content-Type": "application/x-www-form-urlencoded"}

    answers = [page, ask(port, "/accounts/login/", body=urlencode(form), Referer=f"https://{HOST}/", **sent)]
    answers.append(ask(port, "/?language=fr"))

    lines = [line for answer in answers for line in answer.headers.get_all("Set-Cookie", [])]
    found = {key: morsel for line in lines for key, morsel in SimpleCookie(line).items()}
    assert {"__Host-csrftoken", "__Host-sessionid", "__Host-known", "__Host-language"} <= found.keys()
    for name, morsel in found.items():
        assert name.startswith("__Host-"), name
        assert (morsel["secure"], morsel["path"], morsel["domain"]) == (True, "/", ""), name
        assert morsel["samesite"] in {"Lax", "Strict"}, name
        assert bool(morsel["httponly"]) == (name not in {"__Host-known", "__Host-language"}), name
