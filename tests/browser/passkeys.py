"""Passkeys in a browser: the authenticator that the browser plays, and the steps by which somebody sets one up."""

from playwright.sync_api import expect

PASSWORD = "a short sentence of somebody"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def authenticator(page):
    """Give the window an authenticator; it is there as long as what is returned."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return browser


def log_in(page, site, user):
    page.goto(f"{site}/admin/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()


def enrol(page, check):
    """From the page that only lets a second step be set up to the organisers' site; the log-in was a moment ago. `check` looks
    at every page."""
    expect(page.get_by_text("Who looks after a forum needs a second step.")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Add a passkey").click()
    check(page)
    page.get_by_label("Name").fill("my telephone")
    page.get_by_label("Log in with it alone").check()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    check(page)
    page.get_by_role("link", name="To the organisers’ site").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
