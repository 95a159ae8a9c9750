"""Everybody at once, and the close, on PostgreSQL with real threads: SQLite would hide what these tests look for.

Each race is run once more without its lock or constraint, and must then go wrong: else it would prove nothing.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test import Client

from prizes.chain import chain, closing_time
from prizes.models import Ballot, Block, Commitment, Phase, Vote
from prizes.vote import cast_vote, network_traces
from tests.factories import NOW, RegistrationFactory
from tests.prizes.factories import make_edition, nominees_of, voter
from tests.registration.agenda.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)
CROWD = 24


@pytest.fixture(autouse=True)
def _postgresql(transactional_db):
    assert connection.vendor == "postgresql", "these tests need PostgreSQL: run them with `make test`"


@pytest.fixture
def no_locks(monkeypatch):
    """The negative control: rows are read as they are, and not locked."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())
    monkeypatch.setattr(cast_vote, "LOCK", "")


@pytest.fixture
def slow_standing(monkeypatch):
    """Time passes between reading what a ballot has and writing the choice, as it does on a busy machine."""
    standing = cast_vote.standing

    def slowly(edition, **values):
        found = standing(edition, **values)
        time.sleep(0.05)
        return found

    monkeypatch.setattr(cast_vote, "standing", slowly)


def ballot_of(edition, user=None, *, now=NOW):
    return cast_vote.begin(edition=edition, user=user or voter(), country=None, stakeholder_type="", now=now)


def casting(edition, user, nominee, *, number=1, arrived=NOW, now=NOW):
    def call():
        return cast_vote.cast(
            edition=edition, user=user, number=number, code=nominee.code, arrived=arrived, now=now, ip="203.0.113.9"
        )

    return call


def codes(answers):
    return [answer.code for answer in answers if isinstance(answer, ValidationError)]


# --- two requests at once -------------------------------------------------------------------------
def test_beginning_in_ten_tabs_makes_one_ballot():
    edition, user = make_edition(), voter()

    answers = together(*[lambda: ballot_of(edition, user)] * 10)

    assert len({answer.pk for answer in answers}) == 1
    assert Ballot.objects.count() == 1


def test_one_choice_sent_ten_times_at_once_is_one_vote(slow_standing):
    edition = make_edition()
    user = ballot_of(edition).user
    nominee = nominees_of(edition, 1)[0]

    answers = together(*[casting(edition, user, nominee)] * 10)

    assert sorted(answer.is_new for answer in answers) == [False] * 9 + [True]
    assert (Vote.objects.count(), Commitment.objects.count()) == (1, 1)
    assert Ballot.objects.get().chosen == 1


def test_two_nominees_at_once_where_choices_are_final_leave_one(slow_standing):
    edition = make_edition()
    user = ballot_of(edition).user
    nominees = nominees_of(edition, 1)

    answers = together(*[casting(edition, user, nominee) for nominee in nominees])

    assert codes(answers) == ["vote-final"] * 2
    winner = next(answer for answer in answers if not isinstance(answer, ValidationError))
    assert Vote.objects.get().nominee_id == winner.nominee.pk
    assert Commitment.objects.count() == 1


def test_choices_at_once_where_they_can_be_changed_leave_one_vote_with_its_commitment(slow_standing):
    edition = make_edition(votes_final=False)
    user = ballot_of(edition).user
    nominees = nominees_of(edition, 1)

    answers = together(*[casting(edition, user, nominee) for nominee in nominees * 3])

    assert codes(answers) == []
    changes = sum(answer.is_new for answer in answers)
    assert (Vote.objects.count(), Commitment.objects.count()) == (1, changes)


def test_choices_at_once_without_the_lock_meet_the_constraint(slow_standing, no_locks):
    edition = make_edition()
    user = ballot_of(edition).user
    nominee = nominees_of(edition, 1)[0]

    answers = together(*[casting(edition, user, nominee)] * 10)

    assert any(isinstance(answer, IntegrityError) for answer in answers)
    assert Vote.objects.count() == 1


def test_three_categories_at_once_complete_the_ballot_once(slow_standing):
    edition = make_edition()
    user = ballot_of(edition).user

    together(*[casting(edition, user, nominees_of(edition, n)[0], number=n) for n in (1, 2, 3)])

    ballot = Ballot.objects.get()
    assert (ballot.chosen, ballot.is_complete, ballot.receipts) == (3, True, 1)


def test_three_categories_at_once_without_the_lock_lose_count(slow_standing, no_locks):
    edition = make_edition()
    user = ballot_of(edition).user

    together(*[casting(edition, user, nominees_of(edition, n)[0], number=n) for n in (1, 2, 3)])

    assert Vote.objects.count() == 3
    assert Ballot.objects.get().chosen < 3


