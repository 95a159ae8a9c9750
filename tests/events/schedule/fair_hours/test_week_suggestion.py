"""A week's moves to fairer hours: their gain, whom each costs, and that the weighing only chooses."""

from datetime import UTC, date, datetime, timedelta

import pytest

from events.models import Audience
from events.schedule.board import draft_timetable
from events.schedule.fair_hours import session_hours, week_suggestion
from events.schedule.fair_hours.day_shares import Weighing
from events.schedule.fair_hours.week_suggestion import RegionChange
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory

MONDAY = date(2020, 7, 27)
NINE = datetime(2020, 7, 28, 7, tzinfo=UTC)  # in Geneva, a Tuesday
HOUR = timedelta(hours=1)


@pytest.fixture
def forum(db):
    return ForumFactory()


@pytest.fixture
def room(forum):
    return RoomFactory(forum=forum, name="Room A")


def audience(forum, region, zone, people, *, session=None):
    Audience.objects.create(forum=forum, session=session, region=region, time_zone=zone, people=people)


def session_at(starts, *, room):
    return SessionFactory(forum=room.forum, room=room, starts=starts, ends=starts + HOUR)


def outlook(forum, *, weighing=Weighing.PEOPLE, now=NOW):
    draft, crowds = draft_timetable.read(forum), session_hours.crowds(forum)
    return week_suggestion.outlook(draft, crowds, monday=MONDAY, now=now, weighing=weighing)


def test_week_s_moves_and_their_gain(forum, room):
    early, _good = session_at(NINE, room=room), session_at(NINE + 6 * HOUR, room=room)
    session_at(NINE + timedelta(days=7), room=room)  # of the next week
    audience(forum, "americas", "America/Lima", 5)

    found = outlook(forum)

    assert [(change.move.key, change.before, change.after) for change in found.changes] == [
        (early.pk, (0.0, 0.0), (1.0, 1.0))
    ]
    assert (found.sessions, found.before.people, found.after.people, found.ceiling.people) == (2, 0.5, 1.0, 1.0)
    assert found.burdens == [RegionChange("americas", 0.5, 0.0)]


def test_sessions_that_have_begun_are_left(forum, room):
    session_at(NINE, room=room)
    audience(forum, "americas", "America/Lima", 5)

    found = outlook(forum, now=NINE)

    assert (found.changes, found.sessions, found.before, found.ceiling) == ([], 1, (0.0, 0.0), (0.0, 0.0))


def test_empty_week_has_no_gain(forum):
    audience(forum, "americas", "America/Lima", 5)

    found = outlook(forum)

    assert (found.changes, found.sessions, found.before, found.after) == ([], 0, (0, 0), (0, 0))
    assert found.burdens == []


def test_what_is_open_around_the_clock_is_not_moved(forum):
    SessionFactory(forum=forum, starts=NINE, ends=NINE + 14 * HOUR + timedelta(minutes=1))
    audience(forum, "africa", "Africa/Bamako", 5)

    assert outlook(forum).sessions == 0


def test_region_of_one_has_no_burden_of_its_own(forum, room):
    session_at(NINE, room=room)
    for region, zone, people in [("asia", "Pacific/Apia", 1), ("africa", "Africa/Lagos", 30), ("", "UTC", 6)]:
        audience(forum, region, zone, people)

    assert [change.region for change in outlook(forum, weighing=Weighing.NEED).burdens] == ["africa"]


# --- whose day counts -------------------------------------------------------------------------------
def test_need_does_not_send_the_others_into_the_night(forum, room):
    """Lima has all of the draft at night, Paris and Auckland none: Lima counts twice, the others still once."""
    session_at(NINE, room=room)
    for region, zone, people in [
        ("western-europe", "Europe/Paris", 100),
        ("asia", "Pacific/Auckland", 10),
        ("americas", "America/Lima", 12),
    ]:
        audience(forum, region, zone, people)

    need = outlook(forum, weighing=Weighing.NEED)

    assert outlook(forum, weighing=Weighing.REGIONS).changes == []
    assert [(change.after.people, change.after.regions) for change in need.changes] == [
        (pytest.approx(112 / 122), pytest.approx(2 / 3))
    ]


def test_weighing_chooses_and_the_figures_stay_those_of_people_and_regions(forum, room):
    session_at(NINE, room=room)  # by day in Tokyo, night in Lima
    audience(forum, "asia", "Asia/Tokyo", 15)
    audience(forum, "americas", "America/Lima", 5)

    by_people, by_need = outlook(forum), outlook(forum, weighing=Weighing.NEED)

    assert (by_people.changes, by_need.changes[0].before, by_need.changes[0].after) == ([], (0.75, 0.5), (0.25, 0.5))
    assert (by_people.before, by_people.ceiling) == (by_need.before, by_need.ceiling) == ((0.75, 0.5), (0.75, 0.5))
    assert by_need.after == (0.25, 0.5)


# --- who loses ----------------------------------------------------------------------------------------
def test_regions_that_change_are_told_and_the_losers_first(forum, room):
    session_at(NINE, room=room)
    for region, zone, people in [
        ("americas", "America/Lima", 80),
        ("asia", "Asia/Tokyo", 5),
        ("asia", "Asia/Dhaka", 15),
        ("western-europe", "Europe/Paris", 6),
    ]:
        audience(forum, region, zone, people)

    change = outlook(forum).changes[0]

    assert change.regions == [RegionChange("asia", 1.0, 0.75), RegionChange("americas", 0.0, 1.0)]
    assert change.has_losers


def test_booked_people_who_lose_their_day_are_counted(forum, room):
    session = session_at(NINE, room=room)
    audience(forum, "americas", "America/Lima", 80)
    audience(forum, "asia", "Asia/Tokyo", 3, session=session)
    audience(forum, "africa", "Africa/Lagos", 9, session=session)

    change = outlook(forum).changes[0]

    assert (change.booked, change.losing, change.has_losers) == (12, 3, False)


def test_few_who_booked_are_not_told(forum, room):
    session = session_at(NINE, room=room)
    audience(forum, "americas", "America/Lima", 80)
    audience(forum, "asia", "Asia/Tokyo", 4, session=session)

    change = outlook(forum).changes[0]

    assert (change.booked, change.losing) == (0, 0)
