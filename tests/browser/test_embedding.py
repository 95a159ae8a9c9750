"""The programme in a frame of another site, in a real browser: one site that may, one that may not."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.factories import AppearanceFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def elsewhere():
    """A function that starts a site of its own, whose only page holds an address in a frame; all end with the test."""
    servers = []

    def start():
        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                body = (
                    f'<!doctype html><title>Other</title><iframe src="{self.server.framed}" width="900" height="600">'
                )
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        server.framed = "about:blank"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        servers.append((server, thread))
        return server, f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def open_frame(page, server, address, framed):
    server.framed = framed
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page.frames[1]


def test_programme_stands_in_a_frame_of_a_site_that_may(browser, live_site, settings, elsewhere, axe):
    session = AppearanceFactory(session__title="Cables").session
    friend, friends_address = elsewhere()
    stranger, strangers_address = elsewhere()
    settings.EMBED_SITES = [friends_address]
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    page = context.new_page()
    framed = f"{live_site}/2020/programme/?embed"

    # the site that may: filters stay in the frame, a session opens in a new tab
    frame = open_frame(page, friend, friends_address, framed)
    assert frame.locator("h1").inner_text() == "Programme"
    assert frame.locator("script").count() == 0
    frame.locator("summary", has_text="Search and filter").click()
    frame.get_by_label("Search").fill("cables")
    frame.get_by_label("Search").press("Enter")
    frame.get_by_text("1 session found").wait_for()
    assert "embed" in frame.url
    assert frame.locator("script").count() == 0
    with context.expect_page() as opened:
        frame.get_by_role("link", name="Cables", exact=True).click()
    opened.value.wait_for_load_state()
    assert opened.value.url == f"{live_site}/2020/programme/{session.code}/"
    assert opened.value.evaluate("window.opener") is None

    # the site that may not: a sentence, and a way to the page
    frame = open_frame(page, stranger, strangers_address, framed)
    assert frame.locator("h1").inner_text() == "This page cannot be shown here"
    with context.expect_page() as opened:
        frame.get_by_role("link", name="Open the page at the Forum").click()
    opened.value.wait_for_load_state()
    assert opened.value.url == f"{live_site}/2020/programme/"

    # … and one that hides where it is, or asks for a usual page, is stopped by the browser
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    frame = open_frame(page, friend, friends_address, f"{live_site}/2020/programme/")
    assert frame.locator("h1", has_text="Programme").count() == 0
    assert any("frame" in fault for fault in faults)

    # the page itself, on a phone
    phone = browser.new_context(viewport={"width": 320, "height": 640}).new_page()
    for path in ("2020/programme/?embed", f"ar/2020/programme/{session.code}/?embed", "api/", "ar/api/"):
        phone.goto(f"{live_site}/{path}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 320
        axe(phone)
    phone.context.close()
    context.close()
