"""The fair hours of a draft, and accepting what was suggested."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from events.models import Audience, Placement
from events.schedule import moves
from events.schedule.board import draft_timetable
from events.schedule.conflicts import Span
from events.schedule.fair_hours import accept_moves, session_hours
from events.schedule.fair_hours.accept_moves import Piece
from events.schedule.fair_hours.day_shares import Crowd
from events.schedule.fair_hours.session_hours import Scales
from tests.factories import NOW, AppearanceFactory, ForumFactory, RoomFactory, SessionFactory, SpeakerFactory

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


def session_at(starts, *, room=None, forum=None, **more):
    forum = forum or room.forum
    return SessionFactory(forum=forum, room=room, starts=starts, ends=starts + HOUR, **more)


def read(forum):
    return draft_timetable.read(forum), session_hours.crowds(forum)


# --- who is there -----------------------------------------------------------------------------------
def test_crowds_are_read_in_one_query(forum, room, django_assert_num_queries):
    session = session_at(NINE, room=room)
    audience(forum, "africa", "Africa/Bamako", 5)
    audience(forum, "africa", "Mars/Base", 9)
    audience(forum, "asia", "Asia/Tokyo", 5, session=session)
    audience(ForumFactory(slug="2021"), "asia", "Asia/Tokyo", 5)

    with django_assert_num_queries(1):
        found = session_hours.crowds(forum)

    assert found.forum == Crowd({("africa", "Africa/Bamako"): 5})
    assert found.of(session.pk) == Crowd({("asia", "Asia/Tokyo"): 5})


def test_few_who_booked_are_not_told_by_themselves(forum, room):
    session, other = session_at(NINE, room=room), session_at(NINE, forum=forum)
    audience(forum, "asia", "Asia/Tokyo", 4, session=session)

    found = session_hours.crowds(forum)

    assert (found.of(session.pk), found.of(other.pk)) == (None, None)


def test_zones_with_few_people_are_put_together():
    crowd = Crowd(
        {("a", "UTC"): 3, ("b", "UTC"): 2, ("a", "Asia/Tokyo"): 9, ("a", "Asia/Dili"): 4, ("a", "Asia/Oral"): 1}
    )

    assert session_hours.zones(crowd) == ([("Asia/Tokyo", 9), ("UTC", 5)], 5)


def test_zone_goes_with_the_few_others_that_the_total_would_give_away():
    crowd = Crowd({("a", "UTC"): 5, ("a", "Asia/Tokyo"): 9, ("a", "Asia/Dili"): 1})

    assert session_hours.zones(crowd) == ([("Asia/Tokyo", 9)], 6)


# --- one session ------------------------------------------------------------------------------------
def test_shares_of_a_day_by_its_starts(forum, room):
    session = session_at(NINE, room=room)
    audience(forum, "africa", "Africa/Bamako", 15)
    audience(forum, "asia", "Asia/Tokyo", 5)
    audience(forum, "asia", "Asia/Tokyo", 5, session=session)

    shares = session_hours.shares_of_day(*read(forum), session.pk, day=date(2020, 7, 28))

    def at(hour, minute=0):
        return hour * 12 + minute // 5

    # 9:00 Geneva is 7:00 in Bamako and 16:00 in Tokyo; 14:00 is noon and 21:00
    assert [shares.forum[at(9)], shares.forum[at(10)], shares.forum[at(14)], shares.forum[at(14, 5)]] == [
        0.25,
        1.0,
        1.0,
        0.75,
    ]
    assert (len(shares.forum), shares.booked[at(14)], shares.booked[at(14, 5)]) == (288, 1.0, 0.0)
    assert (shares.regions["africa"][at(9)], shares.regions["asia"][at(9)]) == (0.0, 1.0)


def test_region_of_one_is_told_nowhere(forum, room):
    """Its hours would tell where that one person is."""
    session = session_at(NINE - HOUR, room=room)
    for region, zone, people in [("asia", "Pacific/Apia", 1), ("africa", "Africa/Lagos", 30), ("", "UTC", 6)]:
        audience(forum, region, zone, people)
    draft, crowds = read(forum)

    shares = session_hours.shares_of_day(draft, crowds, session.pk, day=date(2020, 7, 28))

    assert list(shares.regions) == ["africa"]
    assert [row.name for row in session_hours.burden_table(draft, crowds)] == ["africa", "Africa/Lagos"]
    assert shares.zone[0] == "Africa/Lagos"
    assert crowds.forum.untold == 7


def test_worst_off_zone_is_told_beside_its_region(forum, room):
    """The Pacific in the region of Asia: 13:00 in Geneva is 20:00 in Tokyo and 23:00 in Auckland."""
    session = session_at(NINE + 4 * HOUR, room=room)
    audience(forum, "asia", "Asia/Tokyo", 95)
    audience(forum, "asia", "Pacific/Auckland", 5)
    draft, crowds = read(forum)

    shares = session_hours.shares_of_day(draft, crowds, session.pk, day=date(2020, 7, 28))

    assert (shares.regions["asia"][13 * 12], shares.zone[0], shares.zone[1][13 * 12]) == (0.95, "Pacific/Auckland", 0.0)
    assert [(row.name, row.whole) for row in session_hours.burden_table(draft, crowds)] == [
        ("asia", pytest.approx(0.05)),
        ("Pacific/Auckland", 1.0),
    ]


def test_session_without_bookings_has_only_the_forum(forum, room):
    session = session_at(NINE, room=room)
    audience(forum, "africa", "Africa/Bamako", 3)

    assert session_hours.shares_of_day(*read(forum), session.pk, day=date(2020, 7, 28)).booked is None


def test_half_counts_the_forum_and_half_those_who_booked(forum, room):
    session = session_at(NINE, room=room)
    audience(forum, "africa", "Africa/Bamako", 3)
    audience(forum, "asia", "Asia/Tokyo", 5, session=session)

    hour = Span(NINE, NINE + HOUR)
    scales = Scales(session_hours.crowds(forum), hour)

    assert scales.value(session.pk)(hour) == 0.5
    assert scales.reach(hour) == (0.0, 0.0)  # what is told is the share of the forum's people, and of its regions


def test_best_slots_of_a_forum_that_is_being_built(forum, room):
    """One session stands, on a Wednesday: the other days are offered too."""
    session_at(datetime(2020, 7, 22, 12, tzinfo=UTC), room=room)
    waiting = SessionFactory(forum=forum, starts=None, ends=None, room=None, state="draft")
    audience(forum, "asia", "Asia/Tokyo", 5)
    monday = date(2020, 7, 20)

    slots = session_hours.best_slots(*read(forum), waiting.pk, monday=monday, now=NOW - 60 * HOUR)
    later = session_hours.best_slots(*read(forum), waiting.pk, monday=monday, now=NOW)

    assert [(slot.span.starts.isoformat(), slot.room, reach.people) for slot, reach in slots] == [
        ("2020-07-20T04:00:00+00:00", room.pk, 1.0),
        ("2020-07-21T04:00:00+00:00", room.pk, 1.0),
        ("2020-07-22T04:00:00+00:00", room.pk, 1.0),
    ]
    assert [slot.span.starts.day for slot, _reach in later] == [
        23,
        24,
        22,
    ]  # after 14:00 in Geneva it is night in Tokyo
    assert [reach.people for _slot, reach in later] == [1.0, 1.0, 0.0]


def test_weekend_is_offered_where_the_draft_uses_it(forum, room):
    session_at(datetime(2020, 7, 25, 12, tzinfo=UTC), room=room)  # a Saturday

    days = session_hours.week(draft_timetable.read(forum), MONDAY, now=NOW)

    assert [day.closes.day for day in days] == [27, 28, 29, 30, 31, 1]


def test_last_day_of_a_forum_alone_gives_three_slots(forum, room):
    session = session_at(NINE, room=room)
    audience(forum, "asia", "Asia/Tokyo", 5)
    forum.ends = date(2020, 7, 27)
    forum.save()

    slots = session_hours.best_slots(*read(forum), session.pk, monday=MONDAY, now=NOW)

    assert [(slot.span.starts.hour, reach.people) for slot, reach in slots] == [(4, 1.0), (5, 1.0), (6, 1.0)]


def test_best_slots_weigh_each_region_alike(forum, room):
    """As a week's suggestion does: a hundred people in Lima do not outweigh Tokyo and Bamako."""
    session = session_at(NINE, room=room)
    for region, zone, people in [
        ("americas", "America/Lima", 100),
        ("asia", "Asia/Tokyo", 5),
        ("africa", "Africa/Bamako", 5),
    ]:
        audience(forum, region, zone, people)

    slots = session_hours.best_slots(*read(forum), session.pk, monday=MONDAY, now=NOW)

    assert slots[0][0].span.starts.hour == 8  # night in Lima
    assert slots[0][1] == (pytest.approx(10 / 110), pytest.approx(2 / 3))


