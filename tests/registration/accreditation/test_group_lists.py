"""Lists of people to be invited: read in any form, looked at row by row, all of them or nobody."""

import csv
import io
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from events.models import Message
from events.shared.tables.answers import Answers
from registration.accreditation import group_lists
from registration.models import RegistrationInvitation
from tests.events.shared.tables.files import workbook
from tests.factories import NOW, KindFactory, OrganisationFactory, QuotaFactory, RegistrationFactory
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PAGE, LIST = "/2020/delegation/invite/", "/admin/registration/registrationinvitation/list/"
TWO = "name,email\nAwa Diallo,awa@example.org\nMoussa Keïta,moussa@example.org\n"


@pytest.fixture
def kind():
    return KindFactory(name="Delegate", approval="focal_point")


def file_of(data, name="list.csv"):
    return SimpleUploadedFile(name, data if isinstance(data, bytes) else data.encode())


def shown(client, data, **more):
    """The page after a file, and what it would send again."""
    answer = client.post(PAGE, {"act": "list", "file": file_of(data), **more})
    kept = dict(answer.context["kept"]) if answer.context["preview"] else {}
    return answer.content.decode(), {"act": "list", **kept}


def invited():
    return sorted(RegistrationInvitation.objects.values_list("email", flat=True))


# --- reading --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        TWO.replace("name,email", "Nom,Courriel").encode(),
        workbook(
            A=[["Name", "E-mail"], ["Awa Diallo", "awa@example.org"], [], ["Moussa Keïta", " Moussa@Example.org "]]
        ),
        workbook(
            A=[["Delegates"], [], ["Name", "E-mail"], ["Awa Diallo", "awa@example.org"]],
            B=[["E-mail", "Name"], ["moussa@example.org", "Moussa Keïta"]],
        ),
        *(
            f"{head}\n{first};awa@example.org\n{second};moussa@example.org\n".encode()
            for head, first, second in (
                ("Nom;Prénom;Adresse e-mail", "Diallo;Awa", "Keïta;Moussa"),
                ("Name;Vorname;E-Mail", "Diallo;Awa", "Keïta;Moussa"),
                ("Nombres;Apellidos;Correo electrónico", "Awa;Diallo", "Moussa;Keïta"),
                ("Name;Surname;Email", "Awa;Diallo", "Moussa;Keïta"),
                ("Sobrenome;Nome;E-mail", "Diallo;Awa", "Keïta;Moussa"),
                ("Full name;Family name;Email", "Awa Diallo;Diallo", "Moussa Keïta;KEITA"),
            )
        ),
    ],
    ids=["one column", "xlsx", "sheets", "french", "german", "spanish", "english", "portuguese", "whole and part"],
)
def test_a_list_is_read_with_the_heads_of_a_language_and_as_a_workbook(page, data):
    text, kept = shown(page, data)
    before = invited()
    answer = page.post(PAGE, kept, follow=True).content.decode()

    assert ("2 people can be invited." in text, before) == (True, [])
    assert "2 people are invited. The mails go out." in answer
    assert invited() == ["awa@example.org", "moussa@example.org"]
    assert Message.objects.filter(kind="registration-invited").count() == 2
    assert set(RegistrationInvitation.objects.values_list("name", flat=True)) == {"Awa Diallo", "Moussa Keïta"}


def test_what_is_not_read_of_a_list_is_named_before_anybody_is_invited(page):
    """Hidden sheets are not read, and those that are stand on the page."""
    rows = [["Name", "Rufname", "E-mail"], ["Diallo", "Awa", "awa@example.org"], ["Keïta", "Moussa", "no address"]]
    old = [["Name", "E-mail"], ["Fatou Sow", "fatou@example.org"]]
    text, kept = shown(page, workbook(hidden=["Old"], A=rows, B=rows, Notes=[["Hotel"], ["Lake"]], Old=old))
    page.post(PAGE, kept)

    for words in (
        "Diallo",
        "“Rufname” (Awa, Moussa)",
        "Sheets that are read: “A”, “B”.",
        "sheet “Notes”",
        ">A: 3<",
        ">B: 3<",
        "The same address stands in row A: 2",
    ):
        assert words in text
    assert ("Old" in text, invited()) == (False, ["awa@example.org"])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no-column, no-column"),
        (b"name\nAwa\n", "no-column"),
        (b"name,email\n", "empty"),
        (b"PK\x03\x04 no workbook", "broken"),
    ],
)
def test_a_file_that_is_no_list_says_what_is_missing(data, code):
    assert refused(group_lists.read, data, answers=Answers()) == code


