"""The experts' desk in a real browser: saved by script and by keyboard, kept when the site does not answer, axe, no cut."""

import pytest
from django.utils import timezone

from prizes.review import criteria
from tests.prizes.factories import NominationFactory, make_edition
from tests.prizes.reviewers import give, make_assignment, make_expert

pytestmark = pytest.mark.browser
DESK = "/2020/prizes/review/"


@pytest.fixture
def desk(page, sign_in):
    """An expert, signed in, with two open reviews, one finished and one with a question; the first open one."""
    edition = make_edition(phase="review", now=timezone.now())
    criteria.ensure(edition)
    expert = make_expert(edition)
    category = edition.categories.first()
    rows = [
        make_assignment(edition, expert=expert, nomination=NominationFactory(category=category, title=f"Register {n}"))
        for n in range(3)
    ]
    give(rows[2], 4)
    make_assignment(edition, expert=expert, state="conflict", conflicts=["same-organisation"])
    sign_in(page, expert.user)
    return rows[0]


def points(row):
    return dict(row.scores.values_list("criterion__number", "points"))


def test_points_are_saved_as_they_are_given_and_finished(desk, page, live_site):
    page.goto(f"{live_site}{DESK}{desk.nomination.code}/")
    status = page.locator("[data-status]")

    page.get_by_label("3: Every part is answered, some only in general words").check()
    status.get_by_text("Saved. 8 criteria are left.").wait_for()
    assert points(desk) == {1: 3}
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    status.get_by_text("Saved.").wait_for()
    for number in range(2, 10):
        page.locator(f"input[name='points-{number}'][value='4']").check()
    page.get_by_label("Comment").fill("Good work")
    page.locator("h1").click()
    status.get_by_text("Saved. Every criterion has points.").wait_for()
    page.wait_for_function("() => document.querySelector('[data-status]').textContent.startsWith('Saved. Every')")
    page.get_by_role("button", name="Finish review").click()
    page.get_by_text("Your review is finished. This is the next one.").wait_for()

    desk.refresh_from_db()
    assert (desk.state, desk.comment) == ("done", "Good work")
    assert points(desk) == {1: 5} | dict.fromkeys(range(2, 10), 4)


def test_failed_save_says_so_and_is_tried_again(desk, page, live_site):
    page.goto(f"{live_site}{DESK}{desk.nomination.code}/")
    page.route("**/save/", lambda route: route.abort())

    page.locator("input[name='points-1'][value='2']").check()
    page.locator("[data-status].failed").get_by_text("Not saved").wait_for()
    assert points(desk) == {}
    page.unroute("**/save/")
    page.locator("input[name='points-2'][value='5']").check()
    page.locator("[data-status]").get_by_text("Saved. 7 criteria are left.").wait_for()

    assert points(desk) == {1: 2, 2: 5}
