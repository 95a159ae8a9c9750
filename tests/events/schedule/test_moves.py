import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections

from events.models import Placement, Session
from events.pages import revision
from events.schedule import moves
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, UserFactory

START = datetime(2020, 7, 22, 12, tzinfo=UTC)
END = START + timedelta(minutes=90)
BY = {"version": None, "by": None, "now": NOW}


@pytest.fixture
def forum(db):
    return ForumFactory()


def place_of(session):
    row = Placement.objects.get(session=session)
    return row.state, row.starts, row.room_id, row.version


def refusal(verb, *args, **kwargs):
    with pytest.raises(ValidationError) as caught:
        verb(*args, **kwargs)
    return caught.value.code


@pytest.mark.parametrize(
    ("state", "expected"), [("draft", "unscheduled"), ("scheduled", "scheduled"), ("cancelled", "cancelled")]
)
def test_placement_is_made_from_what_is_released(forum, state, expected):
    session = SessionFactory(forum=forum, state=state, room=RoomFactory(forum=forum))

    made, again = moves.placement(session, now=NOW), moves.placement(session, now=NOW)

    assert made == again
    assert place_of(session) == (expected, session.starts, session.room_id, 1)


def test_place_all_makes_what_is_missing(forum, django_assert_num_queries):
    one, two = SessionFactory(forum=forum), SessionFactory(forum=forum)
    moves.move(one, starts=START, ends=END, room=None, **BY)
    other = SessionFactory(forum=ForumFactory(slug="2021"))

    moves.place_all(forum, now=NOW)

    assert place_of(one) == ("scheduled", START, None, 2)
    assert place_of(two) == ("scheduled", two.starts, None, 1)
    assert not Placement.objects.filter(session=other).exists()
    with django_assert_num_queries(1):
        moves.place_all(forum, now=NOW)


def test_move_changes_the_draft_and_nothing_that_is_public(forum):
    room, session, person = RoomFactory(forum=forum), SessionFactory(forum=forum), UserFactory()
    before = Session.objects.filter(pk=session.pk).values().get()

    row = moves.move(session, starts=START, ends=END, room=room, version=1, by=person, now=NOW)

    assert place_of(session) == ("scheduled", START, room.pk, 2)
    assert (row.moved, row.moved_by) == (NOW, person)
    assert Session.objects.filter(pk=session.pk).values().get() == before
    assert revision.current() == 0


def test_move_takes_no_notice_of_what_a_form_did_to_the_session_in_hand(forum):
    session = SessionFactory(forum=forum)
    released = session.starts
    session.starts = START

    moves.cancel(session, **BY)

    assert place_of(session)[:2] == ("cancelled", released)


def test_move_schedules_a_session_that_waits(forum):
    session = SessionFactory(forum=forum, state="draft", starts=None, ends=None)

    moves.move(session, starts=START, ends=END, room=None, **BY)

    assert place_of(session) == ("scheduled", START, None, 2)


def test_move_leaves_a_cancelled_session_cancelled(forum):
    session = SessionFactory(forum=forum, state="cancelled")

    moves.move(session, starts=START, ends=END, room=None, **BY)

    assert place_of(session) == ("cancelled", START, None, 2)


def test_move_to_where_it_stands_changes_nothing(forum):
    session = SessionFactory(forum=forum)

    moves.move(session, starts=session.starts, ends=session.ends, room=None, **BY)

    assert place_of(session)[3] == 1


def test_move_takes_a_clash(forum):
    room = RoomFactory(forum=forum)
    SessionFactory(forum=forum, room=room, starts=START, ends=END)
    session = SessionFactory(forum=forum)

    moves.move(session, starts=START, ends=END, room=room, **BY)

    assert place_of(session) == ("scheduled", START, room.pk, 2)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ends": START}, "end-before-start"),
        ({"ends": START - timedelta(hours=1)}, "end-before-start"),
        ({"ends": None}, "half-a-time"),
        ({"starts": None}, "half-a-time"),
        ({"version": 7}, "moved-meanwhile"),
    ],
)
def test_move_refuses(forum, changes, code):
    session = SessionFactory(forum=forum)
    wanted = {"starts": START, "ends": END, "room": None, **BY} | changes

    assert refusal(moves.move, session, **wanted) == code
    assert not Placement.objects.filter(session=session).exclude(starts=session.starts, version=1).exists()


