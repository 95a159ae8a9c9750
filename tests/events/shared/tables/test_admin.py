"""Tables in and out: a preview, all or nothing, row and column of each error, no formulas."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Forum, HistoryEntry, Session, Speaker, User, Viewing
from events.shared.history import made_accounts
from events.shared.tables import stable_identities
from registration.models import Kind, Registration
from tests.events.exchange import imports
from tests.events.exchange.imports import agree, errors, preview, question
from tests.events.shared.tables.files import workbook
from tests.factories import (
    NOW,
    AppearanceFactory,
    CountryFactory,
    ForumFactory,
    KindFactory,
    MessageFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
    UserFactory,
    allowed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
FILES = "/admin/events/forum/exchange/"
PEOPLE = "forum,email,name,stakeholder_type,country,gender,agreed"
AWA = "2020,New@Example.org,Awa Traore,academia,ML,woman,yes"


@pytest.fixture
def forum():
    SessionTypeFactory()
    CountryFactory(code="ML", name="Mali", translations={"ar": {"name": "مالي"}})
    return ForumFactory()


def bring_in(client, data, kind="speaker"):
    """Send a file and agree to its preview; return the answer of the last step."""
    page = preview(client, data, kind)
    if first := question(page):
        page = agree(client, page, _look="1", **{f"name:{first.key}": "cp1252"})
    return agree(client, page)


def download(client, file="session.csv", query="?days=all"):
    return client.get(f"{FILES}{file}{query}").content


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
    table, book = (download(organiser_site, f"session.{kind}", "?days=all&forum=all") for kind in ("csv", "xlsx"))

    plans = [imports.bring_in(data, slug="2020") for data in (table, book)]
    after = list(Session.objects.order_by("pk").values())
    imports.bring_in(own, slug="another")

    assert [[item.changes for item in plan.items] for plan in plans] == [[[], []]] * 2
    assert [problem.text for problem in plans[0].errors] == ["It belongs to the forum “other”"]
    assert (after, "secret" in table.decode(), ",'=2+2," in table.decode()) == (before, False, True)
    brought = Session.objects.filter(forum__slug="another").order_by("placement__starts")
    assert [row.placement.starts for row in brought] == [held.starts, foreign.starts]
    assert [row.origin_id or row.guid for row in brought] == [str(held.guid), stable_identities.of_session("talk 7")]


# --- the way through the pages --------------------------------------------------------------------
def test_error_names_row_and_column_and_nothing_is_saved(organiser_site, forum):
    rows = {
        "1999,Bob,": "row 4, column Forum: It is for “1999”, and you chose another forum",
        "2020,,": "row 4, column Name: It is empty",
        "2020,Bob,someone": "row 4, column Gender: “someone” is not one of: woman, man, other, undisclosed",
    }
    files = {f"forum,name,gender\n2020,Ada,woman\n,,\n{row}\n\n": sentence for row, sentence in rows.items()}
    bad = {"12345678901234567890": "“12345", "no": "“no” is not a whole number", "999999": "No speaker of this forum"}
    files |= {f"id,forum,name\n{n},2020,Ada\n": f"row 2, column ID: {words}" for n, words in bad.items()}

    for text, sentence in files.items():
        page = preview(organiser_site, text, "speaker")
        refused = agree(organiser_site, page)
        assert errors(page)[0].startswith(sentence), text
        assert refused.context["refused"].startswith("Some rows have errors.")
        assert Speaker.objects.count() == 0
    nameless = preview(organiser_site, "forum,position\nx,x\n", "speaker")
    assert errors(nameless) == ["No column is “Name”. Say which one is"]
    assert "_save" not in nameless.content.decode()


def test_what_is_wrong_in_several_rows_is_said_once_with_their_numbers_below_a_title(organiser_site, forum):
    rows = [f"Ada {n},{'someone' if n % 2 else 'man'}" for n in range(24)]

    page = preview(organiser_site, "\n".join(["Speakers,", ",", "name,gender", *rows, ",man"]), "speaker")

    assert (len(page.context["look"].new), errors(page)) == (
        12,
        [
            "rows 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, …, column Gender: “someone” is not one of: woman, man, other, undisclosed",
            "row 28, column Name: It is empty",
        ],
    )


def test_good_rows_come_in_without_the_others_where_somebody_says_so(organiser_site, forum):
    page = preview(organiser_site, "name,gender\nAda,woman\nBob,someone\n,man\nEve,\n", "speaker")

    done = agree(organiser_site, page, good_only="on")

    assert "Brought in: 2 new, 0 changed, 0 the same, 2 not used." in done.content.decode()
    assert list(Speaker.objects.order_by("name").values_list("name", "gender")) == [("Ada", "woman"), ("Eve", "")]


def test_what_is_no_table_is_refused_at_its_field(organiser_site, forum):
    for data in (b"PK\x03\x04 no zip at all", b"forum,name\n"):
        assert list(preview(organiser_site, data, "speaker").context["form"].errors) == ["file"]


# --- people ---------------------------------------------------------------------------------------
def test_registrations_come_in_by_the_rules_from_any_spreadsheet(organiser_site, forum):
    french = "forum;e-mail;nom;type de partie prenante;pays;genre;avis de confidentialité accepté\n"
    french += "2020;new@example.org;Awa Traore;Milieux universitaires;MALI;femme;oui\n"
    for data in (french.encode("cp1252"), workbook(A=[PEOPLE.split(","), [2020, *AWA.split(",")[1:]]])):
        bring_in(organiser_site, data, "registration")

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

    page = preview(organiser_site, f"{PEOPLE}\n{AWA}\n{AWA.replace('New@', 'other@')}", "registration")

    assert known.name in page.content.decode()
    looks = Viewing.objects.values_list("kind", "model", "people")
    assert list(looks) == [("list", "registration.registration", [known.user_id])]


def test_bad_registration_names_row_and_column(organiser_site, forum):
    rows = {
        "2020,new@example.org,Awa,academia,ML,woman,": (
            "Agreed to the privacy notice: Write “yes” once the person has agreed to the privacy notice"
        ),
        "2020,nonsense,Awa,academia,ML,woman,yes": "E-mail: “nonsense” is no e-mail address",
        "2020,new@example.org,Awa,wizards,ML,woman,yes": "Stakeholder type: “wizards” is not one of",
        "2020,new@example.org,,academia,ML,woman,yes": "Name: It is empty",
    }

    for row, sentence in rows.items():
        (said,) = errors(preview(organiser_site, f"{PEOPLE}\n{row}\n", "registration"))
        assert said.startswith(f"row 2, column {sentence}")
        assert User.objects.filter(email="new@example.org").count() == 0
    registration = RegistrationFactory(forum=forum, user=UserFactory(email="new@example.org"), withdrawn=NOW)
    withdrawn = errors(preview(organiser_site, f"{PEOPLE}\n{AWA}\n", "registration"))
    registration.delete()
    Forum.objects.update(registration_closes=NOW)
    late = errors(preview(organiser_site, f"{PEOPLE}\n{AWA}\n", "registration"))
    said = ["row 2, column E-mail: This person has withdrawn. Only they can register again"]
    assert (withdrawn, late) == (said, ["row 2: Registration is closed"])


def test_preview_of_registrations_locks_and_makes_nothing_where_kinds_have_limits(organiser_site, forum):
    KindFactory(forum=forum, slug="open", capacity=1)
    KindFactory(forum=forum, slug="delegates", per_organisation=1)
    rows = [AWA.replace("New@", f"p{n}@") + f",{kind}" for n, kind in enumerate(("open", "open", "delegates"))]

    with CaptureQueriesContext(connection) as asked:
        page = preview(organiser_site, "\n".join([f"{PEOPLE},kind", *rows]), "registration")

    about_kinds = [query["sql"] for query in asked if "registration_kind" in query["sql"]]
    assert [sql for sql in about_kinds if "FOR " in sql] == []
    assert [sql for query in asked if "INTO" in (sql := query["sql"]) and "viewing" not in sql] == []
    assert (len(page.context["look"].new), errors(page)) == (
        2,
        [
            "row 4, column Organisation: The places of this kind are for organisations. Say first which organisation the person belongs to"
        ],
    )
    agree(organiser_site, page, good_only="on")
    states = Registration.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["approved", "waiting"]


def test_row_that_is_refused_only_when_it_comes_in_is_named(organiser_site, forum):
    kind = KindFactory(forum=forum, slug="media", name="Media", capacity=0)
    page = preview(organiser_site, f"{PEOPLE},kind\n{AWA},media\n", "registration")
    Kind.objects.filter(pk=kind.pk).update(closes=NOW)  # from now on nobody waits for a place

    done = agree(organiser_site, page)

    said = "Nothing was brought in. Row 2, column Kind: Media: all places are taken."
    assert (done.context["refused"], Registration.objects.exists(), User.objects.count()) == (said, False, 1)


def test_accounts_of_a_table_are_found_or_made_at_once(boss):
    known = EmailAddress.objects.create(
        user=UserFactory(email="first@example.org"), email="p0@example.org", verified=True
    )
    wanted = {f"p{n}@example.org": {"name": f"Person {n}"} for n in range(4)}

    found = made_accounts.find_or_make_many(wanted, by=boss, now=NOW)

    assert (set(found), found["p0@example.org"]) == (set(wanted), known.user)
    made = found["p1@example.org"]
    assert (made.name, made.email, made.has_usable_password()) == ("Person 1", "p1@example.org", False)
    assert made_accounts.find_or_make_many(wanted, by=None, now=NOW) == found
    entries = HistoryEntry.objects.filter(verb="add", model="events.user")
    assert list(entries.values_list("actor", flat=True)) == [boss.pk] * 3


def test_export_with_a_filter_that_means_nothing_is_refused(organiser_site, forum):
    for filter_of in ("forum__slug=xanadu", "starts__gte=x", "room__nothing=1"):
        assert organiser_site.get(f"{FILES}session.csv?{filter_of}").status_code == 400, filter_of


def test_outbox_as_a_file_asks_for_the_right_to_take_people_out(client, forum):
    MessageFactory(kind="reminder", forum=forum, to="awa@example.org")

    def shown(*rights):
        client.force_login(allowed("events.view_message", *rights, forum=forum))
        listed, file = client.get("/admin/events/message/"), client.get(f"{FILES}message.csv")
        return [b"awa@example.org" in answer for answer in (listed.content, b"".join(file))]

    assert (shown(), shown("registration.export_registration")) == ([True, False], [True, True])
