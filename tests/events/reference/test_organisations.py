"""Organisations that people name: found by their name or initials, else made."""

import pytest

from events.models import Organisation
from events.reference.organisations import find, find_or_make
from tests.factories import OrganisationFactory

pytestmark = pytest.mark.django_db


def test_organisations_are_found_by_name_and_initials():
    row = OrganisationFactory(name="International Telecommunication Union", acronym="ITU")

    assert find_or_make(" itu ") == row
    assert find_or_make("INTERNATIONAL  telecommunication union") == row
    assert find_or_make("  ") is None
    assert Organisation.objects.count() == 1


def test_name_before_initials():
    OrganisationFactory(name="Net of nets", acronym="Net")
    row = OrganisationFactory(name="NET")

    assert find("net") == row


def test_organisation_made_by_another_in_this_moment(monkeypatch):
    row = OrganisationFactory(name="Net")
    answers = iter([None, row])
    monkeypatch.setattr("events.reference.organisations.find", lambda name: next(answers))

    assert find_or_make("Net") == row
