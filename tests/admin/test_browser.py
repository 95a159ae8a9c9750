"""The organisers' site in a real browser: nothing breaks the CSP, axe finds nothing serious, nothing is cut off."""

import pytest

from tests.factories import AppearanceFactory, RegistrationFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.browser
PAGES = [
    *("/admin/", "/admin/set-up/", "/admin/status/", "/admin/search/?q=person"),
    *("/admin/events/session/", "/admin/events/session/{}/change/", "/admin/events/session/import/"),
]


@pytest.fixture
def session(page, sign_in, boss):
    """A session with a speaker, of a forum with a registration; an organiser is signed in."""
    session = SessionFactory(room=RoomFactory())
    AppearanceFactory(session=session)
    RegistrationFactory()
    sign_in(page, boss)
    return session


def test_pages_hold_on_every_screen(page, live_site, every_screen, session):
    for prefix in ("", "/ar"):
        for path in PAGES:
            page.goto(live_site + prefix + path.format(session.pk))
            every_screen(page)


def test_session_is_moved_in_a_browser(page, live_site, session):
    page.goto(f"{live_site}/admin/events/session/{session.pk}/change/")

    page.get_by_role("link", name="When and where").click()
    page.get_by_label("Time").nth(1).fill("16:00")
    page.get_by_role("button", name="Save and continue editing").click()

    page.locator("ul.messagelist li.success").wait_for()
    session.refresh_from_db()
    assert (session.placement.ends.hour, session.ends.hour) == (14, 13)
