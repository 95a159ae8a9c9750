"""What stands around the organisers' pages: the menu of each role, the way to other forums, the bell, the lists beside a list."""

from datetime import date

import pytest
from django.contrib import admin
from django.test import Client

from config.dashboard import menu
from events.models import Role
from events.shared.admin.admin_page_bases import admins_of
from registration.models import Registration
from tests.factories import (
    ForumFactory,
    MessageFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    allowed,
    join,
    staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SESSIONS = "/admin/events/session/"
EVERYTHING = [
    *(
        "Overview",
        "Set-up",
        "Board",
        "Sessions",
        "Proposals",
        "Speakers",
        "Registrations",
        "Doors",
        "Messages",
        "Prize",
    ),
    *("Outcomes", "Statistics"),
]


@pytest.fixture
def old(forum):
    return ForumFactory(slug="2019", name="WSIS Forum 2019", starts=date(2019, 4, 8), ends=date(2019, 4, 12))


def frame(client, path="/admin/", **query):
    return client.get(path, query).context["frame"]


def titles(client):
    return [entry.title for entry in frame(client).menu.entries]


# --- the menu -------------------------------------------------------------------------------------
def test_every_list_has_its_place_in_the_menu():
    declared = [page for entry in menu.ENTRIES for page in entry.every_page if isinstance(page, str)]

    assert sorted(declared) == sorted({*declared})
    assert {model._meta.label for model in admins_of(admin.site)} - {*declared} == set()
    assert len(menu.ENTRIES) - 1 <= 12
    assert max(len(entry.pages) for entry in menu.ENTRIES if entry.key in {"registrations", "prize"}) <= 7


@pytest.mark.parametrize(
    ("role", "entries"),
    [
        (Role.ORGANISER, EVERYTHING),
        (Role.PROGRAMME, ["Overview", "Set-up", "Board", "Sessions", "Proposals", "Speakers", "Messages", "Outcomes"]),
        (
            Role.REGISTRATION_DESK,
            ["Overview", "Set-up", "Sessions", "Registrations", "Doors", "Messages", "Statistics"],
        ),
        ("experts", ["Overview", "Prize"]),
    ],
)
def test_menu_has_what_a_role_may_see(client, forum, role, entries):
    client.force_login(staff(role, forum=forum))

    assert titles(client) == entries


def test_lists_that_belong_to_another_stand_below_it(organiser_site):
    of_entry, of_list = frame(organiser_site, "/admin/registration/waiting/").menu.related

    assert [link.title for link in of_entry if link.is_current] == ["Bookings"]
    assert [(link.title, link.is_current) for link in of_list] == [("Bookings", False), ("Waiting lists", True)]


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/admin/", "overview"),
        ("/admin/events/session/5/change/", "sessions"),
        ("/admin/events/forum/board/", "board"),
        ("/admin/events/forum/3/board/clashes/", "board"),
        ("/admin/events/forum/3/change/", "set-up"),
        ("/admin/registration/tally/figures/", "statistics"),
        ("/admin/registration/waiting/places/", "registrations"),
        ("/admin/search/", ""),
    ],
)
def test_address_lies_under_an_entry(path, entry):
    assert menu.entry_of(path) == entry


# --- the way to other forums ----------------------------------------------------------------------
def choices(client, path="/admin/", **query):
    return [(link.title, link.url, link.is_current) for link in frame(client, path, **query).choices]


def test_other_forum_is_shown_on_the_same_page(organiser_site, forum, old):
    assert choices(organiser_site, SESSIONS, forum="2019", q="x") == [
        ("WSIS Forum 2020", f"{SESSIONS}?forum=2020", False),
        ("WSIS Forum 2019", f"{SESSIONS}?forum=2019", True),
        ("All forums", f"{SESSIONS}?forum=all", False),
    ]
    assert [link[2] for link in choices(organiser_site, SESSIONS, forum="all")] == [False, False, True]


