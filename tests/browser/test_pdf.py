"""A PDF that is being made, in a real browser: it opens by itself, with a script."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.shared.pdf import pdf_files
from tests.factories import SessionFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def waiting(live_site, settings):
    """The address of a booklet that no worker makes."""
    SessionFactory()
    settings.HAS_WORKERS = True
    return f"{live_site}/2020/programme.pdf"


def is_pdf(answer):
    return answer.headers.get("content-type") == "application/pdf"


def test_file_opens_by_itself_once_it_is_there(page, waiting, axe, every_screen):
    page.goto(waiting)
    expect(page.get_by_role("heading", name="This file is being made")).to_be_visible()
    axe(page)
    every_screen(page)

    with page.expect_response(is_pdf):
        pdf_files.make_due(timezone.now())
