from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from events.models import Audience, Track
from registration import tasks
from registration.models import Attendance, Registration, Stay, Tally
from registration.sessions.attendance import tally
from tests.factories import (
    NOW,
    ActionLineFactory,
    AttendanceFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SDGFactory,
    SessionFactory,
)
from tests.races import together

pytestmark = pytest.mark.django_db


def cells(forum, dimension, session=None):
    rows = Tally.objects.filter(forum=forum, dimension=dimension, session=session)
    return {row.value: (row.attendances, row.people) for row in rows}


def figures(forum):
    names = ["session_id", "dimension", "value", "attendances", "people"]
    return sorted(Tally.objects.filter(forum=forum).values_list(*names), key=repr)


@pytest.fixture
def forum(db):
    """Two people, three attendances: one person in both sessions; the first session has two Action Lines."""
    forum = ForumFactory()
    first = SessionFactory(
        forum=forum,
        starts=datetime(2020, 6, 23, 8, tzinfo=UTC),
        track=Track.objects.create(forum=forum, name="High-level"),
    )
    first.action_lines.set([ActionLineFactory(code="C2"), ActionLineFactory(code="C7-E-GOV")])
    first.sdgs.set([SDGFactory(number=9), SDGFactory(number=17)])
    second = SessionFactory(forum=forum, starts=datetime(2020, 7, 6, 8, tzinfo=UTC))
    second.action_lines.set([ActionLineFactory(code="C2")])
    moussa = RegistrationFactory(forum=forum, gender="man", stakeholder_type="government")
    anna = RegistrationFactory(forum=forum, country=CountryFactory(code="CH", region="western-europe"))
    AttendanceFactory(registration=moussa, session=first)
    AttendanceFactory(registration=moussa, session=second)
    AttendanceFactory(registration=anna, session=second)
    elsewhere = SessionFactory(forum=ForumFactory(slug="2021"))
    AttendanceFactory(registration=RegistrationFactory(forum=elsewhere.forum), session=elsewhere)
    forum.first, forum.second = first, second
    return forum


def test_recount_of_the_forum_and_of_each_session(forum):
    tally.recount(forum, now=NOW)

    of_forum = {dimension: cells(forum, dimension) for dimension in Tally.Dimension.values}
    assert of_forum == {
        "total": {"": (3, 2)},
        "country": {"ML": (2, 1), "CH": (1, 1)},
        "region": {"africa": (2, 1), "western-europe": (1, 1)},
        "stakeholder_type": {"government": (2, 1), "academia": (1, 1)},
        "gender": {"man": (2, 1), "woman": (1, 1)},
        "action_line": {"C2": (3, 2), "C7-E-GOV": (1, 1)},
        "sdg": {"9": (1, 1), "17": (1, 1), "": (2, 2)},
        "track": {str(forum.first.track_id): (1, 1), "": (2, 2)},
        "week": {"1": (1, 1), "3": (2, 2)},
        "growth": {"1": (1, 1), "3": (3, 2)},
        "source": {"join": (3, 2)},
    }
    assert [cells(forum, "total", session) for session in (forum.first, forum.second)] == [{"": (1, 1)}, {"": (2, 2)}]
    assert [cells(forum, name, forum.first) for name in ("region", "action_line", "growth")] == [
        {"africa": (1, 1)},
        {"C2": (1, 1), "C7-E-GOV": (1, 1)},
        {},
    ]
    assert [cells(forum, name, forum.second) for name in ("country", "gender", "sdg", "week")] == [
        {"ML": (1, 1), "CH": (1, 1)},
        {"man": (1, 1), "woman": (1, 1)},
        {"": (2, 2)},
        {"3": (2, 2)},
    ]
    assert set(Tally.objects.values_list("computed_at", flat=True)) == {NOW}


def test_totals_say_minutes_and_of_how_many_attendances(forum):
    """In one session somebody stayed half an hour, and has followed the link as well; in the other one nobody was seen leaving."""
    first, half = forum.first, timedelta(minutes=30)
    Stay.objects.update(began=first.starts)
    by_hand = {"registration": first.stays.get().registration, "session": first, "source": "hand"}
    Stay.objects.create(began=first.starts, ended=first.starts + half, **by_hand)

    tally.recount(forum, now=NOW)

    rows = Tally.objects.filter(forum=forum, dimension="total").order_by("session")
    assert list(rows.values_list("session", "minutes", "measured")) == [
        (forum.first.pk, 30, 1),
        (forum.second.pk, None, None),
        (None, 30, 1),
    ]
    assert cells(forum, "source") == {"join": (3, 2), "hand": (1, 1)}
    assert cells(forum, "source", forum.first) == {"join": (1, 1), "hand": (1, 1)}


