"""Who is inside now, for organisers and the registration desk: places, numbers, names and files."""

import io
import uuid
from datetime import timedelta

import openpyxl
import pytest
from django.urls import reverse

from events.models import HistoryEntry, Role, Viewing
from registration.models import Scan
from tests.factories import (
    NOW,
    DoorFactory,
    ForumFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
PAGE = "/admin/registration/scan/inside/"


@pytest.fixture
def doors(forum):
    """A door of the building, of a room and of a session."""
    session = SessionFactory(forum=forum, title="Plenary", starts=NOW, ends=NOW + timedelta(hours=1), capacity=40)
    room = RoomFactory(forum=forum, name="Room 2")
    return [DoorFactory(forum=forum), DoorFactory(forum=forum, room=room), DoorFactory(forum=forum, session=session)]


def seen(door, person, *, direction="in", minutes=-10):
    at = NOW + timedelta(minutes=minutes)
    outcome = "in" if direction == "in" else "out"
    more = {"direction": direction, "outcome": outcome, "at": at, "received": at}
    return Scan.objects.create(key=uuid.uuid4(), door=door, registration=person, **more)


def people(forum):
    return [
        RegistrationFactory(forum=forum, name=name, organisation="=Atlas")
        for name in ("Awa Diallo", "Imara Vell", "Odile")
    ]


def test_places_say_how_many_are_inside_and_the_page_asks_again(client, forum, doors):
    awa, imara, odile = people(forum)
    for person in (awa, imara, odile):
        seen(doors[0], person)
    seen(doors[1], awa)
    seen(doors[2], imara)
    seen(DoorFactory(forum=forum), odile, direction="out", minutes=-5)  # another door of the building
    client.force_login(staff(Role.REGISTRATION_DESK, forum=forum))

    page = client.get(PAGE)

    assert [(one.name, one.people) for one in page.context_data["places"]] == [
        ("Building", 2),
        ("Room 2", 1),
        ("Plenary", 1),
    ]
    assert (page["Refresh"], "Awa Diallo" in page.content.decode(), Viewing.objects.count()) == ("30", False, 0)


def test_names_in_a_place_are_searched_and_written_down_as_seen(client, forum, doors):
    awa, imara, odile = people(forum)
    seen(doors[1], awa)
    seen(doors[1], imara)
    seen(doors[0], odile)
    client.force_login(staff(Role.REGISTRATION_DESK, forum=forum))

    both = client.get(PAGE, {"place": doors[1].pk})
    one = client.get(PAGE, {"place": doors[1].pk, "q": "dia"})

    assert [[person.name for person in page.context_data["page"]] for page in (both, one)] == [
        ["Awa Diallo", "Imara Vell"],
        ["Awa Diallo"],
    ]
    assert not both.has_header("Refresh")
    assert list(Viewing.objects.order_by("pk").values_list("kind", "people")) == [
        ("list", sorted([awa.user_id, imara.user_id])),
        ("list", [awa.user_id]),
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_the_same_of_one_row_and_of_three(client, forum, doors, django_assert_num_queries, number):
    for place in range(number):
        door = DoorFactory(forum=forum, room=RoomFactory(forum=forum, name=f"R{place}"))
        for person in people(forum)[:number]:
            seen(door, person)
    client.force_login(staff(Role.ORGANISER, forum=forum))
    client.get(PAGE, {"place": doors[1].pk})

    with django_assert_num_queries(11):
        client.get(PAGE, {"place": door.pk})


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_files_hold_what_the_page_shows_and_no_formula(client, forum, doors, ending):
    awa, imara, odile = people(forum)
    seen(doors[1], awa)
    seen(doors[1], imara)
    seen(doors[0], odile)
    client.force_login(staff(Role.ORGANISER, forum=forum))
    file = reverse("admin:registration_scan_inside_export", args=[ending])

    one, everybody = (client.get(file, query).content for query in ({"place": doors[1].pk, "q": "awa"}, {}))

    if ending == "csv":
        found = [[line.split(",") for line in text.decode("utf-8-sig").splitlines()] for text in (one, everybody)]
    else:
        found = [list(openpyxl.load_workbook(io.BytesIO(text)).active.values) for text in (one, everybody)]
    assert [[row[:3] for row in map(list, table)] for table in found] == [
        [["place", "name", "organisation"], ["Room 2", "Awa Diallo", "'=Atlas"]],
        [
            ["place", "name", "organisation"],
            ["Building", "Odile", "'=Atlas"],
            ["Room 2", "Awa Diallo", "'=Atlas"],
            ["Room 2", "Imara Vell", "'=Atlas"],
        ],
    ]
    assert list(Viewing.objects.order_by("pk").values_list("kind", "number")) == [("export", 1), ("export", 3)]
    assert HistoryEntry.objects.filter(verb="export-table").count() == 2


def test_files_are_of_forums_in_which_one_may_export(client, forum, doors):
    other = ForumFactory(slug="2027")
    door = DoorFactory(forum=other)
    client.force_login(staff(Role.ORGANISER, forum=forum))
    file = reverse("admin:registration_scan_inside_export", args=["csv"])

    said = [client.get(file, query).status_code for query in ({}, {"forum": other.slug}, {"place": door.pk})]

    assert said == [200, 404, 404]
    assert client.get(file.replace("csv", "pdf")).status_code == 404
