"""The prize's public pages in a real browser: axe, no sideways scrolling, deadlines on the visitor's clock."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.models import SDG
from prizes.models import Linkage, PrizeSponsor
from tests.factories import OrganisationFactory
from tests.prizes.factories import make_edition, nominees_of

pytestmark = pytest.mark.browser


@pytest.fixture
def pages(live_site):
    """An open vote with long names; the addresses of its pages."""
    edition = make_edition(phase="voting", categories=18, nominees=1, now=timezone.now())
    forum = edition.forum
    forum.starts, forum.ends = timezone.now().date(), timezone.now().date() + timedelta(days=60)
    forum.save()
    nominee = nominees_of(edition, 1)[0]
    type(nominee).objects.filter(pk=nominee.pk).update(
        title="Telecommunications infrastructure interoperability programme",
        website="https://a-very-long-name-of-a-project-that-does-not-break.example.org/with/a/long/path/",
    )
    for goal in SDG.objects.all()[:3]:
        Linkage.objects.create(nomination=nominee, sdg=goal, text="How")
    PrizeSponsor.objects.create(edition=edition, organisation=OrganisationFactory())
    return [f"{live_site}/2020/prizes/{part}" for part in ("", "1/", f"1/{nominee.code}/")]


def test_deadline_stands_on_the_visitors_clock_too(pages, browser, live_site):
    for zone, is_told in [("Asia/Tokyo", True), ("Europe/Zurich", False), ("UTC", False)]:
        context = browser.new_context(timezone_id=zone)
        page = context.new_page()
        page.goto(pages[1])

        expect(page.get_by_text("Voting closes")).to_be_visible()
        expect(page.get_by_text("On your clock:")).to_be_visible(visible=is_told)
        if is_told:
            assert "(Tokyo, UTC+9)" in page.locator("[data-own-moment]").inner_text()
        context.close()
