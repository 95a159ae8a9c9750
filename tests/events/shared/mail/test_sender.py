"""The sender, with a real mail server. (Killed workers and many at once: tests/services/test_mail_faults.py.)"""

import socket
import threading
import time
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import OperationalError, connection

from events.models import Message
from events.shared import hooks
from events.shared.mail import hooks as mail_hooks
from events.shared.mail import sender, undelivered
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db
State, Reason = Message.State, Message.Reason
SECOND = timedelta(seconds=1)


def written(number=1, **changes):
    values = {"dedupe_key": f"letter:{number}", "to": f"person{number}@example.org", "subject": f"Letter {number}"}
    return MessageFactory(**values | changes)


def send(*, now=NOW, queues=("account", "bulk")):
    return sender.send_due(queues, clock=lambda: now)


def known(row):
    row.refresh_from_db()
    return row.state, row.attempts, row.reason


# --- what goes ------------------------------------------------------------------------------------
def test_what_is_due_goes_once_account_mails_first_and_only_the_text_is_kept():
    bulk = written(html="<p>The text</p>", calendar="BEGIN:VCALENDAR", unsubscribe_url="https://forum.example/u/")
    written(2, due=NOW + SECOND)
    written(3, queue="account")

    alone = send(queues=["account"])
    outcome = send()
    send()

    bulk.refresh_from_db()
    assert [sent.subject for sent in mail.outbox] == ["Letter 3", "Letter 1"]
    assert (bulk.state, bulk.sent, bulk.leased_until, bulk.last_error) == (State.SENT, NOW, None, "")
    assert (bulk.text, bulk.html, bulk.calendar) == ("The text", "", "")
    assert alone == outcome == sender.Outcome(sent=1)


def test_secret_is_wiped_once_sent_and_no_log_has_a_word_of_it(caplog):
    caplog.set_level("DEBUG")
    row = written(is_secret=True, text="Your code is 123456", html="<b>123456</b>")

    send()

    row.refresh_from_db()
    assert mail.outbox[0].body == "Your code is 123456"
    assert (row.state, row.text, row.html) == (State.SENT, "", "")
    assert [line for line in caplog.messages if "123456" in line or "@" in line] == []
    assert "mail: 1 sent, 0 failed, 0 cancelled" in caplog.messages


def test_addresses_and_texts_stand_as_mail_servers_read_them(server, settings):
    settings.DEFAULT_FROM_EMAIL = "Forum de Genève <forum@example.org>"
    for address in ("a+b@example.org", "a@exämple.org", '"a b"@example.org'):
        MessageFactory(to=address, text=".\n..two\nno end.")

    send()

    assert {to for to, _id in server.seen} == {"a+b@example.org", "a@xn--exmple-cua.org", '"a b"@example.org'}
    assert {one["From"] for one in server.mails} == {settings.DEFAULT_FROM_EMAIL}
    assert server.senders == {"forum@example.org"}
    assert server.mails[0].get_content().splitlines() == [".", "..two", "no end."]


@pytest.mark.parametrize(
    ("changes", "is_claimed"),
    [
        ({}, True),
        ({"due": NOW + SECOND}, False),
        ({"expires": NOW}, False),
        ({"state": State.DRAFT}, False),
        ({"state": State.SENT}, False),
        ({"state": State.SENDING, "leased_until": NOW + SECOND}, False),
        ({"state": State.SENDING, "leased_until": NOW}, True),  # of a worker that was lost
        ({"queue": "account", "due": NOW + 90 * SECOND, "created": NOW + 90 * SECOND}, True),  # of a clock that is fast
        ({"queue": "account", "due": NOW + 90 * SECOND, "created": NOW + 90 * SECOND, "attempts": 1}, False),
        ({"queue": "account", "due": NOW + 99 * SECOND, "created": NOW + 90 * SECOND}, False),  # it is to wait
        ({"due": NOW + 90 * SECOND, "created": NOW + 90 * SECOND}, False),
    ],
)
def test_which_mails_are_taken(changes, is_claimed):
    row = written()
    Message.objects.update(**changes)

    first = sender.take(changes.get("queue", "bulk"), now=NOW)
    again = sender.take(changes.get("queue", "bulk"), now=NOW)

    row.refresh_from_db()
    assert (first, again) == ([row] if is_claimed else [], [])
    if is_claimed:
        assert (row.state, row.attempts, row.leased_until) == (State.SENDING, 1, NOW + sender.LEASE)


def test_mail_is_asked_again_whether_it_is_wanted_and_what_has_expired_is_cancelled(monkeypatch):
    monkeypatch.setattr(mail_hooks, "unwanted", hooks.Hook())
    mail_hooks.unwanted("letter")(lambda messages, now: {m.pk for m in messages if m.to != "person2@example.org"})
    dropped, _kept, secret, late = written(1), written(2), written(3, is_secret=True), written(4, expires=NOW)

    outcome = send()

    rows = [known(row) for row in (dropped, secret, late)]
    assert [sent.subject for sent in mail.outbox] == ["Letter 2"]
    assert rows == [(State.CANCELLED, 0, Reason.OUTDATED)] * 2 + [(State.CANCELLED, 0, "")]
    assert (dropped.text, secret.text) == ("The text", "")
    assert outcome == sender.Outcome(sent=1, cancelled=3)


