"""The end of an edition in a browser: the next one is made from it and opened for registration, and the old one is archived."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from events.models import Forum, PracticalPage
from tests.factories import ForumFactory, KindFactory, RoomFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def last_year():
    """A public forum that was over three weeks ago, with a kind, a room and a page."""
    today = timezone.now().date()
    starts = today - timedelta(days=25)
    opens = datetime(starts.year, starts.month, starts.day, 9, tzinfo=UTC) - timedelta(days=120)
    forum = ForumFactory(
        slug=f"dakar-{starts.year}",
        name=f"Dakar Days {starts.year}",
        starts=starts,
        ends=starts + timedelta(days=4),
        registration_opens=opens,
        registration_closes=opens + timedelta(days=140),
    )
    KindFactory(forum=forum, name="Delegates")
    RoomFactory(forum=forum, name="Baobab Hall")
    PracticalPage.objects.create(forum=forum, slug="venue", title="Venue", text=f"As in {starts.year}.", is_public=True)
    return forum


def change_page(live_site, forum):
    return f"{live_site}/admin/events/forum/{forum.pk}/change/"


def test_next_forum_opens_for_registration_and_the_old_one_is_archived(
    page, live_site, sign_in, boss, last_year, every_screen
):
    sign_in(page, boss)

    # The next one is made from the last one, as the page proposes.
    page.goto(change_page(live_site, last_year))
    page.get_by_role("link", name="Make the next one from this").click()
    every_screen(page)
    page.get_by_role("button", name="Make the next forum").click()
    page.get_by_role("heading", name="Still last year’s").wait_for()
    new = Forum.objects.exclude(pk=last_year.pk).get()
    assert page.get_by_text(f"As in {last_year.starts.year}.").is_visible()
    assert [room.name for room in new.rooms.all()] == ["Baobab Hall"]
    every_screen(page)

    # Registration opens today, and the forum is public.
    page.get_by_role("link", name="Go on to the forum").click()
    page.locator(".tabs").get_by_role("link", name="Registration and reminders").click()
    page.locator("#id_registration_opens_0").fill((timezone.now() - timedelta(days=1)).date().isoformat())
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("ul.messagelist li.success").wait_for()
    page.get_by_role("link", name="Make the forum public").click()
    every_screen(page)
    page.get_by_role("button", name="Make the forum public").click()
    page.get_by_text("is public.").wait_for()
    page.goto(f"{live_site}/{new.slug}/")
    assert page.get_by_role("link", name="Register").first.is_visible()

    # The old one is archived: its pages stay and say so, and all forums stand on one page.
    page.goto(change_page(live_site, last_year))
    page.get_by_role("link", name="Archive", exact=True).click()
    every_screen(page)
    page.get_by_role("button", name="Archive the forum").click()
    page.get_by_text("is archived. Its pages stay where they are.").wait_for()
    assert page.get_by_role("button", name="Save", exact=True).count() == 0
    page.goto(f"{live_site}/{last_year.slug}/")
    assert page.get_by_text("This edition is archived.").is_visible()
    page.locator(".archived").get_by_role("link", name="All forums").click()
    every_screen(page)
    assert page.locator("main h2, main h3").all_inner_texts() == ["To come", new.name, "Past", last_year.name]
