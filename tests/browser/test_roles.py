"""Giving, agreeing to and ending a role in a real browser, by two supervisors, on every screen and from right to left."""

import pytest

from events.models import Membership, Role
from tests.factories import ForumFactory, UserFactory, join, staff

pytestmark = pytest.mark.browser


def test_role_is_given_by_one_supervisor_and_agreed_to_by_another(page, live_site, every_screen, sign_in):
    ForumFactory()
    first, second = (staff(Role.SUPERVISOR, name=name) for name in ("Sue", "Sam"))
    join(first, Role.PRIZE_OFFICER)
    person = UserFactory(name="Awa Traoré", email="awa@example.org")
    sign_in(page, first)

    page.goto(f"{live_site}/admin/events/membership/")
    every_screen(page)
    page.get_by_role("link", name="Give a role").click()
    page.get_by_label("E-mail of the account").fill("nobody@example.org")
    page.get_by_label("Role").select_option("prize officers")
    page.get_by_label("Why").fill("Runs the prize")
    page.get_by_role("button", name="Give this role").click()
    assert "There is no account with this address." in page.inner_text("main")
    every_screen(page)
    assert page.get_by_label("Role").input_value() == "prize officers"
    page.get_by_label("E-mail of the account").fill("awa@example.org")
    page.get_by_role("button", name="Give this role").click()
    assert "waits until a second supervisor agrees" in page.inner_text("main")

    sign_in(page, second)
    page.goto(f"{live_site}/admin/")
    page.get_by_role("link", name="1 role waits for your agreement").click()
    page.locator("input[name=_selected_action]").check()
    page.locator("button[name=action][value=agree]").click()
    assert "1 role is in force." in page.inner_text("main")
    held = Membership.objects.get(account=person)
    assert held.agreed_by == second
    page.goto(f"{live_site}/admin/events/membership/{held.pk}/change/")
    every_screen(page)
    page.goto(f"{live_site}/admin/events/user/{person.pk}/change/")
    every_screen(page)
    page.get_by_role("link", name="Send a link to set a password").click()
    every_screen(page)
    for path in ("membership/", "membership/give/"):
        page.goto(f"{live_site}/ar/admin/events/{path}")
        every_screen(page)
