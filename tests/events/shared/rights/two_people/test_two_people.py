"""Two accounts that one person could hold do not count as two people, nor do two who are not there."""

import itertools
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError

from events.models import HistoryEntry, Membership, Role
from events.shared.history import log
from events.shared.rights.two_people import independence, presence
from tests.factories import NOW, ForumFactory, UserFactory, allowed, confirmed
from tests.refusals import refused
from tests.registration.people.accounts.second_factor import steps

pytestmark = pytest.mark.django_db
CLOSE = "prizes.close_edition"
MONTH, MINUTE, SECOND = timedelta(days=30), timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def pair():
    return allowed(CLOSE), allowed(CLOSE)


def code(first, second, forum, *, now=NOW, authenticated=None, **values):
    """With which code two are refused; "" where they count as two."""
    values = {"permission": CLOSE, "forum": forum, "authenticated": authenticated, "now": now} | values
    try:
        independence.must_be_two(first, second, **values)
    except ValidationError as refusal:
        return refusal.code
    return ""


def both_ways(one, other, forum, **values):
    """Whoever of the two proposes."""
    return {code(one, other, forum, **values), code(other, one, forum, **values)}


def did(by, of, *, verb="change", at=NOW - MINUTE, **after):
    return log.record(of, verb=verb, by=by, now=at, after=after)


def gave(by, to, *, role=Role.PRIZE_OFFICER, forum=None, at=NOW - MINUTE, **values):
    values = {"given_by": by, "given_at": at, "reason": "New", "agreed_at": at} | values
    return Membership.objects.create(account=to, role=role, forum=forum, **values)


# --- independent -----------------------------------------------------------------------------------
def test_two_strangers_count_as_two_and_one_does_not(pair, forum):
    assert both_ways(*pair, forum) == {""}
    assert code(pair[0], pair[0], forum) == "same-person"


@pytest.mark.parametrize(
    "attack",
    [
        {"verb": "add"},
        {"verb": "ask-lost-device"},
        {"verb": "take-away-step"},
        {"fields": ["password"]},
        {"fields": ["name", "email"]},
        {"groups": ["prize officers"]},
        {"is_superuser": True},
    ],
)
def test_who_made_or_took_over_the_other_account_is_no_second_person(pair, forum, attack):
    did(*pair, **attack)

    assert both_ways(*pair, forum) == {"tied"}
    HistoryEntry.objects.update(at=NOW - MONTH)
    assert both_ways(*pair, forum) == {""}
    HistoryEntry.objects.update(at=NOW - MONTH + SECOND)
    assert both_ways(*pair, forum) == {"tied"}


@pytest.mark.parametrize("hands", [1, 3])
def test_who_made_the_account_that_made_the_other_is_no_second_person(pair, forum, hands):
    chain = [pair[0], *(UserFactory() for _one in range(hands)), pair[1]]
    for by, of in itertools.pairwise(chain):
        did(by, of, verb="add")
        did(of, of, verb="add")

    assert both_ways(*pair, forum) == {"tied"}
    HistoryEntry.objects.filter(actor=pair[0]).update(at=NOW - MONTH)
    assert both_ways(*pair, forum) == {""}


@pytest.mark.parametrize("first", [{"verb": "add"}, {"verb": "take-away-step"}, {"fields": ["password"]}])
@pytest.mark.parametrize("second", [{"verb": "add"}, {"verb": "ask-lost-device"}, {"fields": ["email"]}])
@pytest.mark.parametrize("is_between", [False, True])
def test_two_of_whom_one_person_holds_both_are_not_two(pair, forum, first, second, is_between):
    """Who made both, or took them over, by an account between or not."""
    third, between = UserFactory(), UserFactory()
    did(third, pair[0], **first)
    did(between if is_between else third, pair[1], **second)
    assert both_ways(*pair, forum) == ({""} if is_between else {"tied"})
    if is_between:
        did(third, between, verb="add")

    assert both_ways(*pair, forum) == {"tied"}
    assert code(pair[1], third, forum) == "tied"
    HistoryEntry.objects.filter(key=str(pair[0].pk)).update(at=NOW - MONTH)
    assert both_ways(*pair, forum) == {""}


