"""Waiting lists on pages: the session's card, the agenda, and the link of the mails."""

from datetime import timedelta

import pytest

from events.models import Forum, Message, User
from registration.accreditation import place_links
from registration.models import Booking, Registration
from registration.sessions.seats import seat_mails
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    SessionFactory,
    WaitingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def full():
    return BookingFactory(session=SessionFactory(capacity=1)).session


@pytest.fixture
def me():
    return RegistrationFactory()


@pytest.fixture
def mine(client, me):
    client.force_login(me.user)
    return client


def html(page):
    assert page.status_code == 200
    return page.content.decode()


def test_waiting_and_leaving_again_by_the_buttons_of_the_card(mine, me, full):
    WaitingFactory(session=full)

    sent = mine.post(f"/2020/wait/{full.code}/", {"next": f"/2020/programme/{full.code}/"})
    card = html(mine.get(f"/2020/me/{full.code}/"))
    agenda = html(mine.get("/2020/agenda/"))
    mine.post(f"/2020/wait/{full.code}/", {"leave": "1"})

    assert (sent.status_code, sent["Location"]) == (302, f"/2020/programme/{full.code}/#act-{full.code}")
    assert "You are number 2 on the waiting list." in card
    assert ("On the waiting list" in agenda, "You are number 2 on the list." in agenda) == (True, True)
    assert not me.waitings.exists()


def test_an_offer_stands_in_the_card_and_the_agenda_until_when(mine, me, full):
    Booking.objects.all().delete()
    WaitingFactory(session=full, registration=me, offered_until=NOW + timedelta(minutes=30))

    for path in (f"/2020/me/{full.code}/", "/2020/agenda/", f"/2020/book/{full.code}/"):
        shown = html(mine.get(path))
        assert ("A place is kept for you until:" in shown, "Take the place" in shown) == (True, True)
    mine.post(f"/2020/book/{full.code}/")

    assert me.bookings.get().session == full


# --- the link of the mails ------------------------------------------------------------------------
def path(person, session):
    return f"/2020/seat/{place_links.token(person, session.pk)}/"


def test_link_takes_an_offer_or_leaves_it_without_log_in(client, me, full):
    Booking.objects.all().delete()
    Forum.objects.update(offer_minutes=60)
    WaitingFactory(session=full, registration=me, offered_until=NOW + timedelta(minutes=30))
    address = path(me, full)

    assert "Take the place" in html(client.get(address))
    client.post(address, {"act": "take"})
    assert me.bookings.exists()
    assert "Give up the place" in html(client.get(address))
    client.post(address, {"act": "give-up"})

    assert (me.bookings.exists(), me.waitings.exists()) == (False, False)
    assert "Places are free." in html(client.get(address))


def test_link_ends_with_the_address_that_it_went_to_and_no_organiser_reads_it(client, me, full):
    """Whoever reads mail at an address that a person has left, or in the outbox, gives up nobody's place."""
    seat_mails.write_promoted(BookingFactory(registration=me, session=full), now=NOW)
    address = path(me, full)
    assert (address in Message.objects.get().text, Message.objects.get().is_secret) == (True, True)
    assert client.get(address).status_code == 200

    User.objects.filter(pk=me.user_id).update(email="another@example.org")

    assert client.get(address).status_code == 404
    assert client.get(path(Registration.objects.get(pk=me.pk), full)).status_code == 200


def test_link_lets_one_wait_again_and_says_why_not(client, me, full):
    address = path(me, full)

    refused = html(client.post(address, {"act": "take"}))
    client.post(address, {"act": "wait"})

    assert "This session is full. Join the waiting list." in refused
    assert me.waitings.get().session == full
    assert "number 1 on" in html(client.get(address))


def test_link_of_somebody_else_or_of_another_forum_is_not_found(client, me, full):
    other = RegistrationFactory(forum__slug="2019")

    assert client.get(path(other, full)).status_code == 404  # not of the session's forum
    assert client.get(path(me, full).replace("/2020/", "/2019/")).status_code == 404
    Forum.objects.update(is_public=False)
    assert client.get(path(me, full)).status_code == 404


def test_who_withdrew_takes_no_place_by_the_link(client, full):
    gone = RegistrationFactory(withdrawn=NOW)
    Booking.objects.all().delete()

    page = html(client.post(path(gone, full), {"act": "take"}))

    assert ("Register for this forum first" in page, Booking.objects.exists()) == (True, False)


def test_two_looks_around_one_booking_say_the_same_to_strangers(client):
    forum = ForumFactory()
    kind = KindFactory(forum=forum, capacity=300)
    session = SessionFactory(forum=forum, starts=NOW + timedelta(days=1), capacity=40)
    addresses = [f"/{forum.slug}/kinds/", f"/{forum.slug}/me/{session.code}/", f"/{forum.slug}/book/{session.code}/"]
    before = [client.get(address).content for address in addresses]
    BookingFactory(registration=RegistrationFactory(forum=forum, kind=kind), session=session)

    assert [client.get(address).content for address in addresses] == before
    assert [b"places are free" in before[0], b"Seats are free" in before[1]] == [True, True]