@pytest.mark.parametrize("page_of", ["point", "organiser"])
@pytest.mark.parametrize(("code", "name"), [("cp1254", "Ayşe Yıldız"), ("cp1255", "משה כהן")])
def test_code_page_of_a_list_is_asked_and_the_file_is_not_chosen_again(request, kind, point, page_of, code, name):
    client = request.getfixturevalue("page" if page_of == "point" else "organiser_site")
    where = PAGE if page_of == "point" else LIST
    asked = client.post(
        where, {"act": "list", "days": 14, "file": file_of(f"name,email\n{name},a@example.org\n".encode(code))}
    )
    kept, question = dict(asked.context["kept"]), asked.context["question"]
    before = invited()
    shown = client.post(where, kept | {f"name:{question.key}": code})

    assert [name] in [list(one.examples) for one in question.readings]
    assert (name in asked.content.decode(), asked.context["preview"], before) == (True, None, [])
    client.post(where, dict(shown.context["kept"]))
    assert RegistrationInvitation.objects.get().name == name
    assert client.post(where, kept | {f"name:{question.key}": code}).context["preview"] is None


@pytest.mark.parametrize("page_of", ["point", "organiser"])
def test_columns_of_a_list_that_are_not_clear_are_asked_about_and_others_are_left_out(request, kind, point, page_of):
    client = request.getfixturevalue("page" if page_of == "point" else "organiser_site")
    where = PAGE if page_of == "point" else LIST
    file = file_of(b"Wer,E-mail,E-mail,Hut\nAwa,old@example.org,awa@example.org,red\n")

    asked = client.post(where, {"act": "list", "days": 14, "file": file})
    kept = dict(asked.context["kept"])
    answers = {"column:wer": "name", "column:email": "", "column:email 2": "email"}
    again = client.post(where, kept | answers | {"column:email 2": "?"})
    shown = client.post(where, kept | answers)
    client.post(where, dict(shown.context["kept"]))

    open_ones = [one.text for one in asked.context["question"].headers if one.is_doubtful]
    assert (open_ones, asked.context["preview"]) == (["E-mail", "E-mail"], None)
    assert again.context["question"].messages == ["No column is “E-mail”. Say which one is"]
    assert "“Hut” (red)" in shown.content.decode()
    assert (invited(), RegistrationInvitation.objects.get().name) == (["awa@example.org"], "Awa")


# --- looking --------------------------------------------------------------------------------------
def test_five_thousand_rows_with_three_wrong_are_told_within_five_seconds(page, kind, point):
    rows = [["Name", f"p{n}@example.org"] for n in range(5000)]
    rows[9][1], rows[1999][0], rows[4999][1] = "no address", "", "p0@example.org"
    file = io.StringIO()
    csv.writer(file).writerows([["name", "email"], *rows])

    began = time.process_time()  # seconds of work, however busy the machine
    found = group_lists.read(file.getvalue().encode(), answers=Answers()).rows
    sender = group_lists.Sender(point.user, kind.forum, kinds=[kind], kind=kind)
    looked = group_lists.look(found, sender=sender, now=NOW)
    took = time.process_time() - began

    assert [(one.row, one.field, one.code) for one in looked.wrong] == [
        ("11", "email", "no-address"),
        ("2001", "name", "no-name"),
        ("5001", "email", "twice"),
    ]
    assert (len(looked.right), took < 5) == (4997, True)
    began = time.process_time()
    assert group_lists.invite(found, sender=sender, seen=4997, now=NOW) == 4997
    assert time.process_time() - began < 5
    assert len(invited()) == Message.objects.count() == 4997


def test_each_wrong_row_is_told_with_its_number_and_nobody_is_invited_until_that_is_agreed_to(page, kind, point):
    table = (
        TWO + "Awa Again,AWA@example.org\n,nobody@example.org\n=HYPERLINK(),f@example.org\nA,a@example.org,Visitor\n"
    )
    text, kept = shown(page, table.replace("name,email", "name,email,kind"))
    before = invited()
    page.post(PAGE, kept)

    for words in (
        "The same address stands in row 2",
        "Enter a name",
        "“Visitor” is not a kind in which you can invite",
        "A formula stands here",
        "Invite 2 people",
    ):
        assert words in text
    assert (before, invited()) == ([], ["awa@example.org", "moussa@example.org"])


