"""A delegate gives letter and photograph, sees what is kept, and once approved has a letter that anybody can verify; on every screen."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from registration.accreditation import decisions
from registration.models import InvitationLetter, Registration
from tests.factories import CountryFactory, ForumFactory, KindFactory, RegistrationQuestionFactory, allowed, confirmed
from tests.files import PDF, picture

pytestmark = pytest.mark.browser
LETTER = {"name": "Our letter.pdf", "mimeType": "application/pdf", "buffer": PDF}
PHOTOGRAPH = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(900, 1200))}
PROGRAM = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"MZ program"}


@pytest.fixture
def forum(live_site):
    now = datetime.now(UTC)
    dates = {"registration_opens": now - timedelta(days=1), "registration_closes": now + timedelta(days=20)}
    made = ForumFactory(
        starts=now.date(), ends=(now + timedelta(days=20)).date(), letter_signatory="Jane Doe, Coordinator", **dates
    )
    CountryFactory()
    asks = {"needs_letter": True, "needs_photograph": True, "approval": "secretariat"}
    KindFactory(forum=made, name="Delegate", mode="on_site", **asks)
    RegistrationQuestionFactory(forum=made, text="Press card", type="file")
    return made


def go_on(page):
    page.locator("form#draft button.primary").click()


def answer(page):
    page.get_by_label("Delegate", exact=False).check()
    go_on(page)
    page.locator("[name=gender]").first.check()
    page.locator("[name=stakeholder_type]").first.check()
    page.locator("#id_country").select_option("ML")
    go_on(page)
    go_on(page)


def test_from_the_documents_to_a_letter_that_holds(page, live_site, sign_in, forum, every_screen):
    person = confirmed(name="Awa Diallo", time_zone="Africa/Bamako")
    sign_in(page, person)
    page.goto(f"{live_site}/2020/register/")
    answer(page)
    page.get_by_label("Letter or note verbale").set_input_files(PROGRAM)
    page.get_by_label("Photograph").set_input_files(PHOTOGRAPH)
    go_on(page)
    expect(page.locator("#id_letter_error")).to_contain_text("The file is no PDF, PNG or JPEG")
    expect(page.locator("img.portrait")).to_be_visible()
    every_screen(page)
    page.get_by_label("Letter or note verbale").set_input_files(LETTER)
    go_on(page)
    page.get_by_label("Press card").set_input_files(LETTER)
    go_on(page)
    page.get_by_label("I have read").check()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("The secretariat decides on it.").first).to_be_visible()
    every_screen(page)

    row = Registration.objects.get()
    officer = allowed("registration.decide_registration", "registration.view_registration", user=confirmed())
    decisions.approve(row, by=officer, now=datetime.now(UTC))
    page.reload()
    with page.expect_response("**/letter.pdf") as answered:
        page.evaluate("fetch('/2020/letter.pdf')")
    assert answered.value.headers["content-type"] == "application/pdf"
    page.goto(f"{live_site}/verify/{InvitationLetter.objects.get().code}/")
    expect(page.get_by_text("is genuine, and it holds")).to_be_visible()
    every_screen(page)
    sign_in(page, officer)
    page.goto(f"{live_site}/admin/registration/registration/{row.pk}/change/")
    page.locator(".tabs").get_by_role("link", name="Files").click()
    expect(page.locator("img.portrait")).to_be_visible()