def test_page_of_a_row_leads_to_the_list_and_that_of_a_forum_to_the_other_one(organiser_site, boss, forum, old):
    keys = {"row": SessionFactory(forum=old).pk, "old": old.pk, "forum": forum.pk, "boss": boss.pk}
    for path, there in [
        ("/admin/", "/admin/"),
        ("/admin/set-up/", "/admin/set-up/"),
        ("/admin/events/room/add/", "/admin/events/room/add/"),
        ("/admin/events/session/{row}/change/", SESSIONS),
        ("/admin/events/session/{row}/history/", SESSIONS),
        ("/admin/events/forum/{old}/board/", "/admin/events/forum/{forum}/board/"),
        ("/admin/events/forum/{old}/change/", "/admin/events/forum/{forum}/change/"),
        ("/admin/person/{boss}/", "/admin/"),
    ]:
        (other, *_rest) = choices(organiser_site, path.format(**keys))

        assert other[1].partition("?")[0] == there.format(**keys), (path, there)
        assert organiser_site.get(other[1]).status_code == 200, (path, there)


def test_head_of_a_page_of_a_forum_names_that_forum(organiser_site, forum, old):
    for page in ["change", "public", "next", "archive", "board"]:
        answer = organiser_site.get(f"/admin/events/forum/{old.pk}/{page}/")

        assert answer.context["frame"].forum == old, page


def test_one_forum_has_no_switcher_and_another_team_has_none_to_it(client, forum, old):
    client.force_login(staff(forum=forum))

    page = client.get("/admin/", {"forum": "2019"})

    assert (page.context["frame"].choices, page.context["frame"].forum) == ([], forum)
    assert "2019" not in page.content.decode().replace("?forum=2019", "")


def test_board_of_a_forum_in_which_one_may_only_look_is_not_offered(client, forum, old):
    person = staff(forum=old)
    allowed("events.view_session", forum=forum, user=person)
    client.force_login(person)

    assert choices(client, f"/admin/events/forum/{old.pk}/board/")[0][1] == "/admin/?forum=2020"


def test_page_of_who_has_no_forum_is_no_error(client):
    person = UserFactory()
    join(person, Role.ORGANISER)
    client.force_login(person)

    page = client.get("/admin/")

    assert (page.status_code, page.context["frame"].forum) == (200, None)


# --- the bell -------------------------------------------------------------------------------------
def ask(forum, number=1):
    return [RegistrationFactory(forum=forum, state=Registration.State.WITH_SECRETARIAT) for _n in range(number)]


def test_bell_counts_lines_and_the_menu_the_things_in_them(organiser_site, forum, old):
    ask(forum, 2)
    MessageFactory(forum=forum, state="failed")
    ask(old)

    shown = frame(organiser_site, SESSIONS)
    numbers = {entry.title: entry.number for entry in shown.menu.entries if entry.number}

    assert (shown.waiting.lines, numbers) == (2, {"Registrations": 2, "Messages": 1})
    assert frame(organiser_site, SESSIONS, forum="2019").waiting.lines == 1


def test_bell_says_at_once_what_the_person_has_done_and_after_a_minute_what_others_did(
    organiser_site, forum, time_machine
):
    (one, two) = ask(forum, 2)
    assert frame(organiser_site).menu.entries[6].number == 2

    Registration.objects.filter(pk=one.pk).update(state="approved")
    kept = frame(organiser_site, SESSIONS).waiting.by_entry["registrations"]
    organiser_site.post("/admin/tally/", {"forum": forum.slug})
    Registration.objects.filter(pk=two.pk).update(state="approved")

    assert kept == 2
    assert frame(organiser_site, SESSIONS).waiting.lines == 0


def test_bell_is_of_each_person_alone(client, forum):
    ask(forum)
    desk, programme = Client(), client
    desk.force_login(staff(Role.ORGANISER, forum=forum))
    programme.force_login(staff("experts", forum=forum))

    assert [frame(one).waiting.lines for one in (desk, programme)] == [1, 0]


def test_kept_numbers_cost_no_query(organiser_site, forum, django_assert_max_num_queries):
    ask(forum)
    frame(organiser_site, "/admin/guide/")

    with django_assert_max_num_queries(5):  # the session, the account, its rights, the forums
        page = organiser_site.get("/admin/guide/")

    assert page.context["frame"].waiting.lines == 1
