"""A programme of many sessions on a phone: the days around now, every other day in one step, one's place kept when booking."""

from datetime import UTC, datetime, timedelta

import pytest

from events.models import ActionLine, Organisation, Session
from tests.factories import (
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SessionTypeFactory,
)

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
SESSIONS, DAYS = 388, 60
WORDS = [
    "bridging",
    "optical fibre",
    "remote areas",
    "learning",
    "health",
    "media",
    "ethics",
    "villages",
    "skills",
    "data",
]


@pytest.fixture
def forum(live_site):
    """A forum of 388 sessions in sixty days that is half over, with organisers and Action Lines as a real one has them."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    first = now - timedelta(days=DAYS // 2)
    forum = ForumFactory(
        starts=first.date(), ends=(first + timedelta(days=DAYS)).date(), registration_closes=first + timedelta(days=90)
    )
    kind, rooms = SessionTypeFactory(), [RoomFactory(forum=forum, name=f"Room {n}") for n in range(8)]
    sessions = Session.objects.bulk_create(
        Session(
            forum=forum,
            type=kind,
            room=rooms[n % 8],
            code=f"S{n:05}",
            title=" ".join(WORDS[(n * step) % len(WORDS)] for step in (1, 2, 3, 5, 7, 11)).capitalize() + f" {n}",
            starts=first.replace(hour=7 + n % 10) + timedelta(days=n * DAYS // SESSIONS),
            ends=first.replace(hour=8 + n % 10) + timedelta(days=n * DAYS // SESSIONS),
            state="scheduled",
            languages=["en", "fr"],
        )
        for n in range(SESSIONS)
    )
    organisers = [OrganisationFactory(name=f"Organisation of the villages {n}") for n in range(100)]
    for through, rows in (
        (Session.organisers.through, organisers),
        (Session.action_lines.through, [*ActionLine.objects.all()]),
    ):
        column = "organisation_id" if rows and isinstance(rows[0], Organisation) else "actionline_id"
        through.objects.bulk_create(
            through(session_id=one.pk, **{column: rows[(n + step) % len(rows)].pk})
            for n, one in enumerate(sessions)
            for step in (0, 7)
        )
    return forum


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def phone(browser, request):
    context = browser.new_context(viewport=PHONE, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


def seen(page, selector):
    """Whether an element stands on the screen, as somebody sees it without scrolling."""
    box = page.locator(selector).bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]


def test_page_is_short_and_every_day_is_one_step_away(forum, live_site, phone):
    phone.goto(f"{live_site}/2020/programme/")
    days = phone.locator(".days a").evaluate_all("links => links.map(link => link.getAttribute('href'))")

    assert len(days) == DAYS
    assert phone.evaluate("document.documentElement.scrollHeight") < 20_000
    today = phone.locator(".days [aria-current]").bounding_box()
    assert (today["x"] >= 0, today["x"] + today["width"] <= PHONE["width"]) == (True, True)  # the bar begins there
    for place in (0, DAYS - 1):
        phone.goto(f"{live_site}/2020/programme/")
        phone.locator(".days a").nth(place).click()
        anchor = days[place].partition("#")[2]
        phone.wait_for_url(f"**#{anchor}")
        assert seen(phone, f"#{anchor} h2")


def test_day_is_short_and_a_session_opens_where_it_stands(forum, live_site, phone):
    first = Session.objects.order_by("starts")[0]
    busy = [one.pk for one in Session.objects.order_by("starts")[:12]]
    Session.objects.filter(pk__in=busy).update(starts=first.starts, ends=first.ends)
    phone.goto(f"{live_site}/2020/programme/?day={first.starts.date()}")
    line = phone.locator(".row", has=phone.get_by_role("link", name=first.title, exact=True))
    hidden = line.locator(".chip").first

    assert phone.locator(".row").count() == 12
    assert phone.evaluate("document.documentElement.scrollHeight") <= 6_000
    assert hidden.is_visible() is False
    line.locator("summary").click()
    assert hidden.is_visible() is True
    phone.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    assert phone.locator("h2.day").bounding_box()["y"] == 0


@pytest.mark.whole
def test_bars_hold_on_every_screen(forum, live_site, page, axe, every_screen):
    page.goto(f"{live_site}/ar/2020/programme/?from={forum.starts}")

    every_screen(page)
    axe(page)


def test_booking_and_leaving_keep_ones_place(forum, live_site, phone, sign_in):
    registration = RegistrationFactory(forum=forum)
    sign_in(phone, registration.user)
    phone.goto(f"{live_site}/2020/programme/")
    line = phone.locator(".row", has=phone.locator('[id^="act-"]')).nth(20)
    button = line.locator('[id^="act-"] a')
    place = button.locator("..").get_attribute("id")

    line.locator("summary").click()
    button.click()
    phone.get_by_role("main").get_by_role("button", name="Add to agenda").click()

    phone.wait_for_url(f"**/2020/programme/#{place}")
    assert seen(phone, f"#{place}")
    assert registration.bookings.get().session.code == place[4:]


# --- the line -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "budget"), [("/2020/", 25_000), ("/2020/programme/", 45_000), ("/ar/2020/programme/", 45_000)]
)
def test_first_visit_is_light_and_usable_in_two_seconds_on_a_slow_line(forum, live_site, browser, path, budget):
    """400 kbit/s, 400 ms: the page is painted, its script has run and its links lead somewhere."""
    browser.new_page().goto(live_site + path)  # made once, as it is for whoever comes after the first
    context = browser.new_context(viewport=PHONE)
    page, sizes = context.new_page(), []
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    speed = 400_000 / 8  # bytes a second
    line = {"offline": False, "latency": 400, "downloadThroughput": speed, "uploadThroughput": speed}
    network.send("Network.emulateNetworkConditions", line)

    page.goto(live_site + path, wait_until="networkidle")

    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert (painted < 2_000, ready < 2_000) == (True, True), (painted, ready)
    assert 5_000 < sum(sizes) <= budget, sizes
    context.close()


def test_grid_of_a_day_is_wide_screens_only_and_can_be_read(forum, live_site, page, axe):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{live_site}/2020/programme/?day={forum.starts + timedelta(days=1)}")

    assert page.locator(".block").first.is_visible() is True
    axe(page)
    page.emulate_media(media="print")
    assert page.locator(".block").first.is_visible() is False
    page.emulate_media(media="screen")
    page.set_viewport_size(PHONE)
    assert page.locator(".block").first.is_visible() is False
