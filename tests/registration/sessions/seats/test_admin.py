"""The organisers' pages of places."""

import pytest
from django.urls import reverse

from events.models import HistoryEntry, Session
from registration.models import Booking
from registration.sessions.seats import fullness
from tests.admin.test_pages import Sent, url
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    KindFactory,
    RoomFactory,
    SeatHoldFactory,
    SessionFactory,
    WaitingFactory,
    staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PLACES = "/admin/registration/waiting/places/"


@pytest.fixture
def desk(client):
    ForumFactory()
    client.force_login(staff("registration desk"))
    return client


@pytest.mark.parametrize("rows", [1, 3])
def test_places_shows_how_full_sessions_are_the_overbooked_first(desk, rows, django_assert_max_num_queries):
    for _i in range(rows):
        BookingFactory(session=SessionFactory(capacity=4))
    small = SessionFactory(capacity=3, title="Made smaller")
    BookingFactory.create_batch(3, session=small)
    SeatHoldFactory(session=small, seats=2)
    WaitingFactory(session=small)
    Session.objects.filter(pk=small.pk).update(capacity=1)

    desk.get(PLACES)  # the bell counts
    with django_assert_max_num_queries(13):
        page = desk.get(PLACES)

    first = page.context["page"][0]
    assert first.title == "Made smaller"
    assert (first.places, first.booked, first.kept, first.waits, first.excess) == (1, 3, 2, 1, 2)
    assert "2 more booked than there are places" in page.content.decode()
    assert fullness.overbooked(small.forum, now=NOW) == 1


def test_who_leaves_fewer_places_than_are_booked_is_told_at_once_and_nobody_loses_theirs(organiser_site):
    room = RoomFactory(capacity=9)
    own, by_room = SessionFactory(title="Own", capacity=9), SessionFactory(title="By room", room=room)
    for session in (own, by_room):
        BookingFactory.create_batch(2, session=session)
    pages = [url(type(row), "change", row.pk) for row in (own, room)]
    listed = {"action": "edit_together", "_selected_action": [own.pk, by_room.pk], "step": "save"}

    enough, few = (
        [
            told(organiser_site.post(page, fields_of(organiser_site, page, capacity=number), follow=True))
            for page in pages
        ]
        for number in (2, 1)
    )
    together = told(organiser_site.post(url(Session, "changelist"), listed | {"capacity": 1}, follow=True))

    words = "more people have booked (2) than there are places (1). Nobody loses theirs: find a larger room, or write to them."
    both = [f"{title}: {words}" for title in ("Own", "By room")]
    assert (enough, few, together) == ([[], []], [[one] for one in both], both)
    assert Booking.objects.count() == 4


def fields_of(client, page, **changed):
    return {**Sent(client.get(page).content.decode()).values, **changed, "_save": "Save"}


def told(answer):
    return [str(one) for one in answer.context["messages"] if "have booked" in str(one)]


def test_desk_takes_somebody_off_the_list_and_the_history_says_who(desk):
    row = WaitingFactory(session=SessionFactory(capacity=0))
    address, sent = (
        reverse("admin:registration_waiting_changelist"),
        {"action": "take_off", "_selected_action": [row.pk]},
    )

    asked = desk.post(address, sent).content.decode()
    is_there = row.session.waitings.exists()
    desk.post(address, sent | {"apply": "1"})

    assert ("They lose their place in the line." in asked, is_there) == (True, True)
    assert not row.session.waitings.exists()
    assert HistoryEntry.objects.get(verb="stop-waiting").actor_id == int(desk.session["_auth_user_id"])


def test_a_hold_for_a_kind_of_another_forum_is_refused_at_its_field(client):
    session, kind = SessionFactory(), KindFactory(forum__slug="2019")
    client.force_login(staff("organisers"))

    page = client.post(
        reverse("admin:registration_seathold_add"),
        {"session": session.pk, "kind": kind.pk, "seats": 2, "free_minutes": 60},
    )

    assert (page.status_code, list(page.context["adminform"].form.errors)) == (200, ["kind"])