@pytest.mark.parametrize("error", [LookupError, OperationalError])  # such as a statement that takes too long
def test_rule_that_breaks_when_it_is_asked_counts_a_try_of_its_mail_alone(monkeypatch, error):
    monkeypatch.setattr(mail_hooks, "unwanted", hooks.Hook())

    @mail_hooks.unwanted("broken")
    def ask(messages, now):
        raise error

    broken, good = written(1, kind="broken"), written(2)
    send()

    assert (known(broken), known(good)[0]) == ((State.QUEUED, 1, Reason.NOT_BUILT), State.SENT)


# --- what servers say -----------------------------------------------------------------------------
def refuse(server, answer):
    server.answers["person1@example.org"] = answer


def end(server, answer):
    server.last_words["person1@example.org"] = answer


def wait(server, _answer):
    server.waits["example.org"] = 1


def delay(server, _answer):
    server.delays["example.org"] = 1


SAID = [
    (refuse, "550 5.1.1 <person1@example.org>: no such\x00 mailbox", State.FAILED, Reason.NO_MAILBOX, "550 5.1.1 … no such mailbox"),
    (refuse, "451 4.7.1 try again later", State.QUEUED, Reason.GREYLISTED, "451 4.7.1 try again later"),
    (refuse, "421 4.3.2 too much of this", State.QUEUED, Reason.BUSY, "421 4.3.2 too much of this"),
    (end, "554 5.7.1 spam", State.FAILED, Reason.UNWANTED, "554 5.7.1 spam"),
    (end, "452 4.2.2 over quota", State.QUEUED, Reason.FULL, "452 4.2.2 over quota"),
    (refuse, "hang up", State.QUEUED, Reason.BROKEN_OFF, "The mail server broke off (SMTPServerDisconnected)"),
    (end, "die", State.QUEUED, Reason.BROKEN_OFF, "The mail server broke off (SMTPServerDisconnected)"),
    (end, "354 go on", State.QUEUED, Reason.BROKEN_OFF, "354 go on"),  # neither yes nor no
    (wait, "", State.QUEUED, Reason.BROKEN_OFF, "The mail server broke off (SMTPServerDisconnected)"),
    (delay, "", State.QUEUED, Reason.BROKEN_OFF, "The mail server broke off (SMTPServerDisconnected)"),
]  # fmt: skip


@pytest.mark.parametrize("queue", [pytest.param("account", marks=pytest.mark.whole), "bulk"])
@pytest.mark.parametrize(("act", "answer", "state", "reason", "said"), SAID)
def test_what_a_server_says_of_a_mail_is_that_mails_alone(server, monkeypatch, queue, act, answer, state, reason, said):
    monkeypatch.setattr(sender, "ANSWER", 0.3)
    act(server, answer)
    row, good = written(queue=queue), written(2, to="a@quick.example", queue=queue)

    outcome = send()

    assert (known(row), row.last_error) == ((state, 1, reason), said)
    assert (known(good), outcome.sent) == ((State.SENT, 1, ""), 1)
    assert row.leased_until is None
    if state == State.QUEUED:
        assert row.due == NOW + (10 if queue == "account" else 60) * SECOND
    assert undelivered.of(Message.objects.all()).exists() is (state == State.FAILED)


def test_of_a_secret_the_codes_alone_are_written_down(server):
    end(server, "554 5.7.1 spam: Your code is 123456")
    row = written(is_secret=True, text="Your code is 123456")

    send()

    assert (known(row)[0], row.last_error) == (State.FAILED, "554 5.7.1")


def out_of_reach(server, settings):
    settings.EMAIL_PORT = 1


def closing(server, settings):
    """It takes a connection, and closes it."""
    listening = socket.create_server(("127.0.0.1", 0))
    settings.EMAIL_PORT = listening.getsockname()[1]
    threading.Thread(target=lambda: (listening.accept()[0].close(), listening.close())).start()


def contradictory(server, settings):
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = True


def shutting_down(server, settings):
    server.sender_answer = "421 4.3.2 shutting down"


def unknown_sender(server, settings):
    server.sender_answer = "550 5.7.1 who are you?"


@pytest.mark.parametrize(
    ("fault", "reason", "is_pausing"),
    [
        (out_of_reach, Reason.UNREACHED, False),
        (closing, Reason.UNREACHED, False),
        (contradictory, Reason.UNREACHED, False),
        (shutting_down, Reason.BUSY, False),
        (unknown_sender, Reason.SENDER, True),  # asked too often, some lock us out
    ],
)
def test_server_that_takes_nothing_at_all_counts_no_try(server, settings, fault, reason, is_pausing):
    rows = [written(number) for number in range(3)]
    fault(server, settings)

    outcome = send()

    found = [(*known(row), row.due, row.leased_until) for row in rows]
    assert (outcome, server.seen) == (sender.Outcome(), [])
    assert found == [(State.QUEUED, 0, reason if not place else "", NOW, None) for place in range(3)]
    server.sender_answer, settings.EMAIL_PORT, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = (
        "",
        server.port,
        False,
        False,
    )
    assert send().sent == (0 if is_pausing else 3)
    cache.clear()
    assert send().sent == (3 if is_pausing else 0)


