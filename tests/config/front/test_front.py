"""The front in a web process of its own, asked over sockets: what it answers itself, and what Django gets to see."""

import http.client
import os
import re
import secrets
import socket
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typst
from django.conf import settings as project
from django.db import connection, transaction

from config.front import request_bodies
from events.models import User
from events.pages import revision
from tests.factories import SessionFactory
from tests.test_security import TABLE, World

TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def address(start_web):
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


@contextmanager
def held(port, request, *, number):
    """So many connections that have sent the beginning of a request."""
    lines = [socket.create_connection(("127.0.0.1", port), 10) for _number in range(number)]
    for line in lines:
        line.sendall(request)
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


def test_front_serves_the_site_and_hides_nothing_of_a_request(address):
    session = SessionFactory(title="A talk about weak lines")
    revision.bump()
    programme = f"/{session.forum.slug}/programme/"
    sheet = urlsplit(project.STATIC_URL + "favicon.svg").path

    first, again = ask(address, programme), ask(address, programme, headers={"Accept-Encoding": "gzip"})
    known = ask(address, programme, headers={"If-None-Match": first.headers["ETag"]})
    answers = {path: ask(address, path) for path in ("/healthz", sheet, "/nothing%C3%A9/", "/a%00b", "/healthz?x")}

    assert "A talk about weak lines" in first.text
    assert (again.status, again.headers["Content-Encoding"], known.status, known.text) == (200, "gzip", 304, "")
    assert {path: answer.status for path, answer in answers.items()} == {
        "/healthz": 200,
        sheet: 200,
        "/nothing%C3%A9/": 404,
        "/a%00b": 400,
        "/healthz?x": 200,
    }
    assert answers["/healthz"].text == "ok\n"
    assert answers[sheet].headers["X-Content-Type-Options"] == "nosniff"
    assert ask(address, "/healthz", method="HEAD").text == ""
    assert ask(address, "/healthz", method="POST").status == 403  # Django's, which asks for its token
    assert ask(address, programme, headers={"Host": "evil.example"}).status == 400


