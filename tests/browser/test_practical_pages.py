"""Practical pages in a real browser: odd titles and texts, on every screen."""

import pytest

from events.models import PracticalPage
from events.shared.pages import revision
from tests.factories import ForumFactory

pytestmark = pytest.mark.browser
PAGES = {
    "long": ("W" * 250, "# Heading\n\n" + "x" * 300 + "\n\n1. one\n2. two\n\n> quote"),
    "arabic": ("المكان والوصول", "القاعة **مفتوحة** C7 و SDG 9\n\n- باب"),
    "venue": ("Venue", "The hall. [Map](https://example.org)"),
}


@pytest.mark.whole
def test_practical_pages_hold_on_every_screen(live_site, page, every_screen):
    forum = ForumFactory()
    french = {"fr": {"title": "Lieu", "text": "La salle"}}
    for slug, (title, text) in PAGES.items():
        PracticalPage.objects.create(
            forum=forum,
            slug=slug,
            title=title,
            text=text,
            is_public=True,
            translations=french if slug == "venue" else {},
        )
    revision.bump()

    for path in ["2020/info/", *(f"2020/info/{slug}/" for slug in PAGES), "ar/2020/info/venue/", "fr/2020/info/venue/"]:
        page.goto(f"{live_site}/{path}")
        every_screen(page)
