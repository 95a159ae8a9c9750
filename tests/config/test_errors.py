"""What a visitor sees when a request cannot be answered, and how every answer is kept."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import path

from config import urls
from config.middleware import BodyLimit

LIMIT = 2_621_440


def read_post(request):
    from django.http import HttpResponse

    return HttpResponse(request.POST.get("text", "")[:5])


def ask_database(request):
    from events.models import Forum

    return list(Forum.objects.filter(slug=request.POST["slug"]))


def fail(request):
    raise RuntimeError("a secret of the inside")


def forbid(request):
    from django.core.exceptions import PermissionDenied

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


def test_body_over_the_limit_is_refused_with_a_page(plain):
    answer = plain.post("/post/", {"text": "x" * LIMIT})

    assert (answer.status_code, title(answer)) == (413, "That is too large")


def test_urlencoded_body_over_the_limit_is_refused_with_a_page(plain):
    answer = plain.post("/post/", "text=" + "x" * LIMIT, content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, title(answer)) == (413, "That is too large")


def test_body_at_the_limit_is_taken(plain):
    answer = plain.post("/post/", "text=" + "x" * (LIMIT - 6), content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.content) == (200, b"xxxxx")


def test_field_over_the_limit_in_an_organisers_form_is_refused_with_a_page(plain):
    answer = plain.post("/admin/post/", {"text": "x" * (LIMIT + 1)})

    assert (answer.status_code, title(answer)) == (413, "That is too large")


def test_organisers_file_over_the_forms_limit_is_taken(plain, tmp_path):
    file = tmp_path / "table.csv"
    file.write_bytes(b"x" * (LIMIT + 1))

    with file.open("rb") as content:
        answer = plain.post("/admin/post/", {"text": "hello", "file": content})

    assert (answer.status_code, answer.content) == (200, b"hello")


def test_too_many_fields_are_refused_with_a_page(plain):
    answer = plain.post("/post/", "&".join(f"a{n}=1" for n in range(1001)), "application/x-www-form-urlencoded")

    assert (answer.status_code, title(answer)) == (413, "That is too large")


def test_body_of_an_unreadable_length_counts_as_empty(plain):
    answer = plain.post("/post/", b"", content_type="text/plain", CONTENT_LENGTH="much")

    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["/post/?q=a%00b", "/post%00/"])
def test_nul_byte_in_the_address_is_a_bad_request(plain, address):
    answer = plain.get(address)

    assert (answer.status_code, title(answer)) == (400, "This address cannot be read")


def test_nul_byte_that_reaches_the_database_is_a_bad_request(plain, db):
    assert connection.vendor == "postgresql"

    answer = plain.post("/ask/", {"slug": "a\0b"})

    assert answer.status_code == 400


def test_unknown_host_is_a_bad_request(client):
    answer = client.get("/accounts/login/", headers={"host": "evil.example"})

    assert (answer.status_code, "evil.example" in answer.content.decode()) == (400, False)


def test_unknown_address_is_a_page(plain):
    answer = plain.get("/nothing/")

    assert (answer.status_code, title(answer)) == (404, "Page not found")


@pytest.mark.parametrize(("address", "status"), [("/fail/", 500), ("/forbid/", 403)])
def test_refusal_tells_no_reason_from_the_inside(plain, address, status, caplog):
    answer = plain.get(address)

    assert (answer.status_code, "secret" in answer.content.decode()) == (status, False)


def test_form_without_its_token_is_refused_with_a_page(settings):
    settings.ROOT_URLCONF = "tests.config.test_errors"

    answer = Client(enforce_csrf_checks=True).post("/form/", {"text": "hello"})

    assert (answer.status_code, title(answer)) == (403, "This form is too old")


def test_answer_is_private_by_default(plain):
    answer = plain.get("/post/")

    assert answer["Cache-Control"] == "private, no-store"


def test_faults_other_than_nul_bytes_stay_faults(rf):
    answer = BodyLimit(read_post).process_exception(rf.get("/"), ValueError("another"))

    assert answer is None
