"""Casting, sealing and counting at once, on PostgreSQL with real threads; each once more without its lock, as a control.

What happens at the last block is tested in tests/prizes/vote/test_last_minute.py.
"""

import threading
from collections import Counter

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from prizes import scheduler
from prizes.chain import chain, commitments
from prizes.count import counting
from prizes.models import Block, Commitment, Count, Edition, Vote
from prizes.vote import cast_vote
from tests.factories import NOW
from tests.prizes.electorate import past_close
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, voter
from tests.races import change_locks, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edition():
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    return edition


def begin(edition):
    return cast_vote.begin(edition=edition, user=voter(), country=None, stakeholder_type="", now=NOW)


def cast(ballot, *, number=1):
    nominee = nominees_of(ballot.edition, number)[0]
    return cast_vote.cast(
        edition=Edition.objects.get(pk=ballot.edition_id),
        user=ballot.user,
        number=number,
        code=nominee.code,
        arrived=NOW,
        now=NOW,
        ip="192.0.2.1",
    )


def waits_for_the_sealing(edition, *, within):
    """Whether a choice is still under way so many seconds after a sealing began that has not ended."""
    ballot, done = begin(edition), []

    def choose():
        try:
            done.append(cast(ballot))
        finally:
            connection.close()

    choice = threading.Thread(target=choose)
    with transaction.atomic():
        chain.seal(edition, now=NOW, is_hourly=True)
        choice.start()
        choice.join(within)
        waits = choice.is_alive()
    choice.join(10)
    assert done[0].is_new
    return waits


def test_casting_does_not_wait_for_a_sealing(edition):
    assert not waits_for_the_sealing(edition, within=10)
    assert chain.seal(edition, now=NOW).choices == 1


def test_casting_would_wait_for_a_plain_lock_of_the_edition(edition, monkeypatch):
    """The control: with the lock that select_for_update takes by itself, the choice waits."""
    locked = QuerySet.select_for_update
    change_locks(monkeypatch, to=lambda self, **options: locked(self))

    assert waits_for_the_sealing(edition, within=1)


def test_sealings_during_votes_put_each_choice_into_one_block(edition):
    ballots = [begin(edition) for _place in range(12)]
    casts = [lambda pair=(ballot, number): cast(pair[0], number=pair[1]) for ballot in ballots for number in (1, 2)]
    seals = [lambda: chain.seal(edition, now=NOW)] * 24

    answers = together(*[call for pair in zip(casts, seals, strict=True) for call in pair])
    chain.seal(edition, now=NOW)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    sealed = Counter(bytes(row.value) for row in Commitment.objects.filter(block__isnull=False))
    assert (Vote.objects.count(), len(sealed), set(sealed.values())) == (24, 24, {1})
    assert sum(Block.objects.values_list("choices", flat=True)) == 24
    first, *others = chain.blocks(edition)
    head = first.head
    for block in others:
        values = chain.values(block.commitments.all())
        sealed = commitments.stamp(block.sealed)
        head = commitments.next_head(head, number=block.number, sealed=sealed, notes=block.notes, commitments=values)
        assert block.head == head


def test_two_sealings_without_the_lock_collide(edition, monkeypatch):
    """The control: without the edition's lock both want to be the next block, and the constraint stops one."""
    change_locks(monkeypatch)
    both = threading.Barrier(2)
    found = chain.last

    def wait_then(edition):
        block = found(edition)
        both.wait(10)
        return block

    monkeypatch.setattr(chain, "last", wait_then)

    answers = together(*[lambda: chain.seal(edition, now=NOW, is_hourly=True)] * 2)

    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [IntegrityError]


def test_tending_in_many_processes_at_the_close_counts_once(edition):
    fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})
    now = past_close(edition)

    together(*[lambda: scheduler.tend(now)] * 4)
    scheduler.tend(now)

    assert (Count.objects.count(), Block.objects.count()) == (1, 2)


def test_two_counts_at_once_are_one_after_the_other(edition):
    now = past_close(edition)
    chain.seal(edition, now=now, is_last=True)

    answers = together(*[lambda: counting.count(edition, now=now)] * 2)

    assert answers.count("reason-missing") == 1
    assert Count.objects.count() == 1
