"""Who agrees to a role is another person than who gave it, and is there."""

from datetime import timedelta

import pytest

from events.history import log
from events.models import Membership, Role
from events.staff import memberships
from tests.factories import NOW, UserFactory, join
from tests.refusals import refused
from tests.registration.accounts.second_factor.steps import with_app

pytestmark = pytest.mark.django_db
WHY = "They run the programme"


def give(account, role, *, by):
    return memberships.give(account, role=role, forum=None, reason=WHY, by=by, now=NOW)


def test_role_that_waited_for_a_month_makes_no_second_supervisor_at_once(first, second):
    """The attack: a friend's role is given, left to wait for 30 days, and agreed to on the day on which it is needed."""
    friend, late = UserFactory(), NOW + timedelta(days=31)
    memberships.agree(give(friend, Role.SUPERVISOR, by=first), by=second, now=late)
    join(second, Role.EXPERT)
    made = give(UserFactory(), Role.EXPERT, by=second)

    assert refused(memberships.agree, made, by=friend, now=late) == "tied"


@pytest.mark.parametrize(
    "done", [{"verb": "add"}, {"verb": "change", "after": {"fields": ["password"]}}, {"verb": "take-away-step"}]
)
def test_supervisor_whose_account_the_other_made_or_could_enter_is_no_second_one(first, second, done):
    made = give(UserFactory(), Role.EXPERT, by=first)
    log.record(second, by=first, now=NOW - timedelta(days=3), **done)

    assert refused(memberships.agree, made, by=second, now=NOW) == "tied"
    assert not Membership.objects.get(pk=made.pk).is_in_force


def test_who_gives_or_agrees_has_shown_the_second_step_just_now(first, second, settings):
    """The attack: a session that was left open on somebody's desk."""
    made = give(UserFactory(), Role.EXPERT, by=first)
    settings.REQUIRE_MFA = True
    one = {"role": Role.PROGRAMME, "forum": None, "reason": WHY, "by": first, "now": NOW}

    assert refused(memberships.give, UserFactory(), **one, authenticated=NOW) == "no-second-factor"
    assert refused(memberships.agree, made, by=second, now=NOW, authenticated=NOW) == "no-second-factor"
    for person in (first, second):
        with_app(person)
    for early in (None, NOW - timedelta(minutes=5)):
        assert refused(memberships.give, UserFactory(), **one, authenticated=early) == "not-recent"
        assert refused(memberships.agree, made, by=second, now=NOW, authenticated=early) == "not-recent"
    assert memberships.give(UserFactory(), **one, authenticated=NOW).is_in_force
    memberships.agree(made, by=second, now=NOW, authenticated=NOW)
