"""The organisers' site in a real browser: nothing breaks the CSP, axe finds nothing serious, nothing is cut off."""

import pytest
from django.test import Client

from events.models import User
from tests.factories import AppearanceFactory, RegistrationFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.browser
# What sticks out of the window, if the page is wider than it.
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 9).map((e) => e.outerHTML.slice(0, 90))"""
PAGES = ["/admin/", "/admin/events/session/", "/admin/events/session/{}/change/", "/admin/events/session/import/"]


def sign_in(page, site):
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.org", "pw", name="Boss"))
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


@pytest.mark.parametrize("prefix", ["", "/ar"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_hold_in_a_browser(page, live_site, axe, prefix, width, scheme):
    session = SessionFactory(room=RoomFactory())
    AppearanceFactory(session=session)
    RegistrationFactory()
    sign_in(page, live_site)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})

    for path in PAGES:
        page.goto(live_site + prefix + path.format(session.pk))
        axe(page)
        assert page.evaluate(WIDE) == [], path


def test_session_is_moved_in_a_browser(page, live_site):
    session = SessionFactory()
    sign_in(page, live_site)
    page.goto(f"{live_site}/admin/events/session/{session.pk}/change/")

    page.get_by_label("Time").nth(1).fill("16:00")
    page.get_by_role("button", name="Save and continue editing").click()

    page.locator("ul.messagelist li.success").wait_for()
    session.refresh_from_db()
    assert (session.placement.ends.hour, session.ends.hour) == (14, 13)
