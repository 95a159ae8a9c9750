"""Tables in and out: a preview, all or nothing, row and column of each error, no formulas."""

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from events.exchange import apply
from events.models import Session, Speaker, User
from events.schedule import moves
from events.tables import identity
from registration.models import Registration
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
SESSIONS = "/admin/events/session/"
HEADER = "code,forum,title,type,starts,ends,room,speakers"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def preview(client, text, base=SESSIONS):
    file = SimpleUploadedFile("table.csv", text.encode())
    return client.post(f"{base}import/", {"import_file": file, "format": "0", "resource": "0"})


def bring_in(client, text, base=SESSIONS):
    """Upload a file and confirm its preview; return the answer of the last step."""
    answer = preview(client, text, base)
    confirm = answer.context.get("confirm_form")
    assert confirm, answer.content.decode()
    return client.post(f"{base}process_import/", confirm.initial)


def sentences(answer):
    text = answer.content.decode().split("Nothing was imported")[1].split("</ul>")[0]
    return [line.split("</li>")[0].replace("&#x27;", "'") for line in text.split("<li>")[1:]]


def download(client, base=SESSIONS, kind="0"):
    return client.post(f"{base}export/", {"format": kind, "resource": "0"}).content


@pytest.fixture
def forum():
    SessionTypeFactory()
    return ForumFactory()


def test_preview_saves_nothing(organiser_site, forum):
    answer = preview(
        organiser_site, f"{HEADER}\nWF0001,2020,One,thematic_workshop,2020-07-23 14:00,2020-07-23 15:00,,\n"
    )

    assert "This is what the file changes" in answer.content.decode()
    assert Session.objects.count() == 0


def test_import_makes_a_draft_at_local_time(organiser_site, forum):
    speaker = SpeakerFactory(name="Ada Lovelace")
    RoomFactory(name="Room 2")

    bring_in(
        organiser_site,
        f"{HEADER}\nWF0001,2020,One,thematic_workshop,2020-07-23 14:00,2020-07-23 15:00,Room 2,Ada Lovelace (moderator)\n",
    )

    session = Session.objects.get()
    place = session.placement
    assert (session.code, session.state, session.starts) == ("WF0001", "draft", None)
    assert (place.state, place.starts.hour, place.room.name) == ("scheduled", 12, "Room 2")
    assert [(a.speaker, a.role) for a in session.appearances.all()] == [(speaker, "moderator")]


@pytest.mark.parametrize("hour", ["14", "16"], ids=["unchanged in the preview", "changed in the preview"])
def test_move_between_the_preview_and_the_import_is_kept(organiser_site, forum, hour):
    row = "WF0001,2020,One,thematic_workshop,2020-07-23 {0}:00,2020-07-23 {0}:30,,\n"
    bring_in(organiser_site, f"{HEADER}\n{row.format('14')}")
    confirm = preview(organiser_site, f"{HEADER}\n{row.format(hour)}").context["confirm_form"].initial
    later = NOW + timedelta(days=2)
    moves.move(
        Session.objects.get(), starts=later, ends=later + timedelta(hours=1), room=None, version=None, by=None, now=NOW
    )

    answer = organiser_site.post(f"{SESSIONS}process_import/", confirm)

    assert Session.objects.get().placement.starts == later
    assert len(sentences(answer)) == 1
    assert "Somebody changed these rows meanwhile." in sentences(answer)[0]
    bring_in(organiser_site, f"{HEADER}\n{row.format(hour)}")
    assert Session.objects.get().placement.starts.hour == int(hour) - 2


@pytest.mark.parametrize("kind", ["0", "1"], ids=["csv", "xlsx"])
def test_export_brought_into_another_forum_keeps_its_hours_and_identities(organiser_site, forum, kind):
    held = SessionFactory(forum=forum, code="WF0001", starts=NOW)
    foreign = SessionFactory(forum=forum, code="WF0002", starts=NOW + timedelta(days=1), origin_id="talk 7")
    ForumFactory(slug="other", time_zone="America/New_York")

    apply.bring_in(download(organiser_site, kind=kind), slug="other", by=None, now=NOW)

    brought = Session.objects.filter(forum__slug="other").order_by("placement__starts")
    assert [row.placement.starts for row in brought] == [held.starts, foreign.starts]
    assert [row.origin_id or row.guid for row in brought] == [str(held.guid), identity.of_session("talk 7")]
    again = bring_in(organiser_site, download(organiser_site).decode("utf-8-sig")).status_code
    assert (again, Session.objects.filter(forum=forum).count()) == (302, 2)