def test_places_are_given_in_the_order_of_the_list_and_what_changed_after_the_preview_is_shown_again(page, kind, point):
    """Who is invited already is left out; nobody is invited until the list was seen as it is."""
    quota = QuotaFactory(kind=kind, organisation=point.organisation, places=3)
    page.post(PAGE, {"act": "one", "name": "Awa", "email": "awa@example.org"})

    _text, old = shown(page, TWO + "Fatou Sow,fatou@example.org\n")
    quota.places = 2
    quota.save()
    answer = page.post(PAGE, old)
    text, kept = answer.content.decode(), dict(answer.context["kept"])
    before = invited()
    page.post(PAGE, {"act": "list", **kept})

    assert "Something changed in this moment. Look at the list again" in text
    assert "This person is invited already" in text
    assert "Delegate: no place of this organisation is left" in text
    assert ("1 person can be invited." in text, before) == (True, ["awa@example.org"])
    assert invited() == ["awa@example.org", "moussa@example.org"]


def test_no_file_a_wrong_one_and_a_forged_list_are_told_and_invite_nobody(page):
    without = page.post(PAGE, {"act": "list"}).content.decode()
    wrong, _kept = shown(page, "a,b\n1,2\n")

    assert "Choose a file" in without
    assert "No column is “Name”. Say which one is" in wrong
    for rows in ("[", "[]", "7", '[["x"]]', '[["a", "b", "c", 4]]', "[" * 100_000):
        answer = page.post(PAGE, {"act": "list", "rows": rows, "seen": "1"})
        assert "The list is not here any more" in answer.content.decode()
    assert invited() == []


def test_what_no_database_holds_is_left_out(page):
    for number, name in enumerate((r"Awa\u0000", r"Awa\ud800", r"Awa\u000b")):
        answer = page.post(PAGE, {"act": "list", "rows": f'[["2", "{name}", "{name}@example.org", ""]]', "seen": "1"})
        page.post(PAGE, {"act": "list", "rows": f'[["2", "{name}", "{number}@example.org", ""]]', "seen": "1"})
        assert answer.status_code in {200, 302}

    assert {"0@example.org", "1@example.org", "2@example.org"} <= set(invited())
    assert set(RegistrationInvitation.objects.values_list("name", flat=True)) == {"Awa"}


def test_a_list_says_the_kind_of_each_person_and_the_file_to_fill_in_shows_how(page, kind, point):
    other = KindFactory(slug="guest", name="Guest", approval="focal_point")

    template = load_workbook(io.BytesIO(page.get("/2020/delegation/people.xlsx").content)).active
    text, kept = shown(page, TWO.replace("email", "email,kind").replace("org\nMoussa", "org,GUEST\nMoussa"))
    chosen = shown(page, TWO.replace("email", "email,kind").replace("org\nMoussa", "org,GUEST\nMoussa"), kind=kind.pk)
    page.post(PAGE, chosen[1])

    assert [cell.value for cell in template[1]] == ["name", "email", "kind"]
    assert ("Say in which kind" in text, "Invite 1 person" in text, "seen" in kept) == (True, True, True)
    assert set(RegistrationInvitation.objects.values_list("email", "kind")) == {
        ("awa@example.org", other.pk),
        ("moussa@example.org", kind.pk),
    }


# --- the organisers -------------------------------------------------------------------------------
def test_organisers_bring_a_list_with_kind_organisation_and_days(organiser_site, kind):
    home, minister = OrganisationFactory(name="Ministry of Posts"), KindFactory(name="Minister", is_invited=True)
    registered = RegistrationFactory(forum=kind.forum).user.email
    sent = {"organisation": "ministry of posts", "kind": minister.pk, "days": 30}

    page = organiser_site.get(LIST).content.decode()
    unknown = organiser_site.post(LIST, sent | {"file": file_of(TWO), "organisation": "Nowhere"}).content.decode()
    first = organiser_site.post(LIST, sent | {"file": file_of(f"{TWO}Known,{registered}\n")})
    done = organiser_site.post(LIST, dict(first.context["kept"]), follow=True).content.decode()

    rows = RegistrationInvitation.objects.all()
    assert "A file to fill in" in page
    assert "“Nowhere” is not known here" in unknown
    assert "This person is registered already" in first.content.decode()
    assert "2 people are invited." in done
    assert {(one.organisation, one.kind, (one.ends - one.invited).days) for one in rows} == {(home, minister, 30)}
    assert organiser_site.get(f"{LIST}people.xlsx").status_code == 200