def test_nobody_registered_gives_no_slots(forum, room):
    session = session_at(NINE, room=room)

    assert session_hours.best_slots(*read(forum), session.pk, monday=MONDAY, now=NOW) == []


def test_rooms_are_those_of_the_session_s_kind(forum, room):
    hall = RoomFactory(forum=forum, name="Hall", is_virtual=False)
    other = RoomFactory(forum=forum, name="Room B")
    draft = draft_timetable.read(forum)
    held, waiting = session_at(NINE, room=other), SessionFactory(forum=forum, starts=None, ends=None, state="draft")
    roomless = session_at(NINE, forum=forum)
    draft = draft_timetable.read(forum)

    assert session_hours.rooms_for(draft, draft.places[held.pk]) == [other.pk, room.pk]
    assert set(session_hours.rooms_for(draft, draft.places[waiting.pk])) == {room.pk, other.pk, hall.pk}
    assert session_hours.rooms_for(draft, draft.places[roomless.pk]) == [None]


def test_week_without_sessions_offers_monday_to_friday(forum):
    days = session_hours.week(draft_timetable.read(forum), date(2020, 9, 7), now=NOW)

    assert [day.closes.date().isoformat() for day in days] == ["2020-09-07", "2020-09-08", "2020-09-09", "2020-09-10"]
    assert (days[0].starts[0].hour, days[0].starts[-1].hour, days[0].closes.hour) == (4, 20, 21)  # 6:00 to 23:00


