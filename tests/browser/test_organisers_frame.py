"""The head and the menu of the organisers' pages in a real browser: by keyboard, on a phone, and for axe."""

from datetime import date

import pytest

from registration.models import Registration
from tests.factories import ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.browser
SESSIONS = "/admin/events/session/"


@pytest.fixture
def forums(page, sign_in, boss, live_site):
    """Last year's and this year's, with a session each, and somebody who waits; an organiser is signed in."""
    forums = [
        ForumFactory(slug="2019", name="WSIS Forum 2019", starts=date(2019, 4, 8), ends=date(2019, 4, 12)),
        ForumFactory(),
    ]
    for forum in forums:
        SessionFactory(forum=forum, title=f"Fibre {forum.slug}")
    RegistrationFactory(forum=forums[1], state=Registration.State.WITH_SECRETARIAT)
    sign_in(page, boss)
    return forums


def heading(page):
    return page.locator("main h1").first.inner_text()


def test_other_forum_search_and_what_waits_are_reached_by_keyboard(page, live_site, forums):
    page.goto(f"{live_site}{SESSIONS}?forum=2020")

    page.locator("details.switcher > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # this forum
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/session/?forum=2019")
    shown = page.locator("#result_list").inner_text()
    page.locator("#header > .search-all input[type=search]").fill("fibre")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/**")
    found = page.locator("main li a").all_inner_texts()
    page.locator(".bell").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/?forum=2019#waiting")

    assert ("Fibre 2019" in shown, "Fibre 2020" in shown) == (True, False)
    assert sorted(found) == ["Fibre 2019", "Fibre 2020"]
    assert heading(page) == "Overview"


@pytest.mark.whole
def test_open_parts_of_the_head_hold_for_axe(page, live_site, forums, axe):
    for prefix in ("", "/ar"):
        for path in ("/admin/?forum=2020", "/admin/search/?q=fibre&forum=2020", f"{SESSIONS}?forum=all"):
            for width, scheme, parts in (
                (1280, "light", ("switcher", "account")),
                (1280, "dark", ("switcher", "account")),
                (390, "light", ("menu",)),
                (390, "dark", ("menu", "switcher")),
            ):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                page.goto(live_site + prefix + path)
                for part in parts:
                    page.locator(f"details.{part} > summary").click(force=True)
                axe(page)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
