from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Barrier, current_thread, main_thread

import pytest
from django.db import transaction

from events.models import Appearance, Placement, Release, Session
from events.schedule import moves
from events.schedule.releases import diff, releases
from events.shared.broker import wake_ups
from events.shared.pages import revision
from tests.events.schedule.factories import BY, HOUR, NO_TIME
from tests.events.schedule.factories import move as move_to
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)
from tests.races import together
from tests.refusals import refused

START = datetime(2020, 7, 24, 8, tzinfo=UTC)
LATER = NOW + HOUR


def release(forum, **options):
    return releases.release(forum, **({"note": "", "by": None, "now": LATER} | options))


def move(session, *, hours=0, room=None):
    move_to(session, START + hours * HOUR, room=room)


def log(made):
    return [(change["kind"], change["code"]) for change in made.changes]


def stored(session):
    row = Session.objects.get(pk=session.pk)
    return row.state, row.starts, row.room_id, row.sequence


def shown():
    return list(Appearance.objects.order_by("pk").values_list("pk", "is_released"))


def test_release_takes_over_what_differs_and_nothing_else(forum, room):
    person = UserFactory()
    moved, struck, same, gone = (SessionFactory(forum=forum) for _n in range(4))
    new, back = SessionFactory(forum=forum, **NO_TIME), SessionFactory(forum=forum, state="cancelled")
    move(moved, room=room)
    move(new, hours=2)
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
        ("scheduled", START + 2 * HOUR, None, 1),
        ("draft", None, None, 1),
        ("scheduled", back.starts, None, 1),
    ]
    assert Session.objects.get(pk=moved.pk).updated == LATER
    assert (made.number, made.note, made.by, made.released, made.told) == (1, "For all", person, LATER, None)
    assert revision.current() == before + 1


def test_timetable_holds_every_session_as_released(forum, room):
    session = SessionFactory(forum=forum, title="On bridges", room=room)
    speaker = SpeakerFactory(forum=forum, name="Ada", form_of_address="Dr")
    AppearanceFactory(session=session, speaker=speaker)
    SessionFactory(forum=forum, state="draft")
    SessionFactory(forum=ForumFactory(slug="2021"))

    made = release(forum)

    assert made.changes == []  # the first release of what is public already
    assert made.timetable == [
        {
            "code": session.code,
            "title": "On bridges",
            "starts": "2020-07-23T12:00:00+00:00",
            "ends": "2020-07-23T13:30:00+00:00",
            "room": {"id": room.pk, "name": "Room A"},
            "state": "scheduled",
            "speakers": [{"id": speaker.pk, "name": "Dr Ada"}],
        }
    ]


def test_speakers_come_and_go_with_a_release(forum):
    session = SessionFactory(forum=forum)
    goes, leaves = AppearanceFactory(session=session), AppearanceFactory(session=session)
    draft = AppearanceFactory(session=SessionFactory(forum=forum, state="draft"), is_released=False)
    release(forum)
    goes.delete()
    Appearance.objects.filter(pk=leaves.pk).update(is_leaving=True)
    comes = AppearanceFactory(session=session, is_released=False)
    assert [s.pk for s in releases.waiting(forum)] == [session.pk]

    made = release(forum)

    assert log(made) == [("joined", session.code), ("left", session.code)]
    assert shown() == [(draft.pk, False), (comes.pk, True)]
    assert stored(session)[3] == 0  # a calendar does not name the speakers
    assert not releases.waiting(forum).exists()


def test_numbers_rise_for_each_forum_and_tell_what_is_deleted(forum):
    session, gone = SessionFactory(forum=forum), SessionFactory(forum=forum)
    other = SessionFactory(forum=ForumFactory(slug="2021"))
    release(forum)
    release(other.forum)
    gone.delete()
    move(session)

    made = release(forum)

    assert log(made) == [("moved", session.code), ("removed", gone.code)]
    assert (made.number, releases.latest(forum).number, releases.latest(other.forum).number) == (2, 2, 1)
    assert [r.number for r in releases.of_forum(forum)] == [2, 1]
    assert releases.moved_in(made) == {session.code: session.starts}
    assert (releases.moved_in(None), [*releases.taken_off(forum, [gone.code, session.code])]) == ({}, [gone.code])


