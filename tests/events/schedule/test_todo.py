from datetime import timedelta

import pytest

from events.models import HostedSession, Outcome, Session
from events.schedule import moves, todo
from tests.events.proposals.factories import CallFactory
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, UserFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BY = {"version": None, "by": None, "now": NOW}


@pytest.fixture
def forum():
    return CallFactory().forum


def session(forum, *, starts=NOW + DAY, **values):
    times = {"starts": starts, "ends": starts and starts + HOUR}
    whole = {"meeting_url": "https://meet.example", "recording_url": "https://films.example", "room": RoomFactory()}
    return SessionFactory(forum=forum, **times | whole | values)


def moved(session, starts, room=None):
    moves.move(session, starts=starts, ends=starts + HOUR, room=room, **BY)
    return session


def of(session):
    """What a session needs: by the list of each need, and by the counts of its forum."""
    listed = [
        need
        for need, condition in todo.conditions(NOW).items()
        if Session.objects.in_draft().filter(condition, pk=session.pk).exists()
    ]
    counted = [need for need, number in todo.counts(session.forum, now=NOW).items() if number]
    assert counted == listed
    return set(listed)


def test_session_that_has_all_needs_nothing(forum):
    assert of(session(forum)) == set()


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"meeting_url": ""}, {"no_address"}),
        ({"room": None}, {"no_room"}),
        ({"meeting_url": "", "room": None, "starts": NOW + 7 * DAY}, set()),
        ({"meeting_url": "", "room": None, "state": "cancelled"}, set()),
        ({"state": "draft"}, {"drafts"}),
        ({"recording_url": "", "starts": NOW - HOUR}, {"no_recording"}),
        ({"recording_url": "", "starts": NOW - HOUR, "state": "cancelled"}, set()),
        ({"recording_url": "", "meeting_url": "", "starts": NOW - timedelta(minutes=30)}, set()),
    ],
)
def test_needs_of_a_session_that_the_draft_has_where_it_was(forum, values, found):
    assert of(session(forum, **values)) == found


def test_what_lies_ahead_is_asked_of_the_draft(forum):
    public = {"meeting_url": "", "room": None}
    nowhere = {"state": "draft", "starts": None}

    assert of(moved(session(forum, **public), NOW + 30 * DAY)) == {"release"}
    Session.objects.all().delete()
    assert of(moved(session(forum, **public, **nowhere), NOW + DAY)) == {"release", "drafts", "no_address", "no_room"}
    Session.objects.all().delete()
    assert of(moved(session(forum, **nowhere), NOW + DAY, RoomFactory())) == {"release", "drafts"}
    Session.objects.all().delete()
    assert of(moved(session(forum, **nowhere), NOW + 8 * DAY)) == {"release"}
    Session.objects.all().delete()
    off, struck = session(forum, **public), moved(session(forum, **nowhere), NOW + DAY)
    moves.unschedule(off, **BY)
    moves.cancel(struck, **BY)
    assert of(off) == of(struck) == {"release"}


def test_what_is_over_is_asked_of_what_the_public_saw(forum):
    assert of(moved(session(forum, starts=NOW - DAY, recording_url=""), NOW + 30 * DAY)) == {"release", "no_recording"}


@pytest.mark.parametrize(
    ("days", "has_hosts", "has_outcome", "found"),
    [
        (7, True, False, {"no_outcome"}),
        (6, True, False, set()),
        (7, False, False, set()),
        (7, True, True, set()),
    ],
)
def test_organisers_are_late_with_the_outcome(forum, days, has_hosts, has_outcome, found):
    row = session(forum, starts=NOW - HOUR - days * DAY)
    if has_hosts:
        for _n in range(2):
            HostedSession.objects.create(session=row, user=UserFactory())
    if has_outcome:
        Outcome.objects.create(forum=forum, session=row, kind="launch", title="X", is_public=False)

    assert of(row) == found


def test_each_call_gives_its_own_days():
    for slug, days in (("2019", 3), ("2021", 30)):
        row = session(CallFactory(forum=ForumFactory(slug=slug), outcome_days=days).forum, starts=NOW - 10 * DAY)
        HostedSession.objects.create(session=row, user=UserFactory())

        assert of(row) == ({"no_outcome"} if days < 10 else set())


def test_nobody_is_late_without_a_call():
    row = session(ForumFactory(), starts=NOW - 30 * DAY)
    HostedSession.objects.create(session=row, user=UserFactory())

    assert of(row) == set()


def test_counts_are_of_one_forum_in_two_queries(forum, django_assert_num_queries):
    for _n in range(3):
        session(forum, room=None)
    session(ForumFactory(slug="2021"), room=None)

    with django_assert_num_queries(2):
        found = todo.counts(forum, now=NOW)

    assert found == dict.fromkeys(todo.conditions(NOW), 0) | {"no_room": 3}