def test_recount_uses_the_copies_of_the_attendance_and_forgets_what_is_gone(forum):
    Registration.objects.update(gender="other", country=CountryFactory(code="JP", region="asia"))
    tally.recount(forum, now=NOW)
    copied = cells(forum, "country"), cells(forum, "gender")
    Attendance.objects.filter(session__forum=forum).delete()
    Stay.objects.filter(session__forum=forum).delete()

    tally.recount(forum, now=NOW)

    assert copied == ({"ML": (2, 1), "CH": (1, 1)}, {"man": (2, 1), "woman": (1, 1)})
    assert figures(forum) == [(None, "total", "", 0, 0)]  # the total always stands: it tells when was counted


@pytest.mark.parametrize(
    ("starts", "week"),
    [
        (datetime(2020, 6, 21, 21, 59, tzinfo=UTC), "1"),  # before the first Monday: the first week
        (datetime(2020, 6, 28, 21, 59, tzinfo=UTC), "1"),  # Sunday 23:59 in Geneva
        (datetime(2020, 6, 28, 22, 0, tzinfo=UTC), "2"),  # Monday 00:00 in Geneva
        (datetime(2020, 9, 10, 12, 0, tzinfo=UTC), "12"),
        (datetime(2020, 12, 1, 12, 0, tzinfo=UTC), "12"),  # after the last: the last week
    ],
)
def test_week_by_the_clock_of_the_forum(starts, week):
    session = SessionFactory(starts=starts)
    AttendanceFactory(session=session)

    tally.recount(session.forum, now=NOW)

    assert list(cells(session.forum, "week")) == [week]


def test_week_across_a_clock_change():
    forum = ForumFactory(
        starts=datetime(2020, 10, 19, tzinfo=UTC).date(), ends=datetime(2020, 11, 6, tzinfo=UTC).date()
    )
    for starts in [datetime(2020, 10, 25, 22, 59, tzinfo=UTC), datetime(2020, 10, 25, 23, 0, tzinfo=UTC)]:
        AttendanceFactory(session=SessionFactory(forum=forum, starts=starts))

    tally.recount(forum, now=NOW)

    assert cells(forum, "week") == {"1": (1, 1), "2": (1, 1)}


@pytest.mark.parametrize(
    ("minutes", "is_running"),
    [(-91, False), (-90, False), (-5, True), (0, True), (1, False), (-99, False), (-101, False)],
)
def test_running_by_the_hours_of_a_session(minutes, is_running):
    starts = NOW + timedelta(minutes=minutes)
    session = SessionFactory(starts=starts, ends=starts + timedelta(minutes=80))
    expected = starts <= NOW < session.ends + tally.GRACE

    assert list(tally.running(NOW)) == ([session.forum] if expected else [])
    assert expected == is_running


def test_running_skips_cancelled_sessions():
    SessionFactory(starts=NOW, state="cancelled")

    assert list(tally.running(NOW)) == []


def test_running_when_somebody_has_just_entered_or_nobody_has_counted_yet():
    """Fifteen minutes before the start people enter already."""
    attendance = AttendanceFactory(last_seen=NOW)
    uncounted = list(tally.running(NOW + timedelta(days=300)))
    tally.recount(attendance.session.forum, now=NOW)

    found = [list(tally.running(NOW + timedelta(minutes=minutes))) for minutes in (1, 11)]

    forum = attendance.session.forum
    assert (uncounted, found) == ([forum], [[forum], []])


@pytest.mark.django_db(transaction=True)
def test_recount_by_four_threads_at_once(forum):
    answers = together(*[partial(tally.recount, forum, now=NOW)] * 4)

    assert len(set(answers)) == 1
    assert (cells(forum, "total"), cells(forum, "total", forum.second)) == ({"": (3, 2)}, {"": (2, 2)})


def test_tally_running_counts_and_writes_the_audience_down(forum, noon):
    tasks.tally_running()

    assert cells(forum, "total") == {"": (3, 2)}
    rows = Audience.objects.filter(forum=forum).order_by("region")
    assert list(rows.values_list("session_id", "region", "time_zone", "people")) == [
        (None, "africa", "Africa/Bamako", 1),
        (None, "western-europe", "Africa/Bamako", 1),
    ]


def test_tally_waits_since_a_session_began_or_was_last_counted():
    session = SessionFactory(starts=NOW, ends=NOW + timedelta(minutes=80))
    before, begun = (tally.waits_since(NOW + timedelta(minutes=minutes)) for minutes in (-1, 7))
    tally.recount(session.forum, now=NOW + timedelta(minutes=5))
    counted, after = (tally.waits_since(NOW + timedelta(minutes=minutes)) for minutes in (7, 91))

    assert (before, begun) == (None, NOW)
    assert (counted, after) == (NOW + timedelta(minutes=5), None)
