"""A lost device: two supervisors take the second step away together."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator

from events.history import log
from events.models import HistoryEntry, Message, Role
from events.staff import memberships
from registration.accounts.second_factor import lost_devices
from registration.models import LostDevice
from tests.factories import NOW, ForumFactory, RegistrationFactory, UserFactory
from tests.refusals import refused
from tests.registration.accounts.second_factor.steps import shown, with_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
WHY = "Called back at the number of the ministry"
LIST = "/admin/registration/lostdevice/"


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
    return lost_devices.agree(lost, **{"by": by, "authenticated": NOW, "now": NOW} | more)


def has_step(user):
    return Authenticator.objects.filter(user=user).exists()


def test_two_supervisors_take_it_away(client, awa, two):
    client.force_login(awa)
    lost = ask(awa, two[0])
    before = has_step(awa)

    agree(lost, two[1])

    assert (before, has_step(awa), client.get("/2020/agenda/").status_code) == (True, False, 302)
    assert list(
        HistoryEntry.objects.filter(verb__in=["ask-lost-device", "take-away-step"]).values_list("actor", flat=True)
    ) in (
        [two[0].pk, two[1].pk],
        [two[1].pk, two[0].pk],
    )
    told = {(mail.to, mail.subject) for mail in Message.objects.filter(kind="role")}
    assert {(awa.email, "Your second step may be taken away"), (awa.email, "Your second step is taken away")} <= told
    assert (two[1].email, f"The second step of {awa} is taken away") in told


def test_one_person_is_not_two(awa, two):
    lost = ask(awa, two[0])

    assert refused(agree, lost, two[0]) == "same-person"
    assert has_step(awa)


def test_nobody_helps_themselves(two):
    third = supervisor()

    assert refused(ask, two[0], two[0]) == "to-oneself"
    assert refused(agree, ask(two[0], third), two[0]) == "to-oneself"


def test_supervisor_of_another_forum_and_organisers_may_not(awa, two):
    other = supervisor(forum=ForumFactory(slug="other", name="Other"))
    organiser = with_app(UserFactory())
    memberships.appoint(organiser, role=Role.ORGANISER, now=NOW)

    assert [refused(ask, awa, one) for one in (other, organiser)] == ["not-supervisor"] * 2
    assert refused(agree, ask(awa, two[0]), other) == "not-supervisor"


def test_who_agrees_has_shown_the_second_step_just_now(awa, two):
    lost = ask(awa, two[0])

    assert refused(agree, lost, two[1], authenticated=NOW - timedelta(minutes=6)) == "not-recent"
    assert refused(ask, two[1], two[0], authenticated=None) == "not-recent"
    assert refused(lost_devices.decline, lost, by=two[1], authenticated=None, now=NOW) == "not-recent"


def test_supervisor_whose_password_the_other_changed_is_not_a_second_person(awa, two):
    lost = ask(awa, two[0])
    log.record(two[1], verb="change", by=two[0], now=NOW - timedelta(days=3), after={"fields": ["password"]})

    assert (refused(agree, lost, two[1]), has_step(awa)) == ("tied", True)


@pytest.mark.parametrize("is_somewhere", [False, True])
def test_supervisor_whom_the_other_has_just_made_is_not_a_second_person(awa, two, is_somewhere):
    forum = ForumFactory(slug="other") if is_somewhere else None
    if forum:
        awa.memberships.update(forum=forum)
    friend = supervisor(forum=forum)
    friend.memberships.update(given_by=two[0], given_at=NOW - timedelta(days=3))

    assert (refused(agree, ask(awa, two[0]), friend), has_step(awa)) == ("tied", True)


def test_what_is_decided_is_decided(awa, two):
    lost = ask(awa, two[0])
    again = refused(ask, awa, two[1])
    lost_devices.decline(lost, by=two[1], authenticated=NOW, now=NOW)

    assert (again, refused(agree, lost, two[1])) == ("asked-already", "not-waiting")
    assert (has_step(awa), LostDevice.objects.get().is_done) == (True, False)


def test_account_without_a_second_step_has_none_to_lose(two):
    assert refused(ask, RegistrationFactory().user, two[0]) == "no-second-step"


def signed_in(client, user):
    client.force_login(user)
    client.post("/accounts/2fa/reauthenticate/", {"code": shown()})


def test_pages_of_supervisors(client, awa, two):
    signed_in(client, two[0])
    unknown = client.post(f"{LIST}ask/", {"email": "nobody@example.org", "reason": WHY}).content.decode()
    client.post(f"{LIST}ask/", {"email": awa.email, "reason": WHY})
    own = client.post(LIST, {"action": "agree", "_selected_action": LostDevice.objects.get().pk}, follow=True)
    signed_in(client, two[1])

    done = client.post(LIST, {"action": "agree", "_selected_action": LostDevice.objects.get().pk}, follow=True)

    assert "There is no account with this address." in unknown
    assert "Somebody else has to agree: you asked for it." in own.content.decode()
    assert "1 second step is taken away." in done.content.decode()
    assert not has_step(awa)


def test_pages_are_for_supervisors(client, awa, two):
    signed_in(client, awa)

    assert [client.get(LIST).status_code, client.get(f"{LIST}ask/").status_code] == [403, 403]
