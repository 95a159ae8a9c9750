from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from events.models import Forum, Session
from events.models.forum import validate_minutes, validate_slug_free
from events.models.programme import validate_languages
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory
from tests.refusals import refused

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("validate", "code", "good", "bad"),
    [
        (validate_slug_free, "reserved-slug", ["2020"], ["admin", "Accounts", "fr", "ar", "zh", "static"]),
        (
            validate_minutes,
            "bad-minutes",
            [[], [1], [1440, 60], [20_160]],
            [None, "60", [0], [20_161], [60, 60], [True], [1.5], [1, 2, 3, 4, 5, 6]],
        ),
        (validate_languages, "unknown-language", [[], ["en", "ils"]], ["en", ["xx"], [1], None, {"en": 1}]),
    ],
)
def test_values_that_a_column_refuses(validate, code, good, bad):
    for value in good:
        validate(value)
    for value in bad:
        assert refused(validate, value) == code, value


# --- forum ----------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_current_forum_runs_or_comes_next_or_was_the_last():
    assert Forum.objects.current(datetime(2020, 1, 1, tzinfo=UTC)) is None
    ForumFactory()
    ForumFactory(slug="2021", starts=date(2021, 3, 1), ends=date(2021, 5, 1))
    ForumFactory(slug="hidden", starts=date(2022, 3, 1), ends=date(2040, 5, 1), is_public=False)

    # Its last day ends in Geneva two hours before it does in UTC.
    times = ((2019, 1, 1), (2020, 9, 10, 21, 59), (2020, 9, 10, 22), (2030, 1, 1))
    found = [Forum.objects.current(datetime(*time, tzinfo=UTC)).slug for time in times]

    assert found == ["2020", "2020", "2021", "2021"]


def test_weeks_of_a_forum_begin_on_mondays():
    forum, in_the_middle = ForumFactory.build(), ForumFactory.build(starts=date(2020, 6, 24))
    days = [date(2020, 6, 22), date(2020, 6, 28), date(2020, 6, 29), date(2020, 9, 10)]

    assert [forum.week_of(day) for day in days] == [1, 1, 2, 12]
    assert (in_the_middle.mondays[0], in_the_middle.weeks) == (date(2020, 6, 22), 12)


def test_registration_window_is_half_open():
    forum = ForumFactory.build(registration_opens=NOW, registration_closes=NOW + HOUR)

    is_open = [forum.is_registration_open(NOW + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 60)]

    assert is_open == [False, True, True, False]


# --- session --------------------------------------------------------------------------------------
def built(**more):
    return SessionFactory.build(
        **{"forum": ForumFactory.build(), "type": None, "starts": NOW, "ends": NOW + HOUR} | more
    )


@pytest.mark.parametrize(
    ("minutes", "live", "joinable", "over"),
    [
        (-16, False, False, False),
        (-15, False, True, False),
        (0, True, True, False),
        (59, True, True, False),
        (60, False, True, True),
        (64, False, True, True),
        (65, False, False, True),
    ],
)
def test_windows_of_a_session_are_half_open(minutes, live, joinable, over):
    session, now = built(forum=ForumFactory.build(join_closes_minutes=5)), NOW + timedelta(minutes=minutes)

    assert (session.is_live(now), session.is_join_open(now), session.is_over(now)) == (live, joinable, over)


def test_session_that_does_not_take_place_is_never_live():
    sessions = [built(state="cancelled"), built(state="draft"), built(starts=None, ends=None)]

    assert [(session.is_live(NOW), session.is_join_open(NOW)) for session in sessions] == [(False, False)] * 3
    assert (sessions[2].join_opens, sessions[2].join_closes, sessions[2].is_over(NOW)) == (None, None, False)


@pytest.mark.parametrize(("own", "room", "seats"), [(5, 9, 5), (0, 9, 0), (None, 9, 9), (None, None, None)])
def test_seats(own, room, seats):
    assert built(capacity=own, room=RoomFactory.build(forum=None, capacity=room)).seats == seats
    assert built(room=None).seats is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"ends": NOW, "starts": NOW},
        {"ends": NOW - HOUR, "starts": NOW},
        {"starts": NOW, "ends": None, "state": "draft"},
        {"starts": None, "ends": None, "state": "scheduled"},
    ],
)
def test_database_refuses_bad_times(values):
    session = SessionFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.filter(pk=session.pk).update(**values)


@pytest.mark.django_db
def test_public_and_live_sessions():
    shown = SessionFactory(starts=NOW, ends=NOW + HOUR)
    cancelled = SessionFactory(starts=NOW, ends=NOW + HOUR, state="cancelled")
    SessionFactory(state="draft")
    SessionFactory(forum=ForumFactory(slug="hidden", is_public=False))

    assert set(Session.objects.public()) == {shown, cancelled}
    assert [list(Session.objects.live(moment)) for moment in (NOW, NOW + HOUR)] == [[shown], []]
