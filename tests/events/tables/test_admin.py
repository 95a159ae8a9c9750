"""Tables in and out: a preview, all or nothing, row and column of each error, no formulas."""

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from events.exchange import apply
from events.models import Session, Speaker, User
from events.tables import identity
from registration.models import Registration
from tests.events.tables.files import workbook
from tests.factories import (
    NOW,
    AppearanceFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
    SpeakerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
SESSIONS, SPEAKERS = "/admin/events/session/", "/admin/events/speaker/"
REGISTRATIONS = "/admin/registration/registration/"
PEOPLE = "forum,email,name,stakeholder_type,country,gender,agreed"
AWA = "2020,New@Example.org,Awa Traore,academia,ML,woman,yes"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def forum():
    SessionTypeFactory()
    CountryFactory(code="ML", name="Mali", name_ar="مالي")
    return ForumFactory()


def preview(client, data, base=SPEAKERS):
    file = SimpleUploadedFile("table", data.encode() if isinstance(data, str) else data)
    return client.post(f"{base}import/", {"import_file": file, "format": "0", "resource": "0"})


def bring_in(client, data, base=SPEAKERS):
    """Upload a file and confirm its preview; return the answer of the last step."""
    answer = preview(client, data, base)
    confirm = answer.context.get("confirm_form")
    assert confirm, answer.content.decode()
    return client.post(f"{base}process_import/", confirm.initial)


def sentences(answer):
    text = answer.content.decode().split("Nothing was imported")[1].split("</ul>")[0]
    return [line.split("</li>")[0].replace("&#x27;", "'") for line in text.split("<li>")[1:]]


def download(client, base=SESSIONS, kind="0"):
    return client.post(f"{base}export/", {"format": kind, "resource": "0"}).content


# --- sessions -------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["import/", "process_import/"])
def test_sessions_come_in_as_a_programme(organiser_site, address):
    assert organiser_site.post(f"{SESSIONS}{address}")["Location"] == "/admin/events/forum/import/"


@pytest.mark.parametrize("kind", ["0", "1"], ids=["csv", "xlsx"])
def test_export_of_sessions_comes_back_without_a_change(organiser_site, forum, kind):
    described = {"title": "=2+2", "description": "<b>*Text*</b>", "languages": ["en", "fr"], "capacity": 7}
    session = SessionFactory(room=RoomFactory(), number=3, broadcast_url="https://live.example/1", **described)
    AppearanceFactory(session=session, speaker__form_of_address="Dr", role="moderator")
    SessionFactory(forum=ForumFactory(slug="other"))
    before = list(Session.objects.order_by("pk").values())

    plan = apply.bring_in(download(organiser_site, kind=kind), slug="2020", by=None, now=NOW)

    assert [item.changes for item in plan.items] == [[]]
    assert [problem.text for problem in plan.unusable] == ["It belongs to the forum “other”"]
    assert list(Session.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("kind", ["0", "1"], ids=["csv", "xlsx"])
def test_export_brought_into_another_forum_keeps_its_hours_and_identities(organiser_site, forum, kind):
    held = SessionFactory(forum=forum, code="WF0001", starts=NOW)
    foreign = SessionFactory(forum=forum, code="WF0002", starts=NOW + timedelta(days=1), origin_id="talk 7")
    ForumFactory(slug="another", time_zone="America/New_York")

    apply.bring_in(download(organiser_site, kind=kind), slug="another", by=None, now=NOW)

    brought = Session.objects.filter(forum__slug="another").order_by("placement__starts")
    assert [row.placement.starts for row in brought] == [held.starts, foreign.starts]
    assert [row.origin_id or row.guid for row in brought] == [str(held.guid), identity.of_session("talk 7")]


def test_exports_hold_no_formula_and_no_meeting_address(organiser_site, forum):
    SessionFactory(title="=HYPERLINK()", meeting_url="https://meet.example/secret")

    table = download(organiser_site).decode()
    sheet = openpyxl.load_workbook(BytesIO(download(organiser_site, kind="1"))).active

    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert ",'=HYPERLINK()," in table
    assert "'=HYPERLINK()" in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}
    assert "meet.example" not in table + str([cell.value for cell in cells])


# --- the way through the pages --------------------------------------------------------------------
def test_preview_saves_nothing(organiser_site, forum):
    answer = preview(organiser_site, "forum,name\n2020,Ada Lovelace\n")

    assert "This is what the file changes" in answer.content.decode()
    assert Speaker.objects.count() == 0


def test_import_twice_changes_nothing(organiser_site, forum):
    text = "forum,name,position\n2020,Ada Lovelace,Countess\n"
    bring_in(organiser_site, text)
    before = Speaker.objects.values().get()

    bring_in(organiser_site, text)

    assert Speaker.objects.values().get() == before


def test_change_between_the_preview_and_the_import_is_kept(organiser_site, forum):
    speaker = SpeakerFactory(name="Ada", position="Countess")
    text = "forum,name,position\n2020,Ada,Engineer\n"
    confirm = preview(organiser_site, text).context["confirm_form"].initial
    Speaker.objects.update(position="Minister")

    answer = organiser_site.post(f"{SPEAKERS}process_import/", confirm)

    assert Speaker.objects.get().position == "Minister"
    assert [line.partition(".")[0] for line in sentences(answer)] == ["Somebody changed these rows meanwhile"]
    bring_in(organiser_site, text)
    speaker.refresh_from_db()
    assert speaker.position == "Engineer"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1999,Bob,", "Row 4, column forum: “1999” is not known here"),
        ("2020,,", "Row 4, column name: This field cannot be blank."),
        ("2020,Bob,someone", "Row 4, column gender: “someone” is not one of: "),
    ],
)
def test_error_names_row_and_column_and_nothing_is_saved(organiser_site, forum, row, sentence):
    answer = preview(organiser_site, f"forum,name,gender\n2020,Ada,woman\n,,\n{row}\n\n")

    assert sentences(answer)[0].startswith(sentence)
    assert "confirm_form" not in answer.context
    assert Speaker.objects.count() == 0


