"""Whatever an act did to rows is taken back to what was before; and nobody's change is lost over it."""

import threading

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import HistoryEntry, Organisation, Room, RowChange, Session, Track
from events.shared.history import acts, taking_back
from events.shared.history.verbs import Verb
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    OrganisationFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)
from tests.races import change_locks, together
from tests.refusals import refused

NAMES = st.text("abcé\U0001f30d→", min_size=1, max_size=5)
PLACES = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("rename room"), PLACES, NAMES),
        st.tuples(st.just("delete room"), PLACES),
        st.tuples(st.just("add room"), NAMES),
        st.tuples(st.just("retitle"), PLACES, NAMES, st.one_of(st.none(), st.integers(1, 9))),
        st.tuples(st.just("organisers"), PLACES, st.sets(PLACES)),
        st.tuples(st.just("track"), PLACES, NAMES),
        st.tuples(st.just("languages"), PLACES, st.lists(st.sampled_from(["en", "fr"]), unique=True)),
    ),
    min_size=1,
    max_size=8,
)


def rename(room, name):
    Room.objects.filter(pk=room.pk).update(name=name)


def do(act, step, *, forum, rooms, sessions, organisations):
    """One step of an act, with the rows that it made."""
    what, *values = step
    if what == "rename room":
        rename(rooms[values[0]], f"{values[1]}{values[0]}")
    elif what == "delete room":
        Room.objects.filter(pk=rooms[values[0]].pk).delete()
    elif what == "add room":
        act.made(Room, [RoomFactory(forum=forum).pk])
    elif what == "retitle":
        Session.objects.filter(pk=sessions[values[0]].pk).update(title=values[1], capacity=values[2])
    elif what == "organisers":
        sessions[values[0]].organisers.set([organisations[place] for place in values[1]])
    elif what == "track":
        track = Track.objects.create(forum=forum, name=f"{values[1]}{Track.objects.count()}")
        act.made(Track, [track.pk])
        Session.objects.filter(pk=sessions[values[0]].pk).update(track=track)
    else:
        Session.objects.filter(pk=sessions[values[0]].pk).update(languages=values[1])


def everything():
    """All that an act of these may change, but for the moment of the last change."""
    rows = [list(model.objects.order_by("pk").values()) for model in (Room, Track, Session)]
    links = list(
        Session.organisers.through.objects.order_by("session", "organisation").values_list("session", "organisation")
    )
    return [[{name: row[name] for name in row if name != "updated"} for row in found] for found in rows], links


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_what_was_done_and_taken_back_is_as_before(steps):
    with transaction.atomic():
        forum = ForumFactory()
        rows = {
            "forum": forum,
            "rooms": [RoomFactory(forum=forum) for _n in range(3)],
            "sessions": [SessionFactory(forum=forum, room=None) for _n in range(3)],
            "organisations": [OrganisationFactory() for _n in range(3)],
        }
        before = everything()
        with acts.act(forum, verb=Verb.IMPORT_TABLE, by=None, now=NOW, kept=["name", "title"]) as act:
            act.will_change(Room.objects.all(), Session.objects.all())
            for step in steps:
                do(act, step, **rows)
        after = everything()

        is_changed = RowChange.objects.exists()
        if is_changed:
            taking_back.take_back(act.entry, by=None, now=NOW)
        back = everything()
        transaction.set_rollback(True)

    assert back == before
    assert is_changed == (before != after)


# --- what an act takes down -----------------------------------------------------------------------
@pytest.mark.django_db
def test_history_holds_the_values_of_the_kept_fields_only(forum):
    speaker = SpeakerFactory(forum=forum, name="Awa Touré", biography="Long")
    person = UserFactory()

    with acts.act(forum, verb=Verb.IMPORT_TABLE, by=person, now=NOW, kept=["position"]) as act:
        act.will_change(type(speaker).objects.filter(pk=speaker.pk))
        type(speaker).objects.filter(pk=speaker.pk).update(position="Minister", biography="Short", name="Awa T.")

    (entry,) = act.entry.entries.all()
    assert (entry.before, entry.after) == (
        {"position": speaker.position, "fields": ["name", "biography"]},
        {"position": "Minister", "fields": ["name", "biography"]},
    )
    assert (entry.actor, entry.verb, entry.forum) == (person, Verb.IMPORT_TABLE, forum)


