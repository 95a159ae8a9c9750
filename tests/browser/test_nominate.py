"""Nominating in a real browser: words counted as on the server, saved while typing, two devices, files, axe, no cut."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.models import Country
from events.shared.drafts import word_count
from prizes.models import Nomination
from prizes.nominations import submission
from tests.events.shared.drafts.test_word_count import TRICKY
from tests.factories import ActionLineFactory, CountryFactory, SDGFactory
from tests.files import PDF
from tests.prizes.factories import make_edition, voter
from tests.prizes.nominations.test_submission import answers, save, text

pytestmark = pytest.mark.browser
BASE = "/2020/prizes/nominate/"


@pytest.fixture
def user(transactional_db):
    return voter()


@pytest.fixture
def row(page, sign_in, user):
    """A complete draft of a person who is signed in."""
    ActionLineFactory()
    SDGFactory()
    CountryFactory()
    now = timezone.now()
    edition = make_edition(phase="submission", now=now)
    sign_in(page, user)
    return save(submission.begin(edition, by=user, now=now), answers(edition), now=now)


@pytest.fixture
def other_device(browser, sign_in, user):
    """A second window of the same person, with its own cookies."""
    context = browser.new_context()
    window = context.new_page()
    sign_in(window, user)
    yield window
    context.close()


def description(row):
    row.refresh_from_db()
    return row.description


def test_words_are_counted_as_on_the_server(row, page, live_site):
    page.goto(f"{live_site}{BASE}{row.code}/description/")
    texts = [one for one, _number in TRICKY]
    texts += [
        chr(code) * 2 + "a" + chr(code)
        for pair in word_count.WORD_CHARACTERS
        for code in (*pair, pair[0] - 1, pair[1] + 1)
    ]

    counted = page.evaluate("texts => texts.map((text) => window.countWords(text))", texts)

    wrong = {
        one: (found, word_count.count(one))
        for one, found in zip(texts, counted, strict=True)
        if found != word_count.count(one)
    }
    assert wrong == {}


def test_two_devices_lose_nothing(row, page, live_site, other_device):
    address = f"{live_site}{BASE}{row.code}/description/"
    page.goto(address)
    other_device.goto(address)
    other_device.locator("#id_description").fill("From the phone")
    status = other_device.locator("#saved")
    expect(status).to_have_text(re.compile(r"^Saved \d\d:\d\d Geneva \(\d\d:\d\d UTC\)$"))
    assert status.get_attribute("role") == "status"

    page.locator("#id_description").fill("From the desk")

    expect(page.locator("#saved")).to_have_text(re.compile("^This step was changed on another device"))
    assert description(row) == "From the phone"
    page.get_by_role("button", name="Save and continue").click()
    expect(page.locator(".error-summary")).to_contain_text("This step was changed on another device")
    expect(page.locator(".note.warn")).to_contain_text("From the phone")
    expect(page.locator("#id_description")).to_have_value("From the desk")
    page.get_by_role("button", name="Save and finish later").click()
    page.wait_for_url(f"{live_site}{BASE}{row.code}/")
    assert description(row) == "From the desk"


def test_failed_save_says_so_and_is_tried_again(row, page, live_site):
    page.goto(f"{live_site}{BASE}{row.code}/description/")
    page.clock.install()
    page.route("**/save/", lambda route: route.abort())

    page.locator("#id_description").fill("On a weak line")
    page.clock.run_for(2000)
    expect(page.locator("#saved")).to_have_text(re.compile("^Not saved: no connection"))
    assert description(row) == text(150)
    page.unroute("**/save/")
    page.clock.run_for(11_000)

    expect(page.locator("#saved")).to_have_text(re.compile("^Saved "))
    assert description(row) == "On a weak line"


def test_answer_that_was_lost_is_no_other_device(row, page, live_site):
    page.goto(f"{live_site}{BASE}{row.code}/description/")
    page.clock.install()

    def lose(route):
        route.fetch()  # the site keeps it, the answer never comes
        route.abort()

    page.route("**/save/", lose)
    page.locator("#id_description").fill("Kept, but not told")
    page.clock.run_for(2000)
    expect(page.locator("#saved")).to_have_text(re.compile("^Not saved: no connection"))
    assert description(row) == "Kept, but not told"
    page.unroute("**/save/")
    page.locator("#id_description").fill("Kept, but not told. More")
    page.clock.run_for(11_000)

    expect(page.locator("#saved")).to_have_text(re.compile("^Saved "))
    assert description(row) == "Kept, but not told. More"


@pytest.mark.parametrize("has_script", [True, False])
def test_whole_way_by_hand(live_site, browser, sign_in, user, has_script):
    ActionLineFactory()
    SDGFactory()
    CountryFactory()
    make_edition(phase="submission", now=timezone.now())
    context = browser.new_context(java_script_enabled=has_script, viewport={"width": 360, "height": 800})
    page = context.new_page()
    sign_in(page, user)
    page.goto(f"{live_site}{BASE}")
    page.get_by_role("button", name="Nominate a project").click()
    page.get_by_label("Government").check()
    page.get_by_label("Entity", exact=True).fill("Ministry of Posts")
    page.get_by_label("Country", exact=True).select_option(Country.objects.get(pk="ML").pk)
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Title of the project").fill("Fibre for the north")
    page.get_by_label("Category").select_option(index=1)
    page.get_by_label("Start of the work").fill("2018-01-01")
    page.get_by_label("End of the work").fill("2019-12-31")
    page.get_by_label("Completed").check()
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Short description").fill(text(201))
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("link", name="201 words. It needs 150 to 200").click()
    page.get_by_label("Short description").fill(text(200))
    page.get_by_role("button", name="Save and continue").click()
    goal = page.locator("details.reason").first
    goal.locator("summary").click()
    goal.locator("textarea").fill(text(20))
    page.get_by_role("button", name="Save and continue").click()
    for label in ("Economic impact", "Social impact", "Environmental impact"):
        page.get_by_label(label).fill(text(30))
    page.get_by_role("button", name="Save and continue").click()
    for label in ("Partnerships", "Challenges and future"):
        page.get_by_label(label).fill(text(30))
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Links").fill("https://example.org/report")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "Report.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_role("button", name="Add the file").click()
    page.get_by_role("link", name="Report", exact=True).wait_for()
    page.get_by_label("Name of the document").press("Enter")  # the first button of the form is not “Remove”
    page.wait_for_url(re.compile("/check/"))
    page.get_by_role("button", name="Submit the nomination").click()

    expect(page.locator("h1")).to_have_text("Fibre for the north")
    expect(page.locator(".badge").first).to_have_text("Submitted")
    context.close()
    row = Nomination.objects.get()
    assert (row.state, row.links, row.attachments.get().title) == (
        "submitted",
        ["https://example.org/report"],
        "Report",
    )
