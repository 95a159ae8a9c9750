"""Tables in and out: a preview, all or nothing, row and column of each error, no formulas."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from events.exchange import apply
from events.models import Forum, Session, Speaker, User, Viewing
from events.pages import revision
from events.tables import stable_identities
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
def test_export_of_sessions_comes_back_without_a_change(organiser_site, forum):
    described = {"title": "=2+2", "description": "<b>*Text*</b>", "languages": ["en", "fr"], "capacity": 7}
    held = SessionFactory(
        room=RoomFactory(),
        number=3,
        broadcast_url="https://live.example/1",
        meeting_url="https://a/secret",
        **described,
    )
    AppearanceFactory(session=held, speaker__form_of_address="Dr", role="moderator")
    foreign = SessionFactory(forum=forum, starts=NOW + timedelta(days=2), origin_id="talk 7")
    own = download(organiser_site)
    SessionFactory(forum=ForumFactory(slug="other"))
    ForumFactory(slug="another", time_zone="America/New_York")
    before = list(Session.objects.order_by("pk").values())
    table, book = (download(organiser_site, kind=kind) for kind in "01")

    plans = [apply.bring_in(data, slug="2020", by=None, now=NOW) for data in (table, book)]
    after = list(Session.objects.order_by("pk").values())
    apply.bring_in(own, slug="another", by=None, now=NOW)

    assert [[item.changes for item in plan.items] for plan in plans] == [[[], []]] * 2
    assert [problem.text for problem in plans[0].unusable] == ["It belongs to the forum “other”"]
    assert (after, "secret" in table.decode(), ",'=2+2," in table.decode()) == (before, False, True)
    brought = Session.objects.filter(forum__slug="another").order_by("placement__starts")
    assert [row.placement.starts for row in brought] == [held.starts, foreign.starts]
    assert [row.origin_id or row.guid for row in brought] == [str(held.guid), stable_identities.of_session("talk 7")]
    for address in ("import/", "process_import/"):  # sessions come in as a programme
        assert organiser_site.post(f"{SESSIONS}{address}")["Location"] == "/admin/events/forum/import/"


# --- the way through the pages --------------------------------------------------------------------
def test_preview_saves_nothing_and_import_twice_changes_nothing(organiser_site, forum):
    text = "forum,name,position\n2020,Ada Lovelace,Countess\n"
    answer = preview(organiser_site, text)
    assert ("This is what the file changes" in answer.content.decode(), Speaker.objects.count()) == (True, 0)
    first = revision.current()
    bring_in(organiser_site, text)
    before = Speaker.objects.values().get(), revision.current()

    bring_in(organiser_site, text)

    assert (Speaker.objects.values().get(), revision.current()) == before
    assert before[1] > first  # the public sees a speaker who is new
    bring_in(organiser_site, f"id,forum,name,position\n{before[0]['id']},2020,Ada King,Countess\n")
    assert list(Speaker.objects.values_list("name", "position")) == [("Ada King", "Countess")]


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


def test_error_names_row_and_column_and_nothing_is_saved(organiser_site, forum):
    rows = {
        "1999,Bob,": "Row 4, column forum: “1999” is not known here",
        "2020,,": "Row 4, column name: This field cannot be blank.",
        "2020,Bob,someone": "Row 4, column gender: “someone” is not one of: ",
    }
    files = {f"forum,name,gender\n2020,Ada,woman\n,,\n{row}\n\n": sentence for row, sentence in rows.items()}
    files |= {"forum,position\nx,x\n": "Missing columns: name", "forum,name,colour\nx,x,x": "Unknown columns: colour"}
    files |= {f"id,forum,name\n{n},2020,Ada\n": "Row 2, column id:" for n in ("12345678901234567890", "no", "999999")}

    for text, sentence in files.items():
        answer = preview(organiser_site, text)
        assert sentences(answer)[0].startswith(sentence), text
        assert ("confirm_form" in answer.context, Speaker.objects.count()) == (False, 0)


def test_forged_confirmation_leads_back_and_what_is_no_table_is_refused_at_its_field(organiser_site, forum):
    forged = {"import_file_name": "gone", "original_file_name": "x", "format": "9", "resource": "0"}

    answer = organiser_site.post(f"{SPEAKERS}process_import/", forged)

    assert (answer.status_code, answer["Location"]) == (302, f"{SPEAKERS}import/")
    for data in (b"PK\x03\x04 no zip at all", b"forum,name\n"):
        assert list(preview(organiser_site, data).context["form"].errors) == ["import_file"]


# --- people ---------------------------------------------------------------------------------------
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


def test_preview_shows_what_stands_there_and_leaves_a_look(organiser_site, forum):
    known = RegistrationFactory(forum=forum, user=UserFactory(email="new@example.org"), organisation="Radio Bamako")
    RegistrationFactory(forum=forum)

    page = preview(organiser_site, f"{PEOPLE}\n{AWA}\n{AWA.replace('New@', 'other@')}", REGISTRATIONS)

    assert known.name in page.content.decode()
    looks = Viewing.objects.values_list("kind", "model", "people")
    assert list(looks) == [("list", "registration.registration", [known.user_id])]


def test_bad_registration_names_row_and_column(organiser_site, forum):
    rows = {
        "2020,new@example.org,Awa,academia,ML,woman,": "agreed: Write “yes” once the person has agreed",
        "2020,nonsense,Awa,academia,ML,woman,yes": "email: “nonsense” is no e-mail address",
        "2020,new@example.org,Awa,wizards,ML,woman,yes": "stakeholder_type: “wizards” is not one of",
        "2020,new@example.org,Awa,academia,Q9,woman,yes": "country: “Q9” is not known here",
        "2020,new@example.org,,academia,ML,woman,yes": "name: Enter a name",
    }

    for row, sentence in rows.items():
        answer = preview(organiser_site, f"{PEOPLE}\n{row}\n", REGISTRATIONS)
        assert sentences(answer)[0].startswith(f"Row 2, column {sentence}")
        assert User.objects.filter(email="new@example.org").count() == 0
    registration = RegistrationFactory(forum=forum, user=UserFactory(email="new@example.org"), withdrawn=NOW)
    withdrawn = preview(organiser_site, f"{PEOPLE}\n{AWA}\n", REGISTRATIONS)
    registration.delete()
    Forum.objects.update(registration_closes=NOW)
    late = preview(organiser_site, f"{PEOPLE}\n{AWA}\n", REGISTRATIONS)
    said = ["Row 2, column email: This person has withdrawn. Only they can register again"]
    assert (sentences(withdrawn), sentences(late)) == (said, ["Row 2: Registration is closed"])


def test_organisers_export_registrations_and_the_desk_does_not(client, staff):
    RegistrationFactory(user=UserFactory(email="ada@example.org"))
    client.force_login(staff("organisers"))
    table = download(client, REGISTRATIONS).decode()
    client.force_login(staff("registration desk"))

    refused = [f"{REGISTRATIONS}export/", f"{REGISTRATIONS}import/", f"{SPEAKERS}import/"]

    assert ("ada@example.org" in table, {client.get(page).status_code for page in refused}) == (True, {403})


def test_export_with_a_filter_that_means_nothing_is_refused(organiser_site, forum):
    for filter_of in ("forum__slug=xanadu", "starts__gte=x", "room__nothing=1"):
        assert organiser_site.get(f"{SESSIONS}export/?{filter_of}").status_code == 400, filter_of
        assert organiser_site.post(f"{SESSIONS}export/?{filter_of}", {"format": "0"}).status_code == 400, filter_of
