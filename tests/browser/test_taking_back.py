"""A wrong import in a real browser: brought in, looked at in the history, and taken back."""

from datetime import date

import pytest
from playwright.sync_api import expect

from events.models import HistoryEntry, Session
from tests.events.exchange.imports import CONGRESS, bring_in
from tests.factories import ForumFactory

pytestmark = pytest.mark.browser
HISTORY = "admin/events/historyentry"


@pytest.fixture
def forum(live_site):
    return ForumFactory(slug="congress", starts=date(2014, 12, 27), ends=date(2014, 12, 28))


def test_wrong_import_is_looked_at_and_taken_back(live_site, page, sign_in, boss, every_screen, forum):
    bring_in(CONGRESS.replace(b"Late show", b"Evening show"), by=boss)
    bring_in(by=boss)  # the wrong file
    act = HistoryEntry.objects.filter(verb="import-programme", act=None).latest("pk")
    late = Session.objects.get(title="Late show")
    sign_in(page, boss)

    page.goto(f"{live_site}/{HISTORY}/?forum=congress")
    every_screen(page)
    page.locator("tbody tr", has_text="brought in a programme").first.get_by_role("link").first.click()
    expect(page.get_by_text("Evening show").first).to_be_visible()
    every_screen(page)
    page.get_by_role("link", name="Take this back").click()
    expect(page.get_by_text("1 record is set back to what it was")).to_be_visible()
    every_screen(page)
    page.get_by_role("button", name="Take back").click()

    expect(page.get_by_text("Taken back.")).to_be_visible()
    late.refresh_from_db()
    assert late.title == "Evening show"
    page.goto(f"{live_site}/admin/events/session/{late.pk}/history/")
    expect(page.locator(".history > li").first).to_contain_text("Boss took back:")
    every_screen(page)
    page.goto(f"{live_site}/{HISTORY}/{act.pk}/take-back/")
    expect(page.get_by_text("This was taken back already")).to_be_visible()
    every_screen(page)
    page.goto(f"{live_site}/ar/{HISTORY}/{act.pk}/change/")
    every_screen(page)
