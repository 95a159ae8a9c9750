"""What a visitor sees when a request cannot be answered, and how every answer is kept."""

import socket
import sqlite3
import time
from threading import Thread
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from config import errors, urls
from config.middleware import BodyLimit
from events.models import Forum
from events.shared.jobs.troubles import Trouble, trouble_of

LIMIT = 2_621_440
FORM = "application/x-www-form-urlencoded"


def read_post(request):
    return HttpResponse(request.POST.get("text", "")[:5])


def ask_database(request):
    return list(Forum.objects.filter(slug=request.POST["slug"]))


def fail(request):
    raise RuntimeError("a secret of the inside")


def forbid(request):
    raise PermissionDenied("a secret of the inside")


def run_sql(request):
    with connection.cursor() as cursor:
        cursor.execute((request.POST or request.GET)["sql"])
    return HttpResponse()


handler400, handler500 = urls.handler400, urls.handler500
urlpatterns = [
    path("post/", read_post),
    path("admin/", include(([path("post/", read_post)], "admin"))),
    path("ask/", ask_database),
    path("fail/", fail),
    path("forbid/", forbid),
    path("form/", read_post),
    path("sql/", run_sql),
    path("api/v1/sql/", run_sql),
]


@pytest.fixture
def plain(settings):
    """A client of a small site with the real middleware and error pages."""
    settings.ROOT_URLCONF = "tests.config.test_errors"
    return Client(raise_request_exception=False)


def title(answer):
    return answer.content.decode().split("<h1>")[1].split("</h1>")[0]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/post/", {"data": {"text": "x" * LIMIT}}),
        ("/post/", {"data": "text=" + "x" * LIMIT, "content_type": FORM}),
        ("/admin/post/", {"data": {"text": "x" * (LIMIT + 1)}}),  # a field; a file may be larger
        ("/post/", {"data": "&".join(f"a{n}=1" for n in range(1001)), "content_type": FORM}),
    ],
)
def test_body_over_a_limit_is_refused_with_a_page(plain, path, body):
    answer = plain.post(path, **body)

    assert (answer.status_code, title(answer)) == (413, "That is too large")


def test_file_of_an_organiser_has_a_limit_of_its_own(plain, settings):
    settings.UPLOAD_LIMIT = 1000

    answers = [plain.post("/admin/post/", {"file": SimpleUploadedFile("a.csv", b"x" * size)}) for size in (500, 1001)]

    assert [answer.status_code for answer in answers] == [200, 413]


def test_body_within_the_limits_is_taken(plain):
    file = SimpleUploadedFile("table.csv", b"x" * (LIMIT + 1))

    whole = plain.post("/post/", "text=" + "x" * (LIMIT - 6), content_type=FORM)
    organisers = plain.post("/admin/post/", {"text": "hello", "file": file})
    unreadable = plain.post("/post/", b"", content_type="text/plain", CONTENT_LENGTH="much")  # counts as empty

    assert [(a.status_code, a.content) for a in (whole, organisers, unreadable)] == [
        (200, b"xxxxx"),
        (200, b"hello"),
        (200, b""),
    ]


def test_nul_bytes_and_unknown_hosts_are_bad_requests_and_other_faults_stay_faults(plain, db, rf):
    answers = [plain.get(address) for address in ("/post/?q=a%00b", "/post%00/")]
    stored = plain.post("/ask/", {"slug": "a\0b"})
    elsewhere = plain.get("/post/", headers={"host": "evil.example"})

    assert [(answer.status_code, title(answer)) for answer in answers] == [(400, "This address cannot be read")] * 2
    assert (stored.status_code, elsewhere.status_code) == (400, 400)
    assert "evil.example" not in elsewhere.content.decode()
    assert BodyLimit(read_post).process_exception(rf.get("/"), ValueError("another")) is None


def test_unknown_address_is_a_page_and_answers_are_private_by_default(plain):
    missing, found = plain.get("/nothing/"), plain.get("/post/")

    assert (missing.status_code, title(missing)) == (404, "Page not found")
    assert {answer["Cache-Control"] for answer in (missing, found)} == {"private, no-store"}


@pytest.mark.parametrize(("address", "status"), [("/fail/", 500), ("/forbid/", 403)])
def test_refusal_tells_no_reason_from_the_inside(plain, address, status):
    answer = plain.get(address)

    old = Client(enforce_csrf_checks=True).post("/form/", {"text": "hello"})
    assert (answer.status_code, "secret" in answer.content.decode()) == (status, False)
    assert (old.status_code, title(old)) == (403, "This form is too old")
    assert "Nothing was saved." in old.content.decode()


