"""“On now” in a real browser: it follows the programme by itself, quietly, and rests while nobody looks."""

from datetime import UTC, datetime, timedelta

import pytest

from events.models import Session
from events.shared.pages import revision
from tests.factories import ForumFactory, SessionFactory

pytestmark = pytest.mark.browser
HOUR = timedelta(hours=1)
MINUTE = 61_000  # of the browser's clock, in milliseconds, and the beat of the script's look on top
BEAT = 5_000
# What the browser cannot be brought to in a test: a tab in the background. And every change of the two elements.
WATCH = """() => {
  let away = false;
  Object.defineProperty(document, "hidden", { get: () => away, configurable: true });
  window.putAway = (isAway) => { away = isAway; document.dispatchEvent(new Event("visibilitychange")); };
  window.changes = { box: 0, said: 0 };
  for (const [name, selector] of [["box", "[data-now-from]"], ["said", "[data-now-said]"]])
    new MutationObserver((found) => { window.changes[name] += found.length; })
      .observe(document.querySelector(selector), { childList: true, subtree: true, characterData: true });
}"""


class Now:
    def __init__(self, page, site):
        self.page, self.site, self.asked = page, site, []
        moment = datetime.now(UTC)
        self.forum = ForumFactory(
            starts=moment.date() - timedelta(days=10),
            ends=moment.date() + timedelta(days=60),
            registration_closes=moment + 60 * timedelta(days=1),
        )
        self.first = SessionFactory(forum=self.forum, code="FIRST1", title="Fibre", starts=moment - HOUR)
        self.other = SessionFactory(forum=self.forum, code="OTHER2", title="Radio", starts=moment + 5 * HOUR)
        self.staying = SessionFactory(forum=self.forum, code="STAYS3", title="Satellites", starts=moment - HOUR)
        page.on("request", lambda request: self.asked.append(request.url) if "/now/" in request.url else None)

    def open(self, path=""):
        self.page.clock.install()
        self.page.goto(f"{self.site}/2020/{path}")
        self.page.evaluate(WATCH)

    def hand_over(self):
        """The first session is over, the other one has begun."""
        moment = datetime.now(UTC)
        Session.objects.filter(pk=self.first.pk).update(ends=moment - timedelta(seconds=1))
        Session.objects.filter(pk=self.other.pk).update(starts=moment - timedelta(seconds=1))
        revision.bump()
        self.page.wait_for_timeout(1_100)  # a process looks at the revision once a second

    def wait(self, milliseconds):
        """Let the browser's clock run; returns how often the site was asked meanwhile."""
        before = len(self.asked)
        self.page.clock.run_for(milliseconds)
        self.page.wait_for_load_state("networkidle")
        return len(self.asked) - before

    @property
    def said(self):
        return self.page.locator("[data-now-said]").text_content()

    @property
    def changes(self):
        return self.page.evaluate("window.changes")


@pytest.fixture
def now(page, live_site):
    return Now(page, live_site)


@pytest.mark.parametrize(("path", "asks"), [("", "/2020/now/"), ("programme/", "/2020/now/?brief=1")])
def test_list_follows_by_itself(now, page, axe, path, asks):
    now.open(path)
    box = page.locator("[data-now-from]")
    kept = box.get_by_role("link", name="Satellites").first
    kept.focus()
    assert "Fibre" in box.inner_text()

    now.hand_over()
    assert now.wait(MINUTE - 2 * BEAT) == 0
    assert now.wait(2 * BEAT) == 1
    page.locator("[data-now-said]", has_text="Radio").wait_for(state="attached")

    assert now.asked == [f"{now.site}{asks}"]
    assert "Radio" in box.inner_text()
    assert "Fibre" not in box.inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Satellites"  # who reads it is not thrown out
    axe(page)


def test_change_is_said_once_and_politely(now, page):
    now.open()
    now.hand_over()

    now.wait(MINUTE)
    page.locator("[data-now-said]", has_text="Radio").wait_for(state="attached")
    now.wait(3 * MINUTE)

    assert now.said in {"On now: Radio, Satellites", "On now: Satellites, Radio"}
    assert now.changes["said"] == 1
    status = page.locator("[data-now-said]")
    assert (status.get_attribute("role"), status.get_attribute("aria-live")) == ("status", None)
    assert page.locator("[role=alert], [aria-live=assertive]").count() == 0


def test_hidden_tab_rests_and_asks_once_when_it_is_seen_again(now, page):
    now.open()
    page.evaluate("putAway(true)")
    now.hand_over()

    assert now.wait(30 * MINUTE) == 0
    page.evaluate("putAway(false)")
    page.locator("[data-now-said]", has_text="Radio").wait_for(state="attached")

    assert len(now.asked) == 1
    page.evaluate("putAway(true); putAway(false)")  # back and forth within a minute: nothing new is asked
    assert now.wait(2 * BEAT) == 0


def test_lost_line_is_no_fault_and_the_next_minute_asks_again(now, page):
    now.open()
    page.route("**/now/**", lambda route: route.abort())
    assert now.wait(MINUTE) == 1
    assert "Fibre" in page.locator("[data-now-from]").inner_text()
    page.unroute("**/now/**")
    page.route("**/now/**", lambda route: route.fulfill(status=503, body="<p>Down</p>"))
    now.wait(MINUTE)
    assert "Fibre" in page.locator("[data-now-from]").inner_text()
    page.unroute("**/now/**")
    now.hand_over()

    now.wait(MINUTE)
    page.locator("[data-now-said]", has_text="Radio").wait_for(state="attached")