def test_move_refuses_a_room_of_another_forum(forum):
    room = RoomFactory(forum=ForumFactory(slug="2021"))

    code = refusal(moves.move, SessionFactory(forum=forum), starts=START, ends=END, room=room, **BY)

    assert code == "room-of-another-forum"


def test_refusal_names_who_moved_it(forum):
    session = SessionFactory(forum=forum)
    moves.move(session, starts=START, ends=END, room=None, version=1, by=UserFactory(name="Ada"), now=NOW)

    with pytest.raises(ValidationError) as caught:
        moves.unschedule(session, version=1, by=None, now=NOW)

    assert caught.value.messages[0].startswith("Ada moved this session meanwhile.")
    assert place_of(session)[:2] == ("scheduled", START)


def test_put_without_a_time_waits_and_keeps_the_room(forum):
    room, session = RoomFactory(forum=forum), SessionFactory(forum=forum)

    moves.move(session, starts=None, ends=None, room=room, **BY)

    assert place_of(session) == ("unscheduled", None, room.pk, 2)


VERBS = {"unscheduled": moves.unschedule, "scheduled": moves.schedule, "cancelled": moves.cancel}


@pytest.mark.parametrize("to", list(VERBS))
@pytest.mark.parametrize("state", ["draft", "scheduled", "cancelled"])
def test_verbs_follow_the_table_of_moves(forum, state, to):
    session = SessionFactory(forum=forum, state=state)
    at = moves.STATE_OF[state]

    if to in Placement.TRANSITIONS[at]:
        assert VERBS[to](session, **BY).state == to
        assert place_of(session)[3] == 2
    else:
        assert refusal(VERBS[to], session, **BY) == "wrong-state"
        assert Placement.objects.filter(session=session).exclude(state=at, version=1).count() == 0
    session.refresh_from_db()
    assert (session.state, session.sequence) == (state, 0)


def test_refusal_names_session_and_states(forum):
    with pytest.raises(ValidationError) as caught:
        moves.cancel(SessionFactory(forum=forum, title="A", state="cancelled"), **BY)

    assert caught.value.messages == ["“A” is cancelled; it cannot become cancelled"]


def test_unschedule_takes_time_and_room(forum):
    session = SessionFactory(forum=forum, room=RoomFactory(forum=forum))

    moves.unschedule(session, **BY)

    assert place_of(session) == ("unscheduled", None, None, 2)


@pytest.mark.parametrize(("starts", "expected"), [(START, "scheduled"), (None, "unscheduled")])
def test_restore_goes_back_to_where_it_was(forum, starts, expected):
    session = SessionFactory(forum=forum, state="cancelled", starts=starts, ends=starts and END)

    assert moves.restore(session, **BY).state == expected
    assert refusal(moves.restore, session, **BY) == "wrong-state"


def test_schedule_needs_a_time(forum):
    session = SessionFactory(forum=forum, state="draft", starts=None, ends=None)

    assert refusal(moves.schedule, session, **BY) == "time-needed"
    assert not Placement.objects.filter(state="scheduled").exists()


# --- two at once ----------------------------------------------------------------------------------
@pytest.fixture
def rivals(transactional_db):
    if connection.vendor != "postgresql":
        pytest.fail("This test needs PostgreSQL: run it with make test")
    session = SessionFactory(forum=ForumFactory())
    moves.placement(session, now=NOW)
    return session


def move_at_once(session, number=6):
    """Six people who saw the same version move the session at once, each to an hour of their own; how many succeed."""
    start, moved, broken = threading.Barrier(number), [], []

    def run(hour):
        try:
            mine = Session.objects.select_related("forum").get(pk=session.pk)
            start.wait(10)
            at = START + timedelta(hours=hour)
            moves.move(mine, starts=at, ends=at + timedelta(hours=1), room=None, version=1, by=None, now=NOW)
            moved.append(hour)
        except ValidationError as refused:
            if refused.code != "moved-meanwhile":
                broken.append(refused)
        except BaseException as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(hour,)) for hour in range(1, number + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    return moved


def test_of_six_who_move_a_session_at_once_one_does(rivals):
    moved = move_at_once(rivals)

    assert len(moved) == 1
    assert place_of(rivals) == ("scheduled", START + timedelta(hours=moved[0]), None, 2)


def test_without_the_version_all_six_would_overwrite_each_other(rivals, monkeypatch):
    """The control of the test above."""
    monkeypatch.setattr(moves, "check_version", lambda row, *, version: None)

    assert len(move_at_once(rivals)) == 6
