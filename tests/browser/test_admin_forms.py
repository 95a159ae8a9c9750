"""The add and change pages of organisers in a browser: parts as tabs, a bar that saves, errors that open their tab."""

import pytest

from tests.factories import ForumFactory, RoomFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def forum_page(page, live_site, sign_in, boss):
    """A function that opens the page of a forum with a room, as an organiser with every right."""
    room = RoomFactory(forum=ForumFactory(is_public=False))
    sign_in(page, boss)
    return lambda place="": page.goto(f"{live_site}/admin/events/forum/{room.forum.pk}/change/{place}") and room.forum


def shown(page):
    return [part.get_attribute("id") for part in page.locator(".part").all() if part.is_visible()]


def test_one_part_is_shown_and_the_address_keeps_which(page, forum_page):
    forum_page()
    first = shown(page)

    page.get_by_role("link", name="Rooms", exact=True).click()
    page.get_by_role("button", name="Save and continue editing").click()

    page.locator("ul.messagelist li.success").wait_for()
    assert (first, shown(page)) == (["part-0"], ["part-rooms"])
    assert page.locator(".tabs [aria-current]").inner_text() == "Rooms"


def test_error_opens_its_tab_and_stands_in_a_list_that_leads_to_the_field(page, forum_page):
    forum = forum_page()
    page.get_by_role("link", name="When and where").click()
    page.locator("#id_ends").fill("2019-01-01")
    page.get_by_role("link", name="General").click()
    page.locator("#id_name").fill("  ")

    page.get_by_role("button", name="Save", exact=True).click()

    page.locator(".problems").wait_for()
    assert shown(page) == ["part-0"]
    assert page.locator(".tabs .wrong").all_inner_texts() == ["General\n1 to correct", "When and where\n1 to correct"]
    page.get_by_role("link", name="When and where").click()
    page.locator(".problems a").first.click()
    page.locator("#id_name:focus").wait_for()
    assert shown(page) == ["part-0"]
    forum.refresh_from_db()
    assert forum.name != ""


def test_without_script_the_parts_stand_below_each_other(browser, live_site, sign_in, boss):
    room = RoomFactory()
    plain = browser.new_context(java_script_enabled=False).new_page()
    sign_in(plain, boss)
    plain.goto(f"{live_site}/admin/events/forum/{room.forum.pk}/change/")

    assert len(shown(plain)) == len(plain.locator(".tabs a").all())
    plain.get_by_role("link", name="Rooms", exact=True).click()
    assert plain.locator("#part-rooms").is_visible()
    plain.context.close()
