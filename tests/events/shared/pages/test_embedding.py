"""Pages in frames of other sites: for whom, with which headers, and without a script."""

import pytest
from django.core.handlers.wsgi import WSGIHandler

from config.finished_pages import FinishedPages
from events.shared.pages import embedding
from tests.config.test_finished_pages import ask
from tests.factories import NOW, AppearanceFactory, SessionFactory

pytestmark = pytest.mark.django_db
FRIEND, SECOND, STRANGER = "https://www.friend.example", "https://*.second.example", "https://stranger.example"


@pytest.fixture(autouse=True)
def _sites(settings, time_machine):
    settings.EMBED_SITES = [FRIEND, SECOND]
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def session():
    return AppearanceFactory(session=SessionFactory(title="Cables", starts=NOW)).session


def policy(response):
    parts = (part.split() for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


def frame_of(site, **more):
    return {"referer": f"{site}/page", "sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site"} | more


ADDRESSES = [
    "/2020/programme/?embed",
    "/2020/programme/{code}/?embed",
    "/ar/2020/programme/?embed&type=thematic_workshop",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_page_in_a_frame_names_the_sites_and_has_no_script(client, session, address):
    response = client.get(address.format(code=session.code), headers=frame_of(FRIEND))

    text = response.content.decode()
    assert (response.status_code, policy(response)["frame-ancestors"]) == (200, [FRIEND, SECOND])
    assert policy(response)["script-src"] == ["'none'"]
    assert policy(response)["default-src"] == ["'none'"]
    assert "X-Frame-Options" not in response.headers
    assert response.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert "Cables" in text
    assert [word for word in ("<script", "<header class", "<footer", "htmx-config") if word in text] == []
    assert '<base target="_blank">' in text


@pytest.mark.parametrize("address", ["/2020/programme/", "/2020/programme/{code}/", "/2020/?embed", "/api/"])
def test_all_other_pages_forbid_every_frame(client, session, address):
    response = client.get(address.format(code=session.code), headers=frame_of(FRIEND))

    assert (response.status_code, response.headers["X-Frame-Options"]) == (200, "DENY")
    assert policy(response)["frame-ancestors"] == ["'none'"]
    assert policy(response)["script-src"] == ["'self'"]
    assert "<script" in response.content.decode()


@pytest.mark.parametrize("address", ADDRESSES[:2])
def test_other_sites_get_a_sentence(client, session, address):
    response = client.get(address.format(code=session.code), headers=frame_of(STRANGER))

    text = response.content.decode()
    assert (response.status_code, response.headers["Cache-Control"]) == (403, "private, no-store")
    assert policy(response)["frame-ancestors"] == ["*"]
    assert policy(response)["script-src"] == ["'none'"]
    assert "Cables" not in text
    assert "<script" not in text
    assert (
        f'<a class="button" href="http://127.0.0.1:8000{address.format(code=session.code).partition("?")[0]}"' in text
    )


def test_without_sites_without_a_session_and_with_a_form(client, session, settings):
    missing, posted = client.get("/2020/programme/000000/?embed"), client.post("/2020/programme/?embed")
    settings.EMBED_SITES = []
    refused = client.get("/2020/programme/?embed")

    assert (missing.status_code, missing.headers["X-Frame-Options"], posted.status_code) == (404, "DENY", 405)
    assert refused.status_code == 403
    assert "This page cannot be shown here" in refused.content.decode()


AT, SITE = "HTTP_REFERER", "HTTP_SEC_FETCH_SITE"
WHERE = [
    ({}, False),
    ({AT: f"{STRANGER}/"}, False),  # a link, not a frame
    ({"dest": "iframe"}, False),  # a page that hides where it is: the browser decides
    ({"dest": "document", AT: f"{STRANGER}/"}, False),
    ({"dest": "iframe", SITE: "same-origin", AT: "http://forum/"}, False),  # the filter's form inside the frame
    ({"dest": "object", AT: f"{STRANGER}/"}, True),
]
HOLDERS = {
    **dict.fromkeys(("https://WWW.friend.example/a", "https://a.b.second.example/", "http://[::1"), False),
    **dict.fromkeys((f"{STRANGER}/", "http://www.friend.example/a", "https://www.friend.example.evil.example/"), True),
    **dict.fromkeys(("http://a.second.example/", "https://second.example/", "https://evilsecond.example/"), True),
}


def test_frames_are_refused_by_where_they_stand():
    for headers, is_refused in [*WHERE, *(({"dest": "iframe", AT: site}, so) for site, so in HOLDERS.items())]:
        given = {"HTTP_SEC_FETCH_DEST" if name == "dest" else name: value for name, value in headers.items()}
        assert embedding.is_refused(given) is is_refused, headers


# --- the front ------------------------------------------------------------------------------------
def test_front_keeps_both_pages_and_refuses_by_where_the_frame_stands(
    transactional_db, session, django_assert_num_queries
):
    site = FinishedPages(WSGIHandler())
    stranger = {"sec_fetch_dest": "iframe", "referer": f"{STRANGER}/"}
    page = "/2020/programme/"

    def answers():
        return [ask(site, f"{page}?embed", **stranger), ask(site, page), ask(site, f"{page}?embed")]

    first = answers()
    with django_assert_num_queries(0):
        again = answers()

    assert [one.status for one in first] == [one.status for one in again] == [403, 200, 200]
    assert [one.body for one in again[1:]] == [one.body for one in first[1:]]
    assert "X-Frame-Options" not in again[2].headers
    assert again[1].headers["X-Frame-Options"] == "DENY"
    assert b"<script" in again[1].body
    assert b"<script" not in again[2].body