@pytest.mark.parametrize(
    ("queue", "answer", "waits"),
    [
        ("bulk", "451 4.7.1 greylisted", [60, 300, 900, 3600]),
        ("account", "451 4.7.1 greylisted", [10, 30, 60, 240]),
        ("bulk", "die", [60, 300]),  # it may have the mail: two more at the most
        ("account", "die", [10, 30]),
    ],
)
def test_tries_come_later_and_later_with_one_message_id_and_then_it_has_failed(server, queue, answer, waits):
    (end if answer == "die" else refuse)(server, answer)
    row, now, found = written(queue=queue), NOW, []

    for _try in range(9):
        send(now=now)
        if known(row)[0] == State.FAILED:
            break
        found.append((row.due - now).total_seconds())
        send(now=row.due - SECOND)
        now = row.due

    assert found == waits
    assert (row.state, row.attempts) == (State.FAILED, len(waits) + 1)
    assert list(undelivered.of(Message.objects.all())) == [row]
    assert len({identity for _to, identity in server.seen}) == (answer == "die")
    undelivered.send_again(Message.objects.all(), now=now)
    assert known(row) == (State.QUEUED, 0, "")


@pytest.mark.parametrize("to", ["", "person1@example.org\nBcc: all@example.org"])
def test_mail_that_cannot_be_built_fails_alone(server, to):
    row, good = written(to=to), written(2)

    send()

    assert (known(row), known(good)[0]) == ((State.FAILED, 1, Reason.NOT_BUILT), State.SENT)
    assert [one["To"] for one in server.mails] == ["person2@example.org"]


# --- workers that end, batches that are given back --------------------------------------------------
def test_mails_of_a_lost_worker_go_again_and_what_ended_one_after_the_other_waits_for_organisers(server):
    lost = {"state": State.SENDING, "leased_until": NOW}
    again, ends_workers, fresh = written(1, attempts=1, **lost), written(2, attempts=5, **lost), written(3)

    assert sender.take("bulk", now=NOW) == [again]  # by itself
    Message.objects.filter(pk=again.pk).update(leased_until=NOW)
    send()

    assert [known(again), known(fresh)] == [(State.SENT, 3, ""), (State.SENT, 1, "")]
    assert known(ends_workers)[::2] == (State.FAILED, Reason.CRASHED)
    assert list(undelivered.of(Message.objects.all())) == [ends_workers]


def test_worker_that_comes_too_late_marks_only_what_it_has_sent(server):
    sent, refused = written(1), written(2)
    server.answers = {"person2@example.org": "550 no"}
    frozen = sender.take("bulk", now=NOW)
    Message.objects.update(leased_until=NOW)
    others = [sender.take("bulk", now=NOW), sender.take("bulk", now=NOW)]

    sender._send(frozen, clock=lambda: NOW, outcome=sender.Outcome())

    assert others == [[sent], [refused]]
    assert [known(sent), known(refused)] == [(State.SENT, 2, ""), (State.SENDING, 2, "")]


@pytest.mark.parametrize("why", ["it stops", "the time is over", "it has expired"])
def test_what_does_not_go_is_given_back_untried(server, monkeypatch, why):
    first, second = written(1), written(2, expires=NOW + SECOND)
    rows, moments, mark = sender.take("bulk", now=NOW), [NOW], sender._mark

    def marked(*arguments, **named):
        mark(*arguments, **named)
        if why == "it stops":
            sender.stop()
        elif why == "it has expired":
            moments.append(NOW + SECOND)
        else:
            monkeypatch.setattr(time, "monotonic", lambda: float("inf"))

    monkeypatch.setattr(sender, "_mark", marked)
    sender._send(rows, clock=lambda: moments[-1], outcome=sender.Outcome())
    sender._stopping.clear()

    assert (known(first), known(second), second.leased_until) == ((State.SENT, 1, ""), (State.QUEUED, 0, ""), None)


def test_what_the_server_took_while_the_database_was_away_is_marked_once_it_is_back(server, monkeypatch):
    row, tries, mark = written(), [], sender._mark
    monkeypatch.setattr(time, "sleep", lambda seconds: None)

    def away(*arguments, **named):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError
        mark(*arguments, **named)

    monkeypatch.setattr(sender, "_mark", away)
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    monkeypatch.setattr(connection, "close", lambda: None)

    send()

    assert (known(row)[0], len(server.seen), len(tries)) == (State.SENT, 1, 3)


def test_outage_while_it_is_asked_what_is_wanted_leaves_the_mail_as_it_was(server, monkeypatch):
    row = written()
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with monkeypatch.context() as patch:
        patch.setattr(sender.outbox, "unwanted", lambda rows, now: (_ for _ in ()).throw(OperationalError))
        with pytest.raises(OperationalError):
            send()

    assert (known(row), row.leased_until) == ((State.QUEUED, 0, ""), None)
