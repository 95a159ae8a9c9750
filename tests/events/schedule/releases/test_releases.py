from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.mail import outbox
from events.models import Appearance, Placement, Release, Session
from events.pages import revision
from events.schedule import moves
from events.schedule.releases import releases
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
START = datetime(2020, 7, 24, 8, tzinfo=UTC)
END = START + timedelta(hours=1)
BY = {"version": None, "by": None, "now": NOW}
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def forum():
    return ForumFactory()


def release(forum, **options):
    return releases.release(forum, **({"note": "", "by": None, "now": LATER} | options))


def move(session, *, starts=START, ends=END, room=None):
    moves.move(session, starts=starts, ends=ends, room=room, **BY)


def log(made):
    return [(change["kind"], change["code"]) for change in made.changes]


def stored(session):
    row = Session.objects.get(pk=session.pk)
    return row.state, row.starts, row.room_id, row.sequence


def codes(caught):
    return [error.code for error in caught.value.error_list]


def test_release_takes_over_what_differs_and_nothing_else(forum):
    room, person = RoomFactory(forum=forum), UserFactory()
    moved, struck, same = (SessionFactory(forum=forum) for _n in range(3))
    new = SessionFactory(forum=forum, state="draft", starts=None, ends=None)
    gone = SessionFactory(forum=forum)
    back = SessionFactory(forum=forum, state="cancelled")
    move(moved, room=room)
    move(new, starts=START + timedelta(hours=2), ends=END + timedelta(hours=2))
    moves.cancel(struck, **BY)
    moves.unschedule(gone, **BY)
    moves.restore(back, **BY)
    before = revision.current()

    made = release(forum, note=" For all ", by=person)

    assert set(log(made)) == {
        ("moved", moved.code),
        ("cancelled", struck.code),
        ("new", new.code),
        ("removed", gone.code),
        ("restored", back.code),
    }
    assert [stored(session) for session in (moved, struck, same, new, gone, back)] == [
        ("scheduled", START, room.pk, 1),
        ("cancelled", struck.starts, None, 1),
        ("scheduled", same.starts, None, 0),
        ("scheduled", START + timedelta(hours=2), None, 1),
        ("draft", None, None, 1),
        ("scheduled", back.starts, None, 1),
    ]
    assert Session.objects.get(pk=moved.pk).updated == LATER
    assert (made.number, made.note, made.by, made.released, made.told) == (1, "For all", person, LATER, None)
    assert revision.current() == before + 1


def test_timetable_holds_every_session_as_released(forum):
    session = SessionFactory(forum=forum, title="On bridges", room=RoomFactory(forum=forum, name="Room 1"))
    ada = AppearanceFactory(
        session=session, speaker=SpeakerFactory(forum=forum, name="Ada", form_of_address="Dr")
    ).speaker
    SessionFactory(forum=forum, state="draft")
    SessionFactory(forum=ForumFactory(slug="2021"))

    made = release(forum)

    assert made.timetable == [
        {
            "code": session.code,
            "title": "On bridges",
            "starts": "2020-07-23T12:00:00+00:00",
            "ends": "2020-07-23T13:30:00+00:00",
            "room": {"id": session.room_id, "name": "Room 1"},
            "state": "scheduled",
            "speakers": [{"id": ada.pk, "name": "Dr Ada"}],
        }
    ]


def test_speakers_come_and_go_with_a_release(forum):
    session = SessionFactory(forum=forum)
    goes = AppearanceFactory(session=session)
    draft = AppearanceFactory(session=SessionFactory(forum=forum, state="draft"), is_released=False)
    release(forum)
    goes.delete()
    AppearanceFactory(session=session, is_released=False)
    assert [s.pk for s in releases.waiting(forum)] == [session.pk]

    made = release(forum)

    assert log(made) == [("joined", session.code), ("left", session.code)]
    assert list(Appearance.objects.order_by("pk").values_list("session", "is_released")) == [
        (draft.session_id, False),
        (session.pk, True),
    ]
    assert stored(session)[3] == 0  # a calendar does not name the speakers
    assert not releases.waiting(forum).exists()


