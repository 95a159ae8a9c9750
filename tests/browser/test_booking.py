"""Booking where one stands, undoing it, and remembering sessions without an account."""

from datetime import UTC, datetime, timedelta

import pytest

from registration.models import Booking
from tests.factories import ForumFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def sessions(live_site):
    now = datetime.now(UTC)
    forum = ForumFactory(
        starts=now.date(), ends=(now + timedelta(days=20)).date(), registration_closes=now + timedelta(days=20)
    )
    return [
        SessionFactory(forum=forum, starts=now + timedelta(days=1, hours=n), title=f"Session {n}") for n in range(2)
    ]


def test_a_session_is_booked_and_given_up_without_leaving_the_programme(page, live_site, sign_in, sessions):
    person = RegistrationFactory(forum=sessions[0].forum)
    sign_in(page, person.user)
    page.goto(f"{live_site}/2020/agenda/")  # with it the browser knows that somebody is signed in
    page.goto(f"{live_site}/2020/programme/")
    address, slot = page.url, page.locator(f"#act-{sessions[1].code}")
    page.locator("#me [name=csrfmiddlewaretoken]").wait_for(state="attached")

    slot.get_by_text("Add to agenda").click()
    slot.get_by_text("✓ In my agenda").wait_for()
    page.locator("#flash").get_by_text("Your place is booked.").wait_for()
    booked = list(Booking.objects.values_list("session", flat=True))
    slot.get_by_text("Undo").click()
    slot.get_by_text("Add to agenda").wait_for()

    assert (booked, Booking.objects.count(), page.url) == ([sessions[1].pk], 0, address)


def test_a_visitor_remembers_sessions_and_adds_them_once_registered(page, live_site, sign_in, sessions):
    page.goto(f"{live_site}/2020/programme/")
    slot = page.locator(f"#act-{sessions[1].code}")

    slot.get_by_text("Remember").click()
    page.locator("#me .remembered").wait_for()
    page.reload()
    pressed = slot.locator("button.remember").get_attribute("aria-pressed")
    person = RegistrationFactory(forum=sessions[0].forum)
    sign_in(page, person.user)
    page.goto(f"{live_site}/2020/programme/")
    page.locator("#me .remembered").click()
    page.get_by_role("button", name="Add to agenda").click()
    page.wait_for_url("**/agenda/")

    assert pressed == "true"
    assert person.bookings.get().session == sessions[1]
    page.goto(f"{live_site}/2020/programme/")
    page.locator(f"#act-{sessions[1].code}").get_by_text("✓ In my agenda").wait_for()
    assert page.locator("#me .remembered").count() == 0
