import logging
from datetime import timedelta

import pytest

from events.models import HistoryEntry
from prizes import scheduler
from prizes.chain import closing_time
from prizes.count import counting
from prizes.models import Block, Count, Edition, Recount
from tests.factories import NOW
from tests.prizes.electorate import past_close
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, set_phase

pytestmark = pytest.mark.django_db
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def edition():
    return make_edition(categories=3, nominees=1)


def vote(edition):
    return fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})


def numbers():
    return list(Block.objects.order_by("number").values_list("number", "choices"))


def test_chain_opens_with_the_vote(edition):
    begins = edition.phase("voting").starts

    scheduler.tend(begins - SECOND)
    assert numbers() == []
    scheduler.tend(begins)
    assert (numbers(), Block.objects.get().sealed) == ([(0, 0)], begins)


def test_chain_does_not_open_without_nominees_without_a_vote_or_once_closed(edition):
    for values in ({"nominees_published": None, "closed": None}, {"nominees_published": NOW, "closed": NOW}):
        Edition.objects.update(**values)
        scheduler.tend(NOW)
        assert numbers() == []
    Edition.objects.update(closed=None)
    edition.phases.filter(kind="voting").delete()
    scheduler.tend(NOW)
    assert numbers() == []


def test_one_block_for_every_hour_of_the_clock(edition):
    scheduler.tend(NOW)  # 12:20
    vote(edition)
    for minutes in (10, 39):
        scheduler.tend(NOW + minutes * MINUTE)
    assert numbers() == [(0, 0)]

    for minutes in (40, 41):
        scheduler.tend(NOW + minutes * MINUTE)
    assert numbers() == [(0, 0), (1, 3)]
    scheduler.tend(NOW + 5 * HOUR)  # hours that nobody tended are one block

    assert numbers() == [(0, 0), (1, 3), (2, 0)]


def test_hour_without_a_choice_has_an_empty_block_so_that_the_next_choice_waits_for_its_hour(edition):
    scheduler.tend(NOW)
    scheduler.tend(NOW + HOUR)
    vote(edition)
    scheduler.tend(NOW + HOUR + 5 * MINUTE)

    assert numbers() == [(0, 0), (1, 0)]


def test_hour_that_another_process_has_just_sealed_gets_no_second_block(edition):
    scheduler.tend(NOW)
    vote(edition)

    for _process in range(2):  # both had asked before the first one sealed
        scheduler.seal_hour(edition, now=NOW + HOUR)

    assert numbers() == [(0, 0), (1, 3)]


def test_vote_is_sealed_and_counted_at_the_close_and_only_once(edition):
    scheduler.tend(NOW)
    vote(edition)
    close = edition.phase("voting").ends + 90 * SECOND

    scheduler.tend(close - SECOND)
    assert (Edition.objects.get().polls_sealed, numbers()) == (None, [(0, 0)])
    for now in (close, close + HOUR):
        scheduler.tend(now)
    stale = Edition.objects.get()
    stale.polls_sealed = None
    scheduler.close_polls(stale, now=close)  # as two other processes would that had asked before
    scheduler.count_first(edition, now=close)

    assert (Edition.objects.get().polls_sealed, numbers()) == (close, [(0, 0), (1, 3)])
    assert Block.objects.get(number=1).notes == [{"kind": "last"}]
    assert Count.objects.get().valid_votes == 3
    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "actor")
    assert list(entries) == [("seal-polls", None), ("count", None)]


def test_vote_that_nobody_tended_is_sealed_and_counted_late(edition):
    vote(edition)
    set_phase(edition, "announcement")

    scheduler.tend(NOW)

    assert (numbers(), Count.objects.count()) == ([(0, 0), (1, 3)], 1)


def test_count_that_failed_is_made_in_the_next_round(edition, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        patch.setattr(counting, "count", lambda *_args, **_more: 1 / 0)
        with caplog.at_level(logging.ERROR):
            scheduler.tend(past_close(edition))
    assert f"votes: row {edition.pk} failed" in caplog.text
    assert (bool(Edition.objects.get().polls_sealed), Count.objects.count()) == (True, 0)

    scheduler.tend(past_close(edition) + MINUTE)

    assert Count.objects.count() == 1


def test_waits_since_the_moment_at_which_something_was_due(edition):
    begins, ends = edition.phase("voting").starts, edition.phase("voting").ends
    settled = ends + closing_time.GRACE
    unopened = [scheduler.waits_since(moment) for moment in (begins - SECOND, begins + MINUTE)]

    scheduler.tend(NOW)  # 12:20
    quiet, hour = scheduler.waits_since(NOW + 39 * MINUTE), scheduler.waits_since(NOW + 47 * MINUTE)
    days = scheduler.waits_since(NOW + 25 * HOUR + 41 * MINUTE)  # 14:01, a day later: not only since 14:00
    closing, unsealed = scheduler.waits_since(ends + SECOND), scheduler.waits_since(settled + MINUTE)
    scheduler.tend(settled + MINUTE)
    done = scheduler.waits_since(settled + HOUR)
    Count.objects.all().delete()
    Edition.objects.update(polls_sealed=settled)

    assert unopened == [None, max(begins, edition.nominees_published)]
    assert (quiet, hour, days) == (None, NOW + 40 * MINUTE, NOW + 40 * MINUTE)
    assert (closing, unsealed) == (None, settled)
    assert (done, scheduler.waits_since(settled + HOUR)) == (None, settled)


def test_waits_for_a_count_that_no_worker_is_at(edition, boss):
    scheduler.tend(NOW)
    Recount.objects.create(edition=edition, reason="Why not", asked_by=boss, asked=NOW, due=NOW)
    waiting = scheduler.waits_since(NOW + MINUTE)
    Recount.objects.update(state=Recount.State.COUNTING, leased_until=NOW + 5 * MINUTE)

    assert (waiting, scheduler.waits_since(NOW + MINUTE)) == (NOW, None)