def test_log_in_goes_through_the_front_with_cookies_and_body(address, transactional_db):
    page = ask(address, "/accounts/login/")
    cookie = page.headers["Set-Cookie"].split(";")[0]
    token = TOKEN.search(page.text)[1]
    form = f"csrfmiddlewaretoken={token}&login=nobody%40example.org&password=wrong-wrong"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    # Two lines of cookies are one; a name with an underscore is nobody's forwarding header.
    request = (
        f"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\nCookie: {cookie}\r\nX_Forwarded_Host: e\r\n"
        f"Content-Type: {kind['Content-Type']}\r\nContent-Length: {len(form)}\r\nConnection: close\r\n\r\n{form}"
    )
    in_lines = raw(address, request.encode()).decode()
    # In one piece: the refusal comes before the body is read.
    in_chunks = raw(
        address,
        f"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind['Content-Type']}\r\nConnection: close\r\n"
        f"Transfer-Encoding: chunked\r\n\r\n{len(form):x}\r\n{form}\r\n0\r\n\r\n".encode(),
    )
    query = raw(
        address, "GET /accounts/login/?next=/عربي/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    )

    assert "password is not right" in in_lines
    assert in_chunks.startswith(b"HTTP/1.1 411")
    assert query.startswith(b"HTTP/1.1 200")


def test_form_that_broke_off_is_never_taken_as_whole(address):
    """A sign-up of which the last byte is missing: with it an account is made, without it none."""
    page = ask(address, "/accounts/signup/")
    cookie, token = page.headers["Set-Cookie"].split(";")[0], TOKEN.search(page.text)[1]
    form = f"csrfmiddlewaretoken={token}&password1=tulips-in-may-26&email=awa%40example.org"
    head = (
        f"POST /accounts/signup/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
    )

    for end in (socket.SHUT_WR, socket.SHUT_RDWR):
        with socket.create_connection(("127.0.0.1", address), 10) as line:
            line.sendall((head + form[:-1]).encode())
            line.shutdown(end)
            with suppress(OSError):
                line.recv(65536)
    before = User.objects.count()
    whole = raw(address, (head + form).encode())

    assert (before, whole[:12], User.objects.count()) == (0, b"HTTP/1.1 302", 1)


def test_body_that_is_too_large_is_refused_and_never_read(address):
    announced = raw(
        address, b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", seconds=3
    )

    assert announced.startswith(b"HTTP/1.1 413")


def test_hundreds_who_never_finish_keep_nobody_waiting(address):
    SessionFactory(title="Still there")
    slow_form = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"
    slow_head = b"GET /healthz HTTP/1.1\r\nHost: loc"

    with held(address, slow_form, number=300), held(address, slow_head, number=100):
        began = time.monotonic()
        answers = [ask(address, path).status for path in ("/healthz", "/accounts/login/", "/2020/programme/")]
        seconds = time.monotonic() - began

    assert answers == [200, 200, 200]
    assert seconds < request_bodies.PAUSE / 2  # nobody waited until the others were given up


def test_static_file_of_a_newer_version_is_found(address):
    newer = project.STATIC_ROOT / "newer.0123456789ab.css"
    before = ask(address, "/static/newer.0123456789ab.css").status
    newer.write_text("a { color: red }")
    try:
        after = ask(address, "/static/newer.0123456789ab.css")
    finally:
        newer.unlink()

    assert (before, after.status, after.text) == (404, 200, "a { color: red }")
    strange = [ask(address, path).status for path in ("/static/../secret-key", "/static//etc/passwd", "/static/%00")]
    assert strange == [404, 404, 400]


def test_page_that_waits_for_a_lock_says_so_and_the_others_go_on(address):
    forum = SessionFactory().forum

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE events_forum IN ACCESS EXCLUSIVE MODE")
        stuck = ask(address, f"/{forum.slug}/programme/")

    assert (stuck.status, "Many people are here at once" in stuck.text) == (503, True)
    assert ask(address, f"/{forum.slug}/programme/").status == 200


def loaded(pid):
    """The compiled libraries that a process has loaded."""
    return set(re.findall(r"/site-packages/(\w+)/", Path(f"/proc/{pid}/maps").read_text()))


def test_web_process_never_loads_what_draws_documents(start_web, noon):
    """Asked for every public address, in two languages. The control: this process has loaded it."""
    assert typst.__file__
    world = World()
    port, server = start_web()
    addresses = [world.address(name) for name, (_path, is_public, _declared) in TABLE.items() if is_public]
    addresses += [f"/verify/{world.certificate.code}/certificate.pdf"]

    statuses = {ask(port, prefix + path).status for path in addresses for prefix in ("", "/fr")}

    assert "typst" in loaded(os.getpid())
    assert "granian" in loaded(server.pid)
    assert loaded(server.pid) & {"typst", "docx", "PIL", "numpy"} == set()  # the last two come with openpyxl
    assert 200 in statuses


def test_file_that_is_read_slowly_is_not_held_in_memory(start_web):
    """Ten readers of 30 MB who stop after a few bytes: the server would take all of it from whoever hands it pieces."""
    name = f"documents/{secrets.token_hex(8)}.pdf"
    body = b"%PDF-1.7" + bytes(30_000_000)
    document = SessionFactory().documents.create(title="Large", file=name)
    path = project.DATA_DIR / "media" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    port, server = start_web()
    try:
        whole = ask(port, f"/media/{name}")
        before = memory_of(server.pid)
        request = f"GET /media/{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        with held(port, request, number=10) as lines:
            for line in lines:
                assert line.recv(100).startswith(b"HTTP/1.1 200")
            time.sleep(0.5)
            grown = memory_of(server.pid) - before
    finally:
        path.unlink()

    assert (whole.status, len(whole.text), document.title) == (200, len(body), "Large")
    assert grown < 60_000_000  # of 300 MB


def memory_of(pid):
    """The bytes that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
