"""The organisation of a registration on a phone: without a script on a weak line, and with one; right to left, too."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from registration.models import RegistrationDraft
from tests.browser.weak_line import WeakLine
from tests.factories import CountryFactory, ForumFactory, OrganisationFactory, confirmed

pytestmark = pytest.mark.browser
STEP = "/2020/register/you/"
TYPED, KNOWN = "Universite des Sciences de Bamako", "Université des Sciences de Bamako"
PHONE = {"width": 360, "height": 740}


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


def test_without_a_script_on_a_weak_line(browser, live_site, sign_in, person):
    port = int(live_site.rpartition(":")[2])
    with WeakLine(port, rate=50_000, delay=0.2) as line:
        context = browser.new_context(viewport=PHONE, java_script_enabled=False)
        page = context.new_page()
        sign_in(page, person)
        page.goto(f"http://127.0.0.1:{line.port}{STEP}")
        fill(page)
        expect(page.get_by_role("alert")).to_contain_text("Say which organisation you mean")
        expect(page.locator("#id_organisation")).to_have_value(TYPED)
        page.get_by_label(KNOWN, exact=False).check()
        page.get_by_role("button", name="Save and continue").click()
        expect(page.get_by_role("heading", name="Step 2 of 3", exact=False)).to_be_visible()
        context.close()

    assert answer().endswith(f":{TYPED}")
    assert not answer().startswith("new:")


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
