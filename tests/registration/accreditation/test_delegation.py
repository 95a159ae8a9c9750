"""Focal points: named by organisers, they decide on the people of their organisation, within its places, before the secretariat."""

from functools import partial

import pytest

from events.models import Message, User, Viewing
from events.shared.mail import outbox
from registration.accreditation import decisions
from registration.accreditation.delegations import focal_points
from registration.models import FocalPoint, Registration
from registration.registering import registrations
from tests.factories import (
    NOW,
    FocalPointFactory,
    KindFactory,
    OrganisationFactory,
    QuotaFactory,
    RegistrationFactory,
    allowed,
)
from tests.races import find_together, together
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "mali")]
PAGE = "/2020/delegation/"


@pytest.fixture
def kind():
    return KindFactory(name="Delegate", approval="focal_point", per_organisation=2)


def person(kind, organisation, **values):
    values = {"state": "focal_point", "affiliation": organisation, "organisation": str(organisation), **values}
    return RegistrationFactory(forum=kind.forum, kind=kind, **values)


def states(*rows):
    return [Registration.objects.get(pk=row.pk).state for row in rows]


# --- where it begins ------------------------------------------------------------------------------
def test_people_of_an_organisation_with_a_focal_point_begin_there_and_the_focal_point_is_told(kind, point):
    """People of other organisations, and the focal point alone, begin with the secretariat."""
    row = RegistrationFactory(forum=kind.forum, kind=kind)
    own = person(kind, point.organisation, user=point.user, state="approved")
    other = person(kind, OrganisationFactory(), state="approved")

    registrations.edit(row, data={"organisation": point.organisation.name}, by=row.user, now=NOW)
    for one in (own, other):
        registrations.edit(one, data={"name": "Awa Traoré"}, by=one.user, now=NOW)

    mail = Message.objects.get(kind="focal-point-asked")
    assert states(row, own, other) == ["focal_point", "secretariat", "secretariat"]
    assert (mail.to, PAGE in mail.text) == (point.user.email, True)
    decisions.pass_on(row, by=point.user, now=NOW)
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}


# --- deciding -------------------------------------------------------------------------------------
def test_ten_are_approved_by_one_button_then_by_the_secretariat_and_what_is_refused_is_told(page, kind, point):
    QuotaFactory(kind=kind, organisation=point.organisation, places=10)
    rows = [person(kind, point.organisation) for _n in range(11)]

    answer = page.post(PAGE, {"act": "approve", "chosen": [row.pk for row in rows]}, follow=True).content.decode()

    assert "10 people approved." in answer
    assert "the 10 places of this organisation are taken" in answer
    assert states(*rows) == ["secretariat"] * 10 + ["focal_point"]
    assert refused(decisions.pass_on, rows[10], by=point.user, now=NOW) == "quota-full"
    decisions.approve(rows[0], by=allowed("registration.decide_registration"), now=NOW)
    assert states(rows[0]) == ["approved"]


def test_a_focal_point_decides_only_on_their_own_people_and_only_while_it_is_with_them(kind, point):
    other, passed = person(kind, OrganisationFactory()), person(kind, point.organisation, state="secretariat")
    approved, own = (
        person(kind, point.organisation, state="approved"),
        person(kind, point.organisation, user=point.user),
    )
    elsewhere = FocalPointFactory(organisation=other.affiliation, forum=KindFactory(forum__slug="2021").forum)

    for by in (point.user, elsewhere.user):
        assert refused(decisions.pass_on, other, by=by, now=NOW) == "not-your-organisation"
        assert refused(decisions.refuse_own, other, reason="No", by=by, now=NOW) == "not-your-organisation"
    for row in (passed, approved):
        assert refused(decisions.refuse_own, row, reason="No", by=point.user, now=NOW) == "decided-already"
        assert refused(decisions.pass_on, row, by=point.user, now=NOW) == "decided-already"
    assert refused(decisions.pass_on, own, by=point.user, now=NOW) == "own-registration"


