import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from events.models import HistoryEntry
from prizes.editions import log
from prizes.models import Nomination, Winner
from prizes.results import winners
from tests.factories import NOW, UserFactory
from tests.prizes.counted import announced, counted
from tests.prizes.factories import make_edition, nominees_of, set_phase
from tests.registration.agenda.test_races import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    return counted(champions_per_category=2)


@pytest.fixture
def expert():
    return UserFactory()


def choose(nomination, *, by, reason="Reach", now=NOW):
    return winners.choose(nomination, by=by, reason=reason, now=now)


def refusal(call, *args, **values):
    with pytest.raises(ValidationError) as refused:
        call(*args, **values)
    return refused.value.code


def test_choose_makes_a_champion_a_winner_and_says_so_in_the_log(edition, expert):
    champion = nominees_of(edition, 1)[1]

    winner = choose(champion, by=expert, reason="  Reach  ")

    assert (winner.nomination, winner.category, winner.reason) == (champion, champion.category, "Reach")
    assert (winner.chosen_by, winner.chosen) == (expert, NOW)
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.subject, entry.reason) == ("choose-winner", expert, str(champion), "Reach")


def test_choose_refuses_who_is_no_champion(edition, expert):
    assert refusal(choose, nominees_of(edition, 1)[2], by=expert) == "not-a-champion"


def test_choose_refuses_a_champion_of_an_earlier_count(edition, expert):
    champion = nominees_of(edition, 1)[0]
    counted(edition=edition, number=2, votes=((1, 7, 5), (8, 6, 4)))

    assert refusal(choose, champion, by=expert) == "not-a-champion"


def test_choose_refuses_a_champion_who_withdrew(edition, expert):
    champion = nominees_of(edition, 1)[0]
    Nomination.objects.filter(pk=champion.pk).update(state="withdrawn")

    assert refusal(choose, champion, by=expert) == "not-a-champion"


def test_choose_refuses_before_the_first_count(expert):
    edition = make_edition(phase="selection", categories=1)

    assert refusal(choose, nominees_of(edition, 1)[0], by=expert) == "not-a-champion"


def test_choose_needs_a_reason(edition, expert):
    assert refusal(choose, nominees_of(edition, 1)[0], by=expert, reason=" \n") == "reason-missing"
    assert not Winner.objects.exists()


def test_choose_refuses_before_the_selection_begins(edition, expert):
    set_phase(edition, "voting")

    assert refusal(choose, nominees_of(edition, 1)[0], by=expert) == "too-early"


def test_choose_works_in_the_announcement_and_without_a_selection_phase(edition, expert):
    choose(nominees_of(edition, 1)[0], by=expert, now=NOW + timedelta(days=15))
    edition.phases.filter(kind="selection").delete()
    choose(nominees_of(edition, 2)[0], by=expert)

    assert Winner.objects.count() == 2


def test_choose_refuses_more_winners_than_a_category_has(edition, expert):
    first, second, _third = nominees_of(edition, 1)
    choose(first, by=expert)

    assert refusal(choose, second, by=expert) == "category-full"
    assert refusal(choose, first, by=expert) == "already-chosen"

    type(edition).objects.update(winners_per_category=2)
    choose(second, by=expert)

    assert Winner.objects.filter(category=first.category).count() == 2


def test_choose_refuses_once_the_announcement_is_approved_even_before_its_time(edition, expert):
    winner = choose(nominees_of(edition, 1)[0], by=expert)
    announced(edition, "winners", at=NOW + timedelta(days=3))

    assert refusal(choose, nominees_of(edition, 2)[0], by=expert) == "announced"
    assert refusal(winners.unchoose, winner, by=expert, reason="Mistake", now=NOW) == "announced"


def test_unchoose_takes_back_and_keeps_the_reason_in_the_log(edition, expert):
    winner = choose(nominees_of(edition, 1)[0], by=expert)

    assert refusal(winners.unchoose, winner, by=expert, reason="", now=NOW) == "reason-missing"
    winners.unchoose(winner, by=expert, reason="A mistake", now=NOW)

    assert not Winner.objects.exists()
    assert HistoryEntry.objects.filter(verb="unchoose-winner", reason="A mistake", actor=expert).exists()
    assert refusal(winners.unchoose, winner, by=expert, reason="Again", now=NOW) == "not-chosen"


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


def test_fields_before_a_count_are_empty():
    assert winners.fields(make_edition(phase="selection", categories=1)) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locks", [True, False])
def test_experts_at_once_choose_no_more_winners_than_there_are(monkeypatch, locks):
    if not locks:  # the negative control
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())
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
        assert [answer.code for answer in answers if isinstance(answer, ValidationError)] == ["category-full"] * 2
