"""The organisation of a registration, in a real browser, on every screen; right to left, too."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from registration.models import RegistrationDraft
from tests.factories import CountryFactory, ForumFactory, OrganisationFactory, confirmed

pytestmark = pytest.mark.browser
STEP = "/2020/register/you/"
TYPED, KNOWN = "Universite des Sciences de Bamako", "Université des Sciences de Bamako"


@pytest.fixture
def person(live_site):
    now = datetime.now(UTC)
    ForumFactory(registration_opens=now - timedelta(days=1), registration_closes=now + timedelta(days=50))
    CountryFactory()
    OrganisationFactory(name=KNOWN, country=CountryFactory())
    return confirmed(name="Awa Diallo", time_zone="Africa/Bamako")


def fill(page):
    page.get_by_label("Woman").check()
    page.get_by_label("Organisation", exact=False).first.fill(TYPED)
    page.get_by_label("Academia").check()
    page.locator("#id_country").select_option("ML")
    page.get_by_role("button", name="Save and continue").click()


def answer():
    return RegistrationDraft.objects.get().data["affiliation"]


def test_with_a_script_and_looked_at_on_every_screen(page, live_site, sign_in, person, every_screen):
    sign_in(page, person)
    page.goto(live_site + STEP)
    fill(page)
    expect(page.get_by_text("Do you mean one of these?")).to_be_visible()
    every_screen(page)
    page.get_by_label("None of these", exact=False).check()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", name="Step 2 of 3", exact=False)).to_be_visible()
    assert answer() == f"new:{TYPED}"

    page.goto(f"{live_site}/ar{STEP}")
    every_screen(page)
