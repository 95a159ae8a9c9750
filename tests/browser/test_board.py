"""The scheduling board in a real browser: by mouse into a clash, by keyboard out of it, to another day, to the side."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from events import drafting
from events.models import Placement, User
from tests.factories import ForumFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.browser
NINE = datetime(2020, 7, 23, 7, tzinfo=UTC)  # in Geneva
HOUR = timedelta(hours=1)
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 9).map((e) => e.outerHTML.slice(0, 90))"""
LOW = """() => [...document.querySelectorAll("#content button, #content .tabs a, #content .clash-list a, #content input")]
  .filter((e) => e.offsetHeight && (e.offsetHeight < 44 || (e.tagName === "BUTTON" && e.offsetWidth < 44)))
  .map((e) => e.outerHTML.slice(0, 90))"""


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
            client.force_login(User.objects.create_superuser("boss@example.org", "pw", name="Boss"))
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.site}
            self.page.context.add_cookies([cookie])
        self.page.goto(f"{self.site}{prefix}/admin/events/forum/{self.forum.pk}/board/{path}")

    def card(self, session):
        return self.page.locator(f"#s{session.code}")

    def said(self, text):
        self.page.locator("#said p", has_text=re.compile(text)).wait_for()
        return self.page.locator("#said").inner_text()

    def target(self):
        return self.page.locator("#mover-target").inner_text()

    def place(self, session):
        place = Placement.objects.select_related("room").get(session=session)
        return place.starts, place.room.name if place.room else ""

    def drag(self, session, to, *, dy=30):
        """Take a card by its title and let it go `dy` pixels below the top of another element."""
        box, end = self.card(session).bounding_box(), to.bounding_box()
        mouse = self.page.mouse
        mouse.move(box["x"] + 30, box["y"] + 30)
        mouse.down()
        mouse.move(box["x"] + 50, box["y"] + 50, steps=3)
        mouse.move(end["x"] + 30, end["y"] + dy, steps=6)
        mouse.up()


@pytest.fixture
def board(page, live_site):
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


def test_keyboard_changes_room_and_day_and_can_leave(board, page):
    board.open()
    page.get_by_role("button", name="Move “First”").click()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageDown")
    assert board.target() == "Friday 24 July, 09:00 to 10:00, Room B"
    page.keyboard.press("Escape")
    board.said("Left where it was")
    assert Placement.objects.count() == 0

    page.get_by_role("button", name="Move “First”").click()
    page.get_by_role("button", name="Next day").click()
    page.get_by_role("button", name="Drop here").click()
    board.said("Friday 24 July")

    assert board.place(board.first) == (NINE + timedelta(days=1), "Room A")
    assert page.locator(".grid").get_attribute("data-day") == "2020-07-24"


def test_mouse_carries_to_a_day_to_the_side_and_back(board, page):
    board.open()

    board.drag(board.first, page.locator('.days [data-day="2020-07-24"]'), dy=10)
    board.said("Friday 24 July, 09:00 Geneva, Room A")
    board.drag(board.second, page.locator("#side"), dy=20)
    board.said("“Second” waits at the side")
    assert Placement.objects.get(session=board.second).state == "unscheduled"

    board.drag(board.waiting, page.locator('[data-room="0"] h3'), dy=200)
    board.said("“Waiting” stands on")
    assert board.place(board.waiting)[1] == ""


def test_names_of_rooms_stay_in_sight_while_the_day_scrolls(board, page):
    board.open()

    tops = page.evaluate(
        "[...document.querySelectorAll('.room h3')].map(e => e.getBoundingClientRect().top - e.closest('.grid').getBoundingClientRect().top)"
    )

    assert page.evaluate("document.querySelector('.grid').scrollTop") > 100
    assert [round(top) for top in tops] == [2, 2, 2]


def test_escape_while_dragging_changes_nothing(board, page):
    board.open()
    box = board.card(board.first).bounding_box()

    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 230, box["y"] + 90, steps=4)
    assert page.locator(".shadow").count() == 1
    page.keyboard.press("Escape")
    page.mouse.up()

    board.said("Left where it was")
    assert (Placement.objects.count(), page.locator(".shadow, .ghost").count()) == (0, 0)


def test_session_that_somebody_moved_meanwhile(board, page):
    board.open()
    drafting.move(board.first, starts=NINE + 3 * HOUR, ends=NINE + 4 * HOUR, room=None, version=None, by=None, now=NINE)

    board.drag(board.first, board.card(board.second))
    board.said("Somebody moved this session meanwhile")

    assert page.locator('[data-room="0"] #sFIRST1').count() == 1  # the present state
    assert board.place(board.first) == (NINE + 3 * HOUR, "")


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
    plain.get_by_label("Time:").fill("11:00")
    plain.get_by_label("Room:").select_option("Room B")
    plain.get_by_role("button", name="Move the session").click()
    plain.get_by_text("“First” stands on Thursday 23 July, 11:00 Geneva, Room B.").wait_for()
    context.close()

    assert board.place(board.first) == (NINE + 2 * HOUR, "Room B")


@pytest.mark.parametrize("prefix", ["", "/ar"])
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_pages_hold(board, page, axe, prefix, width, scheme):
    drafting.move(board.first, starts=NINE, ends=NINE + HOUR, room=board.rooms[1], version=None, by=None, now=NINE)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})

    for path in ["?day=2020-07-23", "clashes/", "FIRST1/"]:
        board.open(prefix=prefix, path=path)
        axe(page)
        assert page.evaluate(WIDE) == [], path
        assert page.evaluate(LOW) == [], path
