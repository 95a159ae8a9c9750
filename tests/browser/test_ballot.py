"""The ballot in a real browser: with script and without, by keyboard, on a phone, in the dark, from right to left."""

import re
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from prizes.chain import chain
from prizes.models import Ballot, Commitment, Nomination, Vote
from tests.factories import RegistrationFactory
from tests.prizes.factories import make_edition, nominees_of, voter

pytestmark = pytest.mark.browser
VOTE = "/2020/prizes/vote/"


@pytest.fixture
def edition(live_site):
    now = datetime.now(UTC)
    edition = make_edition(now=now, votes_final=False, nominees=4)
    chain.open_chain(edition, now=now)
    return edition


@pytest.fixture
def person(edition, page, sign_in):
    """A registered voter, signed in in the browser."""
    user = voter()
    RegistrationFactory(user=user, forum=edition.forum)
    sign_in(page, user)
    return user


@pytest.fixture
def plain(browser, sign_in, person):
    """A window without script."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    window = context.new_page()
    sign_in(window, person)
    yield window
    context.close()


def words(page):
    return page.locator(".dock [data-words]")


def choose(page, place):
    """Click on a nominee and wait until the choice is saved; the nominee's title."""
    label = page.locator(".card label").nth(place)
    title = label.inner_text()
    label.click()
    words(page).filter(has_text=saved(title)).wait_for()
    return title


def saved(title):
    return f"Saved: \u2068{title}\u2069"  # isolated: a title may run the other way


@pytest.fixture
def held(page):
    """The choices that the page sends stand here, as routes that go nowhere before the test lets them go."""
    routes = []
    page.route(
        f"**{VOTE}*/", lambda route: routes.append(route) if route.request.method == "POST" else route.continue_()
    )
    return routes