@pytest.mark.django_db
def test_another_act_is_written_down_and_cannot_be_taken_back(forum):
    room = RoomFactory(forum=forum, name="Popov")
    with acts.act(forum, verb=Verb.CHANGE, by=None, now=NOW, kept=["name"]) as act:
        act.will_change(Room.objects.filter(pk=room.pk))
        rename(room, "Room A")

    assert act.entry.entries.get().after == {"name": "Room A"}
    assert refused(taking_back.take_back, act.entry, by=None, now=NOW) == "not-kept"
    assert not RowChange.objects.exists()


@pytest.mark.django_db
def test_act_that_fails_leaves_nothing(forum):
    def fail():
        with acts.act(forum, verb=Verb.IMPORT_TABLE, by=None, now=NOW) as act:
            act.made(Room, [RoomFactory(forum=forum).pk])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not HistoryEntry.objects.exists()
    assert not Room.objects.exists()


@pytest.mark.django_db
def test_what_hangs_on_a_made_row_goes_with_it_and_what_came_later_stands_in_the_way(forum):
    with acts.act(forum, verb=Verb.IMPORT_TABLE, by=None, now=NOW, kept=None) as act:
        act.made(Session, [SessionFactory(forum=forum, title="New").pk])
    assert set(RowChange.objects.values_list("model", flat=True)) == {"events.session", "events.placement"}
    Session.objects.update(state="draft")  # not public
    booking = BookingFactory(session=Session.objects.get())

    assert refused(taking_back.take_back, act.entry, by=None, now=NOW) == "in-the-way"
    booking.delete()
    taking_back.take_back(act.entry, by=None, now=NOW)

    assert not Session.objects.exists()


@pytest.mark.django_db
def test_nothing_is_taken_back_in_an_archived_forum(forum):
    with acts.act(forum, verb=Verb.IMPORT_TABLE, by=None, now=NOW) as act:
        act.made(Room, [RoomFactory(forum=forum).pk])
    type(forum).objects.update(archived=NOW)

    assert refused(taking_back.take_back, act.entry, by=None, now=NOW) == "archived"
    assert Room.objects.exists()


# --- two at once ----------------------------------------------------------------------------------
@pytest.fixture
def renamed(transactional_db):
    """A room, and the act that renamed it."""
    forum = ForumFactory()
    room = RoomFactory(forum=forum, name="Popov")
    with acts.act(forum, verb=Verb.IMPORT_TABLE, by=None, now=NOW, kept=["name"]) as act:
        act.will_change(Room.objects.filter(pk=room.pk))
        rename(room, "Room A")
    return room, act.entry


@pytest.mark.parametrize("is_locked", [True, False], ids=["kept", "control: without the lock it is lost"])
def test_change_of_somebody_else_is_never_lost(renamed, monkeypatch, is_locked):
    room, entry = renamed
    compared, changed = threading.Event(), threading.Event()
    set_back = taking_back._set_back
    if not is_locked:
        change_locks(monkeypatch)

    def slowly(*args, **more):
        compared.set()
        changed.wait(1)  # somebody who waits for the lock is not done by then
        set_back(*args, **more)

    def change():
        compared.wait(30)
        rename(room, "Ours")
        changed.set()

    monkeypatch.setattr(taking_back, "_set_back", slowly)
    together(lambda: taking_back.take_back(entry, by=None, now=NOW), change)

    assert Room.objects.get().name == ("Ours" if is_locked else "Popov")


def test_of_those_who_take_back_at_once_one_does(renamed):
    _room, entry = renamed

    answers = together(*[lambda: taking_back.take_back(entry, by=None, now=NOW)] * 4)

    assert answers.count("taken-back") == 3
    assert HistoryEntry.objects.filter(verb=Verb.TAKE_BACK, act=None).count() == 1
    assert Organisation.objects.count() == 0
