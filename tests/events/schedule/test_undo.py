"""Undo and redo of what one person moved in a sitting."""

from collections import Counter

import pytest
from django.core.exceptions import ValidationError

from events.models import HistoryEntry, Placement
from events.schedule import moves, undo
from tests.events.schedule.factories import BY, DAY, HOUR, NO_TIME, TWO, move
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, UserFactory
from tests.refusals import refused


@pytest.fixture
def sitting():
    return {}


@pytest.fixture
def session(forum, room):
    return SessionFactory(forum=forum, room=room, title="First")


def spot_of(session):
    return Placement.objects.get(session=session).spot


def back(sitting, forum, way="undo"):
    return undo.take_back(sitting, forum, way=way, by=None, now=NOW)


def length(sitting, forum):
    return {way: len(found) for way, found in undo.steps(sitting, forum.pk).items()}


def test_acts_are_undone_one_by_one_and_redone(sitting, forum, room, session):
    other = RoomFactory(forum=forum, name="Room B")
    acts = [
        lambda: move(session, TWO + DAY, hours=4, room=other),
        lambda: moves.unschedule(session, **BY),
        lambda: move(session, TWO, room=None),
        lambda: moves.cancel(session, **BY),
        lambda: moves.unschedule(session, **BY),
        lambda: moves.cancel(session, **BY),
        lambda: moves.restore(session, **BY),
    ]
    spots = [spot_of(session)]
    for act in acts:
        undo.remember(sitting, [act()])
        spots.append(spot_of(session))

    undone = [(back(sitting, forum), spot_of(session))[1] for _act in acts]
    redone = [(back(sitting, forum, "redo"), spot_of(session))[1] for _act in acts]

    assert (undone, redone) == (spots[-2::-1], spots[1:])
    assert length(sitting, forum) == {"undo": 7, "redo": 0}
    assert Counter(HistoryEntry.objects.values_list("model", flat=True)) == {
        "events.session": 21,
        "events.historyentry": 14,
    }


@pytest.mark.parametrize("number", [1, 3])
def test_act_on_many_is_one_step(sitting, forum, room, django_assert_num_queries, number):
    sessions = [SessionFactory(forum=forum, room=room) for _n in range(number)]
    with moves.as_one(forum, by=None, now=NOW):
        rows = [moves.unschedule(session, **BY) for session in sessions]
    undo.remember(sitting, rows)
    person = UserFactory()

    with django_assert_num_queries(24):
        rows = undo.take_back(sitting, forum, way="undo", by=person, now=NOW + HOUR)

    assert sorted(row.session_id for row in rows) == [session.pk for session in sessions]
    assert {(row.starts, row.room, row.version, row.moved_by, row.moved) for row in Placement.objects.all()} == {
        (TWO, room, 3, person, NOW + HOUR)
    }
    written = HistoryEntry.objects.filter(actor=person, model="events.session").values_list("verb", flat=True)
    assert list(written) == ["schedule-session"] * number


def test_what_somebody_else_changed_is_left_and_so_is_all_of_the_step(sitting, forum, room, session):
    """The step is dropped: those before it can be undone."""
    second = SessionFactory(forum=forum, room=room, title="Second")
    undo.remember(sitting, [move(session, TWO + DAY)])
    with moves.as_one(forum, by=None, now=NOW):
        rows = [moves.unschedule(one, **BY) for one in (session, second)]
    undo.remember(sitting, rows)
    move(second, TWO + 3 * DAY, by=UserFactory(name="Ada"))

    with pytest.raises(ValidationError) as refusal:
        back(sitting, forum)

    assert " ".join(refusal.value.messages) == (
        "Nothing was changed. In the way stands: Place in the draft “Second”: Ada changed it since: ends, state, starts"
    )
    assert (spot_of(session).state, spot_of(second).starts) == ("unscheduled", TWO + 3 * DAY)
    assert length(sitting, forum) == {"undo": 1, "redo": 0}
    assert refused(back, sitting, forum) == "in-the-way, in-the-way"


def test_room_that_is_gone_is_refused(sitting, forum, session):
    room = RoomFactory(forum=forum)
    move(session, TWO, room=room)
    undo.remember(sitting, [move(session, TWO + DAY)])
    room.delete()

    assert refused(back, sitting, forum) == "gone"
    assert spot_of(session).starts == TWO + DAY


@pytest.mark.parametrize(("way", "code"), [("undo", "nothing-to-undo"), ("redo", "nothing-to-undo"), ("", "bad-form")])
def test_nothing_to_undo_is_refused(sitting, forum, way, code):
    assert refused(undo.take_back, sitting, forum, way=way, by=None, now=NOW) == code


def test_new_move_ends_what_could_be_redone_and_one_that_changes_nothing_does_not(sitting, forum, room, session):
    undo.remember(sitting, [move(session, TWO + DAY)])
    back(sitting, forum)
    undo.remember(sitting, [moves.move(session, starts=session.starts, ends=session.ends, room=room, **BY)])
    assert length(sitting, forum) == {"undo": 0, "redo": 1}

    undo.remember(sitting, [move(session, TWO + 2 * DAY)])

    assert length(sitting, forum) == {"undo": 1, "redo": 0}


def test_each_forum_has_its_own_steps(sitting, forum, session):
    elsewhere = SessionFactory(forum=ForumFactory(slug="2021"))

    undo.remember(sitting, [move(session, TWO + DAY), move(elsewhere, TWO + DAY)])
    back(sitting, forum)

    assert (spot_of(session).starts, spot_of(elsewhere).starts) == (session.starts, TWO + DAY)
    assert length(sitting, elsewhere.forum) == {"undo": 1, "redo": 0}


def test_length_is_kept_while_a_session_waits(forum, room):
    """Of a proposal too, once it had another; and where it is taken off without its page naming a time."""
    long, short = (SessionFactory(forum=forum, starts=TWO, ends=TWO + n * HOUR, room=room) for n in (4, 2))

    moves.unschedule(long, **BY)
    moves.move(short, starts=None, ends=None, room=room, **BY)
    never = SessionFactory(forum=forum, **NO_TIME)

    found = dict(Placement.objects.values_list("session", "minutes"))
    assert found == {long.pk: 240, short.pk: 120, never.pk: None}
