from datetime import timedelta

import pytest

from events.mail import leases
from events.mail.refusals import Refusal
from events.models import Message
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db
State = Message.State
BUSY = Refusal("421 busy", Message.Reason.BUSY)


def written(number=1, **changes):
    return MessageFactory(**{"dedupe_key": f"letter:{number}", "subject": f"Letter {number}"} | changes)


def test_claim_takes_the_longest_waiting_up_to_its_limit_and_nothing_twice_until_the_lease_is_over():
    written(1, due=NOW)
    written(2, due=NOW - timedelta(hours=1))
    written(3, due=NOW + timedelta(hours=1))

    [taken] = leases.claim("bulk", now=NOW, limit=1)
    [next_one] = leases.claim("bulk", now=NOW, limit=50)
    later = [leases.take_over("bulk", now=NOW + timedelta(seconds=seconds), limit=50) for seconds in (0, 44, 45)]

    assert (taken.subject, taken.state, taken.leased_until) == ("Letter 2", State.SENDING, NOW + timedelta(seconds=45))
    assert next_one.subject == "Letter 1"
    assert [[row.subject for row in rows] for rows in later] == [[], [], ["Letter 1", "Letter 2"]]


def test_mark_sent_after_the_lease_was_lost_changes_nothing():
    written(1)
    [slow] = leases.claim("bulk", now=NOW, limit=50)
    [quick] = leases.take_over("bulk", now=NOW + timedelta(seconds=45), limit=50)

    is_marked = leases.mark_sent(slow, now=NOW)

    quick.refresh_from_db()
    assert (is_marked, quick.state, quick.leased_until) == (False, State.SENDING, NOW + timedelta(seconds=90))


@pytest.mark.parametrize("rows", [1, 3])
def test_claim_asks_few_questions(django_assert_num_queries, rows):
    for number in range(rows):
        written(number)

    with django_assert_num_queries(4):  # a savepoint, the waiting rows, the lease, the end
        leases.claim("bulk", now=NOW, limit=50)


def test_claim_leaves_what_other_workers_held_and_take_over_leaves_what_we_hold():
    lost = written(1, state=State.SENDING, leased_until=NOW)
    unsure = written(2, state=State.PERHAPS, doubts=1)
    settled = written(3, state=State.PERHAPS, doubts=2)

    assert leases.claim("bulk", now=NOW, limit=9) == []
    assert leases.take_over("bulk", now=NOW, limit=9, holding=[lost.pk]) == [unsure]
    assert leases.take_over("bulk", now=NOW, limit=9) == [lost]
    assert Message.objects.get(pk=settled.pk).state == State.PERHAPS


def test_claim_leaves_what_is_full_or_too_late():
    full, late, good = written(2, to="a@Full.example"), written(3, expires=NOW), written(4)

    taken = leases.claim("bulk", now=NOW, limit=9, full=["full.example"])

    assert taken == [good]
    assert {full.state, late.state} == {State.QUEUED}


def test_code_of_a_machine_whose_clock_is_fast_goes_at_once_and_is_tried_again_when_it_is_due():
    ahead = {"queue": "account", "due": NOW + timedelta(seconds=90)}
    code = written(1, **ahead)
    written(2, attempts=1, **ahead)
    written(3, **ahead | {"queue": "bulk"})

    assert leases.claim("account", now=NOW, limit=9) == [code]
    assert leases.claim("bulk", now=NOW, limit=9) == []


def test_account_mails_are_free_sooner_than_others(settings):
    settings.OUTBOX_LEASE_SECONDS = 45
    assert (leases.lease("account"), leases.lease("bulk")) == (timedelta(seconds=20), timedelta(seconds=45))
    settings.OUTBOX_LEASE_SECONDS = 5
    assert leases.lease("account") == leases.lease("bulk") == timedelta(seconds=5)


def test_renew_prolongs_what_is_ours_and_tells_what_is_not():
    written(1)
    written(2)
    taken = leases.claim("bulk", now=NOW, limit=9)
    Message.objects.filter(pk=taken[1].pk).update(leased_until=NOW + timedelta(seconds=99))  # another worker's

    gone = leases.renew(taken, now=NOW + timedelta(seconds=10))

    until = NOW + timedelta(seconds=55)
    assert gone == [taken[1]]
    assert (taken[0].leased_until, Message.objects.get(pk=taken[0].pk).leased_until) == (until, until)
    assert leases.mark_sent(taken[0], now=NOW)
    assert not leases.mark_sent(taken[1], now=NOW)


def test_row_given_back_is_free_at_once_and_says_why():
    written(1)
    leases.release(leases.claim("bulk", now=NOW, limit=1), refusal=BUSY)

    [again] = leases.claim("bulk", now=NOW, limit=1)

    assert (again.attempts, again.last_error, again.reason) == (0, "421 busy", Message.Reason.BUSY)


def test_mail_of_a_worker_killed_while_its_server_was_late_is_repeated_once():
    written(1)
    [first] = leases.claim("bulk", now=NOW, limit=1)
    leases.mark_late(first)
    later = NOW + timedelta(seconds=45)

    too_soon = leases.take_over("bulk", now=later - timedelta(seconds=1), limit=1)
    [second] = leases.take_over("bulk", now=later, limit=1)
    leases.mark_late(second)

    assert (too_soon, second.doubts, leases.mark_sent(first, now=later)) == ([], 1, False)
    assert leases.take_over("bulk", now=later + timedelta(days=1), limit=1) == []
    assert leases.mark_sent(second, now=later)
