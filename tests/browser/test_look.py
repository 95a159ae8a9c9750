"""The public pages in a real browser: no sideways scrolling, nothing serious for axe, times on the visitor's clock."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.factories import ActionLineFactory, AppearanceFactory, ForumFactory, SDGFactory, SessionFactory

pytestmark = pytest.mark.browser

PAGES = ["", "programme/", "programme/ABC123/", "speakers/", "matrix/", "statistics/editions/", "statistics/"]
ENGLISH_ONLY = ["outcomes/", "prizes/", "open-data/", "../privacy/", "../accessibility/"]


@pytest.fixture
def session(live_site):
    """A session that runs now, with a speaker, an Action Line and a goal."""
    now = datetime.now(UTC)
    forum = ForumFactory(
        starts=now.date() - timedelta(days=10),
        ends=now.date() + timedelta(days=60),
        registration_closes=now + timedelta(days=60),
    )
    session = SessionFactory(
        forum=forum,
        code="ABC123",
        title="Bridging the digital divide: optical fibre cable in remote areas",
        description="Nearly half the world is offline.",
        starts=now - timedelta(minutes=20),
        ends=now + timedelta(hours=1),
        captioning=["en"],
    )
    AppearanceFactory(session=session, speaker__forum=forum, role="moderator")
    session.action_lines.add(ActionLineFactory())
    session.sdgs.add(SDGFactory())
    return session


def test_pages_hold_on_every_screen(live_site, page, axe, every_screen, session):
    for path in [*PAGES, *ENGLISH_ONLY, *(f"../ar/2020/{path}" for path in PAGES)]:
        page.goto(f"{live_site}/2020/{path}")
        every_screen(page)
    axe(page)  # the last one is Arabic


def test_times_change_to_the_visitors_zone_and_stay_so(live_site, browser, session):
    context = browser.new_context(timezone_id="Asia/Kolkata")
    page = context.new_page()
    starts = (session.starts + timedelta(hours=5, minutes=30)).strftime("%H:%M")
    page.goto(f"{live_site}/2020/programme/ABC123/")  # the card of a session says both
    assert page.locator('[data-own="zone"]').inner_text() in {"Kolkata (UTC+5:30)", "Calcutta (UTC+5:30)"}
    assert page.locator('[data-own="range"]').inner_text().startswith(starts)

    page.goto(f"{live_site}/2020/programme/")
    page.get_by_role("radio", name=re.compile("Kolkata|Calcutta")).check()

    page.locator(".row time").first.filter(has_text=starts).wait_for()
    assert re.match("(Kolkata|Calcutta), UTC.5:30", page.locator(".row .zone").first.inner_text())
    page.goto(f"{live_site}/2020/")
    page.locator(".row time").first.filter(has_text=starts).wait_for()
    context.close()


def test_pages_work_without_script(live_site, browser, session):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{live_site}/2020/programme/")

    page.locator(".menu summary").click()

    expect(page.get_by_role("link", name="My agenda")).to_be_visible()
    page.get_by_role("link", name=re.compile("^UTC")).click()
    assert page.locator(".row time").first.inner_text() == session.starts.strftime("%H:%M")
    page.locator(".row h3 a").first.click()
    expect(page.get_by_role("link", name="Join now")).to_be_visible()
    context.close()


def test_keyboard_closes_the_menu_and_skips_it_in_the_direction_of_the_language(live_site, page, session):
    page.goto(f"{live_site}/ar/2020/")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator(".wordmark").bounding_box()["x"] > 640
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".menu summary").click()
    page.keyboard.press("Escape")

    expect(page.locator(".head nav")).to_be_hidden()
