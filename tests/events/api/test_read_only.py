"""Who may read the API from where, how it refuses, and that the front keeps its answers."""

import gzip
import json
import re
from datetime import timedelta
from itertools import product

import pytest
import yaml
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command

from config.finished_pages import FinishedPages
from events.api import errors, schema
from events.api.urls import KEYS
from events.models import Session, SessionType, Speaker
from tests.config.test_finished_pages import ask
from tests.factories import NOW, AppearanceFactory, SessionFactory, boss

pytestmark = pytest.mark.django_db


# --- refusals -------------------------------------------------------------------------------------
REFUSED = {  # what else no parameter takes is tried by test_schema.py
    "sessions/?page=0": "page",
    "sessions/?page=٣": "page",
    "sessions/?page_size=201": "page_size",
    "sessions/?track=99999999999999999999999": "track",
    "sessions/?day=2020-02-30": "day",
    "sessions/?changed_since=2020-07-23T25:00:00Z": "changed_since",
    "sessions/?state=draft": "state",
    "sessions/?only=meeting": "only",
    "sessions/?expand=organisers": "expand",
    "sessions/?ordering=meeting_url": "ordering",
    "sessions/?forum=" + "a" * 41: "forum",
    "sessions/?search=" + "a" * 101: "search",
    "sessions/?format=html": "format",
    "sessions/?page=1&page=2": "page",
    "sessions/?" + "&".join(f"track={number}" for number in range(1, 62)): "track",
    "speakers/?gender=woman": "gender",
    "outcomes/?session=a": "session",
    "forums/?q=x": "q",
}


def test_what_cannot_be_used_is_refused_by_name(client):
    for address, name in REFUSED.items():
        response = client.get(f"/api/v1/{address}")

        answer = response.json()
        assert (response.status_code, [*answer["parameters"]]) == (400, [name]), address
        assert answer["code"] == "bad-parameter"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cache-Control"] == "private, no-store"
    assert {*client.get("/api/v1/sessions/?day=x&track=y&state=scheduled").json()["parameters"]} == {"day", "track"}


UNREADABLE = {
    "sessions/?search=%00": "bad-request",
    "sessions/?search=%FF%FE": "bad-request",
    "sessions/?%ff=1": "bad-request",
    "sessions/%00/": "bad-request",
    "sessions/?search=" + "&" * 2000: "query-too-long",
}
MISSING = (
    *(
        "sessions/A1B2C3/",
        "sessions/a/",
        "sessions/%FF/",
        "speakers/0/",
        "speakers/99999999999999999999/",
        "speakers/x/",
    ),
    *("forums/nothing/", "releases/2020/1/", "releases/2020/", "sessions/?page=2", "users/", "users/%0A/%0D%E2%80%A8"),
    *("../../etc/passwd", "sessions"),
)


def test_addresses_that_cannot_be_read_are_refused_and_what_is_not_there_is_not_found(client):
    for address, code in UNREADABLE.items():
        response = client.get(f"/api/v1/{address}")
        assert (response.status_code, response.json()["code"]) == (400, code), address
    for address in (*MISSING, "../v2/", "../nothing"):
        response = client.get(f"/api/v1/{address}")
        assert (response.status_code, response.json()["code"]) == (404, "not-found"), address
    hints = ["slash" in client.get(f"/api/v1/{address}").json()["detail"] for address in ("sessions", "session/")]
    assert hints == [True, False]


def addresses():
    """Every address of the API, with made-up keys."""
    keys = {
        "<slug:slug>": "2020",
        "<slug:code>": "A1B2C3",
        "<key:id>": "1",
        "<slug:forum>": "2020",
        "<key:number>": "1",
    }
    lists = [f"v1/{view.many}/{key}" for view, key in KEYS.items()]
    for route in ("v1/", *(f"v1/{view.many}/" for view in KEYS), *(f"{route}/" for route in lists), "schema/"):
        yield "/api/" + re.sub("<.*?>", lambda key: keys[key[0]], route)
    yield "/api/v1/nothing/"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"])
def test_nothing_can_be_changed(client, method, settings):
    client.handler.enforce_csrf_checks = True

    for address in addresses():
        response = client.generic(method, address, '{"title": "x"}', content_type="application/json")

        assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed"), address
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert errors.handle(RuntimeError(), {}) is None  # a fault of ours stays one, and is logged
    refused = client.generic(method, "/api/v1/", "x" * 11)
    assert (refused.status_code, refused.json()["code"]) == (413, "too-large")


# --- other sites ----------------------------------------------------------------------------------
def test_pages_of_other_sites_may_ask(client):
    response = client.options("/api/v1/sessions/", headers={"origin": "https://evil.example"})

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert response.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert "Access-Control-Allow-Credentials" not in response.headers


FILES = [f"/2020/schedule.{ending}" for ending in ("xml", "ics", "csv", "xlsx")]
REFUSALS = [
    "/api/v2/sessions/",
    "/api/x",
    "/2020/schedule.ics?x=1",
    "/api/v1/sessions/?a=%00",
    "/api/v1/sessions/%00/",
    "/api/schema/?format=%00",
    "/api/v1/x/",
]
CLOSED = ["/api/", "/2020/programme/", "/2020/programme.pdf", "/2020/programme/A1B2C3.ics", "/2020/agenda/", "/healthz"]


