"""Several sessions at once, what a visitor remembered in the browser, and booking where one stands."""

import pytest

from tests.factories import BookingFactory, ForumFactory, RegistrationFactory, SessionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PART = {"X-Part-Of": "/2020/programme/"}


@pytest.fixture
def mine(client):
    client.registration = RegistrationFactory()
    client.force_login(client.registration.user)
    return client


def html(page):
    assert page.status_code == 200
    return page.content.decode()


def test_those_that_are_ticked_are_booked_and_a_full_one_keeps_nothing_back(mine):
    one, two, other = SessionFactory.create_batch(3)
    full = BookingFactory(session=SessionFactory(capacity=1, title="Much wanted")).session

    page = mine.post("/2020/book/", {"code": [one.code, full.code, two.code, "NOCODE", "x"]})

    booked = set(mine.registration.bookings.values_list("session", flat=True))
    assert (booked, other.pk in booked) == ({one.pk, two.pk}, False)
    assert "1 session was not added" in html(page)
    assert [(row.session, row.reason) for row in page.context["refused"]] == [
        (full, "This session is full. Join the waiting list")
    ]
    assert "2 sessions are in your agenda now." in html(page)


def test_what_was_remembered_is_taken_over_after_registering(client):
    ForumFactory()
    one, two = SessionFactory.create_batch(2)
    address = f"/2020/book/?codes={one.code}&codes={two.code}&codes=NOCODE"

    visitor = html(client.get(address))
    client.force_login((person := RegistrationFactory()).user)
    registered = html(client.get(address))

    assert "/2020/register/?next=/2020/book/%3Fcodes%3D" in visitor.replace("%2F", "/")
    assert 'type="checkbox"' not in visitor
    assert registered.count("checked") == 2
    assert not person.bookings.exists()  # looking books nothing


def test_the_script_gets_the_button_and_the_message_where_it_pressed(mine):
    session = SessionFactory()

    booked = html(mine.post(f"/2020/book/{session.code}/", headers=PART))
    left = html(mine.post(f"/2020/leave/{session.code}/", headers=PART))

    assert ("✓ In my agenda" in booked, "Your place is booked." in booked) == (True, True)
    assert (
        f'data-send\n    href="/2020/leave/{session.code}/"' in booked
        or f'href="/2020/leave/{session.code}/" data-send' in booked
    )
    assert ("Add to agenda" in left, f'href="/2020/book/{session.code}/" data-send>Undo' in left) == (True, True)