@pytest.mark.parametrize("change", ["nothing", "a room for what has no time", "cancelled before it had a time"])
def test_what_the_public_sees_neither_before_nor_after_makes_no_version(forum, room, change):
    assert refused(release, forum) == "nothing-changed"
    public, waiting = SessionFactory(forum=forum), SessionFactory(forum=forum, **NO_TIME)
    release(forum)
    if change.startswith("a room"):
        moves.move(waiting, starts=None, ends=None, room=room, **BY)
    elif change != "nothing":
        moves.cancel(waiting, **BY)

    assert (refused(release, forum), Release.objects.count()) == ("nothing-changed", 1)
    move(public)
    assert log(release(forum)) == [("moved", public.code)]
    place = Placement.objects.get(session=waiting)
    assert (stored(waiting)[0] == "cancelled", stored(waiting)[2]) == (place.state == "cancelled", place.room_id)


def test_blocking_clashes_are_refused_the_first_told_and_the_rest_counted(forum, room):
    sessions = [SessionFactory(forum=forum) for _n in range(8)]
    for session in sessions:  # 28 pairs
        move(session, room=room)

    seen = releases.preview(forum)

    assert (seen.number, {change.kind for change in seen.changes}) == (1, {"moved"})
    assert (len(seen.clashes), seen.more_clashes, sessions[0].title in seen.clashes[0]) == (20, 8, True)
    assert refused(release, forum) == ", ".join(["blocking-clash"] * 21)
    assert (stored(sessions[0])[1], Release.objects.count(), revision.current()) == (sessions[0].starts, 0, 0)


def test_draft_that_changed_since_it_was_seen_is_refused(forum):
    one, two = SessionFactory(forum=forum), SessionFactory(forum=forum)
    move(one)
    seen = releases.preview(forum).fingerprint
    move(two, hours=3)

    assert (refused(release, forum, seen=seen), stored(one)[1]) == ("draft-changed", one.starts)
    assert refused(release, forum, note="x" * 4001) == "note-too-long"
    assert len(release(forum, seen=releases.preview(forum).fingerprint, note="x" * 4000).changes) == 2