def test_public_data_is_open_to_other_sites_and_nothing_else(client):
    """Everybody can read it without an account: a page elsewhere learns nothing that its server could not ask for."""
    SessionFactory(code="A1B2C3")
    asked = {"origin": "https://other.example"}

    for address in ("/api/schema/", "/api/schema/?format=yaml", "/fr/2020/schedule.json", *FILES, *REFUSALS):
        headers = client.get(address, headers=asked).headers
        assert (headers["Access-Control-Allow-Origin"], headers["Access-Control-Expose-Headers"]) == ("*", "ETag")
        assert "Access-Control-Allow-Credentials" not in headers
    for address, method in product(CLOSED, (client.get, client.options)):
        names = [name for name in method(address, headers=asked).headers if name.startswith("Access-Control")]
        assert names == [], address


def test_description_names_what_the_front_answers(front):
    """304 and ETag come from the front, 405 from the door: clients made from the description must know of them."""
    for methods in schema.description()["paths"].values():
        responses = methods["get"]["responses"]
        assert {"200", "304", "400", "405"} <= {*responses}
        assert [code for code, one in responses.items() if "ETag" in one.get("headers", {})] == ["200", "304"]
        assert "content" not in responses["304"]
        assert "ETag" not in [one["name"] for one in methods["get"].get("parameters", [])]
    for view in KEYS:
        listed = schema.description()["paths"][f"/api/v1/{view.many}/"]["get"]
        declared = {found["name"] for found in listed["parameters"]}
        assert declared == {*view.filterset.base_filters, "page", "page_size"}


# --- the front ------------------------------------------------------------------------------------
@pytest.fixture
def front(transactional_db, noon):
    return FinishedPages(WSGIHandler())


def test_answers_are_kept_and_sent_without_a_query(front, django_assert_num_queries):
    SessionFactory(title="Cables")
    address = "/api/v1/sessions/?search=cables&state=scheduled"
    first = ask(front, address)

    with django_assert_num_queries(0):
        again = ask(front, "/api/v1/sessions/?state=scheduled&search=cables", accept_encoding="gzip")
        unchanged = ask(front, address, if_none_match=first.headers["ETag"], origin="https://other.example")
        head = ask(front, address, method="HEAD")

    assert (first.status, first.headers["Cache-Control"]) == (200, "public, max-age=0, must-revalidate")
    assert gzip.decompress(again.body) == first.body
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert unchanged.headers["Access-Control-Allow-Origin"] == "*"
    assert unchanged.headers["Access-Control-Expose-Headers"] == "ETag"
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", first.headers["ETag"])
    kept = len(front._pages)
    for query in ("random=1", "random=2", "search=%C3%A9" + "a" * 3000):  # unknown names are refused and never kept
        assert ask(front, f"/api/v1/sessions/?{query}").status == 400
    assert len(front._pages) == kept == 1


def test_etag_of_what_changed_since_follows_a_corrected_speaker(front, client):
    """The tag stands while nothing changed; a correction in the admin changes it, and the answer to the old one is new."""
    speaker = AppearanceFactory().speaker
    SessionType.objects.update(updated=None)
    Session.objects.update(updated=NOW - timedelta(days=1))
    Speaker.objects.update(updated=None)
    address = "/api/v1/sessions/?changed_since=2020-07-22T00:00:00Z"
    first = ask(front, address)
    assert json.loads(first.body)["count"] == 0
    assert ask(front, address, if_none_match=first.headers["ETag"]).status == 304

    client.force_login(boss())
    data = {"forum": speaker.forum_id, "name": "Right name", "protocol_order": 1000}
    rows = {"availabilities-TOTAL_FORMS": 0, "availabilities-INITIAL_FORMS": 0}
    saved = client.post(f"/admin/events/speaker/{speaker.pk}/change/", data | rows)
    front.looked = float("-inf")
    later = ask(front, address, if_none_match=first.headers["ETag"])

    assert (saved.status_code, later.status) == (302, 200)
    assert later.headers["ETag"] != first.headers["ETag"]
    assert json.loads(later.body)["results"][0]["speakers"][0]["name"] == "Right name"
    assert ask(front, address, if_none_match=later.headers["ETag"]).status == 304


# --- the description ------------------------------------------------------------------------------
def test_schema_is_valid_and_served_as_json_and_yaml(client, tmp_path):
    call_command("spectacular", file=str(tmp_path / "schema.yaml"), validate=True, fail_on_warn=True)
    found, written = client.get("/api/schema/"), client.get("/api/schema/?format=yaml")

    assert found.headers["Content-Type"] == "application/json"
    assert written.headers["Content-Type"] == "application/yaml; charset=utf-8"
    assert yaml.safe_load(written.content) == found.json()
    assert client.get("/api/schema/?format=xml").json()["parameters"] == {"format": ["Choose json or yaml."]}
