"""Takes the pictures of the organisers' guide again: `python -m tests.guide_pictures ADDRESS PASSWORD`.

ADDRESS is that of a running sample site (`make run` in an empty DATA_DIR), PASSWORD the organiser's, as `make run` prints it.
It moves a session and accepts a proposal there, so that the pictures have something to show.
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests import engine

FOLDER = Path(__file__).resolve().parent.parent / "config" / "static" / "guide"
SIZE = {"width": 1280, "height": 800}
PAGES = {
    "dashboard": "/admin/",
    "proposal": "/admin/events/proposal/",
    "board": "/admin/events/forum/2/board/",
    "release": "/admin/events/release/add/",
    "outbox": "/admin/events/message/",
    "edition": "/admin/prizes/edition/2/change/",
    "leaderboard": "/admin/prizes/assignment/leaderboard/2/",
}


def sign_in(page: Page, site: str, password: str) -> None:
    page.goto(f"{site}/admin/")
    page.get_by_label("E-mail").fill("organiser@example.org")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/admin/")


def move_a_session(page: Page, site: str) -> None:
    page.goto(site + PAGES["board"])
    page.locator(".grid .card a").first.click()
    page.get_by_label("Time", exact=True).fill("17:00")
    page.get_by_role("button", name="Move the session").click()
    page.locator("ul.messagelist li").first.wait_for()


def accept_a_proposal(page: Page, site: str) -> None:
    page.goto(site + PAGES["proposal"])
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("button", name="Accept").click()
    page.locator("ul.messagelist li").first.wait_for()


def take(page: Page, name: str) -> None:
    """One picture, in 64 colours: a fifth of the bytes, and no letter looks different."""
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(64)
    picture.save(FOLDER / f"{name}.png", optimize=True)


def main(site: str, password: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=engine.browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        sign_in(page, site, password)
        move_a_session(page, site)
        accept_a_proposal(page, site)
        for name, path in PAGES.items():
            page.goto(site + path)
            if name == "proposal":
                page.locator("#result_list tbody th a").nth(1).click()
                page.get_by_role("button", name="Accept").scroll_into_view_if_needed()
            if name == "board":
                page.locator(".grid").evaluate("grid => grid.scrollTo({ top: 13.5 * 96, behavior: 'instant' })")
                page.locator(".grid").scroll_into_view_if_needed()
            page.wait_for_load_state("networkidle")
            take(page, name)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