def test_numbers_rise_for_each_forum(forum):
    session, other = SessionFactory(forum=forum), SessionFactory(forum=ForumFactory(slug="2021"))
    release(forum)
    release(other.forum)
    move(session)

    assert (release(forum).number, releases.latest(forum).number, releases.latest(other.forum).number) == (2, 2, 1)
    assert [r.number for r in releases.of_forum(forum)] == [2, 1]


def test_first_release_of_what_is_public_already_has_no_changes(forum):
    SessionFactory(forum=forum)

    assert release(forum).changes == []


def test_nothing_changed_is_refused(forum):
    with pytest.raises(ValidationError) as empty:
        release(forum)
    SessionFactory(forum=forum)
    release(forum)
    with pytest.raises(ValidationError) as same:
        release(forum)

    assert [codes(empty), codes(same)] == [["nothing-changed"], ["nothing-changed"]]
    assert Release.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda session: moves.move(session, starts=None, ends=None, room=RoomFactory(forum=session.forum), **BY),
        lambda session: moves.cancel(session, **BY),
    ],
    ids=["a room for what has no time", "cancelled before it had a time"],
)
def test_what_the_public_sees_neither_before_nor_after_makes_no_version(forum, change):
    public, waiting = SessionFactory(forum=forum), SessionFactory(forum=forum, state="draft", starts=None, ends=None)
    release(forum)
    change(waiting)

    with pytest.raises(ValidationError) as caught:
        release(forum)

    assert (codes(caught), Release.objects.count()) == (["nothing-changed"], 1)
    move(public)
    assert log(release(forum)) == [("moved", public.code)]
    place = Placement.objects.get(session=waiting)
    assert (stored(waiting)[0] == "cancelled", stored(waiting)[2]) == (place.state == "cancelled", place.room_id)


def test_deleted_session_is_in_the_log(forum):
    session = SessionFactory(forum=forum)
    SessionFactory(forum=forum)
    release(forum)
    session.delete()

    assert log(release(forum)) == [("removed", session.code)]


def test_blocking_clash_is_refused_and_nothing_is_released(forum):
    room = RoomFactory(forum=forum)
    one, two = SessionFactory(forum=forum, title="One"), SessionFactory(forum=forum, title="Two")
    move(one, room=room)
    move(two, room=room)

    with pytest.raises(ValidationError) as caught:
        release(forum)

    assert codes(caught) == ["blocking-clash"]
    assert "One" in caught.value.messages[0]
    assert (stored(one)[1], Release.objects.count(), revision.current()) == (one.starts, 0, 0)


def test_draft_that_changed_since_it_was_seen_is_refused(forum):
    one, two = SessionFactory(forum=forum), SessionFactory(forum=forum)
    move(one)
    seen = releases.preview(forum).fingerprint
    move(two, starts=START + timedelta(hours=3), ends=END + timedelta(hours=3))

    with pytest.raises(ValidationError) as caught:
        release(forum, seen=seen)

    assert (codes(caught), stored(one)[1]) == (["draft-changed"], one.starts)
    assert len(release(forum, seen=releases.preview(forum).fingerprint).changes) == 2


def test_first_blocking_clashes_are_told_and_the_rest_counted(forum):
    room = RoomFactory(forum=forum)
    for _n in range(8):  # 28 pairs
        move(SessionFactory(forum=forum), room=room)

    with pytest.raises(ValidationError) as caught:
        release(forum)

    seen = releases.preview(forum)
    assert (codes(caught), caught.value.messages[-1]) == (["blocking-clash"] * 21, "8 more clashes forbid a release")
    assert (len(seen.clashes), seen.more_clashes) == (20, 8)


