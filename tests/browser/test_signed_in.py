"""Those who are signed in, in a real browser: what the cookie that tells a script of them can do, what is left of them in the
browser once they have logged out, and a booking on a weak line."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from registration.models import Booking
from tests.conftest import _free_port
from tests.factories import BookingFactory, ForumFactory, RegistrationFactory, SessionFactory
from tests.prizes.factories import voter

pytestmark = pytest.mark.browser
PROGRAMME = "/2020/programme/"
PASSWORD = "a short sentence of somebody"
LATENCY, BYTES_A_SECOND = 400, 400_000 // 8  # milliseconds there and back; 400 kbit/s


@pytest.fixture
def forum(live_site):
    now = datetime.now(UTC)
    return ForumFactory(
        starts=now.date() - timedelta(days=10),
        ends=now.date() + timedelta(days=60),
        registration_opens=now - timedelta(days=20),
        registration_closes=now + timedelta(days=50),
    )


@pytest.fixture
def booked(forum):
    """A session that a registered person has booked."""
    session = SessionFactory(forum=forum, title="Bridges that hold", starts=datetime.now(UTC) + timedelta(hours=20))
    return BookingFactory(session=session, registration=RegistrationFactory(user=voter(name="Awa Diallo"), forum=forum))


def known(page):
    return next((one["value"] for one in page.context.cookies() if one["name"] == "known"), None)


def account(page):
    """The links at the end of the page's head."""
    return page.locator("#me")


# --- the cookie that says whether there is anything to ask for ----------------------------------------
def test_cookie_that_lies_is_found_out_and_goes(page, live_site, booked):
    page.context.add_cookies([{"name": "known", "value": "forged", "url": live_site}])
    with page.expect_response("**/2020/me/") as asked:
        page.goto(live_site + PROGRAMME)

    expect(account(page)).to_contain_text("Log in")
    assert (asked.value.status, known(page)) == (200, None)
    assert "In my agenda" not in page.content()


def test_person_without_the_cookie_finds_the_way_and_gets_it_back(page, live_site, sign_in, booked):
    sign_in(page, booked.registration.user)
    page.goto(live_site + PROGRAMME)
    assert known(page) is None  # nothing was asked for: the page is that of a visitor
    expect(account(page)).to_contain_text("Log in")

    page.get_by_role("link", name="Add to agenda").click()
    page.get_by_text("This session is in your agenda").wait_for()
    page.goto(live_site + PROGRAMME)

    expect(account(page)).to_contain_text("My agenda")
    page.get_by_role("link", name="✓ In my agenda").wait_for()


# --- after logging out --------------------------------------------------------------------------------
def log_out(page, site):
    page.goto(f"{site}/accounts/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    page.wait_for_url(lambda url: "logout" not in url)


@pytest.mark.parametrize("way", ["back", "restored"])
def test_nothing_of_a_person_is_left_after_logging_out(page, live_site, sign_in, booked, way):
    """`restored`: the page is one out of the browser's memory, which tests cannot have: it is told that it is."""
    sign_in(page, booked.registration.user)
    page.goto(f"{live_site}/2020/agenda/")
    page.goto(live_site + PROGRAMME)
    page.get_by_role("link", name="✓ In my agenda").wait_for()
    other = page if way == "back" else page.context.new_page()
    log_out(other, live_site)

    for _step in range(3 if way == "back" else 1):
        if way == "back":
            page.go_back()
        else:
            with page.expect_navigation():
                page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        page.wait_for_load_state("networkidle")

        shown = page.inner_text("body")
        assert [words for words in ("Awa Diallo", "In my agenda", "My agenda") if words in shown] == [], page.url
    if way == "back":
        assert page.url.startswith(f"{live_site}/accounts/login/")  # where the agenda was


def test_page_out_of_the_memory_is_empty_at_once(page, live_site, sign_in, booked):
    """Also where the site cannot be reached any more."""
    sign_in(page, booked.registration.user)
    page.goto(f"{live_site}/2020/agenda/")
    page.goto(live_site + PROGRAMME)
    page.get_by_role("link", name="✓ In my agenda").wait_for()
    page.context.clear_cookies()
    page.context.set_offline(True)

    left = page.evaluate(
        "() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); return document.body.innerText; }"
    )

    assert left == ""


# --- a booking on a weak line -------------------------------------------------------------------------
@pytest.fixture
def front(forum, start_web, settings):
    """The address of a real web process, which compresses what it sends."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    port = _free_port()
    settings.BASE_URL = f"http://127.0.0.1:{port}"
    start_web(port)
    return settings.BASE_URL


class WeakLine:
    """A line of 400 kbit/s and 400 ms; counts what comes over it."""

    def __init__(self, page):
        self.sizes = []
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        speed = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
        session.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY, **speed})
        session.on("Network.loadingFinished", lambda event: self.sizes.append(event["encodedDataLength"]))

    def taken(self):
        """The bytes since this was asked last."""
        total, self.sizes[:] = sum(self.sizes), []
        return total


def test_booking_on_a_weak_line_by_phone(browser, front, forum):
    person = voter(password=make_password(PASSWORD))
    RegistrationFactory(user=person, forum=forum)
    session = SessionFactory(forum=forum, title="Bridges that hold", starts=datetime.now(UTC) + timedelta(hours=20))
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    line, cost = WeakLine(page), {}

    def arrive(name):
        page.wait_for_load_state("networkidle")
        cost[name] = line.taken()

    page.goto(front + PROGRAMME)
    arrive("programme, first visit")
    page.locator("summary").filter(has_text="Menu").tap()
    page.get_by_role("link", name="Log in").tap()
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    arrive("log-in form")
    page.get_by_role("button", name="Log in", exact=True).tap()
    page.wait_for_url(f"**{PROGRAMME}")
    arrive("programme, signed in")
    page.get_by_role("link", name=session.title, exact=True).tap()
    page.get_by_role("button", name="Add to agenda").wait_for()
    arrive("session")
    page.get_by_role("button", name="Add to agenda").tap()
    page.get_by_text("Your place is booked.").wait_for()
    page.get_by_text("✓ In my agenda").wait_for()
    arrive("session, booked")
    page.locator("summary").filter(has_text="Menu").tap()
    page.get_by_role("link", name="My agenda", exact=True).tap()
    page.get_by_role("heading", name="Bridges that hold").wait_for()
    arrive("agenda")
    assert Booking.objects.filter(session=session, registration__user=person).exists()
    page.get_by_role("button", name="Remove").tap()
    page.get_by_text("The session is out of your agenda.").wait_for()
    arrive("agenda, empty again")
    context.close()

    assert not Booking.objects.exists()
    further = {name: size for name, size in cost.items() if "first visit" not in name}
    assert {name: size for name, size in further.items() if size > 10_000} == {}
