from functools import partial

import pytest

from events.models import HistoryEntry, Placement, Session
from events.schedule import moves
from events.shared.pages import revision
from tests.events.schedule.factories import BY, DAY, HOUR, NO_TIME, TWO, move
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, UserFactory
from tests.races import together
from tests.refusals import refused

START = TWO - DAY


def place_of(session):
    row = Placement.objects.get(session=session)
    return row.state, row.starts, row.room_id, row.version


@pytest.mark.parametrize(
    ("state", "expected"), [("draft", "unscheduled"), ("scheduled", "scheduled"), ("cancelled", "cancelled")]
)
def test_new_session_is_placed_where_its_columns_have_it(forum, room, state, expected):
    session = SessionFactory(forum=forum, state=state, room=room)

    assert place_of(session) == (expected, session.starts, room.pk, 1)


def test_move_changes_the_draft_and_nothing_that_is_public(forum, room):
    session, person = SessionFactory(forum=forum), UserFactory()
    SessionFactory(forum=forum, room=room, starts=START)  # a clash is no refusal
    before = Session.objects.filter(pk=session.pk).values().get()

    row = move(session, START, room=room, version=1, by=person)

    assert place_of(session) == ("scheduled", START, room.pk, 2)
    assert (row.moved, row.moved_by) == (NOW, person)
    assert Session.objects.filter(pk=session.pk).values().get() == before
    assert revision.current() == 0
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.before["room"], entry.after["room"]) == (
        "move-session",
        person,
        None,
        "Room A",
    )


@pytest.mark.parametrize(
    ("values", "starts", "found"),
    [
        (NO_TIME, START, ("scheduled", START, 2)),  # one that waits is scheduled
        ({"state": "cancelled"}, START, ("cancelled", START, 2)),
        ({"ends": TWO + HOUR}, TWO, ("scheduled", TWO, 1)),  # it stands there already
        ({}, None, ("unscheduled", None, 2)),
    ],
)
def test_move_by_what_the_session_was(forum, room, values, starts, found):
    session = SessionFactory(forum=forum, room=room, **values)

    moves.move(session, starts=starts, ends=starts and starts + HOUR, room=room, **BY)

    state, at, kept, version = place_of(session)
    assert ((state, at, version), kept) == (found, room.pk)


def test_many_are_moved_at_once(forum, room, django_assert_num_queries):
    away, struck, back = (SessionFactory(forum=forum, **values) for values in ({}, {}, {"state": "cancelled"}))
    waits = SessionFactory(forum=forum, **NO_TIME)
    spots = {
        away.pk: (START, START + HOUR, room, False),
        struck.pk: (None, None, None, True),
        back.pk: (None, None, None, False),
        waits.pk: (None, None, None, False),
    }

    with django_assert_num_queries(10):
        moves.move_all(forum, spots, by=None, now=NOW)

    assert [place_of(session) for session in (away, struck, back, waits)] == [
        ("scheduled", START, room.pk, 2),
        ("cancelled", struck.starts, None, 2),
        ("scheduled", back.starts, None, 2),
        ("unscheduled", None, None, 1),  # where it was already
    ]
    assert (
        refused(moves.move_all, forum, {away.pk: (START, START, None, False)}, by=None, now=NOW) == "end-before-start"
    )


def test_move_refuses(forum):
    session = SessionFactory(forum=forum)
    for changes, code in [
        ({"ends": START}, "end-before-start"),
        ({"ends": START - HOUR}, "end-before-start"),
        ({"ends": None}, "half-a-time"),
        ({"starts": None}, "half-a-time"),
        ({"version": 7}, "moved-meanwhile"),
        ({"room": "elsewhere"}, "room-of-another-forum"),
    ]:
        if "room" in changes:
            changes = {"room": RoomFactory(forum=ForumFactory(slug="2021"))}
        wanted = {"starts": START, "ends": START + HOUR, "room": None, **BY} | changes

        assert refused(moves.move, session, **wanted) == code, (changes, code)
        assert not Placement.objects.filter(session=session).exclude(starts=session.starts, version=1).exists(), changes


VERBS = {
    "unscheduled": (moves.unschedule, "unschedule-session"),
    "scheduled": (moves.schedule, None),
    "cancelled": (moves.cancel, "cancel-session"),
}


@pytest.mark.parametrize("to", list(VERBS))
@pytest.mark.parametrize("state", ["draft", "scheduled", "cancelled"])
def test_verbs_follow_the_table_of_moves(forum, room, state, to):
    session, at = SessionFactory(forum=forum, state=state, room=room), moves.STATE_OF[state]
    call, written = VERBS[to]

    if to in Placement.TRANSITIONS[at]:
        assert call(session, **BY).state == to
        assert place_of(session)[2:] == (None if to == "unscheduled" else room.pk, 2)
        assert (place_of(session)[1] is None) == (to == "unscheduled")
        written = written or {"unscheduled": "schedule-session", "cancelled": "restore-session"}[at]
        assert HistoryEntry.objects.get().verb == written
    else:
        assert refused(call, session, **BY) == "wrong-state"
        assert Placement.objects.filter(session=session).exclude(state=at, version=1).count() == 0
    session.refresh_from_db()
    assert (session.state, session.sequence) == (state, 0)


@pytest.mark.parametrize(("starts", "expected"), [(START, "scheduled"), (None, "unscheduled")])
def test_restore_goes_back_to_where_it_was(forum, starts, expected):
    session = SessionFactory(forum=forum, state="cancelled", starts=starts, ends=starts and starts + HOUR)

    assert moves.restore(session, **BY).state == expected
    assert refused(moves.restore, session, **BY) == "wrong-state"


def test_schedule_needs_a_time(forum):
    session = SessionFactory(forum=forum, **NO_TIME)

    assert refused(moves.schedule, session, **BY) == "time-needed"
    assert not Placement.objects.filter(state="scheduled").exists()


@pytest.mark.parametrize("is_checked", [True, False], ids=["one wins", "control: without the version all overwrite"])
def test_of_those_who_move_a_session_at_once_one_does(transactional_db, monkeypatch, is_checked):
    session = SessionFactory(forum=ForumFactory())
    if not is_checked:
        monkeypatch.setattr(moves, "check_version", lambda row, *, version: None)
    rows = [Session.objects.select_related("forum").get(pk=session.pk) for _n in range(6)]

    answers = together(*(partial(move, row, START + number * DAY, version=1) for number, row in enumerate(rows)))

    moved = [row.starts for row in answers if isinstance(row, Placement)]
    assert answers.count("moved-meanwhile") == 6 - len(moved) == (5 if is_checked else 0)
    assert place_of(session)[1] in moved
    assert place_of(session)[3] == 1 + len(moved)
