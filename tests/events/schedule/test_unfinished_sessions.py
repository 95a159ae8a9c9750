import pytest

from events.models import HostedSession, Outcome, Session
from events.schedule import moves, unfinished_sessions
from tests.events.proposals.factories import CallFactory
from tests.events.schedule.factories import BY, DAY, HOUR, session_at
from tests.events.schedule.factories import move as move_to
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, UserFactory

pytestmark = pytest.mark.django_db
WHOLE = {"meeting_url": "https://meet.example", "recording_url": "https://films.example"}


@pytest.fixture
def forum():
    return CallFactory().forum


def session(forum, *, starts=NOW + DAY, **values):
    whole = WHOLE | {"room": RoomFactory()} | values
    return (
        session_at(starts, forum=forum, **whole)
        if starts
        else SessionFactory(forum=forum, starts=None, ends=None, **whole)
    )


def moved(session, starts, room=None):
    move_to(session, starts, room=room)
    return session


def of(session):
    """What a session needs."""
    conditions = unfinished_sessions.conditions(NOW).items()
    return {need for need, condition in conditions if Session.objects.filter(condition, pk=session.pk).exists()}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, set()),
        ({"meeting_url": ""}, {"no_address"}),
        ({"room": None}, {"no_room"}),
        ({"meeting_url": "", "room": None, "starts": NOW + 7 * DAY}, set()),
        ({"meeting_url": "", "room": None, "state": "cancelled"}, set()),
        ({"state": "draft"}, {"drafts"}),
        ({"recording_url": "", "starts": NOW - HOUR}, {"no_recording"}),
        ({"recording_url": "", "starts": NOW - HOUR, "state": "cancelled"}, set()),
        ({"recording_url": "", "meeting_url": "", "starts": NOW - HOUR / 2}, set()),
    ],
)
def test_needs_of_a_session_that_the_draft_has_where_it_was(forum, values, found):
    assert of(session(forum, **values)) == found


def test_what_lies_ahead_is_asked_of_the_draft_and_what_is_over_of_what_the_public_saw(forum):
    public, nowhere = {"meeting_url": "", "room": None}, {"state": "draft", "starts": None}
    off, struck = session(forum, **public), moved(session(forum, **nowhere), NOW + DAY)
    moves.unschedule(off, **BY)
    moves.cancel(struck, **BY)

    rows = [
        (moved(session(forum, **public), NOW + 30 * DAY), {"release"}),
        (moved(session(forum, **public, **nowhere), NOW + DAY), {"release", "drafts", "no_address", "no_room"}),
        (moved(session(forum, **nowhere), NOW + DAY, RoomFactory()), {"release", "drafts"}),
        (moved(session(forum, **nowhere), NOW + 8 * DAY), {"release"}),
        (off, {"release"}),
        (struck, {"release"}),
        (moved(session(forum, starts=NOW - DAY, recording_url=""), NOW + 30 * DAY), {"release", "no_recording"}),
    ]

    assert [of(row) for row, _needs in rows] == [needs for _row, needs in rows]


@pytest.mark.parametrize(
    ("outcome_days", "ago", "has_hosts", "has_outcome", "is_late"),
    [
        (7, 7, True, False, True),
        (7, 6, True, False, False),
        (7, 7, False, False, False),
        (7, 7, True, True, False),
        (3, 5, True, False, True),  # each call gives its own days
        (30, 10, True, False, False),
        (None, 30, True, False, False),  # nobody is late without a call
    ],
)
def test_organisers_are_late_with_the_outcome(outcome_days, ago, has_hosts, has_outcome, is_late):
    CallFactory(forum=ForumFactory(slug="2019"), outcome_days=1)
    forum = CallFactory(outcome_days=outcome_days).forum if outcome_days else ForumFactory()
    row = session(forum, starts=NOW - HOUR - ago * DAY)
    for _n in range(2 * has_hosts):
        HostedSession.objects.create(session=row, user=UserFactory())
    if has_outcome:
        Outcome.objects.create(forum=forum, session=row, kind="launch", title="X", is_public=False)

    assert of(row) == ({"no_outcome"} if is_late else set())


def test_counts_are_of_one_forum_in_two_queries(forum, django_assert_num_queries):
    for _n in range(3):
        session(forum, room=None)
    session(ForumFactory(slug="2021"), room=None)
    moved(session(forum), NOW + 30 * DAY)

    with django_assert_num_queries(2):
        found = unfinished_sessions.counts(forum, now=NOW)

    assert found == dict.fromkeys(unfinished_sessions.conditions(NOW), 0) | {"no_room": 3, "release": 1}