@pytest.mark.django_db(transaction=True)
def test_of_two_focal_points_on_one_request_the_second_hears_that_it_is_done(kind):
    first = FocalPointFactory(forum=kind.forum)
    second = FocalPointFactory(forum=kind.forum, organisation=first.organisation)
    row = person(kind, first.organisation)

    answers = together(
        partial(decisions.pass_on, row, by=first.user, now=NOW),
        partial(decisions.refuse_own, row, reason="No", by=second.user, now=NOW),
    )

    assert [one for one in answers if isinstance(one, str)] == ["decided-already"]
    assert row.steps.count() == 1


# --- the page -------------------------------------------------------------------------------------
def test_the_page_shows_own_people_of_kinds_that_ask_a_focal_point_and_nobody_else(page, kind, point):
    shown = person(kind, point.organisation, name="Awa Diallo")
    done = person(kind, point.organisation, name="Moussa Keïta", state="approved")
    person(kind, OrganisationFactory(), name="Somebody Strange")
    person(KindFactory(), point.organisation, name="Somebody Online")
    person(kind, point.organisation, name="Somebody Gone", withdrawn=NOW)

    text = page.get(PAGE).content.decode()

    assert [name in text for name in ("Awa Diallo", "Moussa Keïta", "People: 1 · places: 2")] == [True] * 3
    assert ("Somebody" in text, shown.user.email in text) == (False, False)
    assert Viewing.objects.get(by=point.user).people == sorted([shown.user_id, done.user_id])


def test_all_means_those_whom_the_page_showed_and_nobody_who_came_since(page, kind, point):
    QuotaFactory(kind=kind, organisation=point.organisation, places=10)
    rows = [person(kind, point.organisation) for _n in range(3)]
    shown = page.get(PAGE).content.decode()
    late = person(kind, point.organisation)

    page.post(PAGE, {"act": "approve", "all": "1", "shown": [row.pk for row in rows]})

    assert ("All 3 people" in shown, "10 places left" in shown) == (True, True)
    assert states(*rows, late) == ["secretariat"] * 3 + ["focal_point"]


def test_refusing_needs_a_reason_and_nobody_else_is_decided_on_by_a_forged_form(page, kind, point):
    row, strange = person(kind, point.organisation), person(kind, OrganisationFactory())
    sent = {"act": "refuse", "chosen": [row.pk], "reason": " "}

    forged = [page.post(PAGE, sent | {"chosen": chosen, "reason": "No"}) for chosen in ([], ["x"], [strange.pk])]
    without = page.post(PAGE, sent).content.decode()
    kept = states(row, strange)
    page.post(PAGE, sent | {"reason": "Not <b>sent</b> by us"})

    assert ["Choose people who wait" in answer.content.decode() for answer in forged] == [True] * 3
    assert ("Say why, in a sentence or two" in without, "checked" in without) == (True, True)
    assert (kept, states(row, strange)) == (["focal_point"] * 2, ["refused", "focal_point"])
    assert row.steps.get().reason == "Not <b>sent</b> by us"


# --- being named ----------------------------------------------------------------------------------
def test_organisers_name_a_focal_point_by_an_address_and_the_person_is_told(organiser_site, kind):
    home, add = OrganisationFactory(), "/admin/registration/focalpoint/add/"
    sent = {"forum": kind.forum.pk, "organisation": home.pk, "email": "Awa@Example.org"}

    named = organiser_site.post(add, sent)
    again = organiser_site.post(add, sent)

    row = FocalPoint.objects.get()
    mail = Message.objects.get(kind="focal-point")
    assert (named.status_code, row.user, row.organisation) == (302, User.objects.get(email="awa@example.org"), home)
    assert "is a focal point of this organisation already" in again.content.decode()
    assert (mail.to, PAGE in mail.text) == ("awa@example.org", True)
    row.delete()
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}


@pytest.mark.django_db(transaction=True)
def test_naming_twice_at_once_names_once(point, monkeypatch):
    named = {"forum": point.forum, "organisation": OrganisationFactory(), "email": point.user.email}
    find_together(monkeypatch)

    answers = together(*[partial(focal_points.name, **named, by=point.named_by, now=NOW)] * 2)

    row = FocalPoint.objects.exclude(pk=point.pk).get()
    assert sorted(map(str, answers)) == sorted([str(row), "focal-point-already"])
