"""A week's moves to fairer hours: their gain, whom each costs, that the weighing only chooses; and accepting them."""

from datetime import date, timedelta
from functools import partial

import pytest

from events.models import Placement
from events.schedule import draft_timetable, moves
from events.schedule.fair_hours import session_hours, week_suggestion
from events.schedule.fair_hours.waking_hours import Weighing
from events.schedule.fair_hours.week_suggestion import Piece, RegionChange
from tests.events.schedule.factories import BY, DAY, HOUR, NINE, audience, session_at
from tests.factories import NOW, AppearanceFactory, ForumFactory, RoomFactory, SessionFactory, SpeakerFactory
from tests.races import together
from tests.refusals import refused

MONDAY = date(2020, 7, 27)
LIMA, TOKYO = ("americas", "America/Lima"), ("asia", "Asia/Tokyo")
LAGOS, PARIS = ("africa", "Africa/Lagos"), ("western-europe", "Europe/Paris")


def outlook(forum, *, weighing=Weighing.PEOPLE, now=NOW):
    draft, crowds = draft_timetable.read(forum), session_hours.crowds(forum)
    return week_suggestion.outlook(draft, crowds, monday=MONDAY, now=now, weighing=weighing)


def test_week_s_moves_and_their_gain(forum, room):
    early, _good = session_at(NINE, room=room), session_at(NINE + 6 * HOUR, room=room)
    session_at(NINE + 7 * DAY, room=room)  # of the next week
    SessionFactory(forum=forum, starts=NINE, ends=NINE + 14 * HOUR + timedelta(minutes=1))  # open around the clock
    audience(forum, (*LIMA, 5))

    found = outlook(forum)

    assert [(change.move.key, change.before, change.after) for change in found.changes] == [
        (early.pk, (0.0, 0.0), (1.0, 1.0))
    ]
    assert (found.sessions, found.before.people, found.after.people, found.ceiling.people) == (2, 0.5, 1.0, 1.0)
    assert found.burdens == [RegionChange("americas", 0.5, 0.0)]


def test_sessions_that_have_begun_are_left_and_an_empty_week_has_no_gain(forum, room):
    audience(forum, (*LIMA, 5))
    empty = outlook(forum)
    session_at(NINE, room=room)

    begun = outlook(forum, now=NINE)

    assert (empty.changes, empty.sessions, empty.before, empty.after, empty.burdens) == ([], 0, (0, 0), (0, 0), [])
    assert (begun.changes, begun.sessions, begun.before, begun.ceiling) == ([], 1, (0.0, 0.0), (0.0, 0.0))


# --- whose day counts -------------------------------------------------------------------------------
def test_need_does_not_send_the_others_into_the_night(forum, room):
    """Lima has all of the draft at night, Paris and Auckland none: Lima counts twice, the others still once."""
    session_at(NINE, room=room)
    audience(forum, (*PARIS, 100), ("asia", "Pacific/Auckland", 10), (*LIMA, 12))

    need = outlook(forum, weighing=Weighing.NEED)

    assert outlook(forum, weighing=Weighing.REGIONS).changes == []
    assert [change.after for change in need.changes] == [(pytest.approx(112 / 122), pytest.approx(2 / 3))]


def test_weighing_chooses_and_the_figures_stay_those_of_people_and_regions(forum, room):
    session_at(NINE, room=room)  # by day in Tokyo, night in Lima
    audience(forum, (*TOKYO, 15), (*LIMA, 5))

    by_people, by_need = outlook(forum), outlook(forum, weighing=Weighing.NEED)

    assert (by_people.changes, by_need.changes[0].before, by_need.changes[0].after) == ([], (0.75, 0.5), (0.25, 0.5))
    assert (by_people.before, by_people.ceiling) == (by_need.before, by_need.ceiling) == ((0.75, 0.5), (0.75, 0.5))
    assert by_need.after == (0.25, 0.5)


# --- who loses ----------------------------------------------------------------------------------------
def test_regions_that_change_are_told_and_the_losers_first(forum, room):
    session_at(NINE, room=room)
    audience(forum, (*LIMA, 80), (*TOKYO, 5), ("asia", "Asia/Dhaka", 15), (*PARIS, 6))

    change = outlook(forum).changes[0]

    assert change.regions == [RegionChange("asia", 1.0, 0.75), RegionChange("americas", 0.0, 1.0)]
    assert ([one.is_loss for one in change.regions], change.has_losers) == ([True, False], True)


