"""What cells hold, and what they mean."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext_lazy

from events.models import Country, Forum, Organisation, OrganisationName
from events.models.programme import Language
from events.shared.tables import cells
from tests.factories import CountryFactory, ForumFactory, OrganisationFactory
from tests.refusals import refused


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+41 22", "'+41 22"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =1", "'  =1"),
        ("\u00a0＝1", "'\u00a0＝1"),
        ("\0=1", "'=1"),
        ("a\0b", "ab"),
        ("\x1f=1", "'\x1f=1"),
        ("Bamako", "Bamako"),
        ("", ""),
        (None, ""),
        (-5, -5),
        (1.5, 1.5),
        (datetime(2020, 7, 22, tzinfo=UTC), "2020-07-22T00:00+00:00"),
    ],
)
def test_safe_cell(value, expected):
    assert cells.safe(value) == expected


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (datetime(2020, 7, 22, 14, 0, 30), "2020-07-22 14:00:30"),  # noqa: DTZ001  a cell of a sheet has no zone
        (datetime(2020, 7, 22, 13, 59, 59, 999000), "2020-07-22 14:00"),  # noqa: DTZ001
        (time(13, 59, 59, 999000), "14:00:00"),
        ('="Conway, Radia"', "Conway, Radia"),
        (date(2020, 7, 22), "2020-07-22"),
        (time(14), "14:00:00"),
        (7.0, "7"),
        (7.5, "7.5"),
        (" a\r\nb\0 ", "a\nb"),
        ("'=1+1", "=1+1"),
        ("'tis", "'tis"),
        ("'- a;'=b\n \"'+c; 'd", "- a;=b\n \"+c; 'd"),
    ],
)
def test_text_of_a_cell(cell, text):
    assert cells.text_of(cell) == text


def test_label_is_known_in_each_language_of_the_site_in_whatever_language_it_is_asked():
    label = gettext_lazy("country")

    with translation.override("fr"):
        in_french = cells.spellings(label)

    assert in_french == cells.spellings(label) == {"country", "pays", cells.fold("البلد")}
    assert cells.spellings("country") == {"country"}


@pytest.mark.parametrize(
    ("text", "codes"), [("en-US; Français", ["en", "fr"]), ("Anglais/zh_CN|tlh", ["en", "zh", "tlh"]), ("", [])]
)
def test_languages(text, codes):
    assert cells.languages(text) == codes
    assert (cells.parts("A; B;;C"), cells.joined(["A", "B; C"])) == (["A", "B", "C"], "A; B, C")


@pytest.mark.parametrize("text", ["fr", "FR", "French", "français"])
def test_choice_by_code_or_by_name_in_a_language_of_the_site(text):
    assert cells.choice(text, choices=Language.choices) == "fr"


@pytest.mark.parametrize(
    ("read", "code"),
    [
        (lambda: cells.choice("", choices=Language.choices), "unknown-choice"),
        (lambda: cells.known_languages("en; klingon"), "unknown-choice"),
        (lambda: cells.whole_number("many"), "bad-number"),
        (lambda: cells.whole_number("12345678901"), "bad-number"),
    ],
)
def test_cell_that_means_nothing_is_refused(read, code):
    assert refused(read) == code


def test_rows_are_found_by_code_or_name_in_a_language_of_the_site(db, django_assert_num_queries):
    mali = CountryFactory(code="ML", name="Mali", translations={"ar": {"name": "مالي"}})
    itu = OrganisationFactory(name="Union; internationale", acronym="ITU")
    OrganisationFactory.create_batch(2, acronym="TWIN")
    OrganisationName.objects.create(organisation=itu, name="Unión internacional")
    finder = cells.Finder()

    with django_assert_num_queries(3):
        found = [finder.one(text, Country) for text in ("ml", "MALI", "مالي")]
        found += [finder.one(text, Organisation) for text in ("Union, internationale", "itu", "union internacional")]
        codes = []
        for text in ("Nobody", "twin", ""):
            with pytest.raises(ValidationError) as refused:
                finder.one(text, Organisation)
            codes.append(refused.value.code)

    assert (found, codes) == ([mali] * 3 + [itu] * 3, ["not-found", "several", "not-found"])
    forums = [
        ForumFactory(slug=slug) for slug in ("wsis2020", "wsis-2020")
    ]  # as it is spelt goes before the same letters
    assert [finder.one(text, Forum) for text in ("wsis2020", "WSIS-2020")] == forums
    assert len(finder.all("wsis 2020", Forum)) == 2


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Prénom :", "PRENOM", True),
        ("مُحمد", "محمد", True),
        ("Пётр", "Петр", True),
        ("ガ", "ガ", True),
        ("राम", "रमा", False),
        ("कमल", "कोमल", False),
        ("สมชาย", "สมชัย", False),
        ("かとう", "がとう", False),
    ],
)
def test_letters_are_compared_without_accents_but_with_vowel_signs(one, other, is_same):
    assert (cells.fold(one) == cells.fold(other)) is is_same


def test_yes_and_no_in_the_words_of_other_languages_and_nothing_else():
    assert [cells.yes(word) for word in ("Ja", "Sim", "x", "✓", "Nein", "non", "")] == [True] * 4 + [False] * 3
    assert refused(cells.yes, "online") == "unknown-choice"


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [
        ("伟", "李", "李伟"),
        ("민수", "김", "김민수"),
        ("マリ", "田中", "田中マリ"),
        ("ジョン", "スミス", "ジョン スミス"),
        ("Wei", "李", "Wei 李"),
    ],
)
def test_family_comes_first_where_both_names_are_east_asian(first, last, whole):
    assert {cells.whole_name("", first=first, last=last), cells.whole_name(last, first=first, last=""),
            cells.whole_name(first, first="", last=last)} == {whole}  # fmt: skip
