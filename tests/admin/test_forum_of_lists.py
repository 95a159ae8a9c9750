"""Each list shows the rows of one forum: of the one that its address names, or of the one that runs."""

from datetime import date

import pytest

from events.models import Message, Room, Session
from tests.admin.test_pages import url
from tests.factories import (
    ForumFactory,
    MessageFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    allowed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def old():
    return ForumFactory(slug="2019", name="WSIS Forum 2019", starts=date(2019, 4, 8), ends=date(2019, 4, 12))


def listed(client, model, query=""):
    return {row.pk for row in client.get(f"{url(model, 'changelist')}{query}").context["cl"].result_list}


def test_list_shows_the_forum_that_runs_the_one_that_is_named_or_all(organiser_site, forum, old):
    ours, theirs = SessionFactory(forum=forum), SessionFactory(forum=old)

    assert listed(organiser_site, Session) == {ours.pk}
    assert listed(organiser_site, Session, "?forum=2019") == {theirs.pk}
    assert listed(organiser_site, Session, "?forum=all") == {ours.pk, theirs.pk}


def test_odd_forum_in_the_address_shows_the_forum_that_runs(organiser_site, forum, old):
    ours, _theirs = SessionFactory(forum=forum), SessionFactory(forum=old)
    for name in ["", "nowhere", "1", "2019&forum=2020", "9" * 40]:
        assert listed(organiser_site, Session, f"?forum={name}") == {ours.pk}, name


def test_rows_without_a_forum_are_on_the_list_of_each(organiser_site, forum, old):
    of_account, ours, theirs = (MessageFactory(forum=one) for one in (None, forum, old))

    assert listed(organiser_site, Message) == {of_account.pk, ours.pk}
    assert listed(organiser_site, Message, "?forum=2019") == {of_account.pk, theirs.pk}


def test_export_is_of_the_forum_that_the_list_shows(organiser_site, forum, old):
    for one, name in ((forum, "Awa"), (old, "Bo")):
        RegistrationFactory(forum=one, name=name)
    address = "/admin/events/forum/exchange/registration.csv"

    tables = [organiser_site.get(address + query).content.decode() for query in ("", "?forum=2019", "?forum=all")]

    assert [(",Awa," in table, ",Bo," in table) for table in tables] == [(True, False), (False, True), (True, True)]


def test_suggestions_are_of_the_forum_of_the_page(organiser_site, forum, old):
    for one in (forum, old):
        RoomFactory(forum=one, name=f"Room {one.slug}")
    query = {"app_label": "events", "model_name": "session", "field_name": "room", "term": "room"}

    found = [
        [row["text"] for row in organiser_site.get("/admin/autocomplete/", query | more).json()["results"]]
        for more in ({}, {"forum": "2019"})
    ]
    page = organiser_site.get(url(Session, "change", SessionFactory(forum=old).pk)).content.decode()

    assert found == [["Room 2019 · WSIS Forum 2019", "Room 2020 · WSIS Forum 2020"], ["Room 2019"]]
    assert 'data-ajax--url="/admin/autocomplete/?forum=2019"' in page


def test_new_row_is_one_of_the_forum_that_the_list_shows(client, forum, old):
    person = allowed("events.add_room", "events.view_room", forum=old)
    allowed("events.view_room", forum=forum, user=person)
    client.force_login(person)

    def proposed(query):
        page = client.get(url(Room, "add") + query)
        return page.context["adminform"].form.initial.get("forum") if page.status_code == 200 else page.status_code

    listed_page = client.get(url(Room, "changelist"), {"forum": "2019"}).content.decode()
    assert (proposed("?forum=2019"), proposed("?forum=2020")) == (old.pk, 403)
    assert "add/?_changelist_filters=forum%3D2019&amp;forum=2019" in listed_page
