"""The page of a door: from the link of a pass to scans by keyboard, with the line cut in between."""

from datetime import UTC, datetime, timedelta

import pytest

from registration.accreditation import new_tickets
from registration.door import passes, tickets
from registration.models import Attendance, Registration, Scan
from tests.factories import (
    CountryFactory,
    DoorFactory,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    SessionFactory,
    boss,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def door(live_site, settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    now = datetime.now(UTC)
    forum = ForumFactory(starts=now.date() - timedelta(days=2), ends=now.date() + timedelta(days=2))
    session = SessionFactory(forum=forum, starts=now, ends=now + timedelta(hours=1))
    return DoorFactory(forum=forum, session=session, name="Room 2")


@pytest.fixture
def opened(page, live_site, door):
    """The page of a door in the browser, opened by a link on a page of another site, as a mail read in the browser has it."""
    now = datetime.now(UTC)
    secret = passes.make(door, day=door.forum.today(now), holder="Desk", by=boss(), now=now).token
    page.goto(f"data:text/html,<a href='{live_site}/2020/door/{secret}/'>Pass</a>")
    page.get_by_text("Pass").click()
    page.wait_for_url("**/2020/door/")
    return page


def key_in(page, text):
    """As a scanner does: as if it were typed, whatever has the focus, with Enter at the end."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def last(page, words):
    return page.locator("[data-last]").get_by_text(words, exact=True).wait_for()


def test_people_are_scanned_by_keyboard_also_while_the_line_is_cut(opened, door, every_screen):
    page = opened
    awa, bo = (RegistrationFactory(forum=door.forum, name=name) for name in ("Awa Diallo", "Bo Lind"))

    key_in(page, tickets.address(awa))
    last(page, "Awa Diallo")
    last(page, "In")
    key_in(page, tickets.code(awa))
    last(page, "Already in")
    every_screen(page)
    page.locator("[data-last]").get_by_role("button", name="Undo").click()
    page.locator("[data-last] section").wait_for(state="detached")
    undone = Scan.objects.get(outcome="already_in").undone

    page.context.set_offline(True)
    key_in(page, tickets.code(bo))
    last(page, "Kept")
    page.get_by_role("link", name="Exit").click()
    key_in(page, tickets.code(awa))
    page.get_by_text("No connection. Scans that wait on this device: 2. Go on scanning.").wait_for()
    every_screen(page)
    key_in(page, tickets.code(bo)[:-9] + "AAAAAAAAA")
    last(page, "Unknown")
    page.locator("[data-last]").get_by_role("button", name="Undo").click()
    page.get_by_label("Search by name").fill("Awa")
    page.get_by_label("Search by name").press("Enter")
    page.get_by_text("No connection. Searching by name and registering people need one").wait_for()
    kept = Scan.objects.filter(undone=None).count()
    page.context.set_offline(False)

    page.get_by_text("The connection is back. Scans that were sent: 2. In: 1 · Out: 1.").wait_for()
    assert (bool(undone), kept) == (True, 1)
    assert sorted(Scan.objects.filter(undone=None).values_list("registration__name", "outcome")) == [
        ("Awa Diallo", "in"),
        ("Awa Diallo", "out"),
        ("Bo Lind", "in"),
    ]
    assert set(Attendance.objects.values_list("registration__name", "entries")) == {("Awa Diallo", 1), ("Bo Lind", 1)}
    assert page.locator("[data-inside]").inner_text() == "1"


def test_door_without_a_line_refuses_whom_the_list_names(door, live_site, page):
    now = datetime.now(UTC)
    gone, waits, renewed = (RegistrationFactory(forum=door.forum, name=name) for name in ("Gone", "Waits", "Renewed"))
    old = tickets.code(renewed)
    renewed = new_tickets.make(renewed, by=renewed.user, now=now)
    Registration.objects.filter(pk=gone.pk).update(withdrawn=now)
    Registration.objects.filter(pk=waits.pk).update(state="waiting")
    secret = passes.make(door, day=door.forum.today(now), holder="Desk", by=boss(), now=now).token
    page.goto(f"{live_site}/2020/door/{secret}/")
    page.context.set_offline(True)

    for code, word in [(gone, "Cancelled"), (waits, "No accreditation"), (old, "Old ticket"), (renewed, "Kept")]:
        key_in(page, code if isinstance(code, str) else tickets.code(code))
        last(page, word)
    page.context.set_offline(False)

    sent = page.get_by_text("The connection is back. Scans that were sent: 4.")
    sent.wait_for()
    assert {*sent.inner_text().partition(": 4. ")[2].rstrip(".").split(" · ")} == {
        *("Cancelled: 1", "No accreditation: 1", "Old ticket: 1", "In: 1")
    }


def test_person_is_found_by_name_and_a_ticket_read_by_the_phone_itself_is_scanned(opened, live_site, door):
    page = opened
    awa = RegistrationFactory(forum=door.forum, name="Awa Diallo")

    page.get_by_label("Search by name").fill("Awa")
    page.get_by_label("Search by name").press("Enter")
    page.get_by_role("button", name="Awa Diallo").click()
    last(page, "In")
    page.goto(f"{live_site}/2020/ticket/{tickets.code(awa)}/")
    page.get_by_role("button", name="Out").click()
    last(page, "Out")

    assert list(Scan.objects.order_by("pk").values_list("outcome", flat=True)) == ["in", "out"]


def test_somebody_is_registered_at_the_desk(page, live_site, settings, tmp_path, every_screen):
    settings.KEYS_DIR = tmp_path / "keys"
    now = datetime.now(UTC)
    window = {"registration_opens": now - timedelta(days=9), "registration_closes": now + timedelta(days=9)}
    forum = ForumFactory(starts=now.date() - timedelta(days=2), ends=now.date() + timedelta(days=2), **window)
    desk, country, kind = DoorFactory(forum=forum, name="Main entrance"), CountryFactory(), KindFactory(forum=forum)
    secret = passes.make(desk, day=forum.today(now), holder="Desk", may_register=True, by=boss(), now=now).token

    page.goto(f"{live_site}/2020/door/{secret}/")
    page.get_by_role("link", name="Register somebody at the door").click()
    page.get_by_role("button", name="Register and let in").click()
    every_screen(page)
    page.get_by_label("E-mail").fill("awa@example.org")
    page.get_by_label("Name", exact=True).fill("Awa Diallo")
    page.get_by_label("Type of organisation").select_option("academia")
    page.get_by_label("Country").select_option(country.pk)
    page.get_by_label(kind.name).check()
    page.get_by_label("They have heard what the privacy notice says").check()
    page.get_by_role("button", name="Register and let in").click()
    last(page, "Awa Diallo")
    last(page, "In")
    every_screen(page)

    assert Scan.objects.get().registration.user.email == "awa@example.org"