@pytest.mark.parametrize(
    ("rows", "told"), [([(*TOKYO, 3), (*LAGOS, 9)], (12, 3, False)), ([(*TOKYO, 4)], (0, 0, False))]
)
def test_booked_people_who_lose_their_day_are_counted_unless_they_are_few(forum, room, rows, told):
    session = session_at(NINE, room=room)
    audience(forum, (*LIMA, 80))
    audience(forum, *rows, session=session)

    change = outlook(forum).changes[0]

    assert (change.booked, change.losing, change.has_losers) == told


# --- accepting --------------------------------------------------------------------------------------
def piece(session, *, starts=NINE + 6 * HOUR, room=None, version=1):
    return Piece(session.code, starts, room and room.pk, version)


def accept(forum, *pieces):
    return len(week_suggestion.accept(forum, pieces, by=None, now=NOW))


def starts_of(*sessions):
    return [draft_timetable.read(session.forum).places[session.pk].starts for session in sessions]


def test_accepted_moves_keep_their_length_and_sessions_are_read_once(forum, room, django_assert_max_num_queries):
    sessions = [session_at(NINE + 4 * number * HOUR, room=room, hours=number + 1) for number in range(4)]
    wanted = [piece(session, starts=session.starts + DAY, room=room) for session in sessions[:-1]]
    wanted.append(piece(sessions[-1], starts=sessions[-1].starts + 2 * DAY))

    with django_assert_max_num_queries(99) as one:
        assert accept(forum, *wanted[:1]) == 1
    with django_assert_max_num_queries(99) as three:
        assert accept(forum, *wanted[1:]) == 3

    places = Placement.objects.order_by("starts")
    assert [(place.starts - session.starts, place.room) for place, session in zip(places, sessions, strict=True)] == [
        *[(DAY, room)] * 3,
        (2 * DAY, None),
    ]
    assert [(place.ends - place.starts) / HOUR for place in places] == [1, 2, 3, 4]
    read = [sum('FROM "events_session"' in query["sql"] for query in queries) for queries in (one, three)]
    assert read[0] == read[1]
    assert (len(three) - len(one)) / 2 <= 7  # each move: the lock, its place, the change, its history, a savepoint


def test_all_or_none_when_one_was_moved_meanwhile(forum, room):
    first, second = session_at(NINE, room=room), session_at(NINE + 2 * HOUR, room=room)
    pieces = [piece(first, room=room), piece(second, starts=NINE + 8 * HOUR, version=7)]

    assert refused(accept, forum, *pieces) == "moved-meanwhile"
    assert starts_of(first, second) == [NINE, NINE + 2 * HOUR]


def test_move_that_clashes_by_now_is_refused(forum, room):
    first = session_at(NINE, room=room)
    session_at(NINE + 6 * HOUR, room=room)

    assert refused(accept, forum, piece(first, room=room)) == "clash"
    assert starts_of(first) == [NINE]


@pytest.mark.parametrize("change", ["session", "room", "waiting"])
def test_what_is_gone_is_refused(forum, room, change):
    session = session_at(NINE, room=room)
    wanted = piece(session, room=room)
    if change == "session":
        session.delete()
    elif change == "room":
        wanted = piece(session, room=RoomFactory(forum=ForumFactory(slug="2021")))
    else:
        moves.unschedule(session, **BY)

    assert refused(accept, forum, wanted) == "gone"


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_into_one_hour_at_once():
    """The second is told of the clash; alone, each would have been accepted."""
    forum = ForumFactory()
    pair = [session_at(NINE, forum=forum), session_at(NINE + 2 * HOUR, forum=forum)]
    speaker = SpeakerFactory(forum=forum)
    for session in pair:
        AppearanceFactory(session=session, speaker=speaker)

    answers = together(*(partial(accept, forum, piece(session)) for session in pair))

    assert sorted(map(str, answers)) == ["1", "clash"]
    assert starts_of(*pair).count(NINE + 6 * HOUR) == 1
