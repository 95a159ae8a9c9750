"""Languages in a real browser: where the bare address leads, and times that read in the direction of the page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from events.shared.mail.rendering import local_time, render, speaking
from tests.events.shared.mail.test_rendering import SHORT
from tests.factories import ForumFactory, SessionFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def session(live_site):
    """A session of tomorrow, from 10:05 to 11:35 in UTC."""
    now = datetime.now(UTC)
    day = (now + timedelta(days=1)).replace(hour=10, minute=5, second=0, microsecond=0)
    forum = ForumFactory(starts=now.date() - timedelta(days=1), ends=now.date() + timedelta(days=9))
    return SessionFactory(forum=forum, title="Fibre", code="ABC123", starts=day, ends=day + timedelta(minutes=90))


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_bare_address_goes_by_the_browsers_language_and_remembers_another(session, live_site, browser, has_script):
    context = browser.new_context(locale="fr-CH", java_script_enabled=has_script)
    page = context.new_page()
    page.goto(f"{live_site}/")
    first = page.url

    page.get_by_role("banner").get_by_role("link", name="العربية").click()
    page.wait_for_url("**/ar/2020/")
    if not has_script:
        page.get_by_role("contentinfo").locator("noscript a").click()
        page.wait_for_url("**/ar/2020/")

    page.goto(f"{live_site}/")
    assert (first, page.url) == (f"{live_site}/fr/2020/", f"{live_site}/ar/2020/")
    context.close()


# --- ranges of time -------------------------------------------------------------------------------
PHONE = {"width": 360, "height": 740}  # a row of the programme has its two times on two lines
ON_ONE_LINE = {"width": 800, "height": 740}
PLACES = """([first, last]) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = { [first]: [], [last]: [] };
  while (texts.nextNode()) {
    for (const time of [first, last]) {
      const start = texts.currentNode.data.indexOf(time);
      if (start < 0) continue;
      const range = document.createRange();
      range.setStart(texts.currentNode, start);
      range.setEnd(texts.currentNode, start + time.length);
      if (range.getClientRects().length) found[time].push(range.getBoundingClientRect().x);
    }
  }
  return found[first].map((x, place) => x > found[last][place]);
}"""


def is_right_to_left(page, *times):
    """For each range of the page whether its first time stands to the right of its last one."""
    return page.evaluate(PLACES, times)


def test_arabic_ranges_of_time_read_alike_on_pages_and_in_mails(session, live_site, browser):
    """The PDF file is made of the same text (`events.shared.formatting.times.span`)."""
    context = browser.new_context(timezone_id="Asia/Kolkata", viewport=PHONE)
    page = context.new_page()
    found = {}
    for name, path, times in (
        ("row", "programme/?tz=UTC", ("10:05", "11:35")),
        ("first page", "?", None),
        (
            "card",
            "programme/ABC123/",
            ("15:35", "17:05"),
        ),  # the visitor's own, behind the name of a city in Latin letters
    ):
        page.set_viewport_size(ON_ONE_LINE if name == "row" else PHONE)
        page.goto(f"{live_site}/ar/2020/{path}")
        local = [moment.astimezone(session.forum.zone).strftime("%H:%M") for moment in (session.starts, session.ends)]
        found[name] = is_right_to_left(page, *(times or local))
    with speaking("ar"):
        time = local_time(session.starts, ends=session.ends, zone=session.forum.zone.__class__("Asia/Kolkata"))
        mail = render(replace(SHORT, times=[time]), sender="The Forum")
    for name, html in (("mail", mail.html), ("mail as text", f'<pre dir="ltr">Kolkata {mail.text}</pre>')):
        page.set_content(html)
        found[name] = is_right_to_left(page, "15:35", "17:05")

    assert {name for name, places in found.items() if set(places) != {True}} == set()
    page.set_viewport_size(ON_ONE_LINE)
    page.goto(f"{live_site}/2020/programme/?tz=UTC")  # and in English the other way round
    assert set(is_right_to_left(page, "10:05", "11:35")) == {False}
    context.close()
