"""A lost device: two supervisors take the second step away together."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator

from events.models import Approval, HistoryEntry, Message, Role
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals
from registration.people.accounts.second_factor import lost_devices
from tests.factories import NOW, ForumFactory, RegistrationFactory, UserFactory
from tests.refusals import refused
from tests.registration.people.accounts.second_factor.steps import shown, with_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
WHY = "Called back at the number of the ministry"
ASK = "/admin/events/approval/lost-device/"


def supervisor(forum=None):
    user = with_app(UserFactory())
    memberships.appoint(user, role=Role.SUPERVISOR, forum=forum, now=NOW - timedelta(days=90))
    user.refresh_from_db()
    return user


@pytest.fixture
def two():
    ForumFactory()
    return [supervisor(), supervisor()]


@pytest.fixture
def awa(two):
    user = with_app(RegistrationFactory().user)
    memberships.appoint(user, role=Role.ORGANISER, now=NOW - timedelta(days=90))
    user.refresh_from_db()
    return user


@pytest.fixture(autouse=True)
def _needed(settings):
    settings.REQUIRE_MFA = True


def ask(account, by, **more):
    return lost_devices.ask(account, **{"reason": WHY, "by": by, "authenticated": NOW, "now": NOW} | more)


def agree(lost, by, **more):
    return approvals.agree(lost, **{"by": by, "authenticated": NOW, "now": NOW} | more)


def has_step(user):
    return Authenticator.objects.filter(user=user).exists()


def test_two_supervisors_take_it_away(client, awa, two):
    client.force_login(awa)
    lost = ask(awa, two[0])
    before = has_step(awa)

    agree(lost, two[1])

    assert (before, has_step(awa), client.get("/2020/agenda/").status_code) == (True, False, 302)
    told = HistoryEntry.objects.filter(verb__in=["ask-lost-device", "take-away-step"])
    assert set(told.values_list("actor", flat=True)) == {one.pk for one in two}
    told = {(mail.to, mail.subject) for mail in Message.objects.filter(kind="role")}
    assert {(awa.email, "Your second step may be taken away"), (awa.email, "Your second step is taken away")} <= told
    assert (two[1].email, f"The second step of {awa} is taken away") in told


def test_nobody_helps_themselves(two):
    third = supervisor()

    assert refused(ask, two[0], two[0]) == "to-oneself"
    assert refused(agree, ask(two[0], third), two[0]) == "to-oneself"
    assert refused(ask, RegistrationFactory().user, two[0]) == "no-second-step"


def test_supervisor_of_another_forum_and_organisers_may_not(awa, two):
    other = supervisor(forum=ForumFactory(slug="other", name="Other"))
    organiser = with_app(UserFactory())
    memberships.appoint(organiser, role=Role.ORGANISER, now=NOW)

    assert [refused(ask, awa, one) for one in (other, organiser)] == ["not-supervisor"] * 2
    assert refused(agree, ask(awa, two[0]), other) == "not-supervisor"


@pytest.mark.parametrize("is_somewhere", [False, True])
def test_supervisor_whom_the_other_has_just_made_is_not_a_second_person(awa, two, is_somewhere):
    forum = ForumFactory(slug="other") if is_somewhere else None
    if forum:
        awa.memberships.update(forum=forum)
    friend = supervisor(forum=forum)
    friend.memberships.update(given_by=two[0], given_at=NOW - timedelta(days=3))

    assert (refused(agree, ask(awa, two[0]), friend), has_step(awa)) == ("tied", True)


def test_declined_it_stays(awa, two):
    lost = ask(awa, two[0])
    other = supervisor(forum=ForumFactory(slug="other", name="Other"))
    assert refused(approvals.drop, lost, reason="No", by=other, authenticated=NOW, now=NOW) == "not-supervisor"
    approvals.drop(lost, reason="Was a mistake", by=two[1], authenticated=NOW, now=NOW)

    assert (refused(agree, lost, two[1]), has_step(awa)) == ("not-waiting", True)


def test_pages_are_of_supervisors(client, awa, two):
    def signed_in(user):
        client.force_login(user)
        client.post("/accounts/2fa/reauthenticate/", {"code": shown()})

    signed_in(awa)
    as_organiser = client.get(ASK).status_code
    signed_in(two[0])
    assert ASK in client.get("/admin/events/approval/").content.decode()
    unknown = client.post(ASK, {"email": "nobody@example.org", "reason": WHY}).content.decode()
    client.post(ASK, {"email": awa.email, "reason": WHY})
    signed_in(two[1])

    client.post(f"/admin/events/approval/{Approval.objects.get().pk}/agree/")

    assert (as_organiser, "There is no account with this address." in unknown) == (403, True)
    assert not has_step(awa)
