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


def test_typed_organisation_goes_with_whoever_typed_it_alone():
    row = registered()
    AttendanceFactory(registration=row, organisation=row.affiliation)

    erase(row.user)

    assert not Organisation.objects.exists()
    assert Attendance.objects.get().organisation is None


def test_typed_organisation_goes_also_where_its_speaker_was_taken_out():
    row = registered()
    SpeakerFactory(account=row.user, organisation=row.affiliation)

    erase(row.user)

    assert not Organisation.objects.exists()


def test_organisation_of_an_attendance_goes_where_the_registration_names_another_one_since():
    row = registered()
    AttendanceFactory(registration=row, organisation=row.affiliation)
    registrations.edit(row, data={"organisation": ""}, by=row.user, now=NOW)
    assert Organisation.objects.filter(name=TYPED).exists()  # as it was counted then

    erase(row.user)

    assert not Organisation.objects.exists()


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


def merged(row, **more):
    known = OrganisationFactory(name="University of Bamako")
    merging.merge(row.affiliation, into=known, by=UserFactory(), now=NOW)
    return known


def test_no_text_of_theirs_is_left_after_organisations_were_merged():
    row = registered()
    known = merged(row)
    assert OrganisationName.objects.get().name == TYPED

    erase(row.user)

    assert not OrganisationName.objects.exists()
    entry = HistoryEntry.objects.get(verb="merge-organisation")
    assert (entry.before["name"], entry.reason, entry.subject) == ("…", "…", known.name)
    assert Registration.objects.get().affiliation is None


def test_other_name_stays_that_somebody_else_typed_too():
    row, other = registered(), registered()
    known = merged(row)

    erase(row.user)

    assert OrganisationName.objects.get().organisation == known
    other.refresh_from_db()
    assert (other.organisation, other.affiliation) == (TYPED, known)


def test_other_name_that_organisers_entered_stays():
    known = OrganisationFactory(name="University of Bamako")
    OrganisationName.objects.create(organisation=known, name="UB")
    row = RegistrationFactory(organisation="UB", affiliation=known)

    erase(row.user)

    assert OrganisationName.objects.get().name == "UB"


def test_name_of_another_country_goes_too():
    row = registered("Ministry of Awa")
    Organisation.objects.filter(pk=row.affiliation.pk).update(name="Ministry of Awa (Mali)")
    row.affiliation.refresh_from_db()
    merged(row)

    erase(row.user)

    assert not OrganisationName.objects.exists()