# --- the forum --------------------------------------------------------------------------------------
def test_burden_table_over_all_weeks(forum, room):
    session_at(datetime(2020, 6, 22, 7, tzinfo=UTC), room=room)
    session_at(datetime(2020, 6, 29, 15, tzinfo=UTC), room=room)
    session_at(datetime(2020, 9, 20, 15, tzinfo=UTC), room=room)  # outside the forum
    SessionFactory(forum=forum, starts=None, ends=None, state="draft")
    audience(forum, "americas", "America/Lima", 5)
    audience(forum, "africa", "Africa/Bamako", 5)

    table = session_hours.burden_table(*read(forum))

    assert [(row.name, row.people, row.weeks[:3], row.whole, row.is_zone) for row in table] == [
        ("africa", 5, [1.0, 0.0, None], 0.5, False),
        ("americas", 5, [1.0, 0.0, None], 0.5, False),
        ("Africa/Bamako", 5, [1.0, 0.0, None], 0.5, True),
    ]
    assert len(table[0].weeks) == forum.weeks


def test_what_is_open_around_the_clock_is_weighed_nowhere(forum, room):
    long = SessionFactory(forum=forum, starts=NINE, ends=NINE + 14 * HOUR + timedelta(minutes=1))
    audience(forum, "africa", "Africa/Bamako", 5)

    assert session_hours.reached(*read(forum)) == []
    assert session_hours.burden_table(*read(forum))[0].weeks == [None] * forum.weeks

    moves.move(long, starts=NINE, ends=NINE + 14 * HOUR, room=None, version=None, by=None, now=NOW)

    assert len(session_hours.reached(*read(forum))) == 1


def test_sessions_reached_the_fewest_first(forum, room):
    night, noon = session_at(NINE, room=room), session_at(NINE + 6 * HOUR, room=room)
    SessionFactory(forum=forum, starts=None, ends=None, state="draft")
    assert session_hours.reached(*read(forum)) == []

    audience(forum, "americas", "America/Lima", 5)

    assert [(place.key, share) for place, share in session_hours.reached(*read(forum))] == [
        (night.pk, 0.0),
        (noon.pk, 1.0),
    ]