def test_note_too_long_is_refused(forum):
    with pytest.raises(ValidationError) as caught:
        release(forum, note="x" * 4001)

    assert codes(caught) == ["note-too-long"]


def test_tasks_are_woken_when_all_is_committed(forum, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(outbox, "wake", woken.append)
    SessionFactory(forum=forum)

    with django_capture_on_commit_callbacks(execute=True):
        release(forum)
        assert woken == []

    assert woken == ["registration.tasks.tell_of_releases"]


@pytest.mark.parametrize("sessions", [1, 30])
def test_release_asks_the_same_for_one_session_and_for_thirty(forum, sessions):
    for n in range(sessions):
        session = AppearanceFactory(session__forum=forum, is_released=False).session
        move(session, starts=START + timedelta(hours=n), ends=END + timedelta(hours=n))

    with CaptureQueriesContext(connection) as found:
        release(forum)

    assert len(found) == 29


def test_dry_preview_changes_nothing(forum):
    room = RoomFactory(forum=forum)
    for _n in range(2):
        move(SessionFactory(forum=forum), room=room)

    seen = releases.preview(forum)

    assert (seen.number, [c.kind for c in seen.changes], len(seen.clashes)) == (1, ["moved", "moved"], 1)
    assert not Release.objects.exists()


# --- cancelled at once ------------------------------------------------------------------------------
def cancel_at_once(*sessions):
    return releases.cancel_at_once(sessions, note="Ill", by=None, now=LATER)


def test_cancel_at_once_takes_one_session_and_leaves_the_rest_waiting(forum):
    one, two = SessionFactory(forum=forum), SessionFactory(forum=forum)
    unseen = AppearanceFactory(session=two, is_released=False)
    move(two, starts=START + timedelta(hours=3), ends=END + timedelta(hours=3))

    made = cancel_at_once(one)

    assert (log(made), made.note) == ([("cancelled", one.code)], "Ill")
    assert [entry["code"] for entry in made.timetable] == sorted([one.code, two.code])
    assert (stored(one)[0], stored(two)[1]) == ("cancelled", two.starts)
    unseen.refresh_from_db()
    assert not unseen.is_released
    assert set(log(release(forum))) == {("moved", two.code), ("joined", two.code)}


def test_cancel_at_once_releases_in_spite_of_clashes_elsewhere(forum):
    room = RoomFactory(forum=forum)
    for _n in range(2):
        move(SessionFactory(forum=forum), room=room)
    ill = SessionFactory(forum=forum)

    made = cancel_at_once(ill)

    assert (log(made), stored(ill)[0]) == ([("cancelled", ill.code)], "cancelled")
    assert Session.objects.filter(starts=START).count() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda session: moves.unschedule(session, **BY),
        lambda session: move(session, room=RoomFactory(forum=session.forum)),
        lambda session: moves.cancel(session, **BY),
        lambda session: (move(session), moves.cancel(session, **BY)),
        lambda session: None,
    ],
    ids=["off the timetable", "moved", "cancelled", "moved and cancelled", "not touched"],
)
def test_cancel_at_once_cancels_where_the_public_sees_it(client, time_machine, forum, change):
    time_machine.move_to(NOW, tick=False)
    session = SessionFactory(forum=forum, room=RoomFactory(forum=forum))
    change(session)

    made = cancel_at_once(session)

    assert log(made) == [("cancelled", session.code)]
    assert stored(session) == ("cancelled", session.starts, session.room_id, 1)
    assert not releases.waiting(forum).exists()
    assert client.get(f"/2020/programme/{session.code}/").status_code == 200
    assert "STATUS:CANCELLED" in client.get("/2020/schedule.ics").content.decode()


