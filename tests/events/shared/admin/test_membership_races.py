"""Supervisors who take each other's right in the same moment, on PostgreSQL with real threads."""

import threading

import pytest

from events.models import Approval, Membership, Role
from events.shared.history import log
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals
from tests.factories import NOW, UserFactory, join, staff
from tests.races import change_locks, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two():
    """Two supervisors of all forums, and there is no other."""
    return [staff(Role.SUPERVISOR), staff(Role.SUPERVISOR)]


def end_each_other(two):
    one, other = (person.memberships.get() for person in two)
    ends = [(one, two[1]), (other, two[0])]
    return together(*(lambda held=held, by=by: memberships.end(held, reason="", by=by, now=NOW) for held, by in ends))


def test_of_two_supervisors_who_take_each_others_right_one_stays(two):
    third = staff(Role.SUPERVISOR)

    answers = end_each_other(two)

    assert sorted(map(str, answers)) == ["None", "not-supervisor"]
    assert memberships.supervisors().exclude(pk=third.pk).count() == 1


def test_without_the_lock_both_would_go(two, monkeypatch):
    """The control: both look, then both write."""
    both, record, third = threading.Barrier(2), log.record, staff(Role.SUPERVISOR)

    def recording(*args, **more):
        both.wait(20)
        return record(*args, **more)

    change_locks(monkeypatch)
    monkeypatch.setattr(memberships.log, "record", recording)

    assert end_each_other(two) == [None, None]
    assert list(memberships.supervisors()) == [third]


def test_role_given_twice_at_once_is_given_once(two):
    person = UserFactory()
    for one in two:
        join(one, Role.ORGANISER)

    def give(by):
        return memberships.give(person, role=Role.ORGANISER, forum=None, reason="", by=by, now=NOW).pk

    answers = together(*(lambda by=by: give(by) for by in two))

    assert sorted(map(type, answers), key=str) == [int, str]
    assert "has-role" in answers
    assert Membership.objects.filter(account=person).count() == 1


def test_agreed_and_declined_at_once_is_one_of_both(two):
    person = UserFactory()
    giver = staff(Role.SUPERVISOR)
    join(giver, Role.PRIZE_OFFICER)
    held = memberships.give(person, role=Role.EXPERT, forum=None, reason="Why", by=giver, now=NOW)

    answers = together(
        lambda: approvals.agree(held, by=two[0], now=NOW),
        lambda: approvals.drop(held, reason="Why", by=two[1], now=NOW),
    )

    person.refresh_from_db()
    assert [answer for answer in answers if isinstance(answer, str)] == ["not-waiting"]
    is_given = Approval.objects.get().state == "agreed"
    assert (person.memberships.exists(), person.is_staff) == (is_given, is_given)