def test_what_does_not_let_one_in_or_was_done_by_others_ties_nobody(pair, forum):
    one, other = pair
    third = allowed(CLOSE)
    did(one, other, fields=["name", "language"])
    did(one, one, fields=["password"])
    did(one, other, verb="send-link")
    did(one, other, verb="keep-step")
    for user in pair:
        did(third, user, fields=["language"])
        gave(third, user)
    log.record(forum, verb="add", by=one, now=NOW)

    assert both_ways(one, other, forum) == {""}


@pytest.mark.parametrize("hand", ["given", "agreed"])
def test_who_gave_the_other_this_right_or_agreed_to_it_is_no_second_person(pair, forum, hand):
    one, other = pair
    third = allowed(CLOSE)
    values = {"agreed_by": one, "agreed_at": NOW - MINUTE} if hand == "agreed" else {}
    gave(third if hand == "agreed" else one, other, **values)

    assert both_ways(one, other, forum) == {"tied"}
    assert both_ways(one, third, forum) == {""}
    assert both_ways(one, other, forum, now=NOW + MONTH) == {""}


def test_another_right_or_one_of_another_forum_ties_nobody(pair, forum):
    gave(*pair, role=Role.PROGRAMME)
    gave(*pair, forum=ForumFactory(slug="2019"))
    assert both_ways(*pair, forum) == {""}

    gave(*pair, forum=forum)
    assert both_ways(*pair, forum) == {"tied"}


# --- there -----------------------------------------------------------------------------------------
@pytest.fixture
def mfa(settings):
    settings.REQUIRE_MFA = True


def present(user, *, authenticated=NOW):
    return refused(presence.must_be_present, user, authenticated=authenticated, now=NOW)


@pytest.mark.usefixtures("mfa")
def test_both_need_a_second_factor_of_their_own(pair, forum):
    one, other = pair
    assert code(one, other, forum, authenticated=NOW) == "no-second-factor"
    Authenticator.objects.create(user=other, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert code(one, other, forum, authenticated=NOW) == "no-second-factor"

    steps.with_app(other)
    assert code(one, other, forum, authenticated=NOW) == "first-is-gone"
    steps.with_app(one)
    assert code(one, other, forum, authenticated=NOW) == ""


@pytest.mark.usefixtures("mfa")
def test_passkey_is_a_second_factor(pair, forum):
    for user in pair:
        Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})

    assert code(*pair, forum, authenticated=NOW) == ""


@pytest.mark.usefixtures("mfa")
def test_the_second_factor_was_given_in_the_last_five_minutes(pair, forum):
    for user in pair:
        steps.with_app(user)

    found = [code(*pair, forum, authenticated=moment) for moment in (None, NOW - 5 * MINUTE)]
    assert [*found, code(*pair, forum, authenticated=NOW - 5 * MINUTE + SECOND)] == ["not-recent", "not-recent", ""]
    assert present(pair[0], authenticated=None) == "not-recent"


def test_where_no_second_factor_is_asked_for_nobody_is_and_ties_count_all_the_same(pair, forum, settings):
    settings.REQUIRE_MFA = False

    presence.must_be_present(pair[0], authenticated=None, now=NOW)
    assert code(*pair, forum) == ""
    did(*pair, verb="add")
    assert code(*pair, forum) == "tied"


def test_proposal_of_somebody_who_may_not_any_more_is_no_half_of_two(pair, forum):
    one, other = pair
    one.is_active = False
    assert code(one, other, forum) == "first-is-gone"
    assert code(UserFactory(is_staff=True), other, forum) == "first-is-gone"
    elsewhere = allowed(CLOSE, forum=ForumFactory(slug="2019"))
    assert code(elsewhere, other, forum) == "first-is-gone"


def test_only_a_second_factor_counts_of_what_a_session_gave(client, time_machine):
    time_machine.move_to(NOW, tick=False)
    user = steps.with_app(confirmed(password=make_password("a long enough sentence")))

    request = client.post("/accounts/login/", {"login": user.email, "password": "a long enough sentence"}).wsgi_request
    request.user = user
    assert presence.authenticated(request) is None
    request = client.post("/accounts/2fa/authenticate/", {"code": steps.shown()}).wsgi_request
    assert request.user == user
    time_machine.move_to(NOW + MINUTE, tick=False)

    assert presence.authenticated(request) == NOW
    request.user = UserFactory()  # the session gave it as somebody else
    assert presence.authenticated(request) is None
