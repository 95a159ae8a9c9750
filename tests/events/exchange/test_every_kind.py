"""The door: what comes in and goes out for a forum, for every kind of rows that there is."""

import csv

import pytest
from django.contrib import admin

from events.models import HistoryEntry, Organisation, Room, Session, Speaker, Viewing
from events.shared.admin.admin_page_bases import admins_of
from events.shared.tables.admin_bases import OwnTable, TableMixin
from prizes.models import Assignment, EarlierWinner, Expert
from prizes.nominations import duplicates
from registration.models import Registration
from tests.events.exchange.imports import agree, errors, preview, question
from tests.events.shared.tables.files import workbook
from tests.factories import (
    CountryFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    staff,
)
from tests.prizes.factories import NominationFactory, make_edition, voter
from tests.prizes.reviewers import make_assignment, make_expert


def expert(forum):
    return Expert.objects.create(edition=make_edition(forum=forum), user=UserFactory(name="Ada"), organisation="ITU")


def review(forum):
    return make_assignment(make_edition(forum=forum))


def winner():
    row = EarlierWinner(year=2019)
    duplicates.rename(row, title="Schools on the Air")
    row.save()
    return row


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
DOOR = "/admin/events/forum/exchange/"
KINDS = {
    "session": (Session, "organisers", lambda forum: SessionFactory(forum=forum, room=RoomFactory(forum=forum))),
    "speaker": (Speaker, "organisers", lambda forum: SpeakerFactory(forum=forum, organisation=OrganisationFactory())),
    "room": (Room, "organisers", lambda forum: RoomFactory(forum=forum, capacity=12, is_virtual=True)),
    "organisation": (Organisation, "organisers", lambda forum: OrganisationFactory(acronym="RB")),
    "registration": (Registration, "organisers", lambda forum: RegistrationFactory(forum=forum)),
    "expert": (Expert, "prize officers", lambda forum: expert(forum)),
    "assignment": (Assignment, "prize officers", review),
    "earlierwinner": (EarlierWinner, "prize officers", lambda forum: winner()),
}
each = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def forum():
    for code, name in (("ML", "Mali"), ("NO", "Norway")):
        CountryFactory(code=code, name=name)
    return ForumFactory()


def sign_in(client, kind):
    client.force_login(staff(KINDS[kind][1]))


def exported(client, kind, ending):
    return client.get(f"{DOOR}{kind}.{ending}?forum=2020").content


def test_every_table_of_the_site_is_walked_here():
    found = {one.opts.model_name for one in admins_of(admin.site).values() if isinstance(one, TableMixin)}

    assert found == set(KINDS)


@each
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_goes_out_and_comes_in_changes_nothing(client, forum, kind, ending):
    model, _role, make = KINDS[kind]
    row = make(forum)
    sign_in(client, kind)
    before = model.objects.filter(pk=row.pk).values().get()

    page = preview(client, exported(client, kind, ending), kind)

    assert (errors(page), page.context["look"].is_empty, page.context["is_useful"]) == ([], True, False)
    agree(client, page)
    assert model.objects.values().get() == before


@each
def test_code_page_is_asked_and_every_sheet_is_read_or_named(client, forum, kind):
    KINDS[kind][2](forum)
    sign_in(client, kind)
    head, row, *_rows = csv.reader(exported(client, kind, "csv").decode("utf-8-sig").splitlines())

    asked = preview(
        client, ";".join(["Bemerkung", *head]).encode() + b"\r\nAy\xfee Y\xfdld\xfdz;" + ";".join(row).encode(), kind
    )
    shown = preview(client, workbook(A=[head, row], B=[["Hotel"], ["Lake"]], C=[head, row]), kind).content.decode()

    readings = {reading.value: list(reading.examples) for reading in question(asked).readings}
    assert (readings["cp1254"], readings["cp1252"]) == (["Ayşe Yıldız"], ["Ayþe Yýldýz"])
    assert [f"The sheet “{name}” is not read" in shown for name in "ABC"] == [False, True, False]


@each
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_sample_in_the_language_of_the_reader_comes_in_as_it_is(client, forum, kind, language):
    edition = make_edition(forum=forum, phase="review")
    if kind == "assignment":  # whom the sample names
        NominationFactory(category=edition.categories.first(), code="A1B2C3")
        for email in ("awa.diallo@example.org", "jon.lind@example.org"):
            make_expert(edition, user=voter(email=email))
    sign_in(client, kind)
    model = KINDS[kind][0]
    prefix = "" if language == "en" else f"/{language}"
    file = client.get(f"{prefix}/admin/events/forum/import/sample/{kind}.csv?forum=2020").content

    page = preview(client, file, kind)
    done = agree(client, page)

    assert language == "en" or not file.decode("utf-8-sig").startswith(("Name", "Title", "E-mail", "Form", "Year"))
    assert (errors(page), [one.is_known for one in page.context["look"].headers if not one.is_known]) == ([], [])
    assert (done.redirect_chain[-1:] != [], model.objects.count()) == (True, 2)


def test_door_leads_to_the_pages_that_take_files_of_other_programs(client, forum):
    pages = {"registrationinvitation/list/": "Invite a list of people", "stay/report/": "Report of a meeting"}
    client.force_login(staff("organisers"))

    page = client.get(f"{DOOR}?forum=2020")

    addresses = [f"/admin/registration/{path}" for path in pages]
    assert [row["page"] for row in page.context["tables"] if row["page"]] == addresses
    for address, words in zip(addresses, pages.values(), strict=True):
        assert f'href="{address}?forum=2020">{words}</a>' in page.content.decode()
        assert client.get(f"{address}?forum=2020").status_code == 200
    client.force_login(staff("prize officers"))
    assert [row["page"] for row in client.get(f"{DOOR}?forum=2020").context["tables"] if row["page"]] == []


def test_door_lists_what_the_person_may_and_forum_of_the_address_is_taken(client, forum):
    session = SessionFactory(forum=ForumFactory(slug="other"), title="Elsewhere")
    SessionFactory(forum=forum, title="Here")
    client.force_login(staff("organisers"))

    page = client.get(f"{DOOR}?forum=other")
    names = {row["kind"]: (row["comes_in"], row["goes_out"]) for row in page.context["tables"] if row["is_own"]}
    table = client.get(f"{DOOR}session.csv?forum=other").content.decode()

    exports = {one.opts.model_name for one in admins_of(admin.site).values() if isinstance(one, OwnTable)}
    others = {"registrationinvitation", "stay"}  # which other pages bring in
    assert (set(names), names["outcome"]) == (exports - {"expert", "assignment"} | others, (False, True))
    assert (session.title in table, "Here" in table) == (True, False)
    assert "import/?kind=session&amp;forum=other" in page.content.decode()
    client.force_login(staff("proposal reviewers"))
    assert {client.get(path).status_code for path in (DOOR, f"{DOOR}session.csv")} == {403}


def test_files_that_go_out_are_written_down_with_whose_data_they_hold(client, forum):
    known = RegistrationFactory(forum=forum)
    client.force_login(staff("organisers"))

    client.get(f"{DOOR}registration.xlsx?forum=2020")

    looks = list(Viewing.objects.filter(kind="export").values_list("model", "people"))
    assert looks == [("registration.registration", [known.user_id])]
    assert HistoryEntry.objects.filter(verb="export-table").count() == 1
    for path, status in (("nothing.csv", 404), ("registration.pdf", 404)):
        assert client.get(f"{DOOR}{path}").status_code == status
