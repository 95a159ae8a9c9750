"""A focal point who never saw the site: ten people approved, a list brought, one person invited who registers; on every screen."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from events.models import Message
from registration.models import Registration, RegistrationInvitation
from tests.factories import (
    CountryFactory,
    FocalPointFactory,
    ForumFactory,
    KindFactory,
    QuotaFactory,
    RegistrationFactory,
    confirmed,
)

pytestmark = pytest.mark.browser
LIST = "name;email\nAwa Diallo;awa@example.org\n;nobody@example.org\nMoussa Keïta;no address\n"


@pytest.fixture
def point(live_site):
    now = datetime.now(UTC)
    dates = {"registration_opens": now - timedelta(days=9), "registration_closes": now + timedelta(days=20)}
    forum = ForumFactory(starts=now.date(), ends=(now + timedelta(days=20)).date(), **dates)
    CountryFactory()
    kind = KindFactory(forum=forum, name="Delegate", approval="focal_point", mode="on_site")
    made = FocalPointFactory(forum=forum, organisation__name="Ministry of Posts", user=confirmed(name="Fatou Sow"))
    QuotaFactory(kind=kind, organisation=made.organisation, places=12)
    for number in range(10):
        RegistrationFactory(
            forum=forum, kind=kind, affiliation=made.organisation, organisation="Ministry of Posts",
            state="focal_point", name=f"Delegate Number {number}", created=now - timedelta(days=number),
        )  # fmt: skip
    return made


def test_from_a_list_to_the_registration_of_who_was_invited(page, live_site, sign_in, point, every_screen):
    sign_in(page, point.user)
    page.goto(f"{live_site}/2020/delegation/")
    page.get_by_role("link", name="Invite people").click()
    page.locator("[type=file]").set_input_files({"name": "l.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
    page.get_by_role("button", name="Look at the list").click()
    expect(page.get_by_text("1 person can be invited.")).to_be_visible()
    every_screen(page)
    page.get_by_role("button", name="Invite 1 person").click()
    expect(page.get_by_text("Awa Diallo", exact=True)).to_be_visible()
    every_screen(page)

    awa = confirmed(email="awa@example.org", name="Awa Diallo", time_zone="Africa/Bamako")
    sign_in(page, awa)
    page.goto(re.search(r"https?://\S+/invitation/\S+", Message.objects.get().text)[0])
    every_screen(page)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("You are invited: Delegate · Ministry of Posts")).to_be_visible()
    page.locator("[name=gender]").first.check()
    page.locator("form#draft button.primary").click()
    page.locator("[name=stakeholder_type]").first.check()
    page.locator("#id_country").select_option("ML")
    page.locator("form#draft button.primary").click()
    page.locator("form#draft button.primary").click()  # what it suggests for access is right
    expect(page.get_by_text("Your invitation")).to_be_visible()
    page.locator("[name=consent]").check()
    page.locator("main form button.primary").click()

    expect(page.get_by_text("The secretariat decides on it.").first).to_be_visible()
    assert RegistrationInvitation.objects.get().registration == Registration.objects.get(user=awa)
    page.goto(f"{live_site}/2020/delegation/ask/")
    every_screen(page)
