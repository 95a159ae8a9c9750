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


def test_who_is_approved_and_comes_gets_one_letter_where_somebody_signs(person):
    first, second = issue(person), issue(person)

    assert (first, first.name, first.organisation, len(first.code)) == (second, "Dr Awa Diallo", "Lowland", 12)
    assert HistoryEntry.objects.filter(verb="issue-letter").count() == 1
    type(person.forum).objects.update(letter_signatory="")
    assert refused(issue, person) == "no-letter"


@pytest.mark.parametrize(
    ("changed", "is_refused"),
    [
        ({"state": "secretariat"}, True),
        ({"state": "refused"}, True),
        ({"mode": "remote"}, True),
        ({"withdrawn": NOW}, True),
        ({"kind__approval": "none"}, True),
        ({"name": "Awa D."}, False),
        ({"title": ""}, False),
        ({"organisation": "Upland"}, False),
    ],
)
def test_nobody_else_gets_one_and_one_that_says_what_is_not_so_any_more_holds_no_longer(person, changed, is_refused):
    letter = issue(person)
    for path, value in changed.items():
        row = person.kind if "__" in path else person
        setattr(row, path.removeprefix("kind__"), value)
        row.save()

    letter.refresh_from_db()
    assert not letters.holds(letter)
    if is_refused:
        assert refused(issue, person) == "no-letter"
    else:
        assert letters.holds(issue(person))


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


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_letters_are_drawn_on_one_page_whatever_the_names(person, language):
    for name in ("نوار الهاشلي", "李小明", "X" * 150, '"; #panic() \\ ]', "A b " * 37):
        person.name = person.organisation = name
        person.save()
        with translation.override(language):
            drawn = pdf_files.draw(letters.source(issue(person)))
        assert len(re.findall(rb"/Type\s*/Page\b", drawn)) == 1


def test_the_page_says_for_whom_and_when_and_whether_it_holds_and_nothing_of_a_hidden_forum(client, person):
    letter = issue(person)

    shown, french = page(client, letter), page(client, letter, "/fr")
    typed = client.get(f"/verify/{letter.code[:4].lower()}-{letter.code[4:]}/")
    registrations.withdraw(person, now=NOW)
    gone = page(client, letter)
    person.forum.is_public = False
    person.forum.save()

    facts = ("Dr Awa Diallo", "Lowland", "Delegate", "Mali", "22 June 2020", "10 September 2020", letter.code)
    assert [one for one in (HOLDS, "noindex", *facts) if one not in shown] == []
    assert ("Dr Awa Diallo" in french, "Délégué" in french) == (True, True)
    assert (typed.status_code, typed["Location"]) == (302, f"/verify/{letter.code}/")
    assert person.user.email not in shown
    assert [words in gone for words in (GONE, HOLDS, "Dr Awa Diallo")] == [True, False, True]
    for code in (letter.code, "0123456789AB"):
        assert client.get(f"/verify/{code}/").status_code == 404
