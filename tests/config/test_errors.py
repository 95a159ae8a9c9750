"""What a visitor sees when a request cannot be answered, and how every answer is kept."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from config import urls
from config.middleware import BodyLimit
from events.models import Forum

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


handler400 = urls.handler400
urlpatterns = [
    path("post/", read_post),
    path("admin/post/", read_post),
    path("ask/", ask_database),
    path("fail/", fail),
    path("forbid/", forbid),
    path("form/", read_post),
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
