"""Everybody at once, and the close, on PostgreSQL with real threads: SQLite would hide what these tests look for.

Each race is run once more without its lock or constraint, and must then go wrong: else it would prove nothing.
"""

import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction

from prizes.chain import chain, closing_time
from prizes.models import Ballot, Commitment, Vote
from prizes.vote import cast_vote, network_traces
from tests.factories import NOW
from tests.prizes.factories import make_edition, nominees_of, voter
from tests.races import change_locks, together

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)


@pytest.fixture
def no_locks(monkeypatch):
    """The negative control: rows are read as they are, and not locked."""
    change_locks(monkeypatch)


@pytest.fixture
def slow_standing(monkeypatch):
    """Time passes between reading what a ballot has and writing the choice, as it does on a busy machine."""
    standing = cast_vote.standing

    def slowly(edition, **values):
        found = standing(edition, **values)
        time.sleep(0.05)
        return found

    monkeypatch.setattr(cast_vote, "standing", slowly)


def ballot_of(edition, *, now=NOW):
    return cast_vote.begin(edition=edition, user=voter(), country=None, stakeholder_type="", now=now)


def casting(edition, user, nominee, *, number=1, arrived=NOW, now=NOW):
    def call():
        return cast_vote.cast(
            edition=edition, user=user, number=number, code=nominee.code, arrived=arrived, now=now, ip="203.0.113.9"
        )

    return call


def rows():
    return Vote.objects.count(), Commitment.objects.count()


# --- two requests at once -------------------------------------------------------------------------
def test_one_choice_sent_ten_times_at_once_is_one_vote(slow_standing):
    edition = make_edition()
    user = ballot_of(edition).user

    answers = together(*[casting(edition, user, nominees_of(edition, 1)[0])] * 10)

    assert sorted(answer.is_new for answer in answers) == [False] * 9 + [True]
    assert (rows(), Ballot.objects.get().chosen) == ((1, 1), 1)


@pytest.mark.parametrize("votes_final", [True, False])
def test_three_nominees_at_once_leave_one_vote_with_its_commitment(slow_standing, votes_final):
    edition = make_edition(votes_final=votes_final)
    user = ballot_of(edition).user

    answers = together(*[casting(edition, user, nominee) for nominee in nominees_of(edition, 1)])

    accepted = [answer for answer in answers if answer != "vote-final"]
    assert len(accepted) == (1 if votes_final else 3)
    assert rows() == (1, sum(answer.is_new for answer in accepted))
    assert Vote.objects.get().nominee_id in {answer.nominee.pk for answer in accepted}


def fill_at_once():
    """A choice in each of three categories at the same moment; the ballot."""
    edition = make_edition()
    user = ballot_of(edition).user
    together(*[casting(edition, user, nominees_of(edition, n)[0], number=n) for n in (1, 2, 3)])
    assert Vote.objects.count() == 3
    return Ballot.objects.get()


def test_three_categories_at_once_complete_the_ballot_once(slow_standing):
    ballot = fill_at_once()

    assert (ballot.chosen, ballot.is_complete, ballot.receipts) == (3, True, 1)


def test_three_categories_at_once_without_the_lock_lose_count(slow_standing, no_locks):
    assert fill_at_once().chosen < 3


# --- across the close -----------------------------------------------------------------------------
@pytest.fixture
def slow_trace(monkeypatch):
    """A choice takes a while after its commitment is written."""
    entered = threading.Event()
    leave = network_traces.leave

    def slowly(ballot, *, ip):
        entered.set()
        time.sleep(0.6)
        leave(ballot, ip=ip)

    monkeypatch.setattr(cast_vote.network_traces, "leave", slowly)
    return entered


def race_the_last_block(slow_trace):
    """One choice that is being written while the last block is sealed; the commitments that are in no block."""
    edition = make_edition()
    user = ballot_of(edition).user
    chain.open_chain(edition, now=NOW)
    close = edition.phase("voting").ends
    cast = casting(edition, user, nominees_of(edition, 1)[0], arrived=close - SECOND, now=close + 10 * SECOND)

    def seal():
        slow_trace.wait(30)
        return chain.seal(edition, now=close + closing_time.GRACE, is_last=True)

    done, block = together(cast, seal)
    assert (done.is_new, block.number) == (True, 1)
    return Commitment.objects.filter(block__isnull=True).count()


def test_last_block_waits_for_a_choice_that_is_being_written(slow_trace):
    assert race_the_last_block(slow_trace) == 0


def test_last_block_without_the_lock_leaves_a_choice_out(slow_trace, monkeypatch):
    monkeypatch.setattr(closing_time, "_lock", lambda edition, *, shared: None)

    assert race_the_last_block(slow_trace) == 1


def test_choice_that_waited_for_the_last_block_is_refused():
    edition = make_edition()
    user = ballot_of(edition).user
    chain.open_chain(edition, now=NOW)
    close = edition.phase("voting").ends
    held = threading.Event()

    def seal():
        with transaction.atomic():
            chain.seal(edition, now=close + closing_time.GRACE, is_last=True)
            held.set()
            time.sleep(0.5)

    def late():
        held.wait(30)
        return casting(edition, user, nominees_of(edition, 1)[0], arrived=close - SECOND, now=close + 50 * SECOND)()

    assert together(seal, late) == [None, "polls-closed"]
    assert rows() == (0, 0)
