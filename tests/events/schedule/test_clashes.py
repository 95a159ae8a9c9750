from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from events.models import Session
from events.schedule import clashes
from tests.factories import AppearanceFactory, ForumFactory, RoomFactory, SessionFactory, SpeakerFactory

START = datetime(2020, 7, 22, 12, tzinfo=UTC)  # 14:00 in Geneva


def at(minutes):
    return START + timedelta(minutes=minutes)


@pytest.fixture
def forum(db):
    return ForumFactory()


def check(session, **changes):
    """The refusals as {field: [(code, sentence)]}; empty where the session may be saved."""
    values = {"room": session.room, "starts": session.starts, "ends": session.ends, "speakers": []} | changes
    try:
        clashes.check_session(session, **values)
    except ValidationError as refusal:
        return {
            field: [(error.code, error.messages[0]) for error in errors] for field, errors in refusal.error_dict.items()
        }
    return {}


def refusal_of_times(**times):
    with pytest.raises(ValidationError) as refusal:
        clashes.check_times(**times)
    return {
        field: [(error.code, error.messages[0]) for error in errors]
        for field, errors in refusal.value.error_dict.items()
    }


# --- times ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (None, None),
        (at(0), at(90)),
        (datetime(2020, 6, 21, 22, tzinfo=UTC), datetime(2020, 6, 21, 23, tzinfo=UTC)),  # the first midnight
        (datetime(2020, 9, 10, 21, tzinfo=UTC), datetime(2020, 9, 10, 22, tzinfo=UTC)),  # until the last
    ],
)
def test_times_within_the_forum(forum, starts, ends):
    clashes.check_times(starts=starts, ends=ends, forum=forum)


def test_end_before_start_is_refused(forum):
    assert refusal_of_times(starts=at(0), ends=at(-30), forum=forum) == {
        "ends": [("end-before-start", "The end is before the start. Enter an end after 14:00")]
    }


def test_end_at_the_start_is_refused(forum):
    assert refusal_of_times(starts=at(0), ends=at(0), forum=forum) == {
        "ends": [("end-before-start", "The end is the same as the start. Enter an end after 14:00")]
    }


@pytest.mark.parametrize(
    ("times", "field", "code"),
    [
        ({"starts": None, "ends": at(0)}, "starts", "start-missing"),
        ({"starts": at(0), "ends": None}, "ends", "end-missing"),
    ],
)
def test_half_of_the_times_is_refused(forum, times, field, code):
    assert [(name, errors[0][0]) for name, errors in refusal_of_times(forum=forum, **times).items()] == [(field, code)]


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (datetime(2020, 6, 21, 21, 59, tzinfo=UTC), datetime(2020, 6, 22, 8, tzinfo=UTC), "starts"),
        (datetime(2020, 9, 10, 21, tzinfo=UTC), datetime(2020, 9, 10, 22, 1, tzinfo=UTC), "ends"),
        (datetime(2021, 7, 1, 8, tzinfo=UTC), datetime(2021, 7, 1, 9, tzinfo=UTC), "starts"),
        (datetime(2020, 9, 10, 21, tzinfo=UTC), datetime(2020, 9, 11, 22, tzinfo=UTC), "ends"),
    ],
)
def test_time_outside_the_forum_is_refused(forum, starts, ends, field):
    assert refusal_of_times(starts=starts, ends=ends, forum=forum) == {
        field: [
            (
                "outside-forum",
                "The forum runs from 22 June 2020 to 10 September 2020. Choose a time on one of its days",
            )
        ]
    }


# --- rooms and speakers ---------------------------------------------------------------------------
def test_room_taken_names_both_sessions(forum):
    room = RoomFactory(forum=forum, name="Room A")
    SessionFactory(forum=forum, title="Old", room=room, starts=at(0), ends=at(90))

    new = Session(forum=forum, title="New")

    assert check(new, room=room, starts=at(60), ends=at(120)) == {
        "room": [
            (
                "room-clash",
                "Room A is taken: “New” (22 July, 15:00–16:00 Geneva) overlaps with “Old” (22 July, 14:00–15:30 "
                "Geneva). Choose another room or time",
            )
        ]
    }


def test_speaker_elsewhere_names_both_sessions(forum):
    speaker = SpeakerFactory(forum=forum, name="Ada", form_of_address="Dr")
    other = SessionFactory(forum=forum, title="Old", starts=at(0), ends=at(90))
    AppearanceFactory(session=other, speaker=speaker)
    new = SessionFactory(forum=forum, title="New", starts=at(300), ends=at(400))

    assert check(new, starts=at(89), ends=at(120), speakers=[speaker.pk]) == {
        "__all__": [
            (
                "speaker-clash",
                "Dr Ada speaks elsewhere: “New” (22 July, 15:29–16:00 Geneva) overlaps with “Old” (22 July, 14:00–15:30 "
                "Geneva). Choose another speaker or time",
            )
        ]
    }


def test_values_of_an_unsaved_form_count(forum):
    room = RoomFactory(forum=forum)
    SessionFactory(forum=forum, title="Old", room=room, starts=at(0), ends=at(90))

    found = check(Session(), room=room, starts=at(0), ends=at(90), forum=forum, title="Typed")

    assert "“Typed”" in found["room"][0][1]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "cancelled"},
        {"starts": at(90), "ends": at(120)},
        {"starts": at(-90), "ends": at(0)},
        {"starts": None, "ends": None, "state": "draft"},
        {"room": None},
    ],
)
def test_no_clash(forum, change):
    room = RoomFactory(forum=forum)
    SessionFactory(**{"forum": forum, "room": room, "starts": at(0), "ends": at(90)} | change)

    assert check(Session(forum=forum), room=room, starts=at(0), ends=at(90)) == {}


def test_draft_holds_its_room(forum):
    room = RoomFactory(forum=forum)
    SessionFactory(forum=forum, room=room, starts=at(0), ends=at(90), state="draft")

    assert list(check(Session(forum=forum), room=room, starts=at(0), ends=at(90))) == ["room"]


def test_session_does_not_clash_with_itself(forum):
    speaker = SpeakerFactory(forum=forum)
    session = SessionFactory(forum=forum, room=RoomFactory(forum=forum), starts=at(0), ends=at(90))
    AppearanceFactory(session=session, speaker=speaker)

    assert check(session, starts=at(10), ends=at(100), speakers=[speaker.pk]) == {}


def test_session_without_times_clashes_with_nothing(forum):
    room = RoomFactory(forum=forum)
    SessionFactory(forum=forum, room=room, starts=at(0), ends=at(90))

    assert check(Session(forum=forum), room=room, starts=None, ends=None) == {}


def test_room_and_speaker_are_both_told(forum):
    room, speaker = RoomFactory(forum=forum), SpeakerFactory(forum=forum)
    AppearanceFactory(session=SessionFactory(forum=forum, room=room, starts=at(0), ends=at(90)), speaker=speaker)
    AppearanceFactory(session=SessionFactory(forum=forum, starts=at(30), ends=at(90)), speaker=speaker)

    found = check(Session(forum=forum, title="x"), room=room, starts=at(0), ends=at(60), speakers=[speaker.pk])

    assert {field: [code for code, _text in errors] for field, errors in found.items()} == {
        "room": ["room-clash"],
        "__all__": ["speaker-clash", "speaker-clash"],
    }
