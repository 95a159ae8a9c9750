import logging
from datetime import timedelta

import pytest

from events.models import HistoryEntry
from prizes import scheduler
from prizes.chain import chain
from prizes.count import counting
from prizes.models import Block, Count, Edition
from tests.factories import NOW, ForumFactory
from tests.prizes.electorate import past_close
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, set_phase

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def edition():
    return make_edition()


def vote(edition):
    return fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})


def numbers():
    return list(Block.objects.order_by("number").values_list("number", "choices"))


def test_chain_opens_with_the_vote(edition):
    begins = edition.phase("voting").starts

    scheduler.tend(begins - timedelta(seconds=1))
    assert numbers() == []
    scheduler.tend(begins)
    assert numbers() == [(0, 0)]
    assert Block.objects.get().sealed == begins


@pytest.mark.parametrize("values", [{"nominees_published": None}, {"closed": NOW}])
def test_chain_does_not_open_without_nominees_or_once_closed(values):
    make_edition(**values)

    scheduler.tend(NOW)

    assert numbers() == []


def test_one_block_for_every_hour_of_the_clock(edition):
    scheduler.tend(NOW)  # 12:20
    vote(edition)
    for minutes in (10, 39):
        scheduler.tend(NOW + timedelta(minutes=minutes))
    assert numbers() == [(0, 0)]

    scheduler.tend(NOW + timedelta(minutes=40))
    scheduler.tend(NOW + timedelta(minutes=41))

    assert numbers() == [(0, 0), (1, 3)]


def test_hour_without_a_choice_has_an_empty_block_so_that_the_next_choice_waits_for_its_hour(edition):
    scheduler.tend(NOW)
    scheduler.tend(NOW + HOUR)
    vote(edition)
    scheduler.tend(NOW + HOUR + timedelta(minutes=5))

    assert numbers() == [(0, 0), (1, 0)]


def test_hour_that_another_process_has_just_sealed_gets_no_second_block(edition):
    scheduler.tend(NOW)
    vote(edition)

    for _process in range(2):  # both had asked before the first one sealed
        scheduler.seal_hour(edition, now=NOW + HOUR)

    assert numbers() == [(0, 0), (1, 3)]


def test_hours_that_nobody_tended_are_sealed_at_once(edition):
    scheduler.tend(NOW)
    vote(edition)

    scheduler.tend(NOW + 5 * HOUR)

    assert numbers() == [(0, 0), (1, 3)]


def test_vote_is_sealed_and_counted_at_the_close(edition):
    scheduler.tend(NOW)
    vote(edition)
    close = edition.phase("voting").ends

    scheduler.tend(close + timedelta(seconds=89))
    assert Edition.objects.get().polls_sealed is None
    assert numbers() == [(0, 0)]
    scheduler.tend(close + timedelta(seconds=90))

    assert Edition.objects.get().polls_sealed == close + timedelta(seconds=90)
    assert Block.objects.get(number=1).notes == [{"kind": "last"}]
    assert Count.objects.get().valid_votes == 3
    assert list(HistoryEntry.objects.order_by("pk").values_list("verb", "actor")) == [
        ("seal-polls", None),
        ("count", None),
    ]


def test_tending_again_changes_nothing(edition):
    vote(edition)
    scheduler.tend(past_close(edition))
    before = numbers()

    scheduler.tend(past_close(edition) + HOUR)

    assert numbers() == before == [(0, 0), (1, 3)]
    assert Count.objects.count() == 1


def test_vote_that_nobody_tended_is_sealed_and_counted_late(edition):
    vote(edition)
    set_phase(edition, "announcement")

    scheduler.tend(NOW)

    assert numbers() == [(0, 0), (1, 3)]
    assert Count.objects.count() == 1


def test_count_that_failed_is_made_in_the_next_round(edition, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        patch.setattr(counting, "count", lambda *_args, **_more: 1 / 0)
        with caplog.at_level(logging.ERROR):
            scheduler.tend(past_close(edition))
    assert "tending the vote of edition" in caplog.text
    assert Edition.objects.get().polls_sealed
    assert Count.objects.count() == 0

    scheduler.tend(past_close(edition))

    assert Count.objects.count() == 1


def test_edition_that_fails_does_not_hold_up_the_others(edition, monkeypatch, caplog):
    other = make_edition(forum=ForumFactory(slug="2021"))
    opened = chain.open_chain

    def fail_once(found, *, now):
        if found.pk == edition.pk:
            raise RuntimeError
        return opened(found, now=now)

    monkeypatch.setattr(chain, "open_chain", fail_once)

    scheduler.tend(NOW)

    assert Block.objects.get().edition == other


def test_edition_without_a_voting_phase_is_left_alone(edition):
    edition.phases.filter(kind="voting").delete()

    scheduler.tend(NOW)

    assert numbers() == []


def test_polls_that_another_process_sealed_are_not_logged_twice(edition):
    scheduler.tend(past_close(edition))
    stale = Edition.objects.get()
    stale.polls_sealed = None

    scheduler.close_polls(stale, now=past_close(edition))

    assert HistoryEntry.objects.filter(verb="seal-polls").count() == 1


def test_count_that_another_process_made_is_not_made_again(edition):
    scheduler.tend(past_close(edition))

    scheduler.count_first(edition, now=past_close(edition))

    assert Count.objects.count() == 1