# --- accepting --------------------------------------------------------------------------------------
def piece(session, *, starts=NINE + 6 * HOUR, room=None, version=None):
    place = moves.placement(session, now=NOW)
    return Piece(session.code, starts, room and room.pk, place.version if version is None else version)


def refused(forum, *pieces):
    with pytest.raises(ValidationError) as refusal:
        accept_moves.accept(forum, pieces, by=None, now=NOW)
    return refusal.value


def places(*sessions):
    return [Placement.objects.get(session=session).starts for session in sessions]


def test_accepted_moves_keep_their_length(forum, room):
    first, second = session_at(NINE, room=room), session_at(NINE + 2 * HOUR, room=room)

    number = accept_moves.accept(
        forum, [piece(first, room=room), piece(second, starts=NINE + 8 * HOUR)], by=None, now=NOW
    )

    place = Placement.objects.get(session=first)
    assert (number, place.starts, place.ends, place.room) == (2, NINE + 6 * HOUR, NINE + 7 * HOUR, room)
    assert Placement.objects.get(session=second).room is None


def test_sessions_are_read_once_for_all_pieces(forum, django_assert_max_num_queries):
    sessions = [session_at(NINE + number * HOUR, forum=forum) for number in range(4)]
    wanted = [piece(session, starts=session.starts + timedelta(days=1)) for session in sessions]

    with django_assert_max_num_queries(99) as one:
        accept_moves.accept(forum, wanted[:1], by=None, now=NOW)
    with django_assert_max_num_queries(99) as three:
        accept_moves.accept(forum, wanted[1:], by=None, now=NOW)

    assert sum('FROM "events_session"' in query["sql"] for query in one) == sum(
        'FROM "events_session"' in query["sql"] for query in three
    )
    assert (
        len(three) - len(one)
    ) / 2 <= 7  # each move: the lock, its place, the change, its history, in a transaction of its own


def test_all_or_none_when_one_was_moved_meanwhile(forum, room):
    first, second = session_at(NINE, room=room), session_at(NINE + 2 * HOUR, room=room)

    refusal = refused(forum, piece(first, room=room), piece(second, starts=NINE + 8 * HOUR, version=7))

    assert refusal.code == "moved-meanwhile"
    assert places(first, second) == [NINE, NINE + 2 * HOUR]


def test_move_that_clashes_by_now_is_refused_with_the_clash(forum, room):
    first = session_at(NINE, room=room)
    session_at(NINE + 6 * HOUR, room=room, title="In the way")

    refusal = refused(forum, piece(first, room=room))

    assert refusal.code == "clash"
    assert "In the way" in refusal.messages[0]
    assert places(first) == [NINE]


@pytest.mark.parametrize("change", ["session", "room", "waiting"])
def test_what_is_gone_is_refused(forum, room, change):
    session = session_at(NINE, room=room)
    wanted = piece(session, room=room)
    if change == "session":
        session.delete()
    elif change == "room":
        wanted = piece(session, room=RoomFactory(forum=ForumFactory(slug="2021")))
    else:
        moves.unschedule(session, version=None, by=None, now=NOW)

    assert refused(forum, wanted).code == "gone"


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_into_one_hour_at_once():
    """The second is told of the clash; alone, each would have been accepted."""
    forum = ForumFactory()
    one, other = session_at(NINE, forum=forum), session_at(NINE + 2 * HOUR, forum=forum)
    speaker = SpeakerFactory(forum=forum)
    for session in (one, other):
        AppearanceFactory(session=session, speaker=speaker)
    wanted = [piece(one), piece(other)]
    gate, codes = threading.Barrier(2), []

    def accept(chosen):
        gate.wait()
        try:
            accept_moves.accept(forum, [chosen], by=None, now=NOW)
            codes.append("done")
        except ValidationError as refusal:
            codes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=(chosen,)) for chosen in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == ["clash", "done"]
    assert sorted(places(one, other)).count(NINE + 6 * HOUR) == 1
