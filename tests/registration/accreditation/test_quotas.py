"""The places of organisations in a kind, and everybody at once, on PostgreSQL with real threads."""

import time
from functools import partial

import pytest

from registration.accreditation import decisions, quotas
from registration.models import Registration
from registration.registering import registrations
from tests.factories import (
    NOW,
    CountryFactory,
    KindFactory,
    OrganisationFactory,
    QuotaFactory,
    RegistrationFactory,
    UserFactory,
    allowed,
)
from tests.races import change_locks, together
from tests.refusals import refused
from tests.registration.registering.test_registrations import register

RIGHT = "registration.decide_registration"
CROWD = 50
QUOTA_FULL = ("quota-full", {"organisation": ["quota-full"]})


def people(kind, organisation, number, *, state="secretariat"):
    return RegistrationFactory.create_batch(number, forum=kind.forum, kind=kind, affiliation=organisation, state=state)


@pytest.fixture
def kind(db):
    CountryFactory()
    return KindFactory(approval="secretariat", per_organisation=4)


@pytest.mark.parametrize(("own", "places"), [(None, 4), (2, 2), (0, 0), (6, 6)])
def test_an_organisation_has_the_places_of_the_kind_or_of_its_quota(kind, own, places):
    """A place goes to another once somebody withdraws or is refused."""
    home, officer = OrganisationFactory(), allowed(RIGHT)
    people(kind, OrganisationFactory(), 5, state="approved")
    if own is not None:
        QuotaFactory(kind=kind, organisation=home, places=own)
        QuotaFactory(kind=KindFactory(), organisation=home, places=100)
    crowd = people(kind, home, 9)

    for row in crowd[:places]:
        decisions.approve(row, by=officer, now=NOW)
    waits = decisions.approve(crowd[6], by=officer, now=NOW)

    assert waits.state == "waiting"
    assert Registration.objects.active().filter(affiliation=home).count() == places
    registrations.withdraw(waits, now=NOW)
    if places:
        registrations.withdraw(crowd[0], now=NOW)
        assert decisions.approve(crowd[7], by=officer, now=NOW).state == "approved"
        decisions.refuse(crowd[7], reason="Ill", by=officer, now=NOW)
        assert decisions.approve(crowd[8], by=officer, now=NOW).state == "approved"


def test_a_quota_below_what_is_approved_takes_nobody_out_and_lets_nobody_in(kind, organiser_site):
    home, officer = OrganisationFactory(), allowed(RIGHT)
    approved, waiting = people(kind, home, 3, state="approved"), people(kind, home, 1)
    QuotaFactory(kind=kind, organisation=home, places=1)

    row = decisions.approve(waiting[0], by=officer, now=NOW)

    assert (row.state, Registration.objects.active().count()) == ("waiting", len(approved))
    assert "3, more than the quota" in organiser_site.get("/admin/registration/quota/").content.decode()


def test_a_full_kind_and_a_person_without_an_organisation_are_not_approved(kind):
    officer = allowed(RIGHT)
    (nobody,) = people(kind, None, 1)

    assert refused(decisions.approve, nobody, by=officer, now=NOW) == "no-organisation"
    kind.capacity, kind.closes = 0, NOW
    kind.save()
    assert refused(decisions.approve, nobody, by=officer, now=NOW) == "kind-full"


def test_the_places_hold_where_nobody_decides_and_where_people_move_to_the_organisation(db):
    CountryFactory()
    kind = KindFactory(per_organisation=1)
    home = OrganisationFactory(name="Université de Bamako")
    first = register(UserFactory(), kind=kind.pk, organisation=home.name)
    other = register(UserFactory(), kind=kind.pk, organisation="Université de Ségou")

    assert register(UserFactory(), kind=kind.pk, organisation=home.name).state == "waiting"
    for by in (other.user, allowed(RIGHT)):
        assert refused(registrations.edit, other, data={"organisation": home.name}, by=by, now=NOW) in QUOTA_FULL

    assert list(Registration.objects.active().filter(affiliation=home)) == [first]


# --- everybody at once ----------------------------------------------------------------------------
@pytest.fixture
def slow_limit(monkeypatch):
    """Time passes between counting and giving a place, as it does on a busy machine."""
    limit = quotas.limit

    def slowly(kind, *, organisation):
        found = limit(kind, organisation=organisation)
        time.sleep(0.02)
        return found

    monkeypatch.setattr(quotas, "limit", slowly)


def rush():
    kind = KindFactory(approval="secretariat", per_organisation=3)
    home, officer = OrganisationFactory(), allowed(RIGHT)
    answers = together(*(partial(decisions.approve, row, by=officer, now=NOW) for row in people(kind, home, CROWD)))
    return Registration.objects.active().count(), answers


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_approvals_never_exceed_a_quota(slow_limit):
    approved, answers = rush()

    assert approved == 3
    assert sorted(one.state for one in answers) == ["approved"] * 3 + ["waiting"] * (CROWD - 3)


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_approvals_without_the_lock_exceed_it(slow_limit, monkeypatch):
    change_locks(monkeypatch)

    approved, _answers = rush()

    assert approved > 3


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_the_second_hears_that_it_is_done():
    (row,) = people(KindFactory(approval="secretariat"), OrganisationFactory(), 1)
    officers = [allowed(RIGHT), allowed(RIGHT)]

    answers = together(*(partial(decisions.approve, row, by=one, now=NOW) for one in officers))

    assert sorted(str(one) for one in answers if isinstance(one, str)) == ["decided-already"]
    assert row.steps.count() == 1
