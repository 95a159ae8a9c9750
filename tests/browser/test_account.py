"""The account page in a real browser: it holds on every screen, from every page one link away, and its buttons work."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from events.models import HostedSession, RefusedMail
from registration.models import SignIn
from tests.factories import CountryFactory, ForumFactory, RegistrationFactory, SessionFactory, confirmed

pytestmark = pytest.mark.browser


@pytest.fixture
def person(live_site):
    now = datetime.now(UTC)
    forum = ForumFactory(
        starts=now.date() - timedelta(days=10),
        ends=now.date() + timedelta(days=60),
        registration_closes=now + timedelta(days=50),
    )
    user = confirmed(
        name="Awa Diallo",
        title="Dr",
        organisation="Institut supérieur des technologies de l’information de Bamako",
        country=CountryFactory(),
    )
    RegistrationFactory(user=user, forum=forum)
    title = "Bridging the digital divide: optical fibre cable in remote areas of small island states"
    HostedSession.objects.create(session=SessionFactory(forum=forum, title=title), user=user)
    other = Client(HTTP_USER_AGENT="Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1", REMOTE_ADDR="203.0.113.7")
    other.force_login(user)
    return user


@pytest.mark.whole
def test_account_pages_hold_on_every_screen_and_in_arabic(live_site, page, axe, every_screen, sign_in, person):
    sign_in(page, person)
    for language in ("", "/ar"):
        for path in ("account/", "account/about/", "account/seen/"):
            page.goto(f"{live_site}{language}/{path}")
            every_screen(page)
            axe(page)


def test_account_is_one_link_away_and_everything_on_it_works(live_site, page, sign_in, person):
    sign_in(page, person)
    page.goto(f"{live_site}/account/about/")
    page.get_by_label("Form of address").fill("Prof.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Prof. Awa Diallo")).to_be_visible()

    page.get_by_label("When a session in my agenda moves or is cancelled").uncheck()
    page.get_by_role("button", name="Save the choice of mails").click()
    expect(page.get_by_text("Your choice of mails is saved.")).to_be_visible()

    here = SignIn.objects.filter(user=person).count()
    page.get_by_role("button", name="Log out everywhere else").click()
    expect(page.get_by_text("You are logged in nowhere else any more.")).to_be_visible()

    assert (here > 1, SignIn.objects.filter(user=person).count()) == (True, 1)
    assert set(RefusedMail.objects.values_list("kind", flat=True)) == {"changed"}
    page.goto(f"{live_site}/2020/programme/")
    page.locator("#me").get_by_role("link", name="Account").click()
    page.wait_for_url("**/account/")
    expect(page.locator("#me").get_by_role("link", name="Account")).to_have_attribute("aria-current", "page")
