from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from config.monitoring import parts
from events.mail import leases, outbox, undelivered
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

    with django_assert_num_queries(2):  # the waiting rows, the lease
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


def test_code_of_a_machine_whose_clock_is_fast_goes_at_once_and_is_tried_again_when_it_is_due(time_machine):
    fast = NOW + timedelta(seconds=90)
    time_machine.move_to(fast, tick=False)
    code = written(1, queue="account", due=fast)
    written(2, queue="account", due=fast, attempts=1)
    written(3, queue="account", due=fast + timedelta(minutes=2))  # a receipt that waits for another change
    written(4, due=fast)

    assert leases.claim("account", now=NOW, limit=9) == [code]
    assert leases.claim("bulk", now=NOW, limit=9) == []


def test_code_that_is_to_wait_waits_where_no_clock_is_fast(noon):
    written(1, queue="account", due=NOW + timedelta(seconds=1))

    assert leases.claim("account", now=NOW, limit=9) == []


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


def executed_without_reply(monkeypatch, columns):
    """The next UPDATE of exactly these columns is executed, and its answer is lost."""
    update, lost = QuerySet.update, []

    def once(self, **changes):
        number = update(self, **changes)
        if set(changes) >= columns and not lost:
            lost.append(changes)
            raise OperationalError
        return number

    monkeypatch.setattr(QuerySet, "update", once)
    return lost


@pytest.mark.parametrize("is_marked_first", [True, False])
def test_row_stays_ours_when_the_reply_to_its_renewal_is_lost(monkeypatch, is_marked_first):
    written(1)
    [taken] = leases.claim("bulk", now=NOW, limit=1)
    executed_without_reply(monkeypatch, {"leased_until"})
    with pytest.raises(OperationalError):
        leases.renew([taken], now=NOW + timedelta(seconds=10))

    if not is_marked_first:
        assert leases.renew([taken], now=NOW + timedelta(seconds=20)) == []
        assert Message.objects.get().leased_until == taken.leased_until == NOW + timedelta(seconds=65)
    leases.mark_late(taken)
    assert leases.mark_sent(taken, now=NOW + timedelta(seconds=30))


def test_row_stays_ours_when_its_renewal_did_not_arrive(monkeypatch):
    written(1)
    [taken] = leases.claim("bulk", now=NOW, limit=1)

    def away(self, **changes):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "update", away)
        for seconds in (10, 11):
            with pytest.raises(OperationalError):
                leases.renew([taken], now=NOW + timedelta(seconds=seconds))

    assert leases.renew([taken], now=NOW + timedelta(seconds=12)) == []
    assert leases.mark_sent(taken, now=NOW)


def test_lost_replies_to_other_changes_change_nothing_twice(monkeypatch):
    written(1)
    with monkeypatch.context() as patch:
        executed_without_reply(patch, {"leased_until"})
        with pytest.raises(OperationalError), transaction.atomic():
            leases.claim("bulk", now=NOW, limit=1)
    Message.objects.update(state=State.SENDING, leased_until=NOW)  # as it stands once that was executed
    [taken] = leases.take_over("bulk", now=NOW, limit=1)
    with monkeypatch.context() as patch:
        executed_without_reply(patch, {"leased_until", "state"})
        with pytest.raises(OperationalError):
            leases.mark_late(taken)
    leases.mark_late(taken)
    ask = leases.prepared_cursor

    @contextmanager
    def without_reply():
        with ask() as cursor:
            yield cursor
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(leases, "prepared_cursor", without_reply)
        with pytest.raises(OperationalError):
            leases.mark_sent(taken, now=NOW)
    leases.mark_sent(taken, now=NOW)

    row = Message.objects.get()
    assert (row.state, row.doubts, row.leased_until, row.attempts) == (State.SENT, 1, None, 0)


def test_take_over_leaves_full_domains_and_what_has_a_limit(settings):
    settings.MAIL_PER_DOMAIN_PER_MINUTE = {"few.example": 60}
    lost = {"state": State.SENDING, "leased_until": NOW}
    unsure = {"state": State.PERHAPS, "doubts": 1}
    for kind in (lost, unsure):
        MessageFactory(to="a@full.example", **kind)
        MessageFactory(to="a@few.example", **kind)
        MessageFactory(to="b@few.example", **kind)
        MessageFactory(to="a@free.example", **kind)

    taken = leases.take_over("bulk", now=NOW, limit=9, full=["full.example"])

    assert sorted(row.to for row in taken) == ["a@few.example", "a@free.example", "a@free.example"]