def test_speakers_of_what_is_cancelled_at_once_go_on_waiting(forum):
    session = AppearanceFactory(session=SessionFactory(forum=forum)).session
    release(forum)
    leaving, coming = session.appearances.get(), AppearanceFactory(session=session, is_released=False)
    Appearance.objects.filter(pk=leaving.pk).update(is_leaving=True)

    made = cancel_at_once(session)

    assert (log(made), len(made.timetable[0]["speakers"])) == ([("cancelled", session.code)], 1)
    assert list(Appearance.objects.order_by("pk").values_list("pk", "is_released")) == [
        (leaving.pk, True),
        (coming.pk, False),
    ]
    assert log(release(forum)) == [("joined", session.code), ("left", session.code)]


def test_cancel_at_once_refuses_what_is_not_public(forum):
    good, bad = SessionFactory(forum=forum), SessionFactory(forum=forum, state="draft")

    with pytest.raises(ValidationError) as caught:
        cancel_at_once(good, bad)

    assert codes(caught) == ["wrong-state"]
    assert not Placement.objects.filter(state="cancelled").exists()


@pytest.mark.parametrize("slugs", [[], ["2020", "2021"]])
def test_cancel_at_once_is_for_sessions_of_one_forum(slugs):
    sessions = [SessionFactory(forum=ForumFactory(slug=slug)) for slug in slugs]

    with pytest.raises(ValidationError) as caught:
        cancel_at_once(*sessions)

    assert codes(caught) == ["several-forums"]
    assert not Session.objects.filter(state="cancelled").exists()


# --- what waits -----------------------------------------------------------------------------------
def _unscheduled(session):
    moves.unschedule(session, **BY)


def _stays(session):
    moves.placement(session, now=NOW)


def _has_a_room(session):
    moves.move(session, starts=None, ends=None, room=RoomFactory(forum=session.forum), **BY)


NO_TIME = {"state": "draft", "starts": None, "ends": None}


@pytest.mark.parametrize(
    ("values", "change", "waits"),
    [
        ({}, move, True),
        ({}, lambda s: moves.cancel(s, **BY), True),
        ({}, _unscheduled, True),
        ({"state": "cancelled"}, lambda s: moves.restore(s, **BY), True),
        ({"state": "draft", "starts": None, "ends": None}, move, True),
        ({}, _stays, False),
        ({}, lambda s: None, False),
        ({"state": "draft"}, _stays, False),
        ({"state": "draft"}, lambda s: moves.move(s, starts=None, ends=None, room=None, **BY), False),
        ({"state": "draft"}, lambda s: AppearanceFactory(session=s, is_released=False), False),
        ({}, lambda s: AppearanceFactory(session=s, is_released=False), True),
        (NO_TIME, lambda s: moves.cancel(s, **BY), False),
        (NO_TIME | {"state": "cancelled"}, lambda s: moves.restore(s, **BY), False),
        (NO_TIME | {"state": "cancelled"}, lambda s: AppearanceFactory(session=s, is_released=False), False),
        (NO_TIME, _has_a_room, False),
    ],
)
def test_waiting(forum, values, change, waits):
    session = SessionFactory(forum=forum, **values)
    SessionFactory(forum=forum)

    change(session)

    assert [s.pk for s in releases.waiting(forum)] == [session.pk] * waits


def test_record_first_writes_down_what_is_public(forum):
    session = AppearanceFactory(session__forum=forum).session
    SessionFactory(forum=forum, state="draft")

    made = releases.record_first(forum, note="First", now=NOW)

    assert (log(made), made.number, made.told, stored(session)[3]) == ([("new", session.code)], 1, NOW, 0)
    with pytest.raises(ValidationError) as caught:
        releases.record_first(forum, note="", now=NOW)
    assert codes(caught) == ["nothing-changed"]


def test_hidden_codes_are_those_under_embargo(forum):
    hidden = SessionFactory(forum=forum, embargoed_until=LATER)
    SessionFactory(forum=forum, embargoed_until=NOW)

    assert releases.hidden_codes(forum, now=NOW) == {hidden.code}
