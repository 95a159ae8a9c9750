"""Two who make the next forum at once, and a room that is added meanwhile: on PostgreSQL, with real threads."""

import pytest

from events.models import Forum, Room
from events.schedule import moves
from tests.events.forums.test_next_forum import made_from
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, boss
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_make_the_same_forum_at_once_make_it_once():
    forum, people = ForumFactory(), [boss(), boss()]
    RoomFactory.create_batch(3, forum=forum)

    answers = together(*(lambda by=by: made_from(forum, by=by).slug for by in people))

    assert sorted(answers) == ["2021", "unique"]
    assert Room.objects.exclude(forum=forum).count() == 3


def test_two_from_different_forums_with_one_address_make_it_once():
    forums, by = [ForumFactory(), ForumFactory(slug="other")], boss()

    answers = together(*(lambda forum=forum: made_from(forum, by=by).slug for forum in forums))

    assert answers.count("2021") == 1
    assert set(answers) <= {"2021", "unique", "taken"}
    assert Forum.objects.count() == 3


def test_copy_while_sessions_move_hurts_neither():
    session, by = SessionFactory(), boss()
    room = RoomFactory(forum=session.forum)
    placement = session.placement

    def move():
        moves.move(
            session, starts=placement.starts, ends=placement.ends, room=room, by=by, version=placement.version, now=NOW
        )
        return "moved"

    answers = together(lambda: made_from(session.forum, by=by).slug, move)

    session.placement.refresh_from_db()
    assert answers == ["2021", "moved"]
    assert session.placement.room == room
