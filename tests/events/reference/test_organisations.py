"""Organisations that people name: found by their name or initials, else made."""

import pytest

from events.models import Organisation, OrganisationName
from events.reference import organisations
from events.reference.organisations import find, find_or_make, known, make
from tests.factories import CountryFactory, OrganisationFactory

pytestmark = pytest.mark.django_db


def test_organisations_are_found_by_name_before_initials():
    row = OrganisationFactory(name="International Telecommunication Union", acronym="ITU")
    OrganisationFactory(name="Net of nets", acronym="Net")
    net = OrganisationFactory(name="NET")

    assert find_or_make(" itu ") == find_or_make("INTERNATIONAL  telecommunication union") == row
    assert (find("net"), find_or_make("  ")) == (net, None)
    assert Organisation.objects.count() == 3


def test_organisation_made_by_another_in_this_moment(monkeypatch):
    row = OrganisationFactory(name="Net")
    answers = iter([None, row])
    monkeypatch.setattr("events.reference.organisations.find", lambda name: next(answers))

    assert find_or_make("Net") == row


def test_new_organisations_wait_for_a_look_and_those_of_organisers_do_not():
    assert (find_or_make("Net").is_checked, find_or_make("Sample", is_sample=True).is_checked) == (False, True)
    assert OrganisationFactory().is_checked is True


def test_other_names_find_the_organisation_before_initials():
    union = OrganisationFactory(name="International Telecommunication Union", acronym="UIT")
    other = OrganisationFactory(name="Net of nets")
    OrganisationName.objects.create(organisation=other, name="UIT")
    OrganisationName.objects.create(organisation=union, name="Union internationale des télécommunications")

    assert find("uit") == other
    assert known("union internationale des télécommunications") == (union, [])


def test_near_names_are_offered():
    OrganisationFactory(name="Université des Sciences de Bamako")
    OrganisationFactory(name="International Telecommunication Union", acronym="ITU")
    OrganisationFactory(name="Institute of Informatics", acronym="IT")
    OrganisationFactory(name="الاتحاد الدولي للاتصالات")
    OrganisationFactory(name="University of Lomé")
    for typed, offered in [
        ("Universite des sciences de Bamako", ["Université des Sciences de Bamako"]),  # without accents
        ("Univrsité des Sciences de Bamako", ["Université des Sciences de Bamako"]),  # a slip
        ("Faculty of Law, Université des Sciences de Bamako", ["Université des Sciences de Bamako"]),
        ("ITU", ["International Telecommunication Union"]),
        ("Union internationale (ITU)", ["International Telecommunication Union"]),
        ("Telecommunication Union", ["International Telecommunication Union"]),
        ("الاتحاد الدولي", ["الاتحاد الدولي للاتصالات"]),
        ("University", []),
        ("IT company", []),  # a word of two letters is nobody's initials
        ("…", []),
        ("%_", []),
    ]:
        found = known(typed)

        assert (found.organisation, [one.name for one in found.may_mean]) == (None, offered), (typed, offered)


def test_what_nobody_has_checked_is_found_by_its_name_and_offered_to_nobody():
    secret = OrganisationFactory(name="Awa Diallo, at home in Bamako", is_checked=False)
    OrganisationName.objects.create(organisation=secret, name="Awa Diallo, Bamako")

    assert known("Awa Diallo, at home, Bamako") == (None, [])
    assert known("awa diallo, at home in Bamako") == (secret, [])


def test_ministry_of_another_country_is_only_offered_and_one_of_the_same_name_gets_its_country():
    mali, ghana = CountryFactory(), CountryFactory(code="GH", name="Ghana")
    theirs = OrganisationFactory(name="Ministry of Health", stakeholder_type="government", country=ghana)

    assert known("ministry of health", country="GH") == (theirs, [])
    assert known("ministry of health", country="ML") == (None, [theirs])
    assert organisations.label(theirs) == "Ministry of Health · Ghana"
    made = make("Ministry of Health", stakeholder_type="government", country=mali, is_another=True)
    assert (made.name, made.country, made.is_checked) == ("Ministry of Health (Mali)", mali, False)
    assert make("Ministry of Health", stakeholder_type="government", country=mali, is_another=True) == made


def test_known_asks_as_much_for_one_as_for_many(django_assert_num_queries):
    for rows in (1, 30):
        for number in range(rows):
            OrganisationFactory(name=f"Network of Villages {rows} {number}", country=CountryFactory())
        with django_assert_num_queries(5):
            found = known("Network of Villages")
            assert [organisations.label(one) for one in found.may_mean]