def wait_for(page, condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def test_ballot_is_filled_by_clicks_and_ends_at_the_receipt(live_site, page, axe, person):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(live_site + VOTE)
    choose(page, 0)

    assert page.locator("[data-progress]").inner_text() == "1 of 3 chosen, 2 missing."
    assert page.locator("[data-bar]").get_attribute("value") == "1"
    assert "chosen" in page.locator(".map [aria-current]").get_attribute("class")
    assert page.locator(".dock button").inner_text() == "Go to the next"
    axe(page)

    title = choose(page, 2)  # a changed mind
    assert (Vote.objects.get().nominee.title, Commitment.objects.count()) == (title, 2)
    for number in (2, 3):
        page.locator(".dock button").click()
        page.wait_for_url(f"**{VOTE}{number}/#category")
        choose(page, 1)
    page.locator(".dock button").click()

    page.wait_for_url(f"**{VOTE}receipt/")
    shown = page.locator("#secret").inner_text()
    assert re.sub(r"\W", "", shown) == Ballot.objects.get().secret
    assert (Vote.objects.count(), Commitment.objects.count()) == (3, 4)
    page.get_by_role("button", name="Copy the secret").click()
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    page.emulate_media(media="print")
    expect(page.locator("#secret")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the secret")).not_to_be_visible()
    assert page.locator(".trackers code").count() == 3


def test_failed_or_refused_save_says_so_and_keeps_the_choice(live_site, page, person):
    page.goto(f"{live_site}{VOTE}1/")
    page.context.set_offline(True)
    page.locator(".card label").nth(2).click()
    words(page).filter(has_text="Not saved").wait_for()
    assert page.locator("[name=nominee]").nth(2).is_checked()
    assert not Vote.objects.exists()

    page.context.set_offline(False)
    words(page).filter(has_text="Saved: ").wait_for()
    assert Vote.objects.count() == 1

    gone = page.locator("[name=nominee]").nth(1).get_attribute("value")
    Nomination.objects.filter(code=gone).update(state="withdrawn")
    page.locator(".card label").nth(1).click()
    words(page).filter(has_text="This project is not a nominee of this category").wait_for()
    assert Commitment.objects.count() == 1


@pytest.mark.parametrize("is_final", [False, True])
def test_button_pressed_while_the_site_is_silent_goes_on_once_the_choice_is_saved(
    live_site, page, person, edition, is_final
):
    edition.votes_final = is_final
    edition.save()
    page.goto(f"{live_site}{VOTE}1/")
    page.context.set_offline(True)
    page.locator(".card label").nth(2).click()
    page.locator(".dock button").click()
    words(page).filter(has_text="sent again by itself").wait_for()
    assert not Vote.objects.exists()

    page.context.set_offline(False)

    page.wait_for_url(f"**{VOTE}2/#category")
    assert Vote.objects.count() == 1


@pytest.fixture
def final(edition):
    edition.votes_final = True
    edition.save()


def test_final_choice_is_the_one_that_the_button_was_pressed_for(live_site, page, person, final):
    page.goto(f"{live_site}{VOTE}1/")
    page.context.set_offline(True)
    page.locator(".card label").nth(2).click()
    page.locator(".dock button").click()
    words(page).filter(has_text="sent again by itself").wait_for()
    title = page.locator(".card label").nth(1).inner_text()
    page.locator(".card label").nth(1).click()  # a changed mind
    page.context.set_offline(False)
    page.wait_for_timeout(800)

    assert not Vote.objects.exists()
    expect(words(page)).to_have_text(f"Your choice: \u2068{title}\u2069. It is not saved yet.")
    page.locator(".dock button").click()
    page.wait_for_url(f"**{VOTE}2/#category")
    assert Vote.objects.get().nominee.title == title


def test_final_choice_that_was_under_way_is_shown_where_another_one_was_marked_meanwhile(
    live_site, page, person, final, held
):
    page.goto(f"{live_site}{VOTE}1/")
    title = page.locator(".card label").nth(2).inner_text()
    page.locator(".card label").nth(2).click()
    page.locator(".dock button").click()
    wait_for(page, lambda: held)
    page.locator(".card label").nth(1).click()
    page.locator(".dock button").click()
    held.pop().continue_()

    expect(words(page)).to_have_text(saved(title))
    assert page.locator("[name=nominee]").nth(2).is_checked()
    assert page.locator("[name=nominee]:disabled").count() == 4
    assert (Vote.objects.get().nominee.title, held) == (title, [])
    page.locator(".dock button").click()
    page.wait_for_url(f"**{VOTE}2/#category")


def test_final_choice_waits_for_the_button_and_a_double_click_is_one_vote(live_site, page, axe, person, edition):
    edition.votes_final = True
    edition.save()
    page.goto(f"{live_site}{VOTE}1/")
    axe(page)
    title = page.locator(".card label").first.inner_text()

    page.locator(".card label").first.click()

    words(page).filter(has_text=f"Your choice: \u2068{title}").wait_for()
    assert page.locator("main .rule").inner_text().endswith("You can take several visits. A choice is final.")
    assert not Vote.objects.exists()
    page.locator(".dock button").dblclick()
    page.wait_for_url(f"**{VOTE}2/#category")
    assert (Vote.objects.count(), Commitment.objects.count()) == (1, 1)
    page.goto(f"{live_site}{VOTE}1/")
    assert page.locator("[name=nominee]:disabled").count() == 4
    axe(page)


def focused(page, selector):
    return page.evaluate("selector => document.activeElement.matches(selector)", selector)


def test_ballot_is_filled_by_keyboard_in_six_presses_a_category(live_site, page, person):
    page.goto(live_site + VOTE)
    for number in (1, 2, 3):
        page.wait_for_url(f"**{VOTE}{number}/#category")
        page.keyboard.press("Tab")
        assert focused(page, "[name=nominee]")
        for key in ("ArrowDown", "ArrowDown"):
            page.keyboard.press(key)
        words(page).filter(has_text="Saved: ").wait_for()
        assert Commitment.objects.count() == number  # what the arrows pass on their way is not saved
        box = page.evaluate("document.activeElement.closest('.card').getBoundingClientRect().top")
        dock = page.evaluate("document.querySelector('.dock').getBoundingClientRect().top")
        assert box < dock  # the dock does not hide what has the focus
        page.keyboard.press("Tab")
        assert focused(page, ".card:has(:checked) .read")
        page.keyboard.press("Tab")
        assert focused(page, ".dock button")
        page.keyboard.press("Enter")

    page.wait_for_url(f"**{VOTE}receipt/")
    assert Ballot.objects.get().is_complete


BROKEN = [
    {"content_type": "application/json", "body": '{"words": "Sa'},  # broken off
    {"status": 408, "content_type": "text/html", "body": "too slow"},
    {"status": 500, "content_type": "text/html", "body": "a fault"},
]


def test_answers_that_say_nothing_of_the_choice_are_asked_for_again(live_site, page, person, held):
    page.goto(f"{live_site}{VOTE}1/")
    title = page.locator(".card label").nth(2).inner_text()
    page.locator(".card label").nth(2).click()
    for answer in BROKEN:
        wait_for(page, lambda: held)
        held.pop().fulfill(**answer)
        words(page).filter(has_text="sent again by itself").wait_for()
        page.evaluate("dispatchEvent(new Event('online'))")  # at once

    wait_for(page, lambda: held)
    leaving = "dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    assert not page.evaluate(leaving)  # the browser asks, also while a try is under way
    held.pop().continue_()
    expect(words(page)).to_have_text(saved(title))
    assert page.evaluate(leaving)


def test_button_pressed_again_where_no_try_helps_lets_the_browser_send_the_form(live_site, page, person):
    page.route(
        f"**{VOTE}1/",
        lambda route: route.abort() if route.request.headers.get("x-requested-with") else route.continue_(),
    )
    page.goto(f"{live_site}{VOTE}1/")
    page.locator(".card label").nth(2).click()
    for _press in range(3):
        words(page).filter(has_text="sent again by itself").wait_for()
        page.locator(".dock button").click()
        page.wait_for_timeout(100)

    page.wait_for_url(f"**{VOTE}2/#category")
    assert Vote.objects.count() == 1


def test_nominee_whom_one_came_for_is_marked_and_saved_by_one_press(live_site, page, person, edition):
    nominee = nominees_of(edition, 2)[3]
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live_site}/2020/prizes/2/{nominee.code}/")

    page.get_by_role("link", name="Vote for this project").click()

    page.wait_for_url(f"**{VOTE}2/")  # the address does not tell it any longer
    expect(words(page)).to_have_text(f"Your choice: {nominee.title}. It is not saved yet.")
    expect(page.locator(f"#nominee-{nominee.code}")).to_be_focused()
    expect(page.locator(f"#nominee-{nominee.code}")).to_be_in_viewport()
    assert not Vote.objects.exists()
    page.locator(".dock button").click()
    page.wait_for_url(f"**{VOTE}3/#category")
    assert Vote.objects.get().nominee == nominee


@pytest.mark.parametrize("script", [True, False])
def test_choice_outlives_the_end_of_the_log_in(live_site, browser, sign_in, person, edition, script):
    person.set_password("a long one for tests")
    person.save()
    context = browser.new_context(java_script_enabled=script, viewport={"width": 360, "height": 740})
    window = context.new_page()
    addresses = []
    window.on("request", lambda request: addresses.append(request.url))
    sign_in(window, person)
    window.goto(f"{live_site}{VOTE}2/")
    context.clear_cookies(name="sessionid")

    title = window.locator(".card label").nth(2).inner_text()
    window.locator(".card label").nth(2).click()
    if script:
        words(window).filter(has_text="you are logged out").wait_for()
    window.locator(".dock button").click()
    window.get_by_label("E-mail").fill(person.email)
    window.get_by_label("Password", exact=True).fill("a long one for tests")
    window.locator("main form button[type=submit]").first.click()

    window.wait_for_url(f"**{VOTE}2/" if script else f"**{VOTE}2/?nominee=*")
    expect(window.locator("[name=nominee]:checked")).to_have_count(1)
    assert title in words(window).inner_text()
    window.locator(".dock button").click()
    window.wait_for_url(f"**{VOTE}3/#category")
    assert Vote.objects.get().nominee.title == title
    assert any("nominee=" in address for address in addresses) != script  # with script no log of addresses tells it
    context.close()


def test_choice_kept_for_a_log_in_is_marked_for_nobody_else(live_site, page, person):
    page.goto(f"{live_site}{VOTE}1/")
    keep = """voter => { const form = document.querySelector("[data-ballot]");
        sessionStorage.choice = [voter, form.action, form.querySelector("[name=nominee]").value].join(" "); }"""
    for voter_of_choice, marks in [(person.pk + 1, 0), (person.pk, 1)]:
        page.evaluate(keep, str(voter_of_choice))
        page.reload()
        assert page.locator("[name=nominee]:checked").count() == marks
        assert page.evaluate("sessionStorage.choice") is None


def test_save_whose_answer_is_lost_is_sent_again_with_growing_pauses_and_counts_once(live_site, page, person):
    sent = []

    def lose(route):
        if route.request.method != "POST":
            return route.continue_()
        sent.append(time.monotonic())
        answer = route.fetch()  # it arrives each time, and is saved the first time
        return route.abort("connectionreset") if len(sent) < 3 else route.fulfill(response=answer)

    page.route(f"**{VOTE}1/", lose)
    page.goto(f"{live_site}{VOTE}1/")

    title = page.locator(".card label").nth(2).inner_text()
    page.locator(".card label").nth(2).click()
    words(page).filter(has_text="sent again by itself").wait_for()
    words(page).filter(has_text=saved(title)).wait_for()

    first, second, third = sent
    assert (second - first > 0.5, third - second > 1) == (True, True)
    assert (Vote.objects.count(), Commitment.objects.count()) == (1, 1)


def test_ballot_is_filled_without_script_on_a_phone(live_site, plain, person):
    plain.goto(live_site + VOTE)
    assert "read first, then choose and save" in plain.locator("main").inner_text()
    for number in (1, 2, 3):
        plain.wait_for_url(f"**{VOTE}{number}/#category")
        plain.locator(".card label").nth(1).click()
        plain.locator(".dock button").click()

    plain.wait_for_url(f"**{VOTE}receipt/")
    assert Vote.objects.count() == 3
    assert Ballot.objects.get().is_complete


def test_every_page_of_the_ballot_holds_on_every_screen(live_site, page, every_screen, sign_in, edition):
    sign_in(page, voter())
    page.goto(live_site + VOTE)
    page.wait_for_url(f"**{VOTE}start/")
    every_screen(page)
    page.get_by_role("button", name="Begin my ballot").click()
    page.locator(".error-summary").wait_for()
    every_screen(page)
    page.get_by_label("Country").select_option("unsaid")
    page.get_by_label("Stakeholder type").select_option("unsaid")
    page.get_by_role("button", name="Begin my ballot").click()
    for language in ("", "/ar"):
        for number in (1, 2, 3):
            page.goto(f"{live_site}{language}{VOTE}{number}/")
            page.locator(".card label").first.click()
            page.locator(".map [aria-current].chosen").wait_for()
        page.locator(".card .read").first.click()
        page.locator(".card .whole").wait_for()
        every_screen(page)
        for path in ("", "receipt/"):
            page.goto(live_site + language + VOTE + path)
            every_screen(page)
    edition.phases.filter(kind="voting").update(ends=datetime.now(UTC))
    page.goto(live_site + VOTE)
    page.get_by_role("heading", name="Voting has closed").wait_for()
    every_screen(page)
