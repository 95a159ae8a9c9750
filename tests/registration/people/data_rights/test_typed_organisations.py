"""What a person typed as their organisation goes with them, also once it was merged into another one; what others typed stays."""

import pytest

from events.models import HistoryEntry, Organisation, OrganisationName
from events.reference import merging
from registration.models import Attendance, Registration
from registration.people.data_rights import erasures
from registration.registering import registrations
from tests.factories import (
    NOW,
    AppearanceFactory,
    AttendanceFactory,
    OrganisationFactory,
    RegistrationFactory,
    SpeakerFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]
TYPED = "Awa Diallo at home"


def registered(text=TYPED, **more):
    found = Organisation.objects.filter(name=text).first() or OrganisationFactory(name=text, is_checked=False)
    return RegistrationFactory(organisation=text, affiliation=found, **more)


def erase(user):
    erasures.ask(user, taken_out=[], now=NOW)
    erasures.carry_out_due(NOW + erasures.WAIT)


@pytest.mark.parametrize("edited", [False, True], ids=["as registered", "the registration names another one since"])
def test_typed_organisation_goes_with_whoever_typed_it_alone(edited):
    row = registered()
    AttendanceFactory(registration=row, organisation=row.affiliation)
    SpeakerFactory(account=row.user, organisation=row.affiliation)  # who is not public
    if edited:
        registrations.edit(row, data={"organisation": ""}, by=row.user, now=NOW)
        assert Organisation.objects.filter(name=TYPED).exists()  # as it was counted then

    erase(row.user)

    assert not Organisation.objects.exists()
    assert Attendance.objects.get().organisation is None


def test_what_somebody_typed_goes_as_soon_as_they_type_something_else():
    row, other = registered(), registered("Net of Villages")
    registered("Net of Villages")

    registrations.edit(row, data={"organisation": "Lowland"}, by=row.user, now=NOW)
    registrations.edit(other, data={"organisation": "Lowland"}, by=other.user, now=NOW)

    assert sorted(Organisation.objects.values_list("name", flat=True)) == ["Lowland", "Net of Villages"]


@pytest.mark.parametrize("use", ["registered", "public speaker", "looked at"])
def test_organisation_that_others_name_or_an_organiser_has_looked_at_stays(use):
    row = registered()
    if use == "registered":
        registered()
    elif use == "public speaker":
        AppearanceFactory(speaker__organisation=row.affiliation)
    else:
        merging.check(row.affiliation, by=UserFactory(), now=NOW)

    erase(row.user)

    assert Organisation.objects.filter(name=TYPED).exists()


def merged(row):
    known = OrganisationFactory(name="University of Bamako")
    merging.merge(row.affiliation, into=known, by=UserFactory(), now=NOW)
    return known


@pytest.mark.parametrize("has_country", [False, True], ids=["as typed", "of another country"])
def test_no_text_of_theirs_is_left_after_organisations_were_merged(has_country):
    row = registered()
    if has_country:
        Organisation.objects.filter(pk=row.affiliation.pk).update(name=f"{TYPED} (Mali)")
        row.affiliation.refresh_from_db()
    known = merged(row)
    assert OrganisationName.objects.get().name.startswith(TYPED)

    erase(row.user)

    assert not OrganisationName.objects.exists()
    entry = HistoryEntry.objects.get(verb="merge-organisation")
    assert (entry.before["name"], entry.reason, entry.subject) == ("…", "…", known.name)
    assert Registration.objects.get().affiliation is None


def test_other_name_stays_that_somebody_else_typed_too_or_organisers_entered():
    row, other = registered(), registered()
    known = merged(row)
    OrganisationName.objects.create(organisation=known, name="UB")
    third = RegistrationFactory(organisation="UB", affiliation=known)

    for user in (row.user, third.user):
        erase(user)

    assert sorted(OrganisationName.objects.values_list("organisation", "name")) == [(known.pk, TYPED), (known.pk, "UB")]
    other.refresh_from_db()
    assert (other.organisation, other.affiliation) == (TYPED, known)
