"""The list of participants from both sides: the organisers publish it, somebody registers with the box ticked, is on it, and leaves."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from registration.registering import registrations
from tests.factories import CountryFactory, ForumFactory, UserFactory, staff
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = pytest.mark.browser


@pytest.fixture
def forum(live_site):
    now = datetime.now(UTC)
    dates = {"registration_opens": now - timedelta(days=1), "registration_closes": now + timedelta(days=20)}
    CountryFactory()
    return ForumFactory(starts=now.date(), ends=(now + timedelta(days=20)).date(), **dates)


@pytest.mark.parametrize("prefix", ["", "/ar"], ids=["english", "arabic"])
def test_list_from_the_organisers_to_who_goes_on_it_and_off_it(
    browser, page, live_site, sign_in, every_screen, forum, prefix
):
    boss = browser.new_context().new_page()
    sign_in(boss, staff("organisers"))
    boss.goto(f"{live_site}{reverse('admin:events_forum_participants', args=[forum.pk])}")
    boss.locator("[name=state][value=provisional]").check()
    boss.locator("main form button, #content form [type=submit]").first.click()
    boss.wait_for_load_state()
    boss.context.close()

    user = UserFactory()
    for step in ("you", "access"):
        registrations.save_step(forum, user=user, step=step, data=ANSWERS, now=datetime.now(UTC))
    sign_in(page, user)
    page.goto(f"{live_site}{prefix}/2020/register/check/")
    assert not page.locator("#id_listed").is_checked()
    page.locator("#id_consent").check()
    page.locator("#id_listed").check()
    every_screen(page)
    page.locator("main form button.primary").click()
    page.wait_for_load_state()
    visitor = browser.new_context().new_page()
    visitor.goto(f"{live_site}{prefix}/2020/participants/")
    assert "Dr Awa Diallo" in visitor.locator("main").inner_text()
    every_screen(visitor)

    page.goto(f"{live_site}{prefix}/2020/register/")
    every_screen(page)
    page.locator("button[name=wanted][value=no]").click()
    page.wait_for_load_state()
    visitor.wait_for_timeout(1100)  # as long as a finished page is kept
    visitor.reload()
    assert "Awa Diallo" not in visitor.locator("main").inner_text()
    assert page.locator("button[name=wanted][value=yes]").is_visible()
    visitor.context.close()
