"""A voter's own eyes: a vote in a real browser through a database that is away for 20 s, and through a deploy."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from prizes.models import Commitment, Vote
from tests.services.whole_site.stage import Stage
from tests.services.whole_site.world import FORUM

pytestmark = [pytest.mark.browser, pytest.mark.services]
AWAY = 20  # seconds
VOTE = f"/{FORUM}/prizes/vote"


@pytest.fixture
def stage(short_folder, django_db_blocker):
    with Stage(short_folder, django_db_blocker) as stage:
        yield stage


def window(browser, stage, *, voter, script=True):
    """A window in which one of the voters is signed in."""
    context = browser.new_context(java_script_enabled=script, viewport={"width": 360, "height": 740})
    cookie = {"name": "sessionid", "value": stage.world.sessions[voter], "url": stage.site.url}
    context.add_cookies([cookie])
    return context.new_page()


def choose(page, place):
    """Choose a nominee; its title."""
    label = page.locator(".card label").nth(place)
    label.click()
    return label.inner_text()


def words(page):
    return page.locator(".dock [data-words]")


@contextmanager
def deploying(stage):
    """While a new version takes over; at the end it has."""
    with ThreadPoolExecutor() as pool:
        taking_over = pool.submit(stage.site.deploy)
        yield
        taking_over.result()


def votes_of(stage, *, voter):
    """The titles that a voter chose, by category, and the number of commitments in the chain."""
    user = stage.world.votes[voter * 6][1]
    with stage.rows():
        rows = Vote.objects.filter(ballot__user=user).values_list("category__number", "nominee__title")
        return dict(rows), Commitment.objects.count()


def test_voter_loses_nothing_while_the_database_is_away_and_through_a_deploy(browser, stage):
    scripted, plain = window(browser, stage, voter=0), window(browser, stage, voter=1, script=False)
    scripted.goto(f"{stage.site.url}{VOTE}/1/")
    plain.goto(f"{stage.site.url}{VOTE}/1/")

    stage.database.stop()
    gone = time.monotonic()
    first = choose(scripted, 2)
    expect(words(scripted)).to_contain_text("Not saved yet")
    expect(words(scripted)).to_contain_text("sent again by itself")
    other = choose(plain, 1)
    plain.locator(".dock button").click()
    expect(plain.locator("main")).to_contain_text("It is still here: wait a moment, then send it again.")
    time.sleep(max(0.0, gone + AWAY - time.monotonic()))
    assert scripted.locator("[name=nominee]").nth(2).is_checked()
    stage.database.start()

    expect(words(scripted)).to_contain_text(f"Saved: \u2068{first}", timeout=25_000)
    plain.get_by_role("button", name="Send it again").click()
    plain.wait_for_url(f"**{VOTE}/2/#category")

    scripted.locator(".dock button").click()
    scripted.wait_for_url(f"**{VOTE}/2/#category")
    with deploying(stage):
        second = choose(scripted, 1)
        expect(words(scripted)).to_contain_text(f"Saved: \u2068{second}", timeout=25_000)
        scripted.locator(".dock button").click()
        scripted.wait_for_url(f"**{VOTE}/3/#category")
        third = choose(scripted, 0)
        expect(words(scripted)).to_contain_text(f"Saved: \u2068{third}", timeout=25_000)

    assert votes_of(stage, voter=0)[0] == {1: first, 2: second, 3: third}
    assert votes_of(stage, voter=1) == ({1: other}, 4)