def test_requests_at_once_over_http_are_one_vote():
    edition = make_edition(now=datetime.now(UTC))
    user = voter()
    RegistrationFactory(user=user)
    nominee = nominees_of(edition, 1)[0]
    client = Client()
    client.force_login(user)

    def post():
        own = Client()
        own.cookies = client.cookies.copy()
        return own.post("/2020/prizes/vote/1/", {"nominee": nominee.code})

    answers = together(*[post] * 6)

    assert [answer.status_code for answer in answers] == [303] * 6
    assert (Ballot.objects.count(), Vote.objects.count(), Commitment.objects.count()) == (1, 1, 1)


def test_casting_does_not_wait_for_a_locked_edition_or_for_the_chain():
    edition = make_edition()
    user = ballot_of(edition).user
    chain.open_chain(edition, now=NOW)
    held, announcement = threading.Event(), threading.Event()

    def seal():
        try:
            with transaction.atomic():
                chain.seal(edition, now=NOW, is_hourly=True)
                held.set()
                announcement.wait(30)
        finally:
            connection.close()

    other = threading.Thread(target=seal)
    other.start()
    held.wait(30)
    begun = time.monotonic()
    done = casting(edition, user, nominees_of(edition, 1)[0])()
    took = time.monotonic() - begun
    announcement.set()
    other.join(30)

    assert done.is_new
    assert took < 5
    assert Commitment.objects.get().block is None


# --- across the close -----------------------------------------------------------------------------
def drive(edition, users, *, close, seconds=1.2):
    """Choices from `users` over the moment of the close on the real clock, some held up before they are written.

    Returns (arrival, answer) for each.
    """
    nominees = {number: nominees_of(edition, number)[0] for number in (1, 2, 3)}
    answers = []

    def run(place, user):
        def call():
            wait = (close - datetime.now(UTC)).total_seconds() - seconds / 2 + seconds * place / len(users)
            time.sleep(max(wait, 0))
            for number, nominee in nominees.items():
                arrived = datetime.now(UTC)
                time.sleep([0, 0.3, 0.02][(place + number) % 3])  # between arrival and writing
                try:
                    answer = casting(edition, user, nominee, number=number, arrived=arrived, now=datetime.now(UTC))()
                except ValidationError as refusal:
                    answer = refusal
                answers.append((arrived, user.pk, number, answer))

        return call

    errors = [found for found in together(*[run(*pair) for pair in enumerate(users)]) if found is not None]
    assert errors == []
    return answers


def closing_soon(*, seconds=2.5):
    """An edition whose vote closes in a moment, with its first block, and a crowd with begun ballots."""
    now = datetime.now(UTC)
    edition = make_edition(now=now, votes_final=False)
    users = [ballot_of(edition, now=now).user for _person in range(CROWD)]
    close = datetime.now(UTC) + timedelta(seconds=seconds)
    Phase.objects.filter(edition=edition, kind="voting").update(ends=close)
    edition.refresh_from_db()
    chain.open_chain(edition, now=now)
    return edition, users, close


def test_choices_across_the_close_are_on_the_right_side():
    edition, users, close = closing_soon()

    answers = drive(edition, users, close=close)

    accepted = {(user, number) for _arrived, user, number, answer in answers if not isinstance(answer, ValidationError)}
    in_time = {(user, number) for arrived, user, number, _answer in answers if arrived < close}
    assert accepted == in_time
    assert {answer.code for *_place, answer in answers if isinstance(answer, ValidationError)} == {"polls-closed"}
    assert set(Vote.objects.values_list("ballot__user", "category__number")) == accepted
    assert Vote.objects.filter(cast__gte=close).exists()  # arrived before, written after
    assert 0 < len(accepted) < len(answers)


def test_last_block_takes_every_choice_that_was_under_way(monkeypatch):
    """Sealing at the very close, without the time of grace: whatever is accepted is in a block, nothing comes after."""
    edition, users, close = closing_soon()
    monkeypatch.setattr(closing_time, "GRACE", timedelta(0))
    sealed = []

    def seal():
        time.sleep(max((close - datetime.now(UTC)).total_seconds(), 0))
        try:
            sealed.append(chain.seal(edition, now=datetime.now(UTC), is_last=True))
        finally:
            connection.close()

    other = threading.Thread(target=seal)
    other.start()
    answers = drive(edition, users, close=close)
    other.join(60)

    accepted = [answer for *_place, answer in answers if not isinstance(answer, ValidationError)]
    assert sealed[0] is not None
    assert Commitment.objects.filter(block__isnull=True).count() == 0
    assert Commitment.objects.count() == Vote.objects.count() == len(accepted) > 0
    assert Block.objects.get(number=1).choices == len(accepted)


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
    assert done.is_new
    assert block.number == 1
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

    _sealed, answer = together(seal, late)

    assert codes([answer]) == ["polls-closed"]
    assert Vote.objects.count() == Commitment.objects.count() == 0
