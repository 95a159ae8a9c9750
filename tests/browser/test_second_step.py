"""A second step of the log-in in a real browser, with an authenticator that the browser plays; and what is asked of who has none."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from events.models import Message
from tests.browser import passkeys
from tests.browser.passkeys import PASSWORD
from tests.factories import ForumFactory, boss, confirmed
from tests.registration.people.accounts.second_factor.steps import shown

pytestmark = pytest.mark.browser


@pytest.fixture
def site(live_site, settings):
    """Passkeys belong to a name: an address such as 127.0.0.1 has none."""
    settings.REQUIRE_MFA = True
    settings.BASE_URL = live_site.replace("127.0.0.1", "localhost")
    return settings.BASE_URL


@pytest.fixture
def organiser(site):
    ForumFactory()
    return confirmed(boss(name="Awa Diallo", password=make_password(PASSWORD)))


@pytest.fixture
def devices(page):
    """The browser's own authenticator."""
    return passkeys.authenticator(page)


def log_out(page, site):
    page.goto(f"{site}/accounts/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    page.wait_for_url(lambda url: "logout" not in url)


def test_passkey_is_set_up_and_opens_the_organisers_site(page, site, organiser, devices, every_screen):
    passkeys.log_in(page, site, organiser)
    passkeys.enrol(page, every_screen)

    log_out(page, site)
    passkeys.log_in(page, site, organiser)
    every_screen(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    log_out(page, site)
    page.goto(f"{site}/accounts/login/?next=/admin/")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto(f"{site}/accounts/2fa/webauthn/")
    expect(page.get_by_role("heading", name="my telephone")).to_be_visible()
    every_screen(page)


def test_app_is_set_up_on_a_telephone(page, site, organiser, every_screen):
    passkeys.log_in(page, site, organiser)
    page.get_by_role("link", name="Set up an app").click()
    every_screen(page)
    secret = page.locator("code.key").inner_text()
    page.get_by_label("Code").fill(shown(secret))
    page.get_by_role("button", name="Set up the app").click()

    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert Authenticator.objects.filter(user=organiser, type="totp").exists()


def test_button_of_a_mail_logs_in_the_browser_that_opens_it(page, site, every_screen):
    """A real browser sends the `Origin` that the check against forged forms needs, and its address to nobody."""
    ForumFactory()
    person = confirmed(email="awa@example.org")
    page.goto(f"{site}/accounts/login/code/")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_role("button", name="Send the code").click()
    page.wait_for_url("**/confirm/")
    other = page.context.browser.new_page()
    other.set_content(Message.objects.latest("pk").html)
    other.goto(other.get_by_role("link", name="Log in").get_attribute("href"))
    every_screen(other)
    asked = []
    other.on("request", lambda request: asked.append(request.headers.get("referer", "")))

    other.get_by_role("main").get_by_role("button", name="Log in").click()
    other.wait_for_url(lambda url: "/link/" not in url)
    other.goto(f"{site}/accounts/email/")
    page.reload()

    expect(other.locator("main")).to_contain_text(person.email)
    assert [one for one in asked if "/link/" in one] == []
    assert page.url.endswith("/confirm/")  # who asked is not logged in
    other.close()