@pytest.mark.parametrize("address", ["nowhere", "a@\N{KELVIN SIGN}ey.example"])
def test_claim_ends_where_the_database_spells_a_domain_otherwise(settings, address):
    settings.MAIL_PER_DOMAIN_PER_MINUTE = {"*": 60}
    first, *_others = [written(number, to=address) for number in range(3)]

    assert leases.claim("bulk", now=NOW, limit=9) == [first]


def test_mail_killed_in_its_second_doubt_waits_for_organisers_and_is_not_late():
    row = written(1)
    for seconds in (0, 100):
        now = NOW + timedelta(seconds=seconds)
        [taken] = leases.claim("bulk", now=now, limit=1) or leases.take_over("bulk", now=now, limit=1)
        leases.mark_late(taken)

    assert list(undelivered.of(Message.objects.all())) == [row]
    [state] = [one for one in parts.backlogs(NOW + timedelta(days=1)) if one.part == "mail bulk"]
    assert state.seconds == 0
    assert undelivered.send_again(Message.objects.all(), now=NOW) == 1
    row.refresh_from_db()
    assert (row.state, row.doubts, row.leased_until) == (State.QUEUED, 0, None)


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


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (lambda: leases.take_over("bulk", now=NOW, limit=9), "message_repeated"),
        (lambda: outbox.cancel_expired(now=NOW), "message_expiring"),
    ],
)
def test_looks_of_every_second_can_read_what_waits_alone(look, index):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("DROP INDEX message_by_state")  # of an empty table the planner may take any that fits
    with CaptureQueriesContext(connection) as asked:
        look()
    questions = [query["sql"] for query in asked if "perhaps" in query["sql"] or "expires" in query["sql"]]
    with connection.cursor() as cursor:
        plans = []
        for question in questions:
            cursor.execute(f"EXPLAIN {question}")
            plans.append(str(cursor.fetchall()))

    assert any(index in plan for plan in plans)


@pytest.mark.parametrize(
    "wake", [leases.mark_sent, leases.mark_unanswered, leases.mark_late, leases.release, leases.renew]
)
def test_worker_that_was_only_frozen_counts_as_no_crash_of_its_mails(wake):
    row = written(1)
    [frozen] = leases.claim("bulk", now=NOW, limit=1)
    [other] = leases.take_over("bulk", now=NOW + timedelta(minutes=1), limit=1)
    more = {
        leases.mark_sent: {"now": NOW},
        leases.mark_unanswered: {"refusal": BUSY, "now": NOW},
        leases.renew: {"now": NOW},
    }

    for _each in range(2):
        wake([frozen] if wake in (leases.release, leases.renew) else frozen, **more.get(wake, {}))

    row.refresh_from_db()
    assert (other.crashes, row.crashes, row.leased_until) == (1, 0, other.leased_until)


def test_drop_asks_once_for_all_alike(django_assert_num_queries):
    for number in range(6):
        written(number, is_secret=number > 3)
    rows = leases.claim("bulk", now=NOW, limit=9)
    Message.objects.filter(pk=rows[0].pk).update(leased_until=NOW + timedelta(hours=1))  # another worker's

    with django_assert_num_queries(2):
        number = leases.drop(rows)

    kept, *gone = Message.objects.order_by("pk")
    assert (number, kept.state, {row.state for row in gone}) == (5, State.SENDING, {State.CANCELLED})
    assert [row.text for row in gone] == ["The text"] * 3 + [""] * 2


def test_row_of_a_lost_worker_counts_it_until_a_worker_has_lived_through_it():
    row = written(1)
    [taken] = leases.claim("bulk", now=NOW, limit=1)
    seen = []
    for number in (1, 2):
        [taken] = leases.take_over("bulk", now=NOW + number * timedelta(minutes=1), limit=1)
        seen.append(taken.crashes)

    leases.release([taken])

    row.refresh_from_db()
    assert (seen, row.crashes, row.state) == ([1, 2], 0, State.QUEUED)


def test_worker_that_has_held_a_mail_for_a_whole_lease_has_lived_through_it():
    """Its server takes minutes, and each worker that waits for it is stopped at a deploy: no fault of the mail."""
    row = written(1, state=State.SENDING, leased_until=NOW, crashes=1)
    [taken] = leases.take_over("bulk", now=NOW, limit=1)
    seen = []

    for seconds in (10, 30, 44, 45, 60):
        assert leases.renew([taken], now=NOW + timedelta(seconds=seconds)) == []
        row.refresh_from_db()
        seen.append((row.crashes, taken.crashes))

    assert seen == [(2, 2), (2, 2), (2, 2), (0, 0), (0, 0)]
    [again] = leases.take_over("bulk", now=NOW + timedelta(minutes=2), limit=1)
    assert again.crashes == 1
