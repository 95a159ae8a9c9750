"""Every page of the site, and the organisers' own ones, with long words in it, on every screen: axe finds nothing serious, and nothing
sticks out at the side. Lists and forms of the organisers: test_admin_pages_axe."""

import pytest

from events.models import News, Organisation, Outcome, PracticalPage, Proposal, Session
from events.shared.pages import revision
from prizes.models import Nomination
from tests.rights import rules
from tests.rights import world as worlds
from tests.rights.addresses import addresses

pytestmark = [pytest.mark.browser, pytest.mark.whole, pytest.mark.usefixtures("noon")]
LONG = "Donaudampfschifffahrt" * 7  # 147 characters: as long as a title can be
OF_DJANGO = ("_changelist", "_add", "_change", "_delete", "_history", "_row")
READERS = (
    "visitor",
    "account",
    "attendee",
    "proposer",
    "speaker",
    "focal",
    "expert",
    "organiser",
    "officer",
    "supervisor",
)


@pytest.fixture
def world(transactional_db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    made = worlds.make()
    for model, column in {
        Organisation: "name",
        Outcome: "title",
        PracticalPage: "title",
        News: "title",
        Proposal: "title",
    }.items():
        model.objects.filter(pk=made.rows.own.get(model, model.objects.latest("pk")).pk).update(**{column: LONG})
    Session.objects.filter(code=made.own["session"]).update(title=LONG)
    Nomination.objects.filter(code__in=[made.own["nominee"], made.own["nomination"]]).update(title=LONG)
    revision.bump()
    return made


def pages_of(world, reader):
    """The paths of the pages of which this is the first reader that sees them."""
    for one in addresses(world.own, world.hidden):
        first = next((role for role in READERS if "200" in rules.expected(one.rule, role, "GET").split("/")), None)
        if one.place == "own" and not one.variant and first == reader and not one.name.endswith(OF_DJANGO):
            yield one.path


@pytest.mark.parametrize("prefix", ["", "/ar"], ids=["english", "arabic"])
@pytest.mark.parametrize("reader", READERS)
def test_pages_hold_on_every_screen(page, live_site, sign_in, every_screen, world, reader, prefix):
    if world.people[reader]:
        sign_in(page, world.people[reader])
    faults, seen = [], 0
    for path in pages_of(world, reader):
        answer = page.request.get(f"{live_site}{prefix}{path}")
        if answer.status == 200 and "<!DOCTYPE html>" in answer.text():  # no file, and no part of a page
            page.goto(f"{live_site}{prefix}{path}")
            seen += 1
            try:
                every_screen(page)
            except AssertionError as fault:
                faults.append((path, str(fault)[:600]))

    assert (faults, seen > 0) == ([], True)
