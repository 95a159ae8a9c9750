"""What a door says of a ticket, and the attendance that follows from it."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from events.shared.formatting import times
from registration.accreditation import new_tickets
from registration.door import scanning, tickets
from registration.door.answers import answer
from registration.door.inside import people_inside
from registration.door.scanning import Seen
from registration.models import Attendance, Registration, Scan, Stay
from tests.factories import (
    NOW,
    BookingFactory,
    DoorFactory,
    DoorPassFactory,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
)
from tests.races import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(forum):
    return SessionFactory(forum=forum, room=RoomFactory(forum=forum), starts=NOW, ends=NOW + timedelta(hours=1))


def seen(person, *, direction="in", minutes=0, key=None):
    text = tickets.code(person) if isinstance(person, Registration) else person
    return Seen(key or uuid.uuid4(), text, direction, NOW + timedelta(minutes=minutes))


def scan(person, door, **more):
    return scanning.scan(seen(person, **more), door_pass=DoorPassFactory(door=door), now=NOW)


def test_person_goes_in_and_out_and_attends(forum, session):
    door, person = DoorFactory(forum=forum, session=session), RegistrationFactory(forum=forum)

    said = [
        scan(person, door, direction=direction, minutes=minutes).outcome
        for direction, minutes in (("in", -5), ("in", 1), ("out", 20), ("in", 30), ("out", 50))
    ]

    assert said == ["in", "already_in", "out", "in", "out"]
    row = Attendance.objects.get(registration=person, session=session)
    assert (row.first_seen, row.last_seen) == (NOW - timedelta(minutes=5), NOW + timedelta(minutes=50))
    assert (row.entries, row.source, row.country) == (2, "check_in", person.country)


def other_forum_ticket():
    return tickets.code(RegistrationFactory(forum=ForumFactory(slug="2027")))


CASES = {
    "unknown": lambda forum: "no ticket",
    "wrong_door": lambda forum: other_forum_ticket(),
    "cancelled": lambda forum: RegistrationFactory(forum=forum, withdrawn=NOW),
    "no_accreditation": lambda forum: RegistrationFactory(forum=forum, state="secretariat"),
}


def test_who_takes_part_online_comes_in_by_no_door_and_nobody_is_kept_inside(full, forum):
    online = RegistrationFactory(forum=forum, kind=KindFactory(forum=forum, mode="remote"))
    on_site = RegistrationFactory(forum=forum, kind=KindFactory(forum=forum, mode="on_site"))
    building = DoorFactory(forum=forum)
    session = full[1]
    session.capacity = 5
    session.save()

    rows = [scan(online, door) for door in (building, full[0])]

    assert [row.outcome for row in rows] == ["no_accreditation"] * 2
    assert answer(rows[0]).sentence == "They are registered to take part online. Send them to the desk"
    assert (Attendance.objects.count(), session.bookings.filter(registration=online).count()) == (0, 0)
    assert (scan(online, building, direction="out").outcome, scan(on_site, building).outcome) == ("out", "in")


@pytest.mark.parametrize("outcome", CASES)
def test_who_may_not_come_in_leaves_no_attendance(forum, session, outcome):
    door = DoorFactory(forum=forum, session=session)

    row = scan(CASES[outcome](forum), door)

    assert (row.outcome, Attendance.objects.count()) == (outcome, 0)


def test_other_day_than_the_session_or_the_forum(forum, session):
    person, at_session = RegistrationFactory(forum=forum), DoorFactory(forum=forum, session=session)
    at_building = DoorFactory(forum=forum)

    said = [
        scan(person, at_session, minutes=24 * 60).outcome,
        scan(person, at_building, minutes=24 * 60).outcome,
        scan(person, at_building, minutes=30 * 24 * 60).outcome,
    ]

    assert said == ["other_day", "in", "other_day"]


def test_door_of_a_room_counts_for_what_runs_in_it(forum, session):
    room, person, other = session.room, RegistrationFactory(forum=forum), RegistrationFactory(forum=forum)
    later = SessionFactory(forum=forum, room=room, starts=NOW + timedelta(hours=2), ends=NOW + timedelta(hours=3))
    door = DoorFactory(forum=forum, room=room)

    scan(person, door, minutes=-10)
    scan(person, door, direction="out", minutes=150)
    scan(other, door, minutes=10)

    assert set(Attendance.objects.values_list("registration", "session")) == {
        (person.pk, session.pk),
        (person.pk, later.pk),
        (other.pk, session.pk),
    }


def test_next_day_begins_with_nobody_inside(forum, session):
    """Few are scanned as they leave in the evening: in the morning they are not "already in", and stay in nothing overnight."""
    day = 24 * 60
    SessionFactory(forum=forum, room=session.room, starts=NOW + timedelta(hours=3), ends=NOW + timedelta(hours=4))
    tomorrow = SessionFactory(
        forum=forum, room=session.room, starts=NOW + timedelta(days=1), ends=NOW + timedelta(days=1, hours=1)
    )
    door, person = DoorFactory(forum=forum, room=session.room), RegistrationFactory(forum=forum)

    said = [
        scan(person, door, direction=way, minutes=at).outcome for way, at in [("in", 0), ("in", day), ("out", day + 30)]
    ]

    assert said == ["in", "in", "out"]
    assert set(Attendance.objects.values_list("session", "first_seen", "last_seen")) == {
        (session.pk, NOW, NOW),
        (tomorrow.pk, tomorrow.starts, tomorrow.starts + timedelta(minutes=30)),
    }
    assert inside_at(door, day + 10) == {person.pk}
    assert (inside_at(door, 60), inside_at(door, day - 30), inside_at(door, day + 40)) == ({person.pk}, set(), set())


def inside_at(door, minutes):
    rows = people_inside(door, at=NOW + timedelta(minutes=minutes))
    return {row["registration"] for row in rows}


def test_doors_of_one_place_know_of_each_other(forum, session):
    """A ticket that was copied to two phones goes in once, whichever door; and who came by one leaves by another."""
    person, other = RegistrationFactory(forum=forum), RegistrationFactory(forum=forum)
    first, second = DoorFactory(forum=forum, room=session.room), DoorFactory(forum=forum, room=session.room)
    building = DoorFactory(forum=forum)

    said = [scan(person, building).outcome, scan(person, first).outcome, scan(person, second, minutes=1).outcome]
    scan(other, first)
    both = inside_at(second, 2)
    scan(other, second, direction="out", minutes=3)

    assert said == ["in", "in", "already_in"]
    assert both == {person.pk, other.pk}
    assert (inside_at(first, 4), inside_at(building, 4)) == ({person.pk}, {person.pk})


def test_who_withdrew_inside_still_leaves(forum, session):
    door, person = DoorFactory(forum=forum, session=session), RegistrationFactory(forum=forum)
    scan(person, door)
    Registration.objects.update(withdrawn=NOW)

    assert scan(person, door, direction="out", minutes=5).outcome == "out"
    assert inside_at(door, 6) == set()


@pytest.mark.parametrize("what", ["room", "session"])
def test_door_is_of_its_own_forum(forum, what):
    other = ForumFactory(slug="2027")
    place = (RoomFactory if what == "room" else SessionFactory)(forum=other)

    with pytest.raises(ValidationError) as refusal:
        DoorFactory.build(forum=forum, **{what: place}).clean()

    assert refusal.value.error_dict[what][0].code == "other-forum"


@pytest.fixture(params=["room", "session"])
def full(request, forum, session):
    """A door of a session with one place, which somebody has booked (`holder`), and that session."""
    session.capacity = 1
    session.save()
    holder = BookingFactory(session=session, registration__forum=forum).registration
    what = {"room": session.room} if request.param == "room" else {"session": session}
    return DoorFactory(forum=forum, **what), session, holder


def scan_at(person, door, minutes, **more):
    now = NOW + timedelta(minutes=minutes)
    return scanning.scan(seen(person, minutes=minutes, **more), door_pass=DoorPassFactory(door=door), now=now)


def test_full_session_keeps_the_place_of_who_booked_it(full, forum):
    door, _session, holder = full
    other = RegistrationFactory(forum=forum)
    forum.walk_in_minutes = 10
    forum.save()

    rows = [scan_at(person, door, -5) for person in (other, holder)]

    assert [row.outcome for row in rows] == ["no_seat", "in"]
    assert set(Attendance.objects.values_list("registration", flat=True)) == {holder.pk}
    again = times.hours(NOW + timedelta(minutes=10), zone=forum.zone)
    assert (
        answer(rows[0]).sentence
        == f"There is no place for them yet. They can come back at {again}, when free places are given away"
    )


def test_place_of_who_has_not_come_is_given_away_once(full, forum):
    door, _session, holder = full
    forum.walk_in_minutes = 10
    forum.save()
    first, second = RegistrationFactory(forum=forum), RegistrationFactory(forum=forum)

    rows = [scan_at(person, door, 11) for person in (first, second, holder)]

    assert [row.outcome for row in rows] == ["in", "no_seat", "no_seat"]
    assert answer(rows[1]).sentence == "Every place is taken"
    assert scan_at(first, door, 12, direction="out").outcome == "out"
    assert scan_at(first, door, 13).outcome == "in"


def test_free_place_is_booked_by_coming_in(full, forum):
    door, session, _holder = full
    session.capacity, session.broadcast_url = 2, "https://tv.example/live"
    session.save()
    forum.walk_in_minutes = None
    forum.save()
    first, second = RegistrationFactory(forum=forum), RegistrationFactory(forum=forum)

    rows = [scan_at(person, door, 0) for person in (first, second)]

    assert [row.outcome for row in rows] == ["in", "no_seat"]
    assert session.bookings.filter(registration=first).exists()
    assert answer(rows[1]).sentence == "Every place is taken. They can watch the broadcast"


def test_who_was_let_in_without_a_line_is_inside_whatever_is_booked(full, forum):
    door, _session, _holder = full
    other = RegistrationFactory(forum=forum)

    late = scanning.scan(seen(other), door_pass=DoorPassFactory(door=door), now=NOW + timedelta(minutes=20))

    assert late.outcome == "in"
    assert Attendance.objects.get().registration == other


@pytest.mark.django_db(transaction=True)
def test_last_place_is_given_once_at_several_doors(forum, session):
    session.capacity = 1
    session.save()
    doors = [DoorFactory(forum=forum, session=session) for _ in range(4)]
    tries = [(door, seen(RegistrationFactory(forum=forum))) for door in doors]

    passes = {door: DoorPassFactory(door=door) for door, _one in tries}
    said = together(
        *[lambda used=passes[door], one=one: scanning.scan(one, door_pass=used, now=NOW).outcome for door, one in tries]
    )

    assert sorted(said) == ["in", "no_seat", "no_seat", "no_seat"]
    assert Attendance.objects.count() == 1


def test_undone_scan_is_as_if_it_had_not_been(forum, session):
    door, person = DoorFactory(forum=forum, session=session), RegistrationFactory(forum=forum)
    first = scan(person, door)

    scanning.undo(first, now=NOW)
    scanning.undo(first, now=NOW + timedelta(minutes=1))

    assert (Attendance.objects.count(), Scan.objects.get().undone) == (0, NOW)
    assert scan(person, door, minutes=1).outcome == "in"


def test_undone_entry_gives_back_the_place_that_it_took_and_no_other(full, forum):
    door, session, holder = full
    session.capacity = 2
    session.save()
    first, second = RegistrationFactory(forum=forum), RegistrationFactory(forum=forum)
    taken, kept = scan_at(first, door, 0), scan_at(holder, door, 0)

    refused = scan_at(second, door, 0).outcome
    for row in (taken, kept):
        scanning.undo(row, now=NOW)

    assert refused == "no_seat"
    assert set(session.bookings.values_list("registration", flat=True)) == {holder.pk}
    assert scan_at(second, door, 1).outcome == "in"


def test_old_ticket_is_told_and_the_new_one_and_the_name_go_in(forum, session):
    person = RegistrationFactory(forum=forum)
    door, old = DoorFactory(forum=forum), tickets.code(person)
    scan(old, door)
    scan(old, door, direction="out", minutes=1)
    person = new_tickets.make(person, by=person.user, now=NOW)

    tries = [old, tickets.code(person), person.pk]
    rows = [scan(text, door, minutes=2 + n) for n, text in enumerate(tries)]

    assert [row.outcome for row in rows] == ["old_ticket", "in", "already_in"]
    assert "newer ticket" in answer(rows[0]).sentence
    assert scan(old, door, direction="out", minutes=9).outcome == "out"  # nobody is kept inside


def test_person_found_by_name_is_scanned_by_number(forum, session):
    door, person = DoorFactory(forum=forum, session=session), RegistrationFactory(forum=forum)
    stranger = RegistrationFactory(forum=ForumFactory(slug="2027"))

    said = [scan(number, door).outcome for number in (person.pk, stranger.pk)]

    assert said == ["in", "unknown"]


def test_clock_of_a_device_that_is_an_hour_off():
    device_now = NOW + timedelta(hours=1)

    found = [
        scanning.corrected(device_now - timedelta(minutes=5), device_now=device_now, now=NOW),
        scanning.corrected(NOW + timedelta(minutes=5), device_now=NOW + timedelta(seconds=1), now=NOW),
        scanning.corrected(datetime.min.replace(tzinfo=UTC), device_now=NOW, now=NOW),
    ]

    assert found == [NOW - timedelta(minutes=5), NOW, NOW - scanning.OLDEST]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.whole) for seed in (1, 2))])
def test_three_devices_without_a_line_merge_to_the_same_whatever_the_order(forum, session, seed):
    """The promise to doors without a line, on rows: who attended, from when to when and how often."""
    chance = random.Random(seed)  # noqa: S311, a game
    people = [RegistrationFactory(forum=forum) for _ in range(6)]
    later = SessionFactory(
        forum=forum, room=session.room, starts=NOW + timedelta(hours=1), ends=NOW + timedelta(hours=2)
    )
    doors = [
        DoorFactory(forum=forum, session=session),
        DoorFactory(forum=forum, room=session.room),
        DoorFactory(forum=forum, session=later),
    ]
    day = [
        (
            chance.choice(doors),
            seen(chance.choice(people), direction=chance.choice(["in", "in", "out"]), minutes=minute),
        )
        for minute in chance.sample(range(-30, 120), 40)
    ]
    results = []
    for _order in range(3):
        Scan.objects.all().delete()
        Stay.objects.all().delete()
        Attendance.objects.all().delete()
        chance.shuffle(day)
        for door, one in [*day, *day[:10]]:
            scanning.scan(one, door_pass=DoorPassFactory(door=door), now=NOW + timedelta(days=1))
        results.append(
            sorted(Attendance.objects.values_list("registration", "session", "first_seen", "last_seen", "entries"))
        )

    assert len(results[0]) > 6
    assert results[0] == results[1] == results[2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", ["a ticket", "no ticket"])
def test_one_scan_that_is_sent_twice_at_once_is_one(forum, session, text):
    """A phone that heard no answer sends again while the first is still under way."""
    door, key = DoorFactory(forum=forum, session=session), uuid.uuid4()
    what = seen(RegistrationFactory(forum=forum) if text == "a ticket" else text, key=key)

    used = DoorPassFactory(door=door)
    results = together(*[lambda: scanning.scan(what, door_pass=used, now=NOW).pk] * 4)

    assert {type(one) for one in results} == {int}
    assert (len(set(results)), Scan.objects.count()) == (1, 1)
