"""Every act of the prize that takes two asks for two people: the attacks on each, and how a supervisor lifts it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from events.history import log
from events.models import HistoryEntry
from prizes.editions import by_two, end_of_vote
from prizes.fair_play import close_edition, quarantines
from prizes.models import ActByTwo, Waiver
from prizes.results import announcements
from tests.factories import NOW, ForumFactory, UserFactory
from tests.prizes.counted import announced, counted
from tests.prizes.factories import make_edition, officer
from tests.prizes.fair_play import factories
from tests.refusals import refused
from tests.registration.accounts.second_factor import steps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_keys")]
MINUTE = timedelta(minutes=1)


def announcing(people, **seen):
    row = announcements.propose(counted(), kind="champions", at=None, reason="Ceremony", by=people[0], now=NOW, **seen)
    return row.edition, lambda **values: announcements.approve(row, by=people[1], **values)


def closing(people, **seen):
    edition = announced(counted(), "champions", "winners")
    act = close_edition.propose(edition, by=people[0], reason="It is over", now=NOW, **seen)
    return edition, lambda **values: close_edition.close(act, by=people[1], **values)


def moving(people, **seen):
    edition = make_edition(categories=1)
    ends = NOW + timedelta(days=5)
    act = end_of_vote.propose(edition, ends=ends, reason="A hall", by=people[0], now=NOW, **seen)
    return edition, lambda **values: end_of_vote.move(act, by=people[1], **values)


def setting_aside(people, **seen):
    edition = make_edition(categories=2)
    row = factories.propose(edition, factories.ballots(edition, 1), people[0], **seen)
    return edition, lambda **values: quarantines.agree(row, by=people[1], **values)


def lifting(people, **seen):
    edition = make_edition(categories=2)
    others = officer(), officer()
    for user in others:
        steps.with_app(user)
    row = factories.propose(edition, factories.ballots(edition, 1), others[0], authenticated=NOW)
    row = quarantines.agree(row, by=others[1], now=NOW, authenticated=NOW)
    row = quarantines.propose_lifting(row, by=people[0], reason="A class", now=NOW, **seen)
    return edition, lambda **values: quarantines.lift(row, by=people[1], **values)


ACTS = [announcing, closing, moving, setting_aside, lifting]


@pytest.fixture
def people():
    return officer(), officer()


def make_account(one, other):
    log.record(other, verb="add", by=one, now=NOW - MINUTE)


def set_password(one, other):
    log.record(other, verb="change", by=one, now=NOW - MINUTE, after={"fields": ["password"]})


def give_right(one, other):
    other.memberships.update(given_by=one, given_at=NOW - MINUTE)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("attack", [make_account, set_password, give_right])
def test_nobody_is_both_of_the_two_by_way_of_an_account_of_their_own(act, attack, people):
    edition, agree = act(people)
    attack(*people)

    assert refused(agree, now=NOW) == "tied"

    supervisor = UserFactory()
    by_two.waive(edition, first=people[1], second=people[0], reason="A small team", by=supervisor, now=NOW)
    agree(now=NOW)


def proposed(act, people, **seen):
    """With which code a proposal is refused; nothing of its edition is kept."""
    with transaction.atomic():
        code = refused(act, people, **seen)
        transaction.set_rollback(True)
    return code


@pytest.mark.parametrize("act", ACTS)
def test_both_are_there_with_their_second_factor(act, people, settings):
    settings.REQUIRE_MFA = True
    assert proposed(act, people, authenticated=NOW) == "no-second-factor"
    steps.with_app(people[0])
    assert proposed(act, people, authenticated=NOW - 5 * MINUTE) == "not-recent"

    _edition, agree = act(people, authenticated=NOW)
    assert refused(agree, now=NOW, authenticated=NOW) == "no-second-factor"
    steps.with_app(people[1])
    for seen in (None, NOW - 5 * MINUTE):
        assert refused(agree, now=NOW, authenticated=seen) == "not-recent"
    agree(now=NOW, authenticated=NOW)


def dropping(act, people):
    """The same acts, and what takes each back alone."""
    edition, _agree = act(people, authenticated=NOW)
    if act is announcing:
        return lambda **seen: announcements.withdraw(
            edition.announcements.get(), by=people[1], reason="No", now=NOW, **seen
        )
    if act in (closing, moving):
        row = ActByTwo.objects.get(edition=edition)
        return lambda **seen: by_two.drop(row, by=people[1], reason="No", now=NOW, **seen)
    verb = quarantines.keep if act is lifting else quarantines.drop
    return lambda **seen: verb(edition.quarantines.get(), by=people[1], reason="No", now=NOW, **seen)


@pytest.mark.parametrize("act", ACTS)
def test_who_drops_what_was_proposed_is_there_too(act, people, settings):
    """The attack: a session that was left open drops what would have stopped somebody."""
    settings.REQUIRE_MFA = True
    steps.with_app(people[0])
    drop = dropping(act, people)

    assert refused(drop, authenticated=NOW) == "no-second-factor"
    steps.with_app(people[1])
    for seen in (None, NOW - 5 * MINUTE):
        assert refused(drop, authenticated=seen) == "not-recent"
    drop(authenticated=NOW)


# --- what a supervisor lifts -----------------------------------------------------------------------
def waive(edition, people, *, by=None, reason="A small team", now=NOW, **values):
    values = {"first": people[0], "second": people[1]} | values
    return by_two.waive(edition, reason=reason, by=by or UserFactory(), now=now, **values)


def test_waiver_holds_for_what_was_before_it_in_its_edition_and_says_why(people):
    edition, agree = moving(people)
    make_account(*people)
    other = make_edition(forum=ForumFactory(slug="2019"), categories=1)
    waive(other, people)
    assert refused(agree, now=NOW) == "tied"

    row = waive(edition, people, reason=" A small team ")
    log.record(people[0], verb="change", by=people[1], now=NOW + MINUTE, after={"fields": ["email"]})
    assert refused(agree, now=NOW + 2 * MINUTE) == "tied"  # what came after it is not forgiven
    waive(edition, people, now=NOW + 2 * MINUTE)
    agree(now=NOW + 2 * MINUTE)

    assert (row.reason, {row.first, row.second}) == ("A small team", set(people))
    entry = HistoryEntry.objects.filter(verb="waive", model="prizes.waiver", key=str(row.pk)).get()
    assert (entry.actor, entry.reason, entry.forum) == (row.given_by, "A small team", edition.forum)


def test_waiver_comes_from_a_third_person_about_two_who_are_tied(people, settings):
    edition = make_edition(categories=1)
    assert refused(waive, edition, people) == "not-tied"
    make_account(*people)

    assert refused(waive, edition, people, reason=" ") == "reason-missing"
    assert [refused(waive, edition, people, by=user) for user in people] == ["own-tie"] * 2
    assert refused(waive, edition, people, second=people[0]) == "same-person"
    settings.REQUIRE_MFA = True
    assert refused(waive, edition, people) == "no-second-factor"
    assert not Waiver.objects.exists()


# --- what the database holds -----------------------------------------------------------------------
def test_database_refuses_one_person_as_two(people):
    edition = make_edition(categories=1)
    values = {"edition": edition, "reason": "x", "proposed_by": people[0], "proposed": NOW}
    waiver = {"edition": edition, "reason": "x", "given": NOW, "first": people[0], "second": people[1]}
    rows = [
        ActByTwo(kind="close", state="done", decided_by=people[0], decided=NOW, **values),
        ActByTwo(kind="close", state="done", **values),
        ActByTwo(kind="move-end", **values),
        Waiver(given_by=people[0], **waiver),
        Waiver(given_by=people[1], **waiver),
        Waiver(given_by=UserFactory(), **waiver | {"second": people[0]}),
    ]

    for row in rows:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
    ActByTwo(kind="close", **values).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        ActByTwo(kind="close", **values).save()