@pytest.mark.parametrize(
    ("header", "sentence"),
    [("forum,position", "Missing columns: name"), ("forum,name,colour", "Unknown columns: colour")],
)
def test_wrong_columns_are_named(organiser_site, forum, header, sentence):
    answer = preview(organiser_site, f"{header}\n" + ",".join("x" for _c in header.split(",")) + "\n")

    assert sentences(answer)[0] == sentence


def test_forged_confirmation_leads_back(organiser_site, forum):
    answer = organiser_site.post(
        f"{SPEAKERS}process_import/",
        {"import_file_name": "gone", "original_file_name": "x", "format": "9", "resource": "0"},
    )

    assert (answer.status_code, answer["Location"]) == (302, f"{SPEAKERS}import/")


@pytest.mark.parametrize("data", [b"PK\x03\x04 no zip at all", b"forum,name\n"])
def test_file_that_is_no_table_is_refused_at_its_field(organiser_site, forum, data):
    assert list(preview(organiser_site, data).context["form"].errors) == ["import_file"]


# --- people ---------------------------------------------------------------------------------------
def test_speakers_are_found_by_name_then_by_id(organiser_site, forum):
    bring_in(organiser_site, "forum,name,position\n2020,Ada Lovelace,Countess\n")
    speaker = Speaker.objects.get()

    bring_in(organiser_site, f"id,forum,name,position\n{speaker.pk},2020,Ada King,Countess\n")

    assert list(Speaker.objects.values_list("name", "position")) == [("Ada King", "Countess")]


@pytest.mark.parametrize("number", ["12345678901234567890", "no", "999999"])
def test_unknown_speaker_id_is_refused(organiser_site, forum, number):
    answer = preview(organiser_site, f"id,forum,name\n{number},2020,Ada\n")

    assert sentences(answer)[0].startswith("Row 2, column id:")


@pytest.mark.parametrize(
    "data",
    [
        f"{PEOPLE}\n{AWA}\n".encode(),
        f"{PEOPLE}\r\n{AWA}\r\n".replace(",", ";").encode("cp1252"),
        f"{PEOPLE}\n{AWA}\n".replace(",", "\t").encode("utf-16"),
        f"sep=;\r\n{PEOPLE}\r\n{AWA}\r\n".replace(",", ";").encode("utf-8-sig"),
        workbook(A=[PEOPLE.split(","), [2020, *AWA.split(",")[1:]]]),
        "forum;e-mail;nom;type de partie prenante;pays;genre;avis de confidentialité accepté\n"
        "2020;new@example.org;Awa Traore;Milieux universitaires;MALI;femme;oui\n".encode("cp1252"),
        "forum,email,الاسم,stakeholder_type,البلد,gender,agreed\n"
        "2020,new@example.org,Awa Traore,academia,مالي,woman,yes\n".encode("cp1256"),
    ],
    ids=["commas", "European Excel", "UTF-16", "sep", "workbook", "French", "Arabic"],
)
def test_registrations_come_in_by_the_rules_from_any_spreadsheet(organiser_site, forum, data):
    bring_in(organiser_site, data, REGISTRATIONS)
    bring_in(organiser_site, data, REGISTRATIONS)

    registration = Registration.objects.get()
    assert (registration.user.email, registration.name, registration.consented, registration.country_id) == (
        "new@example.org",
        "Awa Traore",
        NOW,
        "ML",
    )
    assert not registration.user.has_usable_password()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("2020,new@example.org,Awa,academia,ML,woman,", "Row 2, column agreed: Write “yes” once the person has agreed"),
        ("2020,nonsense,Awa,academia,ML,woman,yes", "Row 2, column email: “nonsense” is no e-mail address"),
        ("2020,new@example.org,Awa,wizards,ML,woman,yes", "Row 2, column stakeholder_type: “wizards” is not one of"),
        ("2020,new@example.org,Awa,academia,Q9,woman,yes", "Row 2, column country: “Q9” is not known here"),
        ("2020,new@example.org,,academia,ML,woman,yes", "Row 2, column name: Enter a name"),
    ],
)
def test_bad_registration_names_row_and_column(organiser_site, forum, row, sentence):
    answer = preview(organiser_site, f"{PEOPLE}\n{row}\n", REGISTRATIONS)

    assert sentences(answer)[0].startswith(sentence)
    assert User.objects.filter(email="new@example.org").count() == 0


def test_registration_after_closing_is_refused(organiser_site):
    CountryFactory(code="ML")
    ForumFactory(registration_closes=NOW)

    answer = preview(organiser_site, f"{PEOPLE}\n{AWA}\n", REGISTRATIONS)

    assert sentences(answer) == ["Row 2: Registration is closed"]


def test_desk_neither_exports_nor_imports_registrations(client, staff):
    RegistrationFactory()
    client.force_login(staff("registration desk"))

    assert client.get(f"{REGISTRATIONS}export/").status_code == 403
    assert client.get(f"{REGISTRATIONS}import/").status_code == 403
    assert client.get(f"{SPEAKERS}import/").status_code == 403


def test_organisers_export_registrations(client, staff):
    RegistrationFactory(user=UserFactory(email="ada@example.org"))
    client.force_login(staff("organisers"))

    assert "ada@example.org" in download(client, REGISTRATIONS).decode()
