"""The fair hours of a draft: who is there, the shares and best slots of a session, the burdens of the forum."""

from datetime import UTC, date, datetime, timedelta

import pytest

from events.models import Audience
from events.schedule import draft_timetable
from events.schedule.conflicts import Span
from events.schedule.fair_hours import session_hours
from events.schedule.fair_hours.session_hours import Scales
from events.schedule.fair_hours.waking_hours import Crowd
from tests.events.schedule.factories import HOUR, NINE, NO_TIME, audience, move, session_at
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory

MONDAY, TUESDAY = date(2020, 7, 27), date(2020, 7, 28)
LIMA, TOKYO = ("americas", "America/Lima"), ("asia", "Asia/Tokyo")
BAMAKO, LAGOS = ("africa", "Africa/Bamako"), ("africa", "Africa/Lagos")


def read(forum):
    return draft_timetable.read(forum), session_hours.crowds(forum)


def best(forum, session, *, monday=MONDAY, now=NOW):
    return session_hours.best_slots(*read(forum), session.pk, monday=monday, now=now)


# --- who is there -----------------------------------------------------------------------------------
def test_crowds_are_read_in_one_query_and_few_are_not_told(forum, room, django_assert_num_queries):
    session, few, none = (session_at(NINE, room=room) for _n in range(3))
    audience(forum, (*BAMAKO, 5), ("africa", "Mars/Base", 9), (*LIMA, 0))
    audience(forum, (*TOKYO, 5), session=session)
    audience(forum, (*TOKYO, 4), session=few)
    Audience.objects.create(forum=ForumFactory(slug="2021"), region="asia", time_zone="Asia/Tokyo", people=5)

    with django_assert_num_queries(1):
        found = session_hours.crowds(forum)

    assert found.forum == Crowd({BAMAKO: 5})
    assert [found.of(row.pk) for row in (session, few, none)] == [Crowd({TOKYO: 5}), None, None]


# --- one session ------------------------------------------------------------------------------------
def test_shares_of_a_day_by_its_starts(forum, room):
    session, other = session_at(NINE, room=room), session_at(NINE + HOUR, room=room)
    audience(forum, (*BAMAKO, 15), (*TOKYO, 5))
    audience(forum, (*TOKYO, 5), session=session)
    draft, crowds = read(forum)

    shares = session_hours.shares_of_day(draft, crowds, session.pk, day=TUESDAY).curves

    # 9:00 Geneva is 7:00 in Bamako and 16:00 in Tokyo; 14:00 is noon and 21:00
    at = [9 * 12, 10 * 12, 14 * 12, 14 * 12 + 1]
    assert [[shares[name][step] for step in at] for name in ("all", "booked", "africa", "asia", "zone")] == [
        [0.25, 1.0, 1.0, 0.75],
        [1.0, 1.0, 1.0, 0.0],
        [0.0, 1.0, 1.0, 1.0],
        [1.0, 1.0, 1.0, 0.0],
        [0.0, 1.0, 1.0, 1.0],
    ]
    assert {len(curve) for curve in shares.values()} == {288}
    assert "booked" not in session_hours.shares_of_day(draft, crowds, other.pk, day=TUESDAY).curves


def test_worst_off_zone_is_told_beside_its_region(forum, room):
    """The Pacific in the region of Asia: 13:00 in Geneva is 20:00 in Tokyo and 23:00 in Auckland."""
    session = session_at(NINE + 4 * HOUR, room=room)
    audience(forum, (*TOKYO, 95), ("asia", "Pacific/Auckland", 5))
    draft, crowds = read(forum)

    shares = session_hours.shares_of_day(draft, crowds, session.pk, day=TUESDAY)

    assert (shares.curves["asia"][13 * 12], shares.zone, shares.curves["zone"][13 * 12]) == (
        0.95,
        "Pacific/Auckland",
        0.0,
    )
    assert [(row.label, row.people, row.whole) for row in session_hours.burden_table(draft, crowds)] == [
        ("Asia and Australasia", 100, pytest.approx(0.05)),
        ("Worst-off time zone: Pacific/Auckland", 5, 1.0),
    ]


def test_half_counts_the_forum_and_half_those_who_booked(forum, room):
    session, hour = session_at(NINE, room=room), Span(NINE, NINE + HOUR)
    audience(forum, (*BAMAKO, 3))
    audience(forum, (*TOKYO, 5), session=session)

    scales = Scales(session_hours.crowds(forum), hour)

    assert scales.value(session.pk)(hour) == 0.5
    assert scales.reach(hour) == (0.0, 0.0)  # what is told is the share of the forum's people, and of its regions


