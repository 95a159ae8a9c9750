"""Fair hours in a real browser: what the board shows while a session is held, and the pages on a phone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect

from events.models import Audience
from tests.browser.test_board import LOW, Board
from tests.factories import ForumFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.browser
NINE = datetime(2031, 7, 22, 7, tzinfo=UTC)  # in Geneva, a Tuesday that is still to come
HOUR = timedelta(hours=1)


class Hours(Board):
    """A board with one session at nine, of a forum whose people are in Lima (fourteen) and Tokyo (six)."""

    def __init__(self, page, site):
        self.page, self.site = page, site
        self.forum = ForumFactory(slug="2031", starts=date(2031, 6, 23), ends=date(2031, 9, 10))
        self.room = RoomFactory(forum=self.forum, name="Room A")
        self.first = SessionFactory(forum=self.forum, code="FIRST1", title="First", room=self.room, starts=NINE)
        for region, zone, people in [("americas", "America/Lima", 14), ("asia", "Asia/Tokyo", 6)]:
            Audience.objects.create(forum=self.forum, region=region, time_zone=zone, people=people)

    def open(self, *, prefix="", path="?day=2031-07-22"):
        super().open(prefix=prefix, path=path)

    def shares(self):
        """What the bar says, by row."""
        self.page.locator("#board-hours:not([hidden])").wait_for()
        rows = self.page.locator("#board-hours [data-key]").all()
        return {row.get_attribute("data-key"): row.locator(".n").inner_text() for row in rows}


@pytest.fixture
def hours(page, live_site):
    return Hours(page, live_site)


def test_bar_follows_the_session_by_keyboard_and_goes_with_it(hours, page, axe):
    hours.open()
    hours.by_keyboard()
    assert hours.shares() == {"all": "30 %", "americas": "0 %", "asia": "100 %", "zone": "0 %"}
    aloud = page.locator("#board-hours [aria-live=polite][aria-atomic=true]")
    assert aloud.inner_text().split("\n")[0] == "All who registered"
    axe(page)

    for _i in range(4 * 6):
        page.keyboard.press("ArrowDown")  # to 15:00: eight in Lima, night in Tokyo

    assert hours.shares() == {"all": "70 %", "americas": "100 %", "asia": "0 %", "zone": "100 %"}
    page.keyboard.press("Delete")
    assert hours.shares()["all"] == "–"
    page.keyboard.press("Escape")
    expect(page.locator("#board-hours")).to_be_hidden()


def test_move_here_puts_the_session_into_its_best_slot(hours, page):
    hours.open()
    hours.by_keyboard()
    hours.shares()

    page.get_by_role("button", name="Move here").first.click()
    said = hours.said("stands on")

    assert "Monday 21 July, 06:00 Geneva, Room A" in said
    assert hours.place(hours.first) == (NINE - 27 * HOUR, "Room A")
    expect(page.locator("#board-hours")).to_be_hidden()
    page.route("**/board/hours/**", lambda route: route.abort())  # without an answer the board goes on
    hours.by_keyboard("ArrowDown", "Enter")
    hours.said("06:15 Geneva")
    expect(page.locator("#board-hours")).to_be_hidden()


@pytest.mark.parametrize("prefix", ["", "/ar"])
@pytest.mark.whole
def test_pages_hold_on_every_screen(hours, page, every_screen, prefix):
    for path in ["hours/", "hours/FIRST1/"]:
        hours.open(prefix=prefix, path=path)
        every_screen(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate(LOW) == [], path