def test_tasks_are_woken_when_all_is_committed(forum, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(wake_ups, "wake", woken.append)
    SessionFactory(forum=forum)

    with django_capture_on_commit_callbacks(execute=True):
        release(forum)
        assert woken == []

    assert woken == ["registration.tasks.tell_of_releases"]


# --- cancelled at once ------------------------------------------------------------------------------
def cancel_at_once(*sessions):
    return releases.cancel_at_once(sessions, note="Ill", by=None, now=LATER)


def test_cancel_at_once_takes_one_session_and_leaves_the_rest_waiting(forum, room):
    """In spite of clashes elsewhere; its own speakers go on waiting too."""
    ill, two, three = (SessionFactory(forum=forum) for _n in range(3))
    leaves, comes = AppearanceFactory(session=ill), AppearanceFactory(session=ill, is_released=False)
    unseen = AppearanceFactory(session=two, is_released=False)
    Appearance.objects.filter(pk=leaves.pk).update(is_leaving=True)
    for other in (two, three):
        move(other, room=room)

    made = cancel_at_once(ill)

    assert (log(made), made.note, stored(ill)[0]) == ([("cancelled", ill.code)], "Ill", "cancelled")
    assert {entry["code"]: len(entry["speakers"]) for entry in made.timetable} == {
        ill.code: 1,
        two.code: 0,
        three.code: 0,
    }
    assert shown() == [(leaves.pk, True), (comes.pk, False), (unseen.pk, False)]
    assert {stored(other)[1] for other in (two, three)} == {two.starts}
    move(three, hours=3)
    assert set(log(release(forum))) == {
        *(("joined", session.code) for session in (ill, two)),
        *(("moved", session.code) for session in (two, three)),
        ("left", ill.code),
    }


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
def test_cancel_at_once_cancels_where_the_public_sees_it(forum, room, change):
    session = SessionFactory(forum=forum, room=room)
    change(session)

    made = cancel_at_once(session)

    assert log(made) == [("cancelled", session.code)]
    assert stored(session) == ("cancelled", session.starts, session.room_id, 1)
    assert not releases.waiting(forum).exists()
    assert [row.pk for row in Session.objects.public(LATER)] == [session.pk]


@pytest.mark.parametrize(
    ("states", "slugs", "code"),
    [
        (["scheduled", "draft"], ["2020", "2020"], "wrong-state"),
        ([], [], "several-forums"),
        (["scheduled"] * 2, ["2020", "2021"], "several-forums"),
    ],
)
def test_cancel_at_once_refuses(db, states, slugs, code):
    rows = [
        SessionFactory(forum=ForumFactory(slug=slug), state=state) for slug, state in zip(slugs, states, strict=True)
    ]

    assert refused(cancel_at_once, *rows) == code
    assert not Placement.objects.filter(state="cancelled").exists()


# --- what waits -----------------------------------------------------------------------------------
def _has_a_room(session):
    moves.move(session, starts=None, ends=None, room=RoomFactory(forum=session.forum), **BY)


def _joined(session):
    AppearanceFactory(session=session, is_released=False)


@pytest.mark.parametrize(
    ("values", "change", "waits"),
    [
        ({}, move, True),
        ({}, lambda s: moves.cancel(s, **BY), True),
        ({}, lambda s: moves.unschedule(s, **BY), True),
        ({"state": "cancelled"}, lambda s: moves.restore(s, **BY), True),
        (NO_TIME, move, True),
        ({}, lambda s: None, False),
        ({"state": "draft"}, lambda s: None, False),
        ({"state": "draft"}, lambda s: moves.move(s, starts=None, ends=None, room=None, **BY), False),
        ({"state": "draft"}, _joined, False),
        ({}, _joined, True),
        (NO_TIME, lambda s: moves.cancel(s, **BY), False),
        (NO_TIME | {"state": "cancelled"}, lambda s: moves.restore(s, **BY), False),
        (NO_TIME | {"state": "cancelled"}, _joined, False),
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
    assert refused(releases.record_first, forum, note="", now=NOW) == "nothing-changed"


def test_hidden_codes_are_those_under_embargo(forum):
    hidden = SessionFactory(forum=forum, embargoed_until=LATER)
    SessionFactory(forum=forum, embargoed_until=NOW)

    assert releases.hidden_codes(NOW) == {hidden.code}


# --- several at once ----------------------------------------------------------------------------------
@contextmanager
def _unlocked(forum):
    with transaction.atomic():
        yield forum


@pytest.mark.parametrize("is_locked", [True, False], ids=["released once", "control: without the lock by all"])
def test_what_several_saw_is_released_once(transactional_db, monkeypatch, is_locked):
    session = SessionFactory()
    move(session)
    seen, number = releases.preview(session.forum).fingerprint, 4
    if not is_locked:
        fingerprint, looked = diff.fingerprint, Barrier(number)

        def looks_together(log):
            if current_thread() is not main_thread():
                looked.wait(10)
            return fingerprint(log)

        monkeypatch.setattr(releases, "locked", _unlocked)
        monkeypatch.setattr(diff, "fingerprint", looks_together)

    answers = together(*[partial(release, session.forum, seen=seen)] * number)

    assert answers.count("draft-changed") == (number - 1 if is_locked else 0)
    assert (Release.objects.count() == 1) == is_locked
    assert log(Release.objects.earliest("pk")) == [("moved", session.code)]