def test_import_twice_changes_nothing(organiser_site, forum):
    text = f"{HEADER}\nWF0001,2020,One,thematic_workshop,2020-07-23 14:00,2020-07-23 15:00,,\n"
    bring_in(organiser_site, text)
    before = Session.objects.values().get()

    bring_in(organiser_site, text)

    assert Session.objects.values().get() == before


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            "WF0002,2020,Two,thematic_workshop,2020-07-23 16:00,2020-07-23 15:00,,",
            "Row 3, column ends: The end is not after the start. Choose a later end",
        ),
        (
            "WF0002,2020,Two,thematic_workshop,tomorrow,2020-07-23 15:00,,",
            "Row 3, column starts: “tomorrow” is no date and time. Write it as 2020-07-22 14:00",
        ),
        ("WF0002,1999,Two,thematic_workshop,,,,", "Row 3, column forum: “1999” is not known here"),
        ("WF0002,2020,Two,party,,,,", "Row 3, column type: “party” is not known here"),
        ("WF0002,2020,,thematic_workshop,,,,", "Row 3, column title: This field cannot be blank."),
        ("x,2020,Two,thematic_workshop,,,,", "Row 3, column code: Enter a valid value."),
        ("WF0002,2020,Two,thematic_workshop,,,,Nobody", "Row 3, column speakers: “Nobody” is not known here"),
    ],
)
def test_error_names_row_and_column_and_nothing_is_saved(organiser_site, forum, row, sentence):
    RoomFactory(name="Room 2")

    answer = preview(
        organiser_site,
        f"{HEADER}\nWF0001,2020,One,thematic_workshop,2020-07-23 14:00,2020-07-23 15:00,Room 2,\n{row}\n",
    )

    assert sentence in sentences(answer)
    assert "confirm_form" not in answer.context
    assert Session.objects.count() == 0


def test_sessions_of_one_file_may_change_places(organiser_site, forum):
    one, two = RoomFactory(name="Room 1"), RoomFactory(name="Room 2")
    SessionFactory(code="WF0001", room=one)
    SessionFactory(code="WF0002", room=two)

    bring_in(
        organiser_site,
        "code,forum,title,type,room\nWF0001,2020,One,thematic_workshop,Room 2\nWF0002,2020,Two,thematic_workshop,Room 1\n",
    )

    rows = Session.objects.order_by("code").values_list("placement__room__name", "room__name", "sequence")
    assert list(rows) == [("Room 2", "Room 1", 0), ("Room 1", "Room 2", 0)]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("code,forum,title", "Missing columns: type"),
        ("code,forum,title,type,colour", "Unknown columns: colour"),
    ],
)
def test_wrong_columns_are_named(organiser_site, forum, header, sentence):
    answer = preview(organiser_site, f"{header}\n" + ",".join("x" for _c in header.split(",")) + "\n")

    assert sentences(answer)[0] == sentence


def test_forged_confirmation_leads_back(organiser_site, forum):
    answer = organiser_site.post(
        f"{SESSIONS}process_import/",
        {"import_file_name": "gone", "original_file_name": "x", "format": "9", "resource": "0"},
    )

    assert (answer.status_code, answer["Location"]) == (302, f"{SESSIONS}import/")


def test_file_of_another_kind_is_refused(organiser_site, forum):
    file = SimpleUploadedFile("table.xlsx", b"no zip at all")

    answer = organiser_site.post(f"{SESSIONS}import/", {"import_file": file, "format": "1", "resource": "0"})

    assert list(answer.context["form"].errors) == ["import_file"]


