from datetime import timedelta

import pytest

from config.dashboard import forum_steps
from config.dashboard.todo_list import Asked
from events.schedule import moves
from events.schedule.releases import releases
from tests.factories import (
    NOW,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    allowed,
    boss,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def steps(forum, user=None):
    return {step.name: step for step in forum_steps.steps(Asked(forum, user or boss(), NOW))}


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