def test_best_slots_of_a_forum_that_is_being_built(forum, room):
    """One session stands, on a Wednesday: the other days are offered too; what is past is not."""
    session_at(datetime(2020, 7, 22, 12, tzinfo=UTC), room=room)
    waiting, monday = SessionFactory(forum=forum, room=None, **NO_TIME), date(2020, 7, 20)
    assert best(forum, waiting) == []
    audience(forum, (*TOKYO, 5))

    slots, later = (best(forum, waiting, monday=monday, now=now) for now in (NOW - 60 * HOUR, NOW))

    assert [(slot.span.starts, slot.room, reach.people) for slot, reach in slots] == [
        (datetime(2020, 7, day, 4, tzinfo=UTC), room.pk, 1.0) for day in (20, 21, 22)
    ]
    # After 14:00 in Geneva it is night in Tokyo.
    assert [(slot.span.starts.day, reach.people) for slot, reach in later] == [(23, 1.0), (24, 1.0), (22, 0.0)]


def test_best_slots_weigh_each_region_alike(forum, room):
    """A hundred people in Lima do not outweigh Tokyo and Bamako."""
    session = session_at(NINE, room=room)
    audience(forum, (*LIMA, 100), (*TOKYO, 5), (*BAMAKO, 5))

    slot, reach = best(forum, session)[0]

    assert slot.span.starts.hour == 8  # night in Lima
    assert reach == (pytest.approx(10 / 110), pytest.approx(2 / 3))


def test_rooms_are_those_of_the_session_s_kind(forum, room):
    hall = RoomFactory(forum=forum, name="Hall", is_virtual=False)
    other = RoomFactory(forum=forum, name="Room B")
    rows = [session_at(NINE, room=other), SessionFactory(forum=forum, **NO_TIME), session_at(NINE, forum=forum)]
    draft = draft_timetable.read(forum)

    held, waiting, roomless = (session_hours.rooms_for(draft, draft.places[row.pk]) for row in rows)

    assert (held, set(waiting), roomless) == ([other.pk, room.pk], {room.pk, other.pk, hall.pk}, [None])


def test_week_offers_monday_to_friday_and_the_weekend_where_the_draft_uses_it(forum, room):
    last = session_hours.week(draft_timetable.read(forum), date(2020, 9, 7), now=NOW)
    session_at(datetime(2020, 7, 25, 12, tzinfo=UTC), room=room)  # a Saturday
    with_saturday = session_hours.week(draft_timetable.read(forum), MONDAY, now=NOW)

    assert [day.closes.day for day in last] == [7, 8, 9, 10]  # the forum ends on a Thursday
    assert (last[0].starts[0].hour, last[0].starts[-1].hour, last[0].closes.hour) == (4, 20, 21)  # 6:00 to 23:00
    assert [day.closes.day for day in with_saturday] == [27, 28, 29, 30, 31, 1]


# --- the forum --------------------------------------------------------------------------------------
def test_burden_table_over_all_weeks(forum, room):
    session_at(datetime(2020, 6, 22, 7, tzinfo=UTC), room=room)
    session_at(datetime(2020, 6, 29, 15, tzinfo=UTC), room=room)
    session_at(datetime(2020, 9, 20, 15, tzinfo=UTC), room=room)  # outside the forum
    SessionFactory(forum=forum, **NO_TIME)
    audience(forum, (*LIMA, 5), (*BAMAKO, 5))

    table = session_hours.burden_table(*read(forum))

    rest = [None] * (forum.weeks - 2)
    assert table == [
        ("africa", 5, [1.0, 0.0, *rest], 0.5, False),
        ("americas", 5, [1.0, 0.0, *rest], 0.5, False),
        ("Africa/Bamako", 5, [1.0, 0.0, *rest], 0.5, True),
    ]


def test_what_is_open_around_the_clock_is_weighed_nowhere(forum, room):
    long = SessionFactory(forum=forum, starts=NINE, ends=NINE + 14 * HOUR + timedelta(minutes=1))
    audience(forum, (*BAMAKO, 5))

    assert session_hours.reached(*read(forum)) == []
    assert session_hours.burden_table(*read(forum))[0].weeks == [None] * forum.weeks

    move(long, NINE, hours=14)

    assert len(session_hours.reached(*read(forum))) == 1


def test_sessions_reached_the_fewest_first(forum, room):
    noon, night = session_at(NINE + 6 * HOUR, room=room), session_at(NINE, room=room)
    SessionFactory(forum=forum, **NO_TIME)
    assert session_hours.reached(*read(forum)) == []
    audience(forum, (*LIMA, 5))

    found = session_hours.reached(*read(forum))

    assert [(place.key, share) for place, share in found] == [(night.pk, 0.0), (noon.pk, 1.0)]
