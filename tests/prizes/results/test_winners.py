import time
from datetime import timedelta

import pytest

from events.models import Approval, HistoryEntry
from prizes.editions import log
from prizes.models import Nomination, Winner
from prizes.results import winners
from tests.factories import NOW, UserFactory
from tests.prizes.counted import announced, counted
from tests.prizes.factories import nominees_of, set_phase
from tests.prizes.reviewers import make_assignment, make_expert
from tests.races import change_locks, together
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    return counted(champions_per_category=2)


@pytest.fixture
def expert():
    return UserFactory()


def choose(nomination, *, by, reason="Reach", now=NOW):
    return winners.choose(nomination, by=by, reason=reason, now=now)


def test_champion_is_chosen_and_taken_back_and_the_log_says_why(edition, expert):
    champion = nominees_of(edition, 1)[1]

    winner = choose(champion, by=expert, reason="  Reach  ")
    key = winner.pk
    code = refused(winners.unchoose, winner, by=expert, reason="", now=NOW)
    winners.unchoose(winner, by=expert, reason=" A mistake ", now=NOW)

    assert (winner.nomination, winner.category, winner.reason) == (champion, champion.category, "Reach")
    assert (winner.chosen_by, winner.chosen, code) == (expert, NOW, "reason-missing")
    assert not Winner.objects.exists()
    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "actor", "subject", "reason")
    assert list(entries) == [
        ("choose-winner", expert.pk, str(champion), "Reach"),
        ("unchoose-winner", expert.pk, str(champion), "A mistake"),
    ]
    winner.pk = key
    assert refused(winners.unchoose, winner, by=expert, reason="Again", now=NOW) == "not-chosen"


def test_choose_refuses_who_is_no_champion_of_the_latest_count(edition, expert):
    first, second, third = nominees_of(edition, 1)
    Nomination.objects.filter(pk=second.pk).update(state="withdrawn")

    assert refused(choose, third, by=expert) == "not-a-champion"
    assert refused(choose, second, by=expert) == "not-a-champion"
    counted(edition=edition, number=2, votes=((1, 7, 5), (8, 6, 4)))
    assert refused(choose, first, by=expert) == "not-a-champion"
    edition.counts.all().delete()
    assert refused(choose, third, by=expert) == "not-a-champion"


def test_choose_needs_a_reason_and_the_selection_to_have_begun(edition, expert):
    champion = nominees_of(edition, 1)[0]
    assert refused(choose, champion, by=expert, reason=" \n") == "reason-missing"
    set_phase(edition, "voting")
    starts = edition.phase("selection").starts

    assert refused(choose, champion, by=expert, now=starts - timedelta(seconds=1)) == "too-early"
    choose(champion, by=expert, now=starts)
    edition.phases.filter(kind="selection").delete()
    choose(nominees_of(edition, 2)[0], by=expert)

    assert Winner.objects.count() == 2


def test_choose_refuses_more_winners_than_a_category_has(edition, expert):
    first, second, _third = nominees_of(edition, 1)
    choose(first, by=expert)

    assert refused(choose, second, by=expert) == "category-full"
    assert refused(choose, first, by=expert) == "already-chosen"

    type(edition).objects.update(winners_per_category=2)
    choose(second, by=expert)
    assert Winner.objects.filter(category=first.category).count() == 2


@pytest.mark.parametrize("state", ["recused", "conflict"])
def test_who_nominated_in_a_category_or_stepped_back_there_neither_chooses_nor_takes_back_in_it(expert, state):
    """The attack: a nominator chooses the weaker rival, or takes its choice back until nobody else is left."""
    edition = counted(champions_per_category=2, votes=((9, 7, 5), (8, 6, 4), (7, 5, 3)))
    own, (away, beside) = nominees_of(edition, 1)[1], nominees_of(edition, 2)[:2]
    Nomination.objects.filter(pk=own.pk).update(nominator=expert)
    make_assignment(edition, expert=make_expert(edition, user=expert), nomination=away, state=state)

    assert [refused(choose, row, by=expert) for row in (own, away, beside)] == ["not-impartial"] * 3
    assert not Winner.objects.exists()
    winner = choose(beside, by=UserFactory())
    assert refused(winners.unchoose, winner, by=expert, reason="Mine is better", now=NOW) == "not-impartial"
    choose(nominees_of(edition, 3)[0], by=expert)


def test_draft_that_was_never_submitted_bars_nobody(edition, expert):
    champion = nominees_of(edition, 1)[0]
    Nomination.objects.filter(pk=nominees_of(edition, 1)[2].pk).update(nominator=expert, state="draft")

    assert choose(champion, by=expert).chosen_by == expert


def test_expert_who_read_a_project_may_choose_it(edition, expert):
    read = nominees_of(edition, 1)[0]
    make_assignment(edition, expert=make_expert(edition, user=expert), nomination=read, state="done")
    make_assignment(edition, nomination=read, state="recused")

    assert choose(read, by=expert).nomination == read


@pytest.mark.parametrize("state", ["proposed", "agreed"])
def test_choice_stands_from_the_proposal_to_announce_it_even_before_its_time(edition, expert, state):
    """Else who agrees reads one name, and the public another."""
    winner = choose(nominees_of(edition, 1)[0], by=expert)
    announced(edition, "winners", at=NOW + timedelta(days=3))
    if state == "proposed":
        Approval.objects.filter(kind="announce-winners").update(state=state, decided_by=None, decided=None)

    assert refused(choose, nominees_of(edition, 2)[0], by=expert) == "announced"
    assert refused(winners.unchoose, winner, by=expert, reason="Mistake", now=NOW) == "announced"


def test_dethroned_names_winners_that_a_recount_left_out_and_those_who_withdrew(edition, expert):
    stays, falls = nominees_of(edition, 1)[0], nominees_of(edition, 2)[1]
    choose(stays, by=expert)
    choose(falls, by=expert)
    assert winners.dethroned(edition) == []

    counted(edition=edition, number=2, votes=((9, 7, 5), (8, 1, 4)))
    assert [winner.nomination for winner in winners.dethroned(edition)] == [falls]

    Nomination.objects.filter(pk=stays.pk).update(state="withdrawn")
    assert {winner.nomination for winner in winners.dethroned(edition)} == {stays, falls}


def test_fields_are_the_categories_with_their_champions_and_winners(edition, expert):
    winner = choose(nominees_of(edition, 2)[1], by=expert)

    first, second = winners.fields(edition)

    assert [result.nomination for result in first.champions] == nominees_of(edition, 1)[:2]
    assert (first.is_missing, second.is_missing) == (True, False)
    assert second.winners == {winner.nomination_id: winner}
    edition.counts.all().delete()
    assert winners.fields(edition) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locks", [True, False])
def test_experts_at_once_choose_no_more_winners_than_there_are(monkeypatch, locks):
    if not locks:  # the negative control
        change_locks(monkeypatch)
    record = log.record

    def slowly(*args, **values):
        time.sleep(0.05)
        return record(*args, **values)

    monkeypatch.setattr(log, "record", slowly)
    edition = counted(votes=((9, 8, 7),), champions_per_category=3)
    expert = UserFactory()
    calls = [lambda row=row: choose(row, by=expert) for row in nominees_of(edition, 1)]

    answers = together(*calls)

    assert (Winner.objects.count() == 1) is locks
    if locks:
        assert [answer for answer in answers if isinstance(answer, str)] == ["category-full"] * 2
