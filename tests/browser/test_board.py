"""The scheduling board in a real browser: by mouse into a clash, by keyboard out of it, to another day, to the side."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from events.models import Placement, User
from events.schedule import moves
from tests.factories import ForumFactory, RoomFactory, SessionFactory, boss

pytestmark = pytest.mark.browser
NINE = datetime(2020, 7, 23, 7, tzinfo=UTC)  # in Geneva
HOUR = timedelta(hours=1)
LOW = """() => [...document.querySelectorAll("#content button, #content .tabs a, #content .clash-list a, #content input")]
  .filter((e) => e.offsetHeight && (e.offsetHeight < 44 || (e.tagName === "BUTTON" && e.offsetWidth < 44)))
  .map((e) => e.outerHTML.slice(0, 90))"""
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TO_TOP = "(e) => e.scrollIntoView({ block: 'start', behavior: 'instant' })"


class Board:
    def __init__(self, page, site):
        self.page, self.site = page, site
        self.forum = ForumFactory()
        self.rooms = [RoomFactory(forum=self.forum, name=name, order=n) for n, name in enumerate(["Room A", "Room B"])]
        self.first = SessionFactory(
            forum=self.forum, code="FIRST1", title="First", room=self.rooms[0], starts=NINE, ends=NINE + HOUR
        )
        self.second = SessionFactory(
            forum=self.forum, code="SECND2", title="Second", room=self.rooms[1], starts=NINE, ends=NINE + HOUR
        )
        self.waiting = SessionFactory(
            forum=self.forum, code="WAITS3", title="Waiting", starts=None, ends=None, state="draft"
        )

    def open(self, *, prefix="", path="?day=2020-07-23"):
        if not User.objects.filter(email="boss@example.org"):
            client = Client()
            client.force_login(boss(email="boss@example.org", name="Boss"))
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.site}
            self.page.context.add_cookies([cookie])
        self.page.goto(f"{self.site}{prefix}/admin/events/forum/{self.forum.pk}/board/{path}")

    def card(self, session):
        return self.page.locator(f"#s{session.code}")

    def said(self, text):
        expect(self.page.locator("#said p")).to_have_text(re.compile(text))
        return self.page.locator("#said").inner_text()

    def target(self):
        return self.page.locator("#mover-target").inner_text()

    def place(self, session):
        place = Placement.objects.select_related("room").get(session=session)
        return place.starts, place.room.name if place.room else ""

    def box(self, element):
        """Where an element stands, as soon as it moves no more."""
        before, now = None, element.bounding_box()
        while before != now:
            self.page.evaluate(TWO_FRAMES)
            before, now = now, element.bounding_box()
        return now

    def lift(self, session, *, by=20):
        """Take a card by its title, and draw it a little."""
        box = self.box(self.card(session))
        self.page.mouse.move(box["x"] + 30, box["y"] + 30)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 30 + by, box["y"] + 30 + by, steps=3)

    def drag(self, session, to, *, dy=30):
        """Take a card by its title and let it go `dy` pixels below the top of another element, which may come nearer."""
        self.lift(session)
        before, end = None, to.bounding_box()
        while before != end:
            self.page.mouse.move(end["x"] + 30, end["y"] + dy, steps=6)
            before, end = end, self.box(to)
        self.page.mouse.up()

    def stretch(self, session, *, dy):
        """Take a card by its lower edge, and draw that `dy` pixels down: far from the edges of the screen, near which the board
        moves by itself."""
        self.card(session).evaluate("(card) => card.scrollIntoView({block: 'center', behavior: 'instant'})")
        box = self.box(self.card(session))
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 4
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x, y + dy, steps=6)

    def minutes(self, session):
        place = Placement.objects.get(session=session)
        return (place.ends - place.starts).total_seconds() / 60 if place.starts else place.minutes

    def by_keyboard(self, *keys):
        """Take the first session and press keys."""
        self.page.get_by_role("button", name="Move “First”").click()
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def board(page, live_site):
    """In a window so high that nine in the morning is far from its edges, near which a board moves by itself."""
    page.set_viewport_size({"width": 1280, "height": 1400})
    return Board(page, live_site)


def test_session_is_moved_by_mouse_into_a_clash_and_by_keyboard_out_of_it(board, page, axe):
    board.open()

    board.drag(board.first, board.card(board.second), dy=30)
    said = board.said("1 clash")

    assert "“First” stands on Thursday 23 July, 09:00 Geneva, Room B." in said
    assert "Room B is taken" in said
    assert board.place(board.first) == (NINE, "Room B")
    assert page.locator(".card.blocked").count() == 2
    assert page.locator(".clash-list li").count() == 1
    axe(page)

    grip = page.get_by_role("button", name="Move “First”")
    grip.focus()
    page.keyboard.press("Enter")
    assert board.target() == "Thursday 23 July, 09:00 to 10:00, Room B. Taken by “Second”."
    axe(page)
    for key in ["ArrowDown"] * 3 + ["Shift+ArrowDown"] * 3:
        page.keyboard.press(key)
    assert board.target() == "Thursday 23 July, 10:00 to 11:00, Room B"
    page.keyboard.press("Enter")
    said = board.said("No clash")

    assert said == "“First” stands on Thursday 23 July, 10:00 Geneva, Room B. No clash."
    assert board.place(board.first) == (NINE + HOUR, "Room B")
    assert page.locator(".card.blocked").count() == 0
    assert page.evaluate("document.activeElement.closest('.card').id") == "sFIRST1"


def test_keyboard_changes_room_and_day_and_a_move_can_be_left(board, page):
    board.open()

    board.by_keyboard("ArrowRight", "PageDown")
    assert board.target() == "Friday 24 July, 09:00 to 10:00, Room B"
    page.keyboard.press("Escape")
    board.said("Left where it was")
    board.lift(board.first, by=90)
    assert page.locator(".shadow").count() == 1
    page.keyboard.press("Escape")
    page.mouse.up()
    assert (Placement.objects.filter(version__gt=1).count(), page.locator(".shadow, .ghost").count()) == (0, 0)

    board.by_keyboard()
    page.get_by_role("button", name="Next day").click()
    page.get_by_role("button", name="Drop here").click()
    board.said("Friday 24 July")

    assert board.place(board.first) == (NINE + timedelta(days=1), "Room A")
    assert page.locator(".grid").get_attribute("data-day") == "2020-07-24"


def test_mouse_carries_to_a_room_a_day_to_the_side_and_back(board, page):
    """An odd minute is kept in another room; a short session is drawn as high as a finger needs."""
    odd = NINE + timedelta(minutes=10)
    Placement.objects.filter(session=board.first).update(starts=odd, ends=odd + timedelta(minutes=15))
    board.open()
    drawn = board.card(board.first).evaluate(
        "card => [card.offsetHeight, getComputedStyle(card, '::before').blockSize]"
    )
    tops = page.evaluate(
        "[...document.querySelectorAll('.room h3')].map(e => e.getBoundingClientRect().top - e.closest('.grid').getBoundingClientRect().top)"
    )
    assert (drawn, [round(top) for top in tops]) == ([44, "24px"], [2, 2, 2])  # the names of rooms stay in sight
    assert page.evaluate("document.querySelector('.grid').scrollTop") > 100

    board.drag(board.first, board.card(board.second), dy=30 + 16)  # ten minutes below nine, at 96 pixels an hour
    board.said("09:10 Geneva, Room B")
    board.drag(board.first, page.locator('.days [data-day="2020-07-24"]'), dy=10)
    board.said("Friday 24 July, 09:10 Geneva, Room B")
    assert board.place(board.first) == (odd + timedelta(days=1), "Room B")
    board.drag(board.second, page.locator("#side"), dy=20)
    board.said("“Second” waits at the side")
    assert Placement.objects.get(session=board.second).state == "unscheduled"
    board.drag(board.waiting, page.locator('[data-room="0"] h3'), dy=200)
    board.said("“Waiting” stands on")
    assert board.place(board.waiting)[1] == ""


def test_length_is_changed_by_the_lower_edge_and_by_keyboard_and_kept_at_the_side(board, page):
    """96 pixels are an hour. What the room holds at that time is told while the edge is held."""
    third = SessionFactory(
        forum=board.forum, title="Third", room=board.rooms[0], starts=NINE + 2 * HOUR, ends=NINE + 3 * HOUR
    )
    board.open()

    board.stretch(board.first, dy=60)
    assert page.locator(".shadow").inner_text() == "09:00–10:45"
    page.mouse.move(page.viewport_size["width"] / 2, board.card(third).bounding_box()["y"] + 30, steps=3)
    assert page.locator(".shadow.taken").inner_text() == "09:00–11:15 Taken by “Third”."
    page.mouse.up()
    board.said("1 clash")
    assert (board.place(board.first), board.minutes(board.first)) == ((NINE, "Room A"), 135)

    board.by_keyboard("Alt+ArrowUp", "Alt+Shift+ArrowUp")
    assert board.target() == "Thursday 23 July, 09:00 to 10:55, Room A"
    page.keyboard.press("Enter")
    board.said("No clash")
    assert board.minutes(board.first) == 115

    board.drag(board.first, page.locator("#side"), dy=20)
    board.said("“First” waits at the side")
    expect(board.card(board.first)).to_contain_text("115 min")
    board.drag(board.first, page.locator(f'[data-room="{board.rooms[1].pk}"] h3'), dy=200)
    board.said("“First” stands on")
    assert board.minutes(board.first) == 115


def test_moves_are_undone_and_redone_by_keys_and_buttons_over_a_reload(board, page, axe):
    undo, redo = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    board.open()
    expect(undo).to_be_disabled()
    expect(redo).to_be_disabled()
    board.by_keyboard("PageDown", "Enter")
    board.said("Friday 24 July")
    board.stretch(board.first, dy=96)
    page.mouse.up()
    board.said("Friday 24 July")
    expect(page.get_by_role("link", name="Release 1 change")).to_be_visible()

    page.reload()
    undo.click()
    board.said("Undone. “First” stands on Friday 24 July, 09:00 Geneva, Room A. No clash.")
    assert (board.minutes(board.first), page.evaluate("document.activeElement.value")) == (60, "undo")
    page.keyboard.press("Control+z")
    board.said("Undone. “First” stands on Thursday 23 July")
    assert page.locator(".grid").get_attribute("data-day") == "2020-07-23"
    assert "day=2020-07-23" in page.url
    assert page.evaluate("document.activeElement.id") == "said"  # the button has nothing more to do
    axe(page)
    page.keyboard.press("Control+z")
    board.said("There is nothing more to undo or redo")
    page.keyboard.press("Control+y")
    board.said("Redone. “First” stands on Friday 24 July")
    page.keyboard.press("Control+Shift+z")
    board.said("Redone.*Friday 24 July")
    expect(redo).to_be_disabled()

    assert (board.place(board.first), board.minutes(board.first)) == ((NINE + timedelta(days=1), "Room A"), 120)


def test_move_of_which_nothing_is_heard_or_that_comes_too_late(board, page):
    """The board shows the day as it now is; where the site does not answer, what was done stays open."""

    def lose(route):
        if route.request.method == "POST":
            route.fetch()  # the move reached the site, only its answer did not come back
            route.abort()
        else:
            route.continue_()

    page.route("**/board/FIRST1/**", lose)
    board.open()
    board.by_keyboard("ArrowDown", "Enter")
    board.said("The answer of the site was lost.")
    assert "09:15–10:15" in board.card(board.first).inner_text()
    expect(page.locator("#mover")).to_be_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Move “First”"
    page.unroute("**/board/FIRST1/**")

    moves.move(board.second, starts=NINE + 3 * HOUR, ends=NINE + 4 * HOUR, room=None, version=None, by=None, now=NINE)
    board.drag(board.second, board.card(board.first))
    board.said("Somebody moved this session before you")
    assert page.locator('[data-room="0"] #sSECND2').count() == 1
    assert board.place(board.second) == (NINE + 3 * HOUR, "")

    page.route("**/board/**", lambda route: route.abort())
    board.drag(board.first, board.card(board.first), dy=90)
    board.said("it is not known whether the session was moved")
    expect(page.locator("#mover")).to_be_hidden()
    board.by_keyboard("ArrowDown", "Enter")
    board.said("it is not known whether the session was moved")
    expect(page.locator("#mover")).to_be_visible()  # to try again
    assert "09:15–10:15" in board.card(board.first).inner_text()


# --- by touch ---------------------------------------------------------------------------------------
class Finger:
    """A finger on the screen of a telephone, through the browser's own protocol: real touches, no made-up events."""

    def __init__(self, page):
        self.page = page
        self.send = page.context.new_cdp_session(page).send

    def touch(self, kind, *points):
        found = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": found})

    def down(self, x, y):
        self.x, self.y = x, y
        self.touch("Start", (x, y))

    def to(self, x, y, *, steps=6):
        for step in range(1, steps + 1):
            self.touch("Move", (self.x + (x - self.x) * step / steps, self.y + (y - self.y) * step / steps))
        self.x, self.y = x, y

    def up(self):
        self.touch("End")


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def phone(browser, live_site):
    """The board on a telephone, with a finger."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    board = Board(page, live_site)
    board.open()
    page.locator(".grid").evaluate(TO_TOP)
    board.finger = Finger(page)
    yield board
    context.close()
    assert faults == []


def test_finger_moves_a_session_by_its_grip(phone):
    """A tap on it opens the mover; a second finger changes nothing."""
    phone.card(phone.first).locator(".grip").tap()
    phone.page.get_by_role("button", name="Later").tap()
    phone.page.get_by_role("button", name="Longer").tap()
    phone.page.get_by_role("button", name="Drop here").tap()
    phone.said("09:15 Geneva, Room A")
    for name, words in [("Undo", "Undone.*09:00 Geneva"), ("Redo", "Redone.*09:15 Geneva")]:
        phone.page.get_by_role("button", name=name).tap()
        phone.said(words)
    phone.page.locator(".grid").evaluate(TO_TOP)
    x, y = middle(phone.card(phone.first).locator(".grip"))
    minute = phone.page.evaluate("document.querySelector('.room ol').offsetHeight / 1440")

    phone.finger.down(x, y)
    phone.finger.to(x - 40, y + 120 * minute)
    phone.page.locator(".shadow", has_text="11:15").wait_for()
    phone.finger.touch("Start", (phone.finger.x, phone.finger.y), (x - 150, y + 200))
    phone.finger.touch("Move", (phone.finger.x, phone.finger.y), (x - 190, y + 260))
    phone.finger.up()
    said = phone.said("11:15")

    assert said == "“First” stands on Thursday 23 July, 11:15 Geneva, Room A. No clash."
    assert (phone.place(phone.first), phone.minutes(phone.first)) == ((NINE + 2.25 * HOUR, "Room A"), 75)
    assert phone.page.locator(".ghost, .shadow").count() == 0


def test_search_at_the_side_and_without_script(board, page, browser):
    board.open()

    page.get_by_label("Search title, code or number").fill("nothing like it")
    page.keyboard.press("Enter")
    page.get_by_text("No session without a time matches.").wait_for()

    page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{board.site}/admin/events/forum/{board.forum.pk}/board/?day=2020-07-23")
    plain.get_by_role("link", name="First", exact=True).click()
    plain.get_by_label("Time", exact=True).fill("11:00")
    plain.get_by_label("Room", exact=True).select_option("Room B")
    plain.get_by_role("button", name="Move the session").click()
    plain.get_by_text("“First” stands on Thursday 23 July, 11:00 Geneva, Room B.").wait_for()
    assert board.place(board.first) == (NINE + 2 * HOUR, "Room B")
    plain.get_by_role("button", name="Undo").click()
    plain.get_by_text("Undone. “First” stands on Thursday 23 July, 09:00 Geneva, Room A.").wait_for()
    plain.get_by_role("link", name="Second", exact=True).click()
    plain.get_by_text("Cancel the session…").click()
    plain.get_by_role("button", name="Cancel the session").click()
    plain.get_by_text("“Second” is cancelled in the draft.").wait_for()
    context.close()

    assert board.place(board.first) == (NINE, "Room A")


@pytest.mark.parametrize("prefix", ["", "/ar"])
@pytest.mark.whole
def test_pages_hold_on_every_screen(board, page, every_screen, prefix):
    moves.move(board.first, starts=NINE, ends=NINE + HOUR, room=board.rooms[1], version=None, by=None, now=NINE)

    for path in ["?day=2020-07-23", "clashes/", "FIRST1/"]:
        board.open(prefix=prefix, path=path)
        every_screen(page)
        page.set_viewport_size({"width": 360, "height": 900})
        assert page.evaluate(LOW) == [], path
