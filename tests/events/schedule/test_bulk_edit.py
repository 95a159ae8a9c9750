"""Many sessions are edited at once: what changes is shown first, a clash refuses all of it, and it is one act."""

import pytest
from django.core.exceptions import ValidationError

from events.models import HistoryEntry, Placement, Session
from events.schedule import undo
from events.schedule.bulk_edit import bulk_edit
from tests.events.schedule.factories import HOUR, NO_TIME, move
from tests.events.schedule.test_admin import AT, LIST, act
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, SessionTypeFactory, boss

pytestmark = pytest.mark.django_db


@pytest.fixture
def two():
    """Two sessions of the draft, an hour after each other."""
    sessions = [SessionFactory(title=f"Session {n}", languages=["en"], **NO_TIME) for n in range(2)]
    for n, session in enumerate(sessions):
        move(session, AT + n * 2 * HOUR)
    return sessions


def edit(sessions, **wanted):
    return bulk_edit.edit(sessions[0].forum, [row.pk for row in sessions], wanted, by=None, now=NOW)


def test_edit_changes_all_as_one_act(two):
    room, kind, track = RoomFactory(name="Hall A"), SessionTypeFactory(), two[0].forum.tracks.create(name="Health")

    places = edit(two, room=room, type=kind, track=track, languages=["fr", "ar"], capacity=40)

    rows = Session.objects.order_by("pk").select_related("placement__room")
    assert [(row.type, row.track, row.languages, row.capacity) for row in rows] == [(kind, track, ["fr", "ar"], 40)] * 2
    assert [(row.placement.room, row.room) for row in rows] == [(room, None)] * 2
    assert {place.session_id for place in places} == {row.pk for row in two}
    (whole,) = HistoryEntry.objects.filter(verb="edit-together", model="events.forum")
    assert whole.after == {"sessions": 2, "fields": ["room", "type", "track", "languages", "capacity"]}
    told = HistoryEntry.objects.filter(act=whole, model="events.session", verb="edit-together").order_by("key")
    assert [entry.after["languages"] for entry in told] == [["fr", "ar"]] * 2


def test_step_of_the_board_takes_back_an_edit_whole_and_redoes_it(two):
    sitting, room = {}, RoomFactory(name="Hall A")
    undo.remember(sitting, edit(two, room=room, languages=["fr"]))

    found = []
    for way in ("undo", "redo", "undo"):
        undo.take_back(sitting, two[0].forum, way=way, by=boss(), now=NOW)
        found.append(list(Session.objects.values_list("languages__0", "placement__room")))

    assert found == [[("en", None)] * 2, [("fr", room.pk)] * 2, [("en", None)] * 2]


def test_clash_refuses_all_of_it(two):
    room = RoomFactory(name="Hall A")
    move(two[1], AT)

    with pytest.raises(ValidationError) as refusal:
        edit(two, room=room, languages=["fr"])

    assert refusal.value.code == "clash"
    assert "Hall A is taken: “Session 0”" in refusal.value.messages[0]
    assert [row.languages for row in Session.objects.all()] == [["en"]] * 2
    assert Placement.objects.filter(room=room).count() == 0
    assert HistoryEntry.objects.filter(verb="edit-together").count() == 0


def test_clash_that_was_there_before_hinders_nobody(two):
    move(two[0], AT, room=RoomFactory(name="Hall A"))
    move(two[1], AT, room=two[0].forum.rooms.get())

    edit(two, languages=["fr"])

    assert [row.languages for row in Session.objects.all()] == [["fr"]] * 2


def test_edit_refuses_what_it_cannot_do(two):
    gone = [*two, SessionFactory(forum=ForumFactory(slug="2031"))]

    refusals = []
    for sessions, wanted in ((gone, {"capacity": 3}), (two, {"languages": ["en"]}), (two, {"room": _elsewhere()})):
        with pytest.raises(ValidationError) as refusal:
            edit(sessions, **wanted)
        refusals.append(refusal.value.code)

    assert refusals == ["gone", "nothing-to-change", "room-of-another-forum"]


def _elsewhere():
    return RoomFactory(forum=ForumFactory(slug="2032"))


# --- its pages ----------------------------------------------------------------------------------------
def sent(site, sessions, **values):
    return act(site, "edit_together", *sessions, address=f"{LIST}?forum={sessions[0].forum.slug}", **values)


def test_pages_lead_from_values_by_a_preview_to_saving(organiser_site, two):
    room, track = RoomFactory(name="Hall A"), two[0].forum.tracks.create(name="Health")
    Session.objects.filter(pk=two[0].pk).update(track=track)

    first = sent(organiser_site, two)
    values = {"room": room.pk, "languages": ["fr"], "emptied": ["track"]}
    preview = sent(organiser_site, two, step="preview", **values)
    untouched = Session.objects.filter(languages=["en"]).count()
    saved = sent(organiser_site, two, step="save", **values)

    assert first.context["form"].is_bound is False
    assert [[(line.label, line.before, line.after) for line in one.lines] for one in preview.context["changes"]] == [
        [("Room", "–", "Hall A"), ("Track", "Health", "–"), ("Languages", "English", "French")],
        [("Room", "–", "Hall A"), ("Languages", "English", "French")],
    ]
    assert untouched == 2
    assert [str(message) for message in saved.context["messages"]] == ["2 sessions are changed."]
    assert Placement.objects.filter(room=room).count() == 2
    whole = HistoryEntry.objects.get(verb="edit-together", model="events.forum")
    assert undo.steps(organiser_site.session, two[0].forum_id) == {"undo": [whole.pk], "redo": []}
