"""Who agrees to a role is another person than who gave it, and is there."""

from datetime import timedelta

import pytest

from events.models import Role
from events.shared.rights import memberships
from events.shared.rights.two_people.approvals import agree
from tests.factories import NOW, UserFactory, join
from tests.refusals import refused
from tests.registration.people.accounts.second_factor.steps import with_app

pytestmark = pytest.mark.django_db
WHY = "They run the programme"


def give(account, role, *, by):
    return memberships.give(account, role=role, forum=None, reason=WHY, by=by, now=NOW)


def test_role_that_waited_for_a_month_makes_no_second_supervisor_at_once(first, second):
    """The attack: a friend's role is given, left to wait for 30 days, and agreed to on the day on which it is needed."""
    friend, late = UserFactory(), NOW + timedelta(days=31)
    agree(give(friend, Role.SUPERVISOR, by=first), by=second, now=late)
    join(second, Role.EXPERT)
    made = give(UserFactory(), Role.EXPERT, by=second)

    assert refused(agree, made, by=friend, now=late) == "tied"


def test_who_gives_has_shown_the_second_step_just_now(first, settings):
    """The attack: a session that was left open on somebody's desk."""
    settings.REQUIRE_MFA = True
    one = {"role": Role.PROGRAMME, "forum": None, "reason": WHY, "by": first, "now": NOW}

    assert refused(memberships.give, UserFactory(), **one, authenticated=NOW) == "no-second-factor"
    with_app(first)
    for early in (None, NOW - timedelta(minutes=5)):
        assert refused(memberships.give, UserFactory(), **one, authenticated=early) == "not-recent"
    assert memberships.give(UserFactory(), **one, authenticated=NOW).pk
