"""Somebody has the page of a session with a broadcast open while it is on: it says so each minute, and they read it in their agenda."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from registration.models import Stay
from tests.factories import NOW, RegistrationFactory, SessionFactory
from tests.waiting import until

pytestmark = pytest.mark.browser
MINUTE = timedelta(minutes=1)
HIDE = """() => {
  Object.defineProperty(document, "hidden", { get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def stays():
    return [((one.began - NOW) / MINUTE, (one.ended - NOW) / MINUTE) for one in Stay.objects.order_by("began")]


def test_time_with_the_page_in_view_is_a_stay(live_site, page, sign_in, every_screen, time_machine):
    session = SessionFactory(
        starts=NOW, ends=NOW + 30 * MINUTE, broadcast_url="https://live.example.org/1", title="Fibre"
    )
    person = RegistrationFactory(forum=session.forum)
    time_machine.move_to(NOW - MINUTE, tick=False)
    page.clock.install(time=NOW - MINUTE)
    sign_in(page, person.user)

    def pass_minutes(number):
        """On both clocks: the site's, and the browser's, in which the script waits."""
        time_machine.shift(number * MINUTE)
        page.clock.run_for(number * 60_000)

    page.goto(f"{live_site}/2020/agenda/")  # whose answer says to the browser that somebody is known
    page.goto(f"{live_site}/2020/programme/{session.code}/")
    expect(page.get_by_text("time with this page in view counts as your attendance")).to_be_visible()
    every_screen(page)
    page.clock.run_for(30_000)
    before = stays()
    pass_minutes(1)
    until(lambda: stays() == [(0, 0)])
    for minute in (1, 2, 3):
        pass_minutes(1)
        until(lambda minute=minute: stays() == [(0, minute)])
    time_machine.shift(0.5 * MINUTE)
    page.evaluate(HIDE)
    until(lambda: stays() == [(0, 3.5)])
    pass_minutes(6)

    assert (before, stays()) == ([], [(0, 3.5)])
    time_machine.move_to(session.ends + MINUTE, tick=False)
    page.goto(f"{live_site}/2020/agenda/")
    page.get_by_text("Show the sessions").click()
    expect(page.get_by_text("0 h 3 min").last).to_be_visible()
