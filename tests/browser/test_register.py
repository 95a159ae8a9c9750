"""Registering with kinds and the organisers' questions: on a phone in French without a script, to a booked session; and with
a script, looked at on every screen."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from events.models import Message
from registration.models import Booking, Registration
from tests.factories import (
    CountryFactory,
    ForumFactory,
    KindFactory,
    RegistrationQuestionFactory,
    SessionFactory,
    SessionTypeFactory,
)
from tests.journeys.walk import CODE, PASSWORD

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def session(live_site):
    now = datetime.now(UTC)
    dates = {"registration_opens": now - timedelta(days=1), "registration_closes": now + timedelta(days=20)}
    forum = ForumFactory(starts=now.date(), ends=(now + timedelta(days=20)).date(), **dates)
    CountryFactory()
    remote = KindFactory(
        forum=forum, name="Remote participant", translations={"fr": {"name": "À distance"}}, mode="remote"
    )
    remote.session_types.add(SessionTypeFactory())
    KindFactory(forum=forum, name="Delegate", mode="on_site", capacity=5)
    KindFactory(forum=forum, name="Media", mode="on_site", capacity=0)
    captions = RegistrationQuestionFactory(
        text="Do you need captions?",
        type="choice",
        choices=["Yes", "No"],
        is_required=True,
        translations={"fr": {"text": "Sous-titres ?", "choices": ["Oui", "Non"]}},
    )
    RegistrationQuestionFactory(text="In which language?", shown_if=captions, shown_for=["Yes"], is_required=True)
    RegistrationQuestionFactory(text="When do you arrive?", type="date")
    return SessionFactory(forum=forum, starts=now + timedelta(days=1))


def fits(page):
    """Nothing sticks out at the side of the phone."""
    return page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def go_on(page):
    assert fits(page), page.url
    page.locator("form#draft button.primary").click()


def sign_up(page, *, email):
    """Fill the page that makes an account, and confirm the address with the mailed code."""
    page.locator("#id_email").fill(email)
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.locator("#id_code").wait_for()
    code = re.search(CODE, Message.objects.get(to=email).text)
    page.locator("#id_code").fill(code.group(1))
    page.locator("main form button").first.click()


def answer_all(page, *, kind, yes, name=""):
    page.get_by_label(kind, exact=False).check()
    go_on(page)
    if name:
        page.locator("#id_name").fill(name)
    page.locator("[name=gender]").first.check()
    page.locator("[name=stakeholder_type]").first.check()
    page.locator("#id_country").select_option("ML")
    page.locator("#id_time_zone").fill("Africa/Bamako")
    go_on(page)
    go_on(page)  # what it suggests for access is right
    page.get_by_label(yes, exact=True).check()
    go_on(page)
    page.get_by_label("In which language?", exact=False).fill("Bambara")
    go_on(page)


def is_asked_to_register(browser, *, cookies, url):
    """Whether the home page asks a visitor with these cookies to register, once the script has put their own part into its head."""
    context = browser.new_context(viewport=PHONE)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(url)
    page.locator("#me [data-registered]" if cookies else "main").wait_for(state="attached")
    found = page.locator("main .actions a[href='/fr/2020/register/']").is_visible()
    context.close()
    return found


def test_stranger_on_a_phone_in_french_without_a_script_to_a_booked_session(browser, live_site, session):
    """From the home page: an account with the code of the mail, the registration, the programme, the agenda."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{live_site}/fr/2020/")
    page.locator("main a[href='/fr/2020/register/']").first.click()
    sign_up(page, email="awa@example.org")
    answer_all(page, kind="À distance", yes="Oui", name="Awa Diallo")
    page.locator("[name=consent]").check()
    page.locator("main form button.primary").click()
    page.locator("main a[href='/fr/2020/programme/']").first.click()
    page.locator(f"main a[href*='/fr/2020/programme/{session.code}/']").first.click()
    page.locator(f"main a[href*='/book/{session.code}/']").first.click()
    page.locator("main form button.primary").click()
    page.wait_for_load_state()
    assert fits(page)
    is_asked = is_asked_to_register(browser, cookies=context.cookies(), url=f"{live_site}/fr/2020/")
    context.close()
    assert [is_asked, is_asked_to_register(browser, cookies=[], url=f"{live_site}/fr/2020/")] == [False, True]

    registration = Registration.objects.get()
    assert (registration.kind.name, registration.mode, registration.language) == ("Remote participant", "remote", "fr")
    assert list(registration.answers.values()) == ["Yes", "Bambara"]
    assert (registration.user.email, Booking.objects.get().session) == ("awa@example.org", session)
