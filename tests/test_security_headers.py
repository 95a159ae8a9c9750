"""What a web process with https settings says to browsers: headers, redirects, cookies."""

import http.client
import json
import re
from contextlib import closing
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from events.shared.pages import revision
from tests.factories import ForumFactory, SessionFactory, confirmed

HOST = "forum.example"
SCRIPT = re.compile(r"<script\b([^>]*)>")
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


DIRECTIVES = {"default-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'"}


def test_pages_say_to_browsers_what_they_may_do_the_first_time_and_out_of_the_memory(port):
    """What Mozilla's HTTP Observatory asks for; so the front page has 135 of its points, and 140 in the browsers' list."""
    for path in ("/2020/", "/2020/programme/", "/2020/programme/", "/accounts/login/"):
        answer = ask(port, path, Origin="https://another.example")
        policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
        scripts = [attributes for attributes in SCRIPT.findall(answer.text) if " src=" in attributes]

        assert answer.status == 200
        assert DIRECTIVES.items() <= policy.items()
        assert {source for sources in policy.values() for source in sources.split()} <= {"'none'", "'self'", "data:"}
        assert "data:" not in policy["script-src"] + policy["style-src"]
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Access-Control-Allow-Credentials"] is None
        assert scripts
        assert [one for one in scripts if not re.search(r'src="/[^/].* integrity="sha384-', one)] == []
        assert (answer.headers["Set-Cookie"] is None) == (path != "/accounts/login/")


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
