"""Writing to people in a browser: from nothing to the pause, on every screen."""

import pytest

from events.mailings import sending
from events.models import Mailing
from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.browser
LIST = "/admin/events/mailing/"


@pytest.fixture
def world():
    session = SessionFactory(forum=ForumFactory(), title="Quantum nets")
    for language in ("en", "fr", "ar"):
        row = RegistrationFactory(forum=session.forum, name=f"Reads {language}", language=language)
        BookingFactory(registration=row, session=session)
    return session


def add(page, group):
    page.locator("#new-group").select_option(label=group)
    page.get_by_role("button", name="Add the group").click()


def test_organiser_writes_to_those_who_booked_a_session(page, live_site, sign_in, boss, world, every_screen):
    sign_in(page, boss)
    page.goto(f"{live_site}{LIST}add/?forum={world.forum.slug}")
    add(page, "Booked")
    page.locator("#id_g0-session").select_option(label="Quantum nets")
    page.get_by_label("Subject in English").fill("About ")
    page.locator("[data-put-in='{session}']").click()
    page.get_by_label("Text in English").fill("Dear {nmae}")
    page.get_by_role("button", name="Save the draft").last.click()
    page.get_by_text("“{nmae}” is not a placeholder").wait_for()
    every_screen(page)

    page.get_by_label("Text in English").fill("Dear {name}, see {link}.")
    page.get_by_role("button", name="Save the draft").last.click()
    page.get_by_text("As some of them get it").wait_for()
    every_screen(page)
    shown = page.locator(".receiver summary").all_inner_texts()
    page.get_by_role("button", name="Send to 3 people").click()

    page.get_by_role("button", name="Pause").wait_for()
    row = Mailing.objects.get()
    assert [line.split("\n")[0] for line in shown] == ["Reads en", "Reads fr", "Reads ar"]
    assert (row.state, row.people, row.texts["en"]["subject"]) == ("sending", 3, "About {session}")
    sending.write_due(NOW)
    page.reload()
    every_screen(page)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Let 3 mails go").wait_for()
    every_screen(page)
    page.goto(f"{live_site}{LIST}")
    every_screen(page)