# --- what passes by itself ------------------------------------------------------------------------
TROUBLES = {
    "SELECT pg_terminate_backend(pg_backend_pid())": Trouble.AWAY,
    "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$": (
        Trouble.FULL
    ),
    "SET statement_timeout = 1; SELECT pg_sleep(1)": Trouble.BUSY,
    "DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$": Trouble.BUSY,
    "SELECT * FROM no_such_table": None,
}


@pytest.mark.parametrize("sql", TROUBLES)
def test_error_of_the_database_is_told_as_what_it_is(transactional_db, sql):
    with pytest.raises(Error) as caught, connection.cursor() as cursor:
        cursor.execute(sql)
    connection.close()

    assert trouble_of(caught.value) is TROUBLES[sql]
    assert trouble_of(ValueError("ours")) is None


@pytest.mark.parametrize(("words", "trouble"), [("database is locked", Trouble.BUSY), ("no such table: x", None)])
def test_error_of_sqlite_is_told_by_its_words(words, trouble):
    error = OperationalError(words)
    error.__cause__ = sqlite3.OperationalError(words)

    assert trouble_of(error) is trouble


def test_page_of_a_trouble_keeps_what_was_sent(plain, transactional_db):
    full = next(sql for sql, trouble in TROUBLES.items() if trouble is Trouble.FULL)

    answer = plain.post("/sql/?a=1&b=2", urlencode({"sql": full, "text": "<b>long & kept</b>"}), content_type=FORM)
    secret = plain.post("/sql/", urlencode({"sql": full, "password": "tulips"}), content_type=FORM)
    long = plain.post("/sql/", urlencode({"sql": full, "text": "x" * errors.SENT_AGAIN}), content_type=FORM)
    foreign = plain.post(
        "/sql/", urlencode({"sql": full}), content_type=FORM, headers={"origin": "https://evil.example"}
    )
    in_parts = plain.post("/sql/", {"sql": full})
    read = plain.get("/sql/", {"sql": full})
    api = plain.get("/api/v1/sql/", {"sql": full})

    assert {one.status_code for one in (answer, secret, in_parts, read, api)} == {503}
    assert {one["Retry-After"] for one in (answer, secret, in_parts, read, api)} == {"60"}
    assert "no room left" in answer.content.decode()
    assert '<form method="post" action="/sql/?a=1&amp;b=2">' in answer.content.decode()
    assert 'value="&lt;b&gt;long &amp; kept&lt;/b&gt;"' in answer.content.decode()
    assert "tulips" not in secret.content.decode()
    assert "go back and send it again" not in answer.content.decode()
    for one in (secret, long, foreign, in_parts):
        assert "go back and send it again" in one.content.decode()
        assert "<form" not in one.content.decode()
    assert "Try again" in read.content.decode()
    assert api.json() == {"code": "full", "detail": errors.API_SENTENCES[Trouble.FULL], "parameters": {}}


def test_column_that_changes_its_type_meanwhile_costs_a_connection_one_page(plain, transactional_db):
    """As while a new version is deployed: the old processes have planned what they ask."""

    def run(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def elsewhere(sql):
        other = Thread(target=lambda: (run(sql), connection.close()))
        other.start()
        other.join(30)

    elsewhere("CREATE TABLE planned (word varchar(5))")
    try:
        before = [plain.get("/sql/", {"sql": "SELECT word FROM planned"}).status_code for _time in range(8)]
        elsewhere("ALTER TABLE planned ALTER word TYPE varchar(9)")
        after = [plain.get("/sql/", {"sql": "SELECT word FROM planned"}).status_code for _time in range(2)]
    finally:
        connection.close()
        elsewhere("DROP TABLE planned")

    assert (before, after) == ([200] * 8, [503, 200])


def test_page_of_a_trouble_leads_to_no_other_site(rf):
    request = rf.post("/", "a=b", content_type=FORM, PATH_INFO="//evil.example/")

    page = errors.unavailable(request, Trouble.AWAY).content.decode()

    assert 'action="/%2Fevil.example/"' in page
    assert page.count("evil.example") == 1


@pytest.mark.parametrize(
    ("address", "cookie"), [("/2020/agenda/", "a" * 32), ("/2020/programme/", ""), ("/api/v1/forums/", "")]
)
def test_database_that_never_answers_is_told_within_seconds(transactional_db, address, cookie):
    """A server that takes connections and is silent, whatever stands before the site."""
    told = []

    def ask(port):
        connection.settings_dict = connection.settings_dict | {"HOST": "127.0.0.1", "PORT": port}  # of this thread
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        began = time.monotonic()
        answer = client.get(address)
        told.append((answer.status_code, answer["Retry-After"], answer["Cache-Control"], time.monotonic() - began < 5))

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asking = Thread(target=ask, args=[silent.getsockname()[1]])
        asking.start()
        asking.join(30)

    assert told == [(503, "2", "no-store", True)]