def test_export_comes_back_without_a_change(organiser_site, forum):
    AppearanceFactory(session=SessionFactory(title="=2+2", languages=["en", "fr"], room=RoomFactory()))
    before = list(Session.objects.values())

    answer = preview(organiser_site, download(organiser_site).decode())

    assert [row.import_type for row in answer.context["result"].rows] == ["skip"]
    assert list(Session.objects.values()) == before


def test_exports_hold_no_formula_and_no_meeting_address(organiser_site, forum):
    SessionFactory(title="=HYPERLINK()", meeting_url="https://meet.example/secret")

    table = download(organiser_site).decode()
    sheet = openpyxl.load_workbook(BytesIO(download(organiser_site, kind="1"))).active

    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert ",'=HYPERLINK()," in table
    assert "'=HYPERLINK()" in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}
    assert "meet.example" not in table + str([cell.value for cell in cells])


def test_speakers_are_found_by_name_then_by_id(organiser_site, forum):
    base = "/admin/events/speaker/"
    bring_in(organiser_site, "forum,name,position\n2020,Ada Lovelace,Countess\n", base)
    speaker = Speaker.objects.get()

    bring_in(organiser_site, f"id,forum,name,position\n{speaker.pk},2020,Ada King,Countess\n", base)

    assert list(Speaker.objects.values_list("name", "position")) == [("Ada King", "Countess")]


@pytest.mark.parametrize("number", ["12345678901234567890", "no", "999999"])
def test_unknown_speaker_id_is_refused(organiser_site, forum, number):
    answer = preview(organiser_site, f"id,forum,name\n{number},2020,Ada\n", "/admin/events/speaker/")

    assert sentences(answer)[0].startswith("Row 2, column id:")


REGISTRATIONS = "/admin/registration/registration/"
PEOPLE = "forum,email,name,stakeholder_type,country,gender,agreed"


def test_registrations_come_in_by_the_rules(organiser_site, forum):
    CountryFactory(code="ML")
    text = f"{PEOPLE}\n2020,New@Example.org,Awa Traore,academia,ML,woman,yes\n"

    bring_in(organiser_site, text, REGISTRATIONS)
    bring_in(organiser_site, text, REGISTRATIONS)

    registration = Registration.objects.get()
    assert (registration.user.email, registration.name, registration.consented) == (
        "new@example.org",
        "Awa Traore",
        NOW,
    )
    assert not registration.user.has_usable_password()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("2020,new@example.org,Awa,academia,ML,woman,", "Row 2, column agreed: Write “yes” once the person has agreed"),
        ("2020,nonsense,Awa,academia,ML,woman,yes", "Row 2, column email: “nonsense” is no e-mail address"),
        ("2020,new@example.org,Awa,wizards,ML,woman,yes", "Row 2, column stakeholder_type: “wizards” is not one of"),
        ("2020,new@example.org,Awa,academia,Q9,woman,yes", "Row 2, column country: “Q9” is not known here"),
    ],
)
def test_bad_registration_names_row_and_column(organiser_site, forum, row, sentence):
    CountryFactory(code="ML")

    answer = preview(organiser_site, f"{PEOPLE}\n{row}\n", REGISTRATIONS)

    assert sentences(answer)[0].startswith(sentence)
    assert User.objects.filter(email="new@example.org").count() == 0


def test_registration_after_closing_is_refused(organiser_site):
    CountryFactory(code="ML")
    ForumFactory(registration_closes=NOW)

    answer = preview(organiser_site, f"{PEOPLE}\n2020,new@example.org,Awa,academia,ML,woman,yes\n", REGISTRATIONS)

    assert sentences(answer) == ["Row 2: Registration is closed"]


def test_desk_neither_exports_nor_imports_registrations(client, staff):
    RegistrationFactory()
    client.force_login(staff("registration desk"))

    assert client.get(f"{REGISTRATIONS}export/").status_code == 403
    assert client.get(f"{REGISTRATIONS}import/").status_code == 403
    assert client.get(f"{SESSIONS}import/").status_code == 403


def test_organisers_export_registrations(client, staff):
    RegistrationFactory(user=UserFactory(email="ada@example.org"))
    client.force_login(staff("organisers"))

    assert "ada@example.org" in download(client, REGISTRATIONS).decode()
