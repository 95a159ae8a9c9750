from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from events.models import Approval, HistoryEntry
from events.shared.pages import revision
from events.shared.rights.two_people import approvals
from events.shared.rights.two_people.approvals import agree, drop
from prizes.editions import embargo
from prizes.models import Certificate, Nomination
from prizes.results import announcements
from tests.factories import NOW, join
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import nominees_of, officer
from tests.prizes.reviewers import make_assignment
from tests.refusals import refused

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)
SECOND = timedelta(seconds=1)


@pytest.fixture
def edition():
    return counted()


@pytest.fixture
def officers():
    return officer(), officer()


def propose(edition, *, by, kind="champions", at=None, reason="Ceremony", now=NOW):
    return announcements.propose(edition, kind=kind, at=at, reason=reason, by=by, now=now)


def test_an_announcement_takes_effect_at_once(edition, officers):
    announcement = propose(edition, by=officers[0])
    before = (embargo.is_lifted(edition, kind="champions", now=LATER), revision.current())

    agree(announcement, by=officers[1], now=NOW)

    assert (before[0], embargo.is_lifted(edition, kind="champions", now=NOW)) == (False, True)
    assert (revision.current(), Certificate.objects.filter(kind="champions").count()) == (before[1] + 1, 2)
    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "subject")
    assert list(entries) == [("propose-release", "champions"), ("approve-release", "champions")]


def test_an_announcement_at_a_set_time_takes_effect_then(edition, officers):
    announcement = agree(propose(edition, by=officers[0], at=LATER), by=officers[1], now=NOW)

    assert (embargo.effective(announcement), Certificate.objects.exists()) == (LATER, False)
    assert not embargo.is_lifted(edition, kind="champions", now=LATER - timedelta(microseconds=1))
    assert embargo.is_lifted(edition, kind="champions", now=LATER)


def test_a_set_time_that_passed_before_the_approval_means_at_once(edition, officers):
    announcement = propose(edition, by=officers[0], at=NOW + timedelta(minutes=1))

    assert embargo.effective(agree(announcement, by=officers[1], now=LATER)) == LATER


def test_propose_refuses_the_past_an_unknown_kind_a_second_of_a_kind_and_no_count(edition, officers):
    assert refused(propose, edition, by=officers[0], at=NOW - SECOND) == "past"
    assert refused(propose, edition, by=officers[0], kind="losers") == "unknown-kind"
    agree(propose(edition, by=officers[0]), by=officers[1], now=NOW)
    assert refused(propose, edition, by=officers[1]) == "announced"
    Approval.objects.all().delete()
    edition.counts.all().delete()
    assert refused(propose, edition, by=officers[0]) == "not-counted"


def test_a_champion_who_withdrew_asks_for_a_new_count(edition, officers):
    announcement = propose(edition, by=officers[0])
    Nomination.objects.filter(pk=nominees_of(edition, 1)[0].pk).update(state="withdrawn")

    assert refused(agree, announcement, by=officers[1], now=NOW) == "champion-withdrawn"


def test_winners_follow_the_champions(edition, officers):
    crown(edition)
    assert refused(propose, edition, by=officers[0], kind="winners") == "champions-first"

    champions = propose(edition, by=officers[0], at=LATER)
    winners = propose(edition, by=officers[0], kind="winners")
    assert refused(agree, winners, by=officers[1], now=NOW) == "champions-first"

    agree(champions, by=officers[1], now=NOW)
    assert refused(agree, winners, by=officers[1], now=LATER - SECOND) == "before-champions"
    assert refused(drop, champions, by=officers[0], reason="Too early", now=NOW) == "winners-depend"

    assert embargo.effective(agree(winners, by=officers[1], now=LATER)) == LATER


def test_winners_proposed_before_the_champions_time_are_refused(edition, officers):
    crown(edition)
    announced(edition, "champions", at=LATER)

    assert refused(propose, edition, by=officers[0], kind="winners", at=LATER - SECOND) == "before-champions"
    assert propose(edition, by=officers[0], kind="winners", at=LATER).state == "proposed"


def test_winners_missing_or_dethroned_by_a_recount_are_named(edition, officers):
    announced(edition, "champions")
    with pytest.raises(ValidationError) as missing:
        propose(edition, by=officers[0], kind="winners")
    crown(edition)
    winners = propose(edition, by=officers[0], kind="winners")
    counted(edition=edition, number=2, votes=((1, 7, 5), (8, 6, 4)))

    with pytest.raises(ValidationError) as dethroned:
        agree(winners, by=officers[1], now=NOW)

    assert (missing.value.code, dethroned.value.code) == ("winners-missing", "winner-not-champion")
    assert all(str(category) in missing.value.messages[0] for category in edition.categories.all())
    assert str(nominees_of(edition, 1)[0]) in dethroned.value.messages[0]
    assert str(nominees_of(edition, 2)[0]) not in dethroned.value.messages[0]


def test_winners_are_not_agreed_to_by_who_nominated_in_a_category_or_stepped_back_there(edition, officers):
    """The attack: the nominator of a winner agrees to it."""
    crown(edition)
    announced(edition, "champions")
    announcement = propose(edition, by=officers[0], kind="winners")
    row = nominees_of(edition, 2)[2]
    Nomination.objects.filter(pk=row.pk).update(nominator=officers[1])
    away = make_assignment(edition, nomination=nominees_of(edition, 1)[1], state="recused").expert.user
    join(away, "prize officers")

    found = [refused(agree, announcement, by=by, now=NOW) for by in (officers[1], away)]

    assert found == ["not-impartial"] * 2
    assert agree(announcement, by=officer(), now=NOW).state == "agreed"


def test_champions_whom_the_votes_made_are_agreed_to_by_a_nominator_too(edition, officers):
    Nomination.objects.filter(pk=nominees_of(edition, 2)[2].pk).update(nominator=officers[1])

    assert agree(propose(edition, by=officers[0]), by=officers[1], now=NOW).state == "agreed"


def test_withdraw_takes_back_until_it_is_in_effect(edition, officers):
    announcement = agree(propose(edition, by=officers[0], at=LATER), by=officers[1], now=NOW)
    before = revision.current()
    assert approvals.moves(announcement, by=officers[0], now=LATER - SECOND) == ["drop"]
    assert approvals.moves(announcement, by=officers[0], now=LATER) == []
    assert refused(drop, announcement, by=officers[0], reason="Late", now=LATER) == "not-waiting"

    done = drop(announcement, by=officers[0], reason="A complaint", now=LATER - SECOND)

    assert (done.state, revision.current()) == ("dropped", before + 1)
    assert not embargo.is_promised(edition, kind="champions")
    assert not embargo.is_lifted(edition, kind="champions", now=LATER)
    assert refused(agree, announcement, by=officers[1], now=NOW) == "not-waiting"
    drop(propose(edition, by=officers[1]), by=officers[0], reason="Too early", now=NOW)
    assert revision.current() == before + 1  # what nobody approved, no page has shown
