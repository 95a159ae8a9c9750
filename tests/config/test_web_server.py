"""The site's web server in a process of its own, asked over sockets: what comes through to Django, and what does not."""

import http.client
import os
import re
import secrets
import socket
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typst
from django.conf import settings as project

from events.models import User
from events.shared.pages import revision
from tests.factories import SessionFactory
from tests.rights import rules
from tests.rights import world as worlds
from tests.rights.addresses import addresses

TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def port(start_web):
    """Where a real web server of one process answers, on the test's database."""
    return start_web()[0]


def ask(port, path, *, method="GET", body=None, headers=()):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        answer.text = answer.read().decode(errors="replace")
    return answer


def raw(port, request, *, seconds=10):
    """Send bytes, return all that comes until the server hangs up or the time is over."""
    with socket.create_connection(("127.0.0.1", port), seconds) as line:
        line.sendall(request)
        received = b""
        with suppress(TimeoutError, ConnectionResetError):
            while piece := line.recv(65536):
                received += piece
    return received


def test_server_hides_nothing_of_a_request(port):
    session = SessionFactory(title="A talk about weak lines")
    revision.bump()
    programme = f"/{session.forum.slug}/programme/"
    sheet = urlsplit(project.STATIC_URL).path + next(Path(project.STATIC_ROOT).glob("favicon.*.svg")).name

    first, again = ask(port, programme), ask(port, programme, headers={"Accept-Encoding": "gzip"})
    known = ask(port, programme, headers={"If-None-Match": first.headers["ETag"]})
    answers = {path: ask(port, path) for path in ("/healthz", sheet, "/nothing%C3%A9/", "/a%00b", "/healthz?x")}

    assert "A talk about weak lines" in first.text
    assert (again.status, again.headers["Content-Encoding"], known.status, known.text) == (200, "gzip", 304, "")
    assert {path: answer.status for path, answer in answers.items()} == {
        "/healthz": 200,
        sheet: 200,
        "/nothing%C3%A9/": 404,
        "/a%00b": 400,
        "/healthz?x": 200,
    }
    assert answers[sheet].headers["X-Content-Type-Options"] == "nosniff"
    assert ask(port, "/healthz", method="HEAD").text == ""
    assert ask(port, programme, headers={"Host": "evil.example"}).status == 400


def form_of(port, path, **fields):
    """A cookie and the body of a form of a page."""
    page = ask(port, path)
    token = TOKEN.search(page.text)[1]
    body = "&".join(f"{name}={value}" for name, value in {"csrfmiddlewaretoken": token, **fields}.items())
    return page.headers["Set-Cookie"].split(";")[0], body


def post(path, *, length, cookies):
    lines = "".join(f"Cookie: {cookie}\r\n" for cookie in cookies)
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{lines}X_Forwarded_Host: e\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )


def test_log_in_comes_through_with_cookies_and_body(port):
    """Two lines of cookies are one; a name with an underscore is nobody's forwarding header."""
    cookie, form = form_of(port, "/accounts/login/", login="nobody%40example.org", password="wrong-wrong")

    answer = raw(port, (post("/accounts/login/", length=len(form), cookies=["a=b", cookie]) + form).encode())

    assert "password is not right" in answer.decode()


def test_form_that_broke_off_is_never_taken_as_whole(port):
    """A sign-up of which the last byte is missing: with it an account is made, without it none."""
    path = "/accounts/signup/"
    cookie, form = form_of(port, path, password1="tulips-in-may-26", email="awa%40example.org")
    request = post(path, length=len(form), cookies=[cookie]) + form

    for end in (socket.SHUT_WR, socket.SHUT_RDWR):
        with socket.create_connection(("127.0.0.1", port), 10) as line:
            line.sendall(request[:-1].encode())
            line.shutdown(end)
            with suppress(OSError):
                line.recv(65536)
    before = User.objects.count()
    whole = raw(port, request.encode())

    assert (before, whole[:12], User.objects.count()) == (0, b"HTTP/1.1 302", 1)


def test_body_that_is_too_large_is_refused_and_never_read(port):
    announced = raw(
        port, b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", seconds=3
    )

    assert announced.startswith(b"HTTP/1.1 413")


def loaded(tree):
    """The packages whose libraries the processes of a tree have in their memory."""
    numbers, found = [tree], set()
    for number in numbers:
        numbers += map(int, Path(f"/proc/{number}/task/{number}/children").read_text().split())
        found |= set(re.findall(r"site-packages/(\w+)/", Path(f"/proc/{number}/maps").read_text()))
    return found


def test_web_process_never_loads_what_draws_documents(start_web, noon):
    """Asked for every public address, in two languages. The control: this process has loaded it."""
    assert typst.__file__
    world = worlds.make()
    port, server = start_web()
    public = [one for one in addresses(world.own, world.hidden) if one.place == "own" and rules.is_public(one.rule)]
    paths = [*(one.path for one in public), f"/verify/{world.own['certificate']}/certificate.pdf"]

    statuses = {ask(port, prefix + path).status for path in paths for prefix in ("", "/fr")}

    assert "typst" in loaded(os.getpid())
    assert "granian" in loaded(server.pid)
    assert loaded(server.pid) & {"typst", "docx", "PIL", "numpy"} == set()  # the last two come with openpyxl
    assert 200 in statuses


def memory_of(tree):
    numbers, size = [tree], 0
    for number in numbers:
        numbers += map(int, Path(f"/proc/{number}/task/{number}/children").read_text().split())
        size += int(re.search(r"Pss: +(\d+)", Path(f"/proc/{number}/smaps_rollup").read_text())[1])
    return size / 1024


def test_file_that_is_read_slowly_is_not_held_in_memory(start_web):
    """Three readers of 60 MB who stop after a few bytes."""
    name = f"documents/{secrets.token_hex(8)}.pdf"
    document = SessionFactory().documents.create(title="Large", file=name)
    path = project.DATA_DIR / "media" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.7" + bytes(60_000_000))
    port, server = start_web()
    ask(port, "/healthz")
    before, lines = memory_of(server.pid), []
    try:
        for _reader in range(3):
            line = socket.create_connection(("127.0.0.1", port), 10)
            line.sendall(f"GET {document.file.url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert line.recv(12) == b"HTTP/1.1 200"
            lines.append(line)

        assert memory_of(server.pid) - before < 60  # MB
    finally:
        for line in lines:
            line.close()
        path.unlink()
