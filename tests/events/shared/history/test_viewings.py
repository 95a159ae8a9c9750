"""Who of the staff saw whose data: lists, pages, histories and exports; shown to the person."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import HistoryEntry, Role, User, Viewing
from events.shared.admin.admin_page_bases import admins_of
from events.shared.history import viewings
from tests.factories import NOW, BookingFactory, RegistrationFactory, SessionFactory, UserFactory, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
REGISTRATIONS = "/admin/registration/registration/"


@pytest.fixture
def desk():
    return staff(Role.ORGANISER, name="Desk")


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def seen():
    return list(Viewing.objects.order_by("pk").values_list("kind", "model", "number", "people"))


def test_list_page_history_and_export_are_written_down(desk):
    rows = [RegistrationFactory() for _row in range(3)]
    people = sorted(row.user_id for row in rows)
    client = signed_in(desk)

    client.get(REGISTRATIONS)
    client.get(f"{REGISTRATIONS}{rows[0].pk}/change/")
    client.get(f"{REGISTRATIONS}{rows[0].pk}/history/")
    answer = client.get("/admin/events/forum/exchange/registration.csv")

    model = "registration.registration"
    one = [rows[0].user_id]
    assert answer.status_code == 200
    assert seen() == [
        ("list", model, 3, people),
        ("page", model, 1, one),
        ("history", model, 1, one),
        ("export", model, 3, people),
    ]
    assert set(Viewing.objects.values_list("by", "at")) == {(desk.pk, NOW)}
    exported = HistoryEntry.objects.get(verb="export-table")
    assert (exported.actor, exported.subject, exported.key) == (desk, "registrations: 3", "")


def test_what_was_refused_or_not_found_was_not_seen(desk):
    registration = RegistrationFactory()
    stranger = staff(Role.PROPOSAL_REVIEWER)

    answers = [
        signed_in(stranger).get(REGISTRATIONS),
        signed_in(stranger).get(f"{REGISTRATIONS}{registration.pk}/change/"),
        signed_in(desk).get(f"{REGISTRATIONS}999999/change/", follow=True),
        signed_in(desk).get(f"{REGISTRATIONS}?q=nobody"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 200, 200]
    assert seen() == []


def test_own_data_and_lists_without_people_leave_nothing(desk):
    RegistrationFactory(user=desk)
    SessionFactory()
    client = signed_in(desk)

    client.get(REGISTRATIONS)
    client.get("/admin/events/session/")

    assert seen() == []


@pytest.mark.parametrize("rows", [1, 20])
def test_look_costs_one_insert_and_no_question(desk, rows):
    BookingFactory.create_batch(rows)
    client = signed_in(desk)

    with CaptureQueriesContext(connection) as asked:
        client.get("/admin/registration/booking/")

    about = [one["sql"] for one in asked if "events_viewing" in one["sql"]]
    assert (len(about), about[0].startswith("INSERT")) == (1, True)
    assert len([one for one in asked if one["sql"].startswith("INSERT")]) == 1
    assert Viewing.objects.latest("pk").number >= rows


def test_person_reads_who_saw_their_data_and_not_whose_else(desk, django_assert_num_queries):
    mine, other = RegistrationFactory(name="Awa"), RegistrationFactory(name="Fatou")
    signed_in(desk).get(REGISTRATIONS)
    signed_in(desk).get(f"{REGISTRATIONS}{other.pk}/change/")
    client = signed_in(mine.user)

    page = client.get("/account/seen/").content.decode()

    assert (page.count("<bdi>Desk</bdi>"), "Registrations, a list" in page, "Fatou" in page) == (1, True, False)
    assert list(viewings.of(mine.user)) == [Viewing.objects.earliest("pk")]
    assert "Nobody has opened" in signed_in(UserFactory()).get("/account/seen/").content.decode()


SUGGESTED = {"app_label": "registration", "model_name": "registration", "field_name": "user", "term": "awa"}


def test_people_that_a_field_suggests_were_seen(desk):
    found = UserFactory(name="Awa", email="awa@example.org")
    UserFactory(name="Fatou", email="fatou@example.org")

    answer = signed_in(desk).get("/admin/autocomplete/", SUGGESTED)

    assert [one["id"] for one in answer.json()["results"]] == [str(found.pk)]
    assert seen() == [("list", "events.user", 1, [found.pk])]


def test_what_is_older_than_it_is_kept_goes(desk):
    for days in (1, 0, -1):
        at = NOW - viewings.KEPT + viewings.timedelta(days=days)
        viewings.record(by=desk, kind=Viewing.Kind.LIST, model="events.user", people=[0], now=at)

    assert (viewings.forget(now=NOW), Viewing.objects.count()) == (1, 2)


# Models with a way to an account whose lists and pages show nobody's data but that of staff at work, each with the reason.
NOBODYS = {
    "events.Viewing": "this very list",
    "events.Release": "who released",
    "events.Mailing": "who wrote it",
    "prizes.Ballot": "who may read the integrity report sees the account, others not (`person_path`)",
    "prizes.OutcomeDocument": "who had it made",
    "prizes.Winner": "who entered it",
    "registration.DoorPass": "who made it",
}


def test_every_list_of_rows_about_people_says_whose_data_it_shows():
    silent = set()
    for model, model_admin in admins_of(admin.site).items():
        ways = [f for f in model._meta.get_fields() if f.concrete and f.many_to_one and f.related_model is User]
        ways += [f for f in model._meta.get_fields() if f.concrete and f.name == "registration"]
        if (ways or model is User) and not model_admin.shown_person:
            silent.add(model._meta.label)

    assert silent == set(NOBODYS)
