"""Attendance follows from stays: whatever is done, the one table says what the other does."""

import random
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from registration.door import scanning
from registration.door.scanning import Seen
from registration.models import Attendance, Scan, Stay
from registration.sessions.attendance import joining, stays
from tests.factories import (
    NOW,
    AttendanceFactory,
    DoorFactory,
    DoorPassFactory,
    ForumFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def session(forum):
    return SessionFactory(forum=forum, starts=NOW, ends=NOW + 60 * MINUTE)


def derived():
    """Attendance, from stays alone: person, session → first seen, last seen, entries, source."""
    rows = {}
    for stay in Stay.objects.filter(registration__isnull=False, session__isnull=False).order_by("began", "source"):
        rows.setdefault((stay.registration_id, stay.session_id), []).append(stay)
    return {
        key: (one[0].began, max(stay.ended or stay.began for stay in one), len(one), one[0].source)
        for key, one in rows.items()
    }


def written():
    columns = ("registration", "session", "first_seen", "last_seen", "entries", "source")
    return {row[:2]: row[2:] for row in Attendance.objects.values_list(*columns)}


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.whole) for seed in (1, 2, 3))])
def test_attendance_never_drifts_from_the_stays(seed):
    """Joins, scans at doors of a session, a room and the building, scans that are undone, and stays by hand, in any order."""
    chance, forum, by = random.Random(seed), ForumFactory(), UserFactory()  # noqa: S311, a game
    room = RoomFactory(forum=forum)
    sessions = [
        SessionFactory(forum=forum, room=room, starts=NOW + n * 60 * MINUTE, ends=NOW + (n * 60 + 60) * MINUTE)
        for n in range(2)
    ]
    doors = [
        DoorFactory(forum=forum, session=sessions[0]),
        DoorFactory(forum=forum, room=room),
        DoorFactory(forum=forum),
    ]
    people = [RegistrationFactory(forum=forum) for _ in range(3)]

    def join():
        session = chance.choice(sessions)
        moment = session.starts + chance.randrange(60) * MINUTE
        joining.enter(registration=chance.choice(people), session=session, now=moment, source="join")

    def scan():
        moment = NOW + chance.randrange(-20, 120) * MINUTE
        seen = Seen(uuid.uuid4(), chance.choice(people).pk, chance.choice(["in", "in", "out"]), moment)
        scanning.scan(seen, door_pass=DoorPassFactory(door=chance.choice(doors)), now=NOW + timedelta(days=1))

    def undo():
        if scans := list(Scan.objects.filter(undone=None).order_by("pk")):
            scanning.undo(chance.choice(scans), now=NOW)

    def by_hand():
        session, minute = chance.choice(sessions), chance.randrange(60)
        began, ended = (session.starts + (minute + more) * MINUTE for more in (0, 10))
        own = {"registration": chance.choice(people), "session": session, "source": "hand", "entered_by": by}
        joining.record(Stay(began=began, ended=ended, **own))

    def take_back():
        if own := list(Stay.objects.filter(source="hand").order_by("pk")):
            stays.take_back(chance.choice(own))

    seen = set()
    for _step in range(60):
        chance.choice([join, scan, scan, undo, by_hand, take_back])()
        assert written() == derived()
        seen |= set(Stay.objects.values_list("source", "door"))

    assert len(seen) >= 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"ended": NOW - MINUTE},
        {"session": None},
        {"door": True},
    ],
    ids=["ends before it began", "nowhere", "in a session and in the building"],
)
def test_database_refuses_a_stay_that_cannot_be(wrong):
    own = {"registration": RegistrationFactory(), "session": SessionFactory(), "began": NOW, "source": "hand"} | wrong
    if own.get("door"):
        own["door"] = DoorFactory(forum=own["session"].forum)

    with pytest.raises(IntegrityError), transaction.atomic():
        Stay.objects.create(**own)


# --- in the admin ----------------------------------------------------------------------------------
ADD = "/admin/registration/stay/add/"


def sent(person, session, *, began="14:20", ended=""):
    fields = {"registration": person.pk if person else "", "session": session.pk, "device": "list at the door"}
    times = {"began_0": "2020-07-22", "began_1": began, "ended_0": "2020-07-22" if ended else "", "ended_1": ended}
    return fields | times


def test_organisers_enter_by_hand_who_was_there(organiser, session):
    """On the clock of the forum, which the page names."""
    assert "Local time in the zone Europe/Zurich." in organiser.get(ADD).content.decode()
    person = RegistrationFactory(forum=session.forum)

    organiser.post(ADD, sent(person, session, ended="14:50"))
    organiser.post(ADD, sent(None, session))

    known, unknown = person.stays.get(), Stay.objects.get(registration=None)
    assert (known.began, known.ended, known.source) == (NOW, NOW + 30 * MINUTE, "hand")
    assert known.entered_by.email == organiser.get("/admin/").wsgi_request.user.email
    assert (unknown.registration, unknown.ended) == (None, None)
    assert list(Attendance.objects.values_list("registration", "session")) == [(person.pk, session.pk)]


def test_form_refuses_at_its_fields(organiser, session):
    gone = RegistrationFactory(forum=session.forum, withdrawn=NOW)

    answers = [
        organiser.post(ADD, sent(gone, session)),
        organiser.post(ADD, sent(None, session, ended="11:00")),
        organiser.post(ADD, {"began_0": "2020-07-22", "began_1": "14:20"}),
    ]

    assert [set(answer.context["adminform"].form.errors) for answer in answers] == [
        {"registration"},
        {"ended"},
        {"session"},
    ]
    assert not Stay.objects.exists()


def test_only_what_was_entered_by_hand_is_deleted(organiser, session):
    joined = AttendanceFactory(session=session, registration__forum=session.forum).registration.stays.get()
    by_hand = joining.record(
        Stay(registration=RegistrationFactory(forum=session.forum), session=session, began=NOW, source="hand")
    ).registration.stays.get()

    said = [
        organiser.post(f"/admin/registration/stay/{one.pk}/delete/", {"post": "yes"}).status_code
        for one in (joined, by_hand)
    ]

    assert said == [403, 302]
    assert list(Stay.objects.all()) == [joined]
    assert list(Attendance.objects.values_list("registration", flat=True)) == [joined.registration_id]
