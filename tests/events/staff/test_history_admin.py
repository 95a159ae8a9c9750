"""What the organisers' pages do is in the history, and the page of the history."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry

from events.history import log
from events.history.verbs import Verb
from events.models import HistoryEntry, Room, User
from events.staff.admin_recording import RecordedAdmin
from tests.factories import NOW, ForumFactory, RoomFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/events/historyentry/"


def room_form(**changes):
    return {"forum": ForumFactory().pk, "name": "Popov", "order": 1, "is_virtual": "on"} | changes


def entries():
    return list(HistoryEntry.objects.order_by("pk").values_list("verb", "model", "subject", "before", "after"))


def test_every_page_of_the_organisers_writes_the_history():
    assert [model for model, page in admin.site._registry.items() if not isinstance(page, RecordedAdmin)] == []


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


def test_nobody_changes_the_history(organiser_site):
    entry = log.record(ForumFactory(), verb=Verb.CHANGE, by=None, now=NOW, reason="The hall is taken")

    answers = [
        organiser_site.post(f"{LIST}add/", {}),
        organiser_site.post(f"{LIST}{entry.pk}/change/", {"reason": "Other"}),
        organiser_site.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}),
    ]
    organiser_site.post(LIST, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})

    assert [answer.status_code for answer in answers] == [403] * 3
    assert HistoryEntry.objects.get().reason == "The hall is taken"
