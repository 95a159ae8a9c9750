"""A delegate of a small organisation: from the focal point's invitation over letter, photograph, approval and badge to the door of a
full session, where they wait, are promoted, and are scanned in and out with the line cut in between."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from events.models import Message
from registration.door import passes, tickets
from registration.models import Registration, Scan
from tests.browser.test_door import key_in, last
from tests.factories import (
    BookingFactory,
    CountryFactory,
    DoorFactory,
    FocalPointFactory,
    ForumFactory,
    KindFactory,
    QuotaFactory,
    SessionFactory,
    allowed,
    boss,
    confirmed,
)
from tests.files import PDF, picture

pytestmark = pytest.mark.browser
LETTER = {"name": "Our letter.pdf", "mimeType": "application/pdf", "buffer": PDF}
PHOTOGRAPH = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(900, 1200))}
AWA = "awa@example.org"


@pytest.fixture
def session(live_site, settings, tmp_path):
    """Full, and about to begin; at a forum with a kind for delegates and a focal point of one organisation."""
    settings.KEYS_DIR = tmp_path / "keys"
    now = datetime.now(UTC)
    dates = {"registration_opens": now - timedelta(days=9), "registration_closes": now + timedelta(days=20)}
    dates["time_zone"] = f"Etc/GMT{now.hour - 12:+}"  # where it is noon: the session is today whenever the test runs
    forum = ForumFactory(starts=now.date() - timedelta(days=2), ends=(now + timedelta(days=20)).date(), **dates)
    CountryFactory()
    asks = {"needs_letter": True, "needs_photograph": True, "approval": "focal_point", "mode": "on_site"}
    kind = KindFactory(forum=forum, name="Delegate", **asks)
    point = FocalPointFactory(forum=forum, organisation__name="Ministry of Posts", user=confirmed(name="Fatou Sow"))
    QuotaFactory(kind=kind, organisation=point.organisation, places=2)
    made = SessionFactory(forum=forum, capacity=1, starts=now + timedelta(minutes=10), ends=now + timedelta(hours=1))
    BookingFactory(session=made, registration__forum=forum)
    return made


def invite(page, live_site, sign_in, point, every_screen):
    sign_in(page, point)
    page.goto(f"{live_site}/2020/delegation/")
    page.get_by_role("link", name="Invite people").click()
    rows = f"name;email;seat\nAwa Diallo;{AWA};Ağrı\n".encode("cp1254")
    page.locator("[type=file]").set_input_files({"name": "l.csv", "mimeType": "text/csv", "buffer": rows})
    page.get_by_role("button", name="Look at the list").click()
    page.get_by_label("Ağrı Turkish (cp1254)").check()
    every_screen(page)
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("1 person can be invited.").wait_for()
    every_screen(page)
    page.get_by_role("button", name="Invite 1 person").click()
    page.get_by_text("Awa Diallo", exact=True).wait_for()
    every_screen(page)
    page.goto(f"{live_site}/2020/delegation/ask/")
    every_screen(page)
    return re.search(r"https?://\S+/invitation/\S+", Message.objects.get(to=AWA).text)[0]


def go_on(page):
    page.locator("form#draft button.primary").click()


def register(page, link, every_screen):
    page.goto(link)
    every_screen(page)
    page.get_by_role("button", name="Register").click()
    page.locator("[name=gender]").first.check()
    go_on(page)
    page.locator("[name=stakeholder_type]").first.check()
    page.locator("#id_country").select_option("ML")
    go_on(page)
    go_on(page)  # what it suggests for access is right
    page.get_by_label("Letter or note verbale").set_input_files(LETTER)
    page.get_by_label("Photograph").set_input_files(PHOTOGRAPH)
    go_on(page)
    page.locator("[name=consent]").check()
    page.locator("main form button.primary").click()
    expect(page.get_by_text("The secretariat decides on it.").first).to_be_visible()


def approve(page, live_site, sign_in):
    """As the secretariat does, from the list of those who wait for it."""
    sign_in(page, allowed("registration.decide_registration", "registration.view_registration"))
    page.goto(f"{live_site}/admin/registration/registration/?state__exact=secretariat")
    page.get_by_role("link", name="Awa Diallo").click()
    page.get_by_role("link", name="Taking part").click()
    page.get_by_role("link", name="Approve").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved. The mail goes out.").wait_for()


def leave(page, live_site, sign_in, session):
    sign_in(page, session.bookings.get().registration.user)
    page.goto(f"{live_site}/2020/leave/{session.code}/")
    page.get_by_role("button", name="Remove from agenda").click()
    page.get_by_text("The session is out of your agenda.").wait_for()


def test_delegate_from_the_invitation_to_the_door_of_a_full_session(page, live_site, sign_in, session, every_screen):
    forum = session.forum
    link = invite(page, live_site, sign_in, forum.focal_points.get().user, every_screen)
    awa = confirmed(email=AWA, name="Awa Diallo", time_zone="Africa/Bamako")
    sign_in(page, awa)
    register(page, link, every_screen)
    row = Registration.objects.get(user=awa)
    approve(page, live_site, sign_in)

    sign_in(page, awa)
    with page.expect_response("**/badge.pdf*") as badge:
        page.evaluate("fetch('/2020/badge.pdf')")
    page.goto(f"{live_site}/2020/book/{session.code}/")
    page.get_by_role("button", name="Join the waiting list").first.click()
    page.get_by_text("You are on the waiting list.").first.wait_for()
    leave(page, live_site, sign_in, session)
    promoted = session.bookings.get().registration

    door = DoorFactory(forum=forum, session=session, name="Room 2")
    day = forum.today(datetime.now(UTC))
    secret = passes.make(door, day=day, holder="Desk", by=boss(), now=datetime.now(UTC)).token
    page.goto(f"{live_site}/2020/door/{secret}/")
    page.wait_for_url("**/2020/door/")
    row.refresh_from_db()
    key_in(page, tickets.address(row))
    last(page, "Awa Diallo")
    last(page, "In")
    page.context.set_offline(True)
    page.get_by_role("link", name="Exit").click()
    key_in(page, tickets.code(row))
    page.get_by_text("No connection. Scans that wait on this device: 1. Go on scanning.").wait_for()
    page.context.set_offline(False)
    page.get_by_text("The connection is back. Scans that were sent: 1. Out: 1.").wait_for()

    assert (badge.value.headers["content-type"], promoted) == ("application/pdf", row)
    assert list(Scan.objects.order_by("at").values_list("registration__name", "outcome")) == [
        ("Awa Diallo", "in"),
        ("Awa Diallo", "out"),
    ]
