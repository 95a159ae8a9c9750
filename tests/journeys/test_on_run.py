"""The same journey against `manage.py run` as it comes: SQLite, the embedded Valkey, mails at /mail/, the sample forum."""

import re
from datetime import UTC, datetime

import pytest

from tests.journeys.walk import Walker
from tests.running_site import Site
from tests.running_site import until as until_so
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.services]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A running `manage.py run` with nothing set but its port and its folder; its address and the file of the organiser's
    log-in."""
    site = Site(tmp_path_factory.mktemp("run"), DATABASE_URL=None, LOG_LEVEL="WARNING")
    try:
        until_so(lambda: site.get("/2020/") == 200, site=site)
        yield site.address, site.data / "organiser-login"
    finally:
        site.end()


def mails_of(page, site):
    """Read the mails to an address from the page /mail/, as a newcomer does."""

    window = page.context.new_page()

    def read(address):
        window.goto(f"{site}/mail/?to={address}")
        return window.locator("article > div").all_inner_texts()

    return read


def set_reminder(browser, site, kept, *, forum, minutes):
    """As the organiser, add a reminder so many minutes before the start to the forum, in the admin."""
    email, password = kept.read_text().split()
    window = browser.new_page()
    window.goto(f"{site}/admin/")
    window.get_by_label("E-mail").fill(email)
    window.get_by_label("Password", exact=True).fill(password)
    window.get_by_role("button", name="Log in", exact=True).click()
    window.wait_for_url(f"{site}/admin/")
    window.goto(f"{site}/admin/events/forum/?slug={forum}")
    window.locator("#result_list tbody th a").first.click()
    window.locator(".tabs").get_by_role("link", name="Registration and reminders").click()
    window.locator("#id_reminder_minutes").fill(f"1 day, {minutes} minutes")
    window.get_by_role("button", name="Save", exact=True).click()
    window.get_by_text("was changed successfully").wait_for()
    window.close()


def next_session(page, site, forum):
    """The code of the next session, and the reminder (minutes before its start) that falls due 30 to 90 seconds from now."""
    listing = page.request.get(f"{site}/{forum}/schedule.ics").text()
    now, found = datetime.now(UTC), []
    for event in listing.split("BEGIN:VEVENT")[1:]:
        if "STATUS:CANCELLED" in event:
            continue
        starts = datetime.strptime(re.search(r"DTSTART\S*:(\w+)", event).group(1), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        minutes = int((starts - now).total_seconds() - 30) // 60
        if minutes >= 3:
            found.append((minutes, re.search(r"UID:(\w{6})\.", event).group(1)))
    minutes, code = min(found)
    return minutes, code


def live_session(page):
    """The code of the first session on now, from the home page."""
    link = page.locator(".row.live h3 a, .row.live h4 a").first.get_attribute("href")
    return link.rstrip("/").split("/")[-1]


def test_journey_on_the_site_as_it_comes(browser, page, axe, running):
    site, kept = running
    page.goto(site)
    forum = page.url.rstrip("/").split("/")[-1]
    walker = Walker(page=page, site=site, forum=forum, mails=mails_of(page, site), check=axe)
    live = live_session(page)

    walker.read_the_programme()
    walker.make_an_account()
    walker.register(kind="Remote participant", own_steps=1)
    minutes, code = next_session(page, site, forum)
    set_reminder(browser, site, kept, forum=forum, minutes=minutes)
    walker.book(code)
    address = walker.join(live, "https://meet.example.org/")
    reminder = walker.mail(rf"/join/{code}/", seconds=120)

    assert address.startswith("https://meet.example.org/")
    assert "meet.example.org" not in reminder
    until(lambda: walker.has_attended(live), seconds=150, pause=5)
