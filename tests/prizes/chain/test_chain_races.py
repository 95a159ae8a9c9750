"""Casting, sealing and counting at once, on PostgreSQL with real threads; each once more without its lock, as a control."""

import threading
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from prizes import scheduler
from prizes.chain import chain, closing_time, commitments
from prizes.count import counting
from prizes.models import Block, Commitment, Count, Edition, Vote
from prizes.vote import cast_vote
from tests.factories import NOW
from tests.prizes.electorate import past_close
from tests.prizes.factories import fill_ballot, make_edition, nominees_of, voter
from tests.registration.agenda.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _postgresql(transactional_db):
    assert connection.vendor == "postgresql", "these tests need PostgreSQL: run them with `make test`"


@pytest.fixture
def edition():
    edition = make_edition()
    chain.open_chain(edition, now=NOW)
    return edition


@pytest.fixture
def ballot(edition):
    return cast_vote.begin(edition=edition, user=voter(), country=None, stakeholder_type="", now=NOW)


def cast(ballot, *, number=1, now=NOW):
    nominee = nominees_of(ballot.edition, number)[0]
    return cast_vote.cast(
        edition=Edition.objects.get(pk=ballot.edition_id),
        user=ballot.user,
        number=number,
        code=nominee.code,
        arrived=now,
        now=now,
        ip="192.0.2.1",
    )


class Background:
    """A call in a thread and connection of its own; `result` is what it returned or raised."""

    def __init__(self, call):
        self.result = None
        self._thread = threading.Thread(target=self._run, args=[call])
        self._thread.start()

    def _run(self, call):
        try:
            self.result = call()
        except Exception as error:  # what went wrong is the answer
            self.result = error
        finally:
            connection.close()

    def is_done(self, *, within):
        self._thread.join(within)
        return not self._thread.is_alive()


def sealed_values():
    return Counter(bytes(row.value) for row in Commitment.objects.filter(block__isnull=False))


def test_casting_does_not_wait_for_a_sealing(edition, ballot):
    fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    with transaction.atomic():
        block = chain.seal(edition, now=NOW)
        choice = Background(lambda: cast(ballot))
        is_done = choice.is_done(within=10)
        assert is_done, "the choice waited for the block"

    assert choice.result.is_new
    assert block.choices == 1
    assert chain.seal(edition, now=NOW).choices == 1


def test_casting_would_wait_for_a_plain_lock_of_the_edition(edition, ballot, monkeypatch):
    """The control: with the lock that select_for_update takes by itself, the choice waits."""
    locked = QuerySet.select_for_update
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: locked(self))
    with transaction.atomic():
        chain.seal(edition, now=NOW, is_hourly=True)
        choice = Background(lambda: cast(ballot))
        was_done = choice.is_done(within=1)

    assert not was_done
    assert choice.is_done(within=10)


def test_two_sealings_at_once_put_each_choice_into_one_block(edition):
    for _ballot in range(5):
        fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})

    answers = together(*[lambda: chain.seal(edition, now=NOW)] * 4)

    assert sorted(block.choices for block in answers if block) == [15]
    assert set(sealed_values().values()) == {1}
    _check_heads(edition)


def test_sealings_during_votes_put_each_choice_into_one_block(edition):
    ballots = [
        cast_vote.begin(edition=edition, user=voter(), country=None, stakeholder_type="", now=NOW)
        for _place in range(12)
    ]
    casts = [
        lambda ballot=ballot, number=number: cast(ballot, number=number) for ballot in ballots for number in (1, 2)
    ]
    seals = [lambda: chain.seal(edition, now=NOW)] * 6

    answers = together(*[call for pair in zip(casts, seals * 4, strict=True) for call in pair])
    chain.seal(edition, now=NOW)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert Vote.objects.count() == 24
    assert sum(Block.objects.values_list("choices", flat=True)) == 24
    assert set(sealed_values().values()) == {1}
    _check_heads(edition)


def test_two_sealings_without_the_lock_collide(edition, monkeypatch):
    """The control: without the edition's lock both want to be the next block, and the constraint stops one."""
    fill_ballot(edition, {1: nominees_of(edition, 1)[0]})
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())
    both = threading.Barrier(2)
    found = chain.last

    def wait_then(edition):
        block = found(edition)
        both.wait(10)
        return block

    monkeypatch.setattr(chain, "last", wait_then)

    answers = together(*[lambda: chain.seal(edition, now=NOW, is_hourly=True)] * 2)

    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [IntegrityError]


def _slow_choice(edition, *, written, go_on):
    """A choice that arrived in time and is being written: its commitment is there, but not committed yet."""

    def write():
        with transaction.atomic():
            closing_time.hold_open(edition)
            value = commitments.commitment(nonce="N", tracker="T", number=1, nominee="ABC123")
            Commitment.objects.create(edition=edition, value=value)
            written.set()
            assert go_on.wait(10)

    return write


def test_last_block_waits_for_a_choice_that_is_being_written(edition):
    written, go_on = threading.Event(), threading.Event()
    choice = Background(_slow_choice(edition, written=written, go_on=go_on))
    assert written.wait(10)
    now = past_close(edition)

    last = Background(lambda: chain.seal(edition, now=now, is_last=True))
    waits = not last.is_done(within=0.5)
    go_on.set()

    assert waits
    assert choice.is_done(within=10)
    assert last.is_done(within=10)
    assert last.result.choices == 1
    assert not Commitment.objects.filter(block=None).exists()


def test_last_block_without_waiting_would_leave_a_choice_out(edition, monkeypatch):
    """The control."""
    monkeypatch.setattr(closing_time, "wait_for_choices", lambda edition: None)
    written, go_on = threading.Event(), threading.Event()
    choice = Background(_slow_choice(edition, written=written, go_on=go_on))
    assert written.wait(10)

    block = chain.seal(edition, now=past_close(edition), is_last=True)
    go_on.set()

    assert choice.is_done(within=10)
    assert block.choices == 0
    assert Commitment.objects.filter(block=None).count() == 1


def test_choice_after_the_last_block_is_refused(edition, ballot):
    """It arrived in time, but so late is nothing written any more."""
    close = edition.phase("voting").ends
    chain.seal(edition, now=past_close(edition), is_last=True)

    with pytest.raises(ValidationError) as refusal:
        cast(ballot, now=close - closing_time.GRACE)

    assert refusal.value.code == "polls-closed"


def test_tending_in_many_processes_at_the_close_counts_once(edition):
    fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})
    now = past_close(edition)

    together(*[lambda: scheduler.tend(now)] * 4)
    scheduler.tend(now)

    assert Count.objects.count() == 1
    assert Block.objects.count() == 2


def test_two_counts_at_once_are_one_after_the_other(edition):
    now = past_close(edition)
    chain.seal(edition, now=now, is_last=True)

    answers = together(*[lambda: counting.count(edition, now=now)] * 2)

    assert sorted(type(answer) for answer in answers if isinstance(answer, Exception)) == [ValidationError]
    assert Count.objects.count() == 1


def _check_heads(edition):
    before = ""
    for block in chain.blocks(edition):
        if block.number:
            values = [bytes(row.value) for row in block.commitments.all()]
            assert block.head == commitments.next_head(
                before,
                number=block.number,
                sealed=commitments.stamp(block.sealed),
                notes=block.notes,
                commitments=values,
            )
        before = block.head
