import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections

from events import clashes, revision, scheduling
from events.models import Session
from tests.factories import AppearanceFactory, ForumFactory, RoomFactory, SessionFactory, SpeakerFactory

START = datetime(2020, 7, 22, 12, tzinfo=UTC)
END = START + timedelta(minutes=90)


@pytest.fixture
def forum(db):
    return ForumFactory()


def codes(refusal):
    value = refusal.value
    if hasattr(value, "error_dict"):
        return {field: [error.code for error in errors] for field, errors in value.error_dict.items()}
    return value.code


def stored(session):
    session = Session.objects.get(pk=session.pk)
    return session.state, session.starts, session.room_id, session.sequence


def test_save_times_moves_the_session(forum):
    room = RoomFactory(forum=forum)
    session = SessionFactory(forum=forum)

    saved = scheduling.save_times(session, starts=START, ends=END, room=room)

    assert stored(session) == ("scheduled", START, room.pk, 1)
    assert (saved.starts, saved.ends, saved.room) == (START, END, room)
    assert revision.current() == 1


def test_save_times_without_a_change_changes_nothing(forum):
    session = SessionFactory(forum=forum, starts=START, ends=END)

    scheduling.save_times(session, starts=START, ends=END, room=None)

    assert stored(session) == ("scheduled", START, None, 0)
    assert revision.current() == 0


def test_save_times_refuses_a_clash_of_rooms_and_speakers(forum):
    room, speaker = RoomFactory(forum=forum), SpeakerFactory(forum=forum)
    other = SessionFactory(forum=forum, room=room, starts=START, ends=END)
    session = SessionFactory(forum=forum)
    AppearanceFactory(session=other, speaker=speaker)
    AppearanceFactory(session=session, speaker=speaker)

    with pytest.raises(ValidationError) as refusal:
        scheduling.save_times(session, starts=START, ends=END, room=room)

    assert codes(refusal) == {"room": ["room-clash"], "__all__": ["speaker-clash"]}
    assert stored(session) == ("scheduled", session.starts, None, 0)
    assert revision.current() == 0


def test_save_times_of_a_cancelled_session_takes_no_room(forum):
    room = RoomFactory(forum=forum)
    SessionFactory(forum=forum, room=room, starts=START, ends=END)
    session = SessionFactory(forum=forum, state="cancelled")

    scheduling.save_times(session, starts=START, ends=END, room=room)

    assert stored(session) == ("cancelled", START, room.pk, 1)


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (END, START, {"ends": ["end-before-start"]}),
        (START, None, {"ends": ["end-missing"]}),
        (START - timedelta(days=100), END, {"starts": ["outside-forum"]}),
        (None, None, {"starts": ["time-needed"]}),
    ],
)
def test_save_times_refuses_bad_times(forum, starts, ends, expected):
    session = SessionFactory(forum=forum)

    with pytest.raises(ValidationError) as refusal:
        scheduling.save_times(session, starts=starts, ends=ends, room=None)

    assert codes(refusal) == expected


def test_draft_may_lose_its_times(forum):
    session = SessionFactory(forum=forum, state="draft")

    scheduling.save_times(session, starts=None, ends=None, room=None)

    assert stored(session) == ("draft", None, None, 1)


VERBS = {"scheduled": scheduling.schedule, "cancelled": scheduling.cancel, "draft": scheduling.withdraw}


@pytest.mark.parametrize("to", list(VERBS))
@pytest.mark.parametrize("state", list(Session.State.values))
def test_verbs_follow_the_table_of_moves(forum, state, to):
    session = SessionFactory(forum=forum, state=state)

    if to in Session.TRANSITIONS[state]:
        assert VERBS[to](session).state == to
        assert stored(session) == (to, session.starts, None, 1)
        assert revision.current() == 1
    else:
        with pytest.raises(ValidationError) as refusal:
            VERBS[to](session)
        assert codes(refusal) == "wrong-state"
        assert stored(session) == (state, session.starts, None, 0)
        assert revision.current() == 0


def test_refusal_names_session_and_states(forum):
    session = SessionFactory(forum=forum, title="A", state="cancelled")

    with pytest.raises(ValidationError) as refusal:
        scheduling.cancel(session)

    assert refusal.value.messages == ["“A” is cancelled; it cannot become cancelled"]


def test_verb_reads_the_state_again(forum):
    session = SessionFactory(forum=forum, state="scheduled")
    Session.objects.filter(pk=session.pk).update(state="cancelled")

    with pytest.raises(ValidationError) as refusal:
        scheduling.cancel(session)

    assert codes(refusal) == "wrong-state"


def test_schedule_without_a_time_is_refused(forum):
    session = SessionFactory(forum=forum, state="draft", starts=None, ends=None)

    with pytest.raises(ValidationError) as refusal:
        scheduling.schedule(session)

    assert codes(refusal) == "time-needed"


def test_cancelled_session_comes_back_only_without_a_clash(forum):
    room = RoomFactory(forum=forum)
    session = SessionFactory(forum=forum, room=room, starts=START, ends=END, state="cancelled")
    SessionFactory(forum=forum, room=room, starts=START, ends=END)

    with pytest.raises(ValidationError) as refusal:
        scheduling.schedule(session)

    assert codes(refusal) == {"room": ["room-clash"]}


# --- two at once ----------------------------------------------------------------------------------
@pytest.fixture
def rivals(transactional_db):
    if connection.vendor != "postgresql":
        pytest.fail("This test needs PostgreSQL: run it with make test")
    forum = ForumFactory()
    return RoomFactory(forum=forum), [SessionFactory(forum=forum) for _i in range(6)]


def run_at_once(rivals):
    """Save all the sessions into one room at one time, each in a thread of its own; return how many were refused."""
    room, sessions = rivals
    start, refused, broken = threading.Barrier(len(sessions)), [], []

    def save(session):
        try:
            start.wait(10)
            scheduling.save_times(session, starts=START, ends=END, room=room)
        except ValidationError as refusal:
            refused.append(list(refusal.error_dict))
        except BaseException as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=[session]) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    return len(refused)


def test_of_sessions_saved_at_once_one_gets_the_room(rivals):
    room, sessions = rivals

    refused = run_at_once(rivals)

    assert (refused, room.sessions.count()) == (len(sessions) - 1, 1)


def test_without_the_lock_several_would_get_the_room(rivals, monkeypatch):
    """The negative control: the test above proves something only if this happens without the lock."""
    from django.db import transaction

    class Unlocked:
        def __init__(self, forum):
            self.forum = forum

        def __enter__(self):
            self.atomic = transaction.atomic()
            self.atomic.__enter__()
            return self.forum

        def __exit__(self, *exc):
            return self.atomic.__exit__(*exc)

    room, sessions = rivals
    looked = threading.Barrier(len(sessions))
    check = clashes.check_session

    def check_together(*args, **kwargs):
        check(*args, **kwargs)
        looked.wait(10)

    monkeypatch.setattr(scheduling, "locked", Unlocked)
    monkeypatch.setattr(scheduling.clashes, "check_session", check_together)

    run_at_once(rivals)

    assert room.sessions.count() == len(sessions)
