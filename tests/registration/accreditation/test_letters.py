"""Letters of invitation: for whom, in which language, and what the page says that verifies one."""

import re

import pytest
from django.utils import translation

from events.models import HistoryEntry
from events.shared.pdf import pdf_files
from registration.accreditation.documents import letters
from registration.models import InvitationLetter
from registration.registering import registrations
from tests.factories import NOW, KindFactory, RegistrationFactory
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
HOLDS, GONE = "is genuine, and it holds", "is no longer valid"


@pytest.fixture
def person():
    kind = KindFactory(
        name="Delegate",
        translations={"fr": {"name": "Délégué"}},
        approval="secretariat",
        forum__letter_signatory="Jane Doe, Coordinator",
    )
    return RegistrationFactory(
        forum=kind.forum,
        kind=kind,
        mode="on_site",
        title="Dr",
        name="Awa Diallo",
        organisation="Lowland",
        language="fr",
    )


def issue(person):
    return letters.issue(person, now=NOW)


def page(client, letter, prefix=""):
    return " ".join(client.get(f"{prefix}/verify/{letter.code}/").content.decode().split())


def test_who_is_approved_and_comes_gets_one_letter(person):
    first, second = issue(person), issue(person)

    assert (first, first.name, first.organisation, len(first.code)) == (second, "Dr Awa Diallo", "Lowland", 12)
    assert HistoryEntry.objects.filter(verb="issue-letter").count() == 1


@pytest.mark.parametrize(
    "values", [{"state": "secretariat"}, {"state": "refused"}, {"mode": "remote"}, {"withdrawn": NOW}]
)
def test_nobody_else_gets_one(person, values):
    for name, value in values.items():
        setattr(person, name, value)
    person.save()

    assert refused(issue, person) == "no-letter"


@pytest.mark.parametrize("name", ["สมชาย", "Ana ישראל"])
def test_a_name_that_would_be_boxes_gets_no_letter_and_reads_why(only_required_fonts, client, person, name):
    person.name = name
    person.save()
    client.force_login(person.user)

    html = client.get("/2020/letter.pdf", follow=True).content.decode()

    assert refused(issue, person) == "name-not-shown"
    assert ("The letter cannot show your name" in html, InvitationLetter.objects.exists()) == (True, False)


def test_a_letter_names_a_person_as_the_passport_does(person):
    person.name, person.latin_name = "김민준", "Kim Minjun"
    person.save()

    letter = issue(person)

    assert ("Kim Minjun" in letter.name, "김" in letter.name, letters.holds(letter)) == (True, False, True)


def test_where_nobody_decides_there_are_none(person):
    letter = issue(person)
    person.kind.approval = "none"
    person.kind.save()

    assert refused(issue, person) == "no-letter"
    letter.refresh_from_db()
    assert not letters.holds(letter)


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_letters_are_drawn_on_one_page_whatever_the_names(person, language):
    for name in ("نوار الهاشلي", "李小明", "X" * 150, '"; #panic() \\ ]', "A b " * 37):
        person.name = person.organisation = name
        person.save()
        with translation.override(language):
            drawn = pdf_files.draw(letters.source(issue(person)))
        assert len(re.findall(rb"/Type\s*/Page\b", drawn)) == 1


def test_the_page_says_for_whom_and_when_and_that_it_holds(client, person):
    letter = issue(person)

    shown, french = page(client, letter), page(client, letter, "/fr")
    typed = client.get(f"/verify/{letter.code[:4].lower()}-{letter.code[4:]}/")

    words = (
        HOLDS,
        "Dr Awa Diallo",
        "Lowland",
        "Delegate",
        "Mali",
        "22 June 2020",
        "10 September 2020",
        letter.code,
        "noindex",
    )
    assert [one for one in words if one not in shown] == []
    assert ("Dr Awa Diallo" in french, "Délégué" in french) == (True, True)
    assert (typed.status_code, typed["Location"]) == (302, f"/verify/{letter.code}/")
    assert client.get("/verify/0123456789AB/").status_code == 404
    assert person.user.email not in shown


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Awa D."},
        {"title": ""},
        {"organisation": "Upland"},
        {"mode": "remote"},
        {"state": "refused"},
        {"state": "secretariat"},
    ],
)
def test_a_letter_stops_holding_when_what_it_says_is_not_so_any_more(client, person, change):
    letter = issue(person)
    for name, value in change.items():
        setattr(person, name, value)
    person.save()

    shown = page(client, letter)

    assert (GONE in shown, HOLDS in shown) == (True, False)
    assert "Dr Awa Diallo" in shown


def test_who_withdraws_has_a_letter_that_does_not_hold_and_a_hidden_forum_none(client, person):
    letter = issue(person)
    registrations.withdraw(person, now=NOW)
    assert GONE in page(client, letter)
    person.forum.is_public = False
    person.forum.save()

    assert client.get(f"/verify/{letter.code}/").status_code == 404
