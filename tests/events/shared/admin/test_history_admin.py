"""What the organisers' pages do is in the history, and the page of the history."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry

from events.models import HistoryEntry, Placement, Room, User
from events.shared.admin import shown_history
from events.shared.admin.admin_page_bases import admins_of
from events.shared.admin.admin_recording import EVERY, RecordedAdmin
from events.shared.history import acts, log
from events.shared.history.verbs import Verb
from tests.events.schedule.factories import DAY, TWO, move
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, UserFactory, allowed

pytestmark = pytest.mark.django_db
LIST = "/admin/events/historyentry/"


def room_form(**changes):
    return {"forum": ForumFactory().pk, "name": "Popov", "order": 1, "is_virtual": "on"} | changes


def entries():
    return list(HistoryEntry.objects.order_by("pk").values_list("verb", "model", "subject", "before", "after"))


def test_every_page_of_the_organisers_writes_the_history():
    assert [model for model, page in admins_of(admin.site).items() if not isinstance(page, RecordedAdmin)] == []


def test_row_that_is_added_changed_and_deleted(organiser_site, boss):
    organiser_site.post("/admin/events/room/add/", room_form())
    room = Room.objects.get()
    for _twice in range(2):  # a row that is saved as it was leaves no entry
        organiser_site.post(f"/admin/events/room/{room.pk}/change/", room_form(name="Chat"))
    organiser_site.post(f"/admin/events/room/{room.pk}/delete/", {"post": "yes"})

    added, changed, deleted = entries()
    assert (added[:3], added[4]["name"]) == (("add", "events.room", str(Room(name="Popov"))), "Popov")
    assert changed[3:] == ({"name": "Popov"}, {"name": "Chat"})
    assert deleted[:2] == ("delete", "events.room")
    assert set(HistoryEntry.objects.values_list("actor", flat=True)) == {boss.pk}
    assert not LogEntry.objects.exists()


def test_of_accounts_only_whether_they_are_open_is_kept(organiser_site):
    user = UserFactory(name="Awa", email="awa@example.org")

    organiser_site.post(
        f"/admin/events/user/{user.pk}/change/", {"name": "Awa T", "language": "en", "time_zone": "UTC"}
    )

    assert User.objects.get(pk=user.pk).name == "Awa T"
    (entry,) = entries()
    assert entry[2:4] == (f"#{user.pk}", {"is_active": True})
    assert entry[4]["is_active"] is False
    assert "name" in set(entry[4]["fields"])
    assert "Awa" not in str(entry)
    assert "example.org" not in str(entry)


def test_page_of_a_row_shows_its_own_history(organiser_site):
    one, other = RoomFactory(name="Popov"), RoomFactory(name="Chat")
    for room in (one, other):
        log.record(room, verb=Verb.CHANGE, by=None, now=NOW, reason=f"For {room.name}")

    page = organiser_site.get(f"/admin/events/room/{one.pk}/history/").content.decode()

    assert "For Popov" in page
    assert "22 Jul 2020, 14:20 Geneva" in page
    assert "the site, at a set time" in page
    assert "For Chat" not in page


def test_history_can_be_searched_and_filtered(organiser_site):
    person = UserFactory(name="Officer One")
    one = log.record(ForumFactory(), verb=Verb.CHANGE, by=person, now=NOW, reason="The hall is taken")
    two = log.record(ForumFactory(), verb=Verb.RELEASE, by=None, now=NOW)

    def found(query):
        return {row.pk for row in organiser_site.get(f"{LIST}?{query}").context["cl"].result_list}

    assert found("q=hall") == found("q=Officer") == found("verb=change") == found(f"by={person.pk}") == {one.pk}
    assert found("by=site") == {two.pk}
    assert found(f"forum={one.forum.slug}") == {one.pk, two.pk}
    assert found("by=odd") == set()


# --- before and after, in words -------------------------------------------------------------------
def test_changes_are_told_in_words():
    forum = ForumFactory()
    before = {"title": "Opening", "starts": "2020-07-22T12:00:00+00:00", "room": None, "appearance added": ["Awa"]}
    after = {"title": "Closing", "starts": None, "room": "Popov", "state": "unscheduled", "languages": ["en", "fr"]}
    more = {"fields": ["description"], "gone_field": True}
    session = SessionFactory(forum=forum)
    entry = log.record(session, verb=Verb.CHANGE, by=None, now=NOW, before=before, after=after | more)

    assert shown_history.changes(entry) == [
        ("Title", "Opening", "Closing"),
        ("Starts", "22 Jul 2020, 14:00 Geneva", "–"),
        ("Room", "–", "Popov"),
        ("Panellists added", "Awa", None),
        ("State", None, "Not scheduled"),
        ("Languages", None, "en, fr"),
        ("Changed, without its value", None, "Description"),
        ("Gone field", None, "Yes"),
    ]


# --- acts -----------------------------------------------------------------------------------------
@pytest.fixture
def act(forum):
    """An act that renamed a room, and made another."""
    RoomFactory(forum=forum, name="Chat")
    room = RoomFactory(forum=forum, name="Popov")
    with acts.act(forum, verb=Verb.IMPORT_TABLE, by=None, now=NOW, kept=EVERY) as act:
        act.will_change(Room.objects.filter(pk=room.pk))
        Room.objects.filter(pk=room.pk).update(name="Room A")
        act.made(Room, [RoomFactory(forum=forum, name="Room C").pk])
    return act.entry


def names():
    return set(Room.objects.values_list("name", flat=True))


def test_act_is_one_line_of_the_list_and_its_rows_are_asked_for(organiser_site, act):
    def found(query=""):
        return [row.pk for row in organiser_site.get(f"{LIST}?{query}").context["cl"].result_list]

    rows = list(act.entries.order_by("-pk").values_list("pk", flat=True))
    assert len(rows) == 2
    assert found() == [act.pk]
    assert found(f"act={act.pk}") == found("kind=events.room") == found("q=Room") == rows
    assert found("act=rows") == [*rows, act.pk]
    assert found("act=odd") == []


def test_act_is_taken_back_by_its_page(organiser_site, act):
    page = f"{LIST}{act.pk}/"
    assert "Take this back" in organiser_site.get(f"{page}change/").content.decode()
    asked = organiser_site.get(f"{page}take-back/").content.decode()
    assert "1 record is set back to what it was" in asked
    assert "1 record that it made goes" in asked
    assert names() == {"Room A", "Chat", "Room C"}  # so far only looked at

    answer = organiser_site.post(f"{page}take-back/")

    assert answer.url == f"{page}change/"
    assert names() == {"Popov", "Chat"}
    told = organiser_site.get(f"{page}change/").content.decode()
    assert "Taken back" in told
    assert "Take this back" not in told
    assert "This was taken back already" in organiser_site.post(f"{page}take-back/").content.decode()


def test_moves_in_the_draft_are_undone_on_the_board_and_not_here(organiser_site, forum):
    move(SessionFactory(forum=forum), TWO + DAY)
    page = f"{LIST}{HistoryEntry.objects.get().pk}/"

    shown = organiser_site.get(f"{page}change/").content.decode()

    assert "Take this back" not in shown
    assert organiser_site.post(f"{page}take-back/").status_code == 403
    assert Placement.objects.get().starts == TWO + DAY


def test_page_says_what_stands_in_the_way_and_changes_nothing(organiser_site, act):
    Room.objects.filter(name="Room A").update(name="Room B")

    answer = organiser_site.post(f"{LIST}{act.pk}/take-back/")

    assert "Room “Room B”: Somebody changed it since: name" in answer.content.decode()
    assert names() == {"Room B", "Chat", "Room C"}


def test_only_who_may_do_the_like_takes_back(client, act, forum):
    page, statuses = f"{LIST}{act.pk}/take-back/", {}
    reads = ["view_historyentry", "view_room", "view_forum"]
    for name, rights, where in [
        ("reads", reads, forum),
        ("elsewhere", [*reads, "add_room", "change_room"], ForumFactory(slug="other")),
        ("here", [*reads, "add_room", "change_room"], forum),
    ]:
        client.force_login(allowed(*(f"events.{right}" for right in rights), forum=where))
        statuses[name] = client.get(page).status_code

    assert statuses == {"reads": 403, "elsewhere": 404, "here": 200}
