"""A whole ballot of 18 categories through the real web server: its bytes, and the hours of those whose line is weak."""

import random
import re
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.conf import settings as project
from playwright.sync_api import Error

from prizes.chain import chain
from prizes.models import Ballot, Commitment, Nomination, Vote
from tests.browser.weak_line import WeakLine
from tests.factories import RegistrationFactory
from tests.prizes.factories import make_edition, voter

pytestmark = pytest.mark.browser
CATEGORIES, NOMINEES = 18, 20
THUMB = 1_000  # milliseconds from the choice to the button: nobody waits meanwhile
PHONE = {"width": 360, "height": 740}
VOTE = "/2020/prizes/vote/"
# Adds up what moves without anybody having touched anything.
SHIFTS = """window.shifts = 0; new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value;
}).observe({type: "layout-shift", buffered: true})"""


@pytest.fixture
def site(start_web):
    """The port of a real web process on the test's database."""
    return start_web()[0]


@pytest.fixture
def person(transactional_db):
    """A registered voter in a vote of 18 categories of 20, with names and texts that repeat nothing."""
    now = datetime.now(UTC)
    edition = make_edition(now=now, categories=CATEGORIES, nominees=NOMINEES, votes_final=False)
    chain.open_chain(edition, now=now)
    drawn = random.Random(11)  # noqa: S311
    known = ["".join(drawn.choices("aaaeeeiioouubcdfghlmnprrssttvy", k=drawn.randint(2, 10))) for _word in range(3000)]

    def words(count):
        return " ".join(drawn.choices(known, k=count))

    rows = list(Nomination.objects.all())
    for row in rows:
        row.title, row.entity_name, row.description = words(4).title(), words(3).title(), words(180)
    Nomination.objects.bulk_update(rows, ["title", "entity_name", "description"])
    user = voter()
    RegistrationFactory(user=user, forum=edition.forum)
    return user


@pytest.fixture
def phone(browser, person):
    """A function that gives a phone in which the person is signed in on the site at a port."""
    from django.test import Client

    client, contexts = Client(), []
    client.force_login(person)

    def open_phone(port, **more):
        context = browser.new_context(viewport=PHONE, has_touch=True, **more)
        contexts.append(context)
        key = client.cookies[project.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": project.SESSION_COOKIE_NAME, "value": key, "url": f"http://127.0.0.1:{port}"}])
        return context.new_page()

    yield open_phone
    for context in contexts:
        context.close()


def votes_of(person):
    rows = Vote.objects.filter(ballot__user=person).order_by("category__number")
    return list(rows.values_list("category__number", "nominee__title"))


# --- bytes, and what moves --------------------------------------------------------------------------------------
def test_ballot_is_light_and_nothing_on_it_moves(site, phone):
    window = phone(site)
    window.add_init_script(SHIFTS)
    traffic = window.context.new_cdp_session(window)
    traffic.send("Network.enable")
    sizes, kinds = {}, {}
    traffic.on("Network.responseReceived", lambda said: kinds.update({said["requestId"]: said["type"]}))
    traffic.on("Network.loadingFinished", lambda said: sizes.update({said["requestId"]: said["encodedDataLength"]}))

    def opened(address):
        """Bytes of the page, and of all that it asked for."""
        sizes.clear()
        window.goto(f"http://127.0.0.1:{site}{address}", wait_until="networkidle")
        page = sum(size for key, size in sizes.items() if kinds.get(key) == "Document")
        return page, sum(sizes.values())

    first, *others = [opened(f"{VOTE}{number}/") for number in (1, 2, 3)]

    assert first[1] <= 40_000, sizes
    assert max(page for page, _all in (first, *others)) < 8_500
    assert max(everything for _page, everything in others) <= 10_000
    window.locator(".card label").nth(1).tap()
    window.locator(".dock [data-words]").filter(has_text="Saved: ").wait_for()
    window.wait_for_timeout(700)  # what comes later than half a second after a touch counts as well
    assert window.evaluate("window.shifts") < 0.05


# --- a weak line ------------------------------------------------------------------------------------------------
class Reader:
    """Who looks at a window, and loads a page again where the line broke while it came. `waited`: seconds altogether."""

    def __init__(self, window):
        self.window, self.waited, self.is_broken = window, 0.0, False
        window.on("requestfailed", self._note)

    def _note(self, request):
        self.is_broken |= request.is_navigation_request()

    def wait_for(self, path):
        began = time.monotonic()
        wanted = re.compile(re.escape(path) + r"(#.*)?$")
        while not (wanted.search(self.window.url) and self._is_whole()):
            assert time.monotonic() < began + 40, f"{path} never came: {self.window.url}"
            if self.is_broken:
                self.is_broken = False
                with suppress(Error):  # broken off once more
                    self.window.reload(wait_until="commit")
            self.window.wait_for_timeout(50)
        self.waited += time.monotonic() - began

    def _is_whole(self):
        with suppress(Error):  # another page comes
            is_there, is_whole = self.window.evaluate(
                "[document.readyState === 'complete', Boolean(document.querySelector('footer'))]"
            )
            self.is_broken |= is_there and not is_whole  # its end is missing
            return is_there and is_whole
        return False


@pytest.mark.services
def test_whole_ballot_by_touch_in_arabic_on_a_line_that_breaks(site, phone, person):
    chosen = []
    with WeakLine(site, rate=50_000, delay=0.2, cut_every=7.0) as line:
        window = phone(line.port)
        reader = Reader(window)
        window.goto(f"http://127.0.0.1:{line.port}/ar{VOTE}", wait_until="commit")
        for number in range(1, CATEGORIES + 1):
            reader.wait_for(f"/ar{VOTE}{number}/")
            label = window.locator(".card label").nth(number % 3)
            chosen.append((number, label.inner_text()))
            label.tap()
            window.wait_for_timeout(THUMB)
            window.locator(".dock button").tap()
        reader.wait_for(f"/ar{VOTE}receipt/")

    assert votes_of(person) == chosen
    assert (Commitment.objects.count(), Ballot.objects.get().is_complete) == (CATEGORIES, True)
    assert line.cuts > 0
    assert reader.waited < 60
