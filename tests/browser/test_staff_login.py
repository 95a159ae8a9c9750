"""Staff connect the account of their organisation and log in by it, in a real browser and under the site's content security policy."""

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from tests.browser.passkeys import PASSWORD
from tests.factories import ForumFactory, boss, confirmed
from tests.registration.people.accounts.second_factor.steps import shown, with_app
from tests.registration.people.accounts.staff_login import openid_server

pytestmark = pytest.mark.browser


def test_account_of_the_organisation_is_connected_and_opens_the_organisers_site(
    page, live_site, settings, every_screen
):
    settings.REQUIRE_MFA = True
    ForumFactory()
    organiser = with_app(confirmed(boss(password=make_password(PASSWORD))))
    with openid_server.running() as server:
        own = {"client": openid_server.CLIENT, "secret": openid_server.SECRET}
        settings.STAFF_LOGIN = {"name": "ITU", "server": server.url, **own}

        page.goto(f"{live_site}/accounts/login/?next=/accounts/organisation/")
        every_screen(page)
        page.get_by_role("button", name="Organisers: log in with the account of ITU").click()
        expect(page.get_by_text("is connected with none here")).to_be_visible()
        page.goto(f"{live_site}/accounts/login/?next=/accounts/organisation/")
        page.get_by_label("E-mail").fill(organiser.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.get_by_label("Code").fill(shown())
        page.locator("main").get_by_role("button", name="Log in").first.click()
        every_screen(page)
        page.get_by_role("button", name="Connect the account of ITU").click()
        expect(page.get_by_text("It is connected.")).to_be_visible()
        every_screen(page)
        page.goto(f"{live_site}/ar/accounts/organisation/")
        every_screen(page)

        page.context.clear_cookies()
        page.goto(f"{live_site}/accounts/login/?next=/admin/")
        page.get_by_role("button", name="Organisers: log in with the account of ITU").click()
        page.get_by_label("Code").fill(shown(seconds=30))
        page.locator("main").get_by_role("button", name="Log in").first.click()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
