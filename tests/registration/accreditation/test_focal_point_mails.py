"""What focal points are told by mail, once each, unless they refuse it."""

from datetime import timedelta

import pytest

from events.models import Message
from events.shared.mail import outbox, refused_kinds
from registration.accreditation.delegations import focal_point_mails
from registration.registering import registrations
from tests.factories import NOW, FocalPointFactory, KindFactory, OrganisationFactory, RegistrationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
CLOSES = NOW + timedelta(days=10)


@pytest.fixture
def kind():
    return KindFactory(name="Delegate", approval="focal_point", per_organisation=2, closes=CLOSES)


def person(kind, organisation, *, state="approved", **values):
    return RegistrationFactory(forum=kind.forum, kind=kind, affiliation=organisation, state=state, **values)


def test_focal_points_hear_that_somebody_of_theirs_has_withdrawn(kind, point):
    FocalPointFactory(forum=kind.forum, organisation=OrganisationFactory())
    row, own = person(kind, point.organisation, name="Awa Traoré"), person(kind, point.organisation, user=point.user)
    other = person(KindFactory(forum=kind.forum), point.organisation)

    for one in (row, own, other, row):
        registrations.withdraw(one, now=NOW)

    mail = Message.objects.get(kind="focal-point-withdrawn")
    assert (mail.to, mail.subject) == (point.user.email, f"Awa Traoré has withdrawn: {kind.forum.name}")
    assert "/2020/delegation/" in mail.text
    assert outbox.unwanted([mail], now=NOW) == set()
    point.delete()
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}


def test_focal_points_hear_once_that_their_places_are_used_up(kind, point):
    person(kind, point.organisation)
    before = focal_point_mails.queue_mails(NOW)
    person(kind, point.organisation, state="secretariat")

    found = [focal_point_mails.queue_mails(NOW) for _each in range(2)]

    assert (before, found) == (0, [1, 0])
    mail = Message.objects.get(kind="focal-point-full")
    assert (mail.to, "no place left: Delegate. It had 2." in mail.text) == (point.user.email, True)


@pytest.mark.parametrize(
    ("people", "days", "told"),
    [
        (["focal_point"], 2, "decision: 1. Places that you have not given: 2."),
        (["focal_point", "approved"], 1, "decision: 1. Places that you have not given: 1."),
        ([], 2, "Places that you have not given: 2."),
        (["approved", "approved"], 2, None),
        (["focal_point"], 4, None),
        (["focal_point"], -1, None),
    ],
)
def test_focal_points_with_something_to_do_hear_once_that_registration_closes(kind, point, people, days, told):
    for state in people:
        person(kind, point.organisation, state=state)
    now = CLOSES - timedelta(days=days)

    for _each in range(2):
        focal_point_mails.queue_mails(now)

    mails = Message.objects.filter(kind="focal-point-closing")
    assert [(mail.to, told in mail.text) for mail in mails] == ([(point.user.email, True)] if told else [])


@pytest.mark.parametrize("fault", ["refused", "closed", "hidden", "archived", "sample"])
def test_nobody_is_told_without_a_reason(kind, point, fault):
    if fault == "refused":
        refused_kinds.choose(point.user, asked=refused_kinds.refusable().values(), wanted=[], by=point.user, now=NOW)
    if fault == "closed":
        type(point.user).objects.update(is_active=False)
    changes = {"hidden": {"is_public": False}, "archived": {"archived": NOW}, "sample": {"is_sample": True}}
    if fault in changes:
        type(kind.forum).objects.update(**changes[fault])

    assert focal_point_mails.queue_mails(CLOSES - timedelta(days=1)) == 0
    if fault in {"refused", "closed"}:
        registrations.withdraw(person(kind, point.organisation), now=NOW)
        assert not Message.objects.filter(kind="focal-point-withdrawn").exists()
