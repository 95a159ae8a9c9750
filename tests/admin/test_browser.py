"""The organisers' site in a real browser: nothing breaks the CSP, axe finds nothing serious, nothing is cut off."""

import pytest

from events.models import Speaker
from events.tasks import bring_in_files
from tests.factories import AppearanceFactory, RegistrationFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def session(page, sign_in, boss):
    """A session with a speaker, of a forum with a registration; an organiser is signed in."""
    session = SessionFactory(room=RoomFactory())
    AppearanceFactory(session=session)
    RegistrationFactory()
    sign_in(page, boss)
    return session


def test_preview_of_an_import_holds_on_every_screen_and_is_agreed_to(page, live_site, every_screen, session, tmp_path):
    file = tmp_path / "speakers.csv"
    file.write_text("Full name,Affiliation,Shoe size\nAda,Radio Bamako,3\n,Radio Bamako,4\n")
    page.goto(f"{live_site}/admin/events/forum/import/?kind=speaker")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Show what it would do").click()
    every_screen(page)
    page.get_by_label("Shoe size").select_option("")
    page.get_by_role("button", name="Go on").click()
    every_screen(page)

    page.get_by_label("Bring in the other rows without these").check()
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_role("progressbar").wait_for()
    every_screen(page)
    bring_in_files()

    page.locator("ul.messagelist li.success").wait_for()
    assert Speaker.objects.filter(name="Ada", organisation__name="Radio Bamako").count() == 1
