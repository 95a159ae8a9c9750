from datetime import timedelta

import pytest

from config.dashboard.todo_list import Asked
from config.set_up import forum_steps
from events.models import Placement, Track
from events.schedule import moves
from events.schedule.releases import releases
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import (
    NOW,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
    allowed,
    boss,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def steps(forum, user=None):
    return {step.name: step for step in forum_steps.steps(Asked(forum, user or boss(), NOW))}


def unplaced(forum):
    session = SessionFactory(forum=forum, state="draft")
    Placement.objects.filter(session=session).update(starts=None, ends=None, room=None, state="unscheduled")
    return session


def test_new_forum_says_what_to_begin_with():
    forum = ForumFactory(is_public=False)

    found = steps(forum)

    assert {name: step.state for name, step in found.items()} == {
        "Days and time zone": "done",
        "Rooms": "next",
        "Tracks and types": "done",
        "Kinds of registration": "done",
        "Call for proposals": "done",
        "Sessions": "open",
        "Clashes": "done",
        "Public": "open",
    }
    assert (found["Rooms"].said, found["Rooms"].act) == ("No room yet", "Add a room")
    assert found["Rooms"].url == f"/admin/events/room/add/?forum={forum.slug}"
    assert (found["Sessions"].said, found["Sessions"].act) == ("No session yet", "Import sessions")
    assert found["Public"].said == "Nobody outside sees the forum. No programme is released yet"


def test_sessions_without_a_place_are_next_once_there_are_rooms():
    forum = ForumFactory()
    room = RoomFactory(forum=forum, is_virtual=False)
    Track.objects.create(forum=forum, name="Skills")
    SessionTypeFactory()
    SessionFactory(forum=forum, room=room)
    unplaced(forum)

    found = steps(forum)

    assert found["Rooms"].said == "1 room, 0 of them online"
    assert found["Tracks and types"].act == "Change"
    assert (found["Sessions"].state, found["Sessions"].said) == ("next", "1 of 2 have a time and a room")
    assert (found["Sessions"].act, found["Sessions"].url) == (
        "Place 1 session",
        f"/admin/events/forum/{forum.pk}/board/",
    )


def test_cancelled_session_needs_no_place():
    forum = ForumFactory()
    Placement.objects.filter(session=unplaced(forum)).update(state="cancelled")

    assert steps(forum)["Sessions"].said == "No session yet"


def test_clash_that_forbids_a_release_is_open_and_a_release_waits():
    forum = ForumFactory()
    room = RoomFactory(forum=forum)
    for _place in range(2):
        session = SessionFactory(forum=forum, room=None)
        moves.move(session, starts=NOW, ends=NOW + timedelta(hours=1), room=room, version=None, by=boss(), now=NOW)

    found = steps(forum)

    assert (found["Clashes"].state, found["Clashes"].act) == ("next", "Look at 1 clash")
    assert found["Clashes"].said == "1 in the draft. 1 of them forbids a release"
    assert (found["Public"].state, found["Public"].act) == ("open", "Release 2 changes")


def test_released_and_public_forum_is_done():
    forum = ForumFactory()
    SessionFactory(forum=forum, room=RoomFactory(forum=forum))
    releases.record_first(forum, note="", now=NOW)

    found = steps(forum)["Public"]

    assert (found.state, found.said) == ("done", "Version 1 of the programme is released")
    assert (found.act, found.url) == ("See the public pages", f"/{forum.slug}/")


def test_call_counts_what_came():
    call = CallFactory()
    ProposalFactory(forum=call.forum, state="submitted")
    ProposalFactory(forum=call.forum, state="draft")

    found = steps(call.forum)["Call for proposals"]

    assert found.said.startswith("Open until ")
    assert found.said.endswith(". 1 proposal came, 0 accepted")


def test_person_sees_the_steps_of_their_rights_and_reads_what_they_may_not_change():
    forum, other = ForumFactory(), ForumFactory(slug="2021")
    RoomFactory(forum=forum)
    reader = allowed("events.view_room", forum=forum)

    found = steps(forum, reader)

    assert {name: step.act for name, step in found.items()} == {"Rooms": "Read"}
    assert steps(other, reader) == {}


def test_page_asks_as_much_for_one_room_and_session_as_for_three(organiser_site, django_assert_num_queries):
    forum = ForumFactory()
    SessionFactory(forum=forum, room=RoomFactory(forum=forum))
    address = f"/admin/set-up/?forum={forum.slug}"
    organiser_site.get(address)
    with django_assert_num_queries(13):
        organiser_site.get(address)
    for _place in range(2):
        SessionFactory(forum=forum, room=RoomFactory(forum=forum))
    organiser_site.get(address)

    with django_assert_num_queries(13):
        organiser_site.get(address)


def test_site_without_a_forum_leads_to_the_first(organiser_site):
    text = organiser_site.get("/admin/set-up/").content.decode()

    assert "Add the first forum" in text
