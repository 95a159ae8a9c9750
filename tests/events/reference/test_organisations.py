"""Organisations that people name: found by their name or initials, else made."""

import pytest

from events.models import Organisation
from events.reference.organisations import find, find_or_make
from tests.factories import OrganisationFactory

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
