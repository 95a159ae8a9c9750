import time
from datetime import timedelta

import pytest
from django.core import mail
from django.db import OperationalError, connection

from events import hooks
from events.mail import delivery, places, room, undelivered
from events.models import Message
from tests.factories import NOW, MessageFactory
from tests.mail_servers import Server, started
from tests.waiting import until

pytestmark = pytest.mark.django_db
State = Message.State


def written(number=1, **changes):
    values = {"dedupe_key": f"letter:{number}", "to": f"person{number}@example.org", "subject": f"Letter {number}"}
    return MessageFactory(**values | changes)


def deliver(*, now=NOW, queues=("account", "bulk")):
    return delivery.deliver(queues, clock=lambda: now)


def known(message):
    message.refresh_from_db()
    return message.state, message.attempts, message.doubts


def test_deliver_sends_what_is_due_once_and_keeps_the_text_only():
    message = written(html="<p>The text</p>", calendar="BEGIN:VCALENDAR", unsubscribe_url="https://forum.example/u/")
    written(2, due=NOW + timedelta(seconds=1))

    outcome = deliver()
    deliver()

    message.refresh_from_db()
    assert [sent.to for sent in mail.outbox] == [["person1@example.org"]]
    assert (message.state, message.sent, message.leased_until) == (State.SENT, NOW, None)
    assert (message.text, message.html, message.calendar) == ("The text", "", "")
    assert outcome == delivery.Outcome(sent=1)


def test_deliver_nothing_opens_no_connection(settings):
    settings.DELIVERY_BACKEND = "django.core.mail.backends.nothing"

    assert deliver() == delivery.Outcome()


def test_deliver_sends_account_mails_first_or_alone():
    written(1)
    written(2, queue="account")

    deliver(queues=["account"])
    alone = [sent.subject for sent in mail.outbox]
    Message.objects.update(state=State.QUEUED)
    deliver()

    assert (alone, [sent.subject for sent in mail.outbox[1:]]) == (["Letter 2"], ["Letter 2", "Letter 1"])


def test_deliver_wipes_a_secret_once_sent_and_logs_no_word_of_it(caplog):
    caplog.set_level("DEBUG")
    message = written(is_secret=True, text="Your code is 123456", html="<b>123456</b>")

    deliver()

    message.refresh_from_db()
    assert mail.outbox[0].body == "Your code is 123456"
    assert (message.state, message.text, message.html) == (State.SENT, "", "")
    assert [line for line in caplog.messages if "123456" in line or "@" in line] == []
    assert "mail: 1 sent, 0 failed, 0 cancelled" in caplog.messages


def test_deliver_asks_again_whether_a_mail_is_wanted_and_cancels_what_has_expired(monkeypatch):
    monkeypatch.setattr(hooks, "unwanted", hooks.Hook())
    hooks.unwanted("letter")(lambda messages, now: {m.pk for m in messages if m.to != "person2@example.org"})
    dropped, _kept, secret, late = written(1), written(2), written(3, is_secret=True), written(4, expires=NOW)

    outcome = deliver()

    for row in (dropped, secret, late):
        row.refresh_from_db()
    assert [sent.subject for sent in mail.outbox] == ["Letter 2"]
    assert (dropped.state, dropped.text, late.state) == (State.CANCELLED, "The text", State.CANCELLED)
    assert (secret.state, secret.text) == (State.CANCELLED, "")
    assert outcome == delivery.Outcome(sent=1, cancelled=3)


def test_deliver_refused_for_good_has_failed_and_the_others_go_on_over_one_connection(server):
    server.answers["person1@example.org"] = "550 5.1.1 <person1@example.org>: no such mailbox here"
    server.answers["person4@example.org"] = "554 5.7.1 spam: Your code is 123456"
    message, secret = written(1), written(4, is_secret=True, text="Your code is 123456")
    written(2)
    written(3)

    outcome = deliver()

    message.refresh_from_db()
    secret.refresh_from_db()
    assert [m["To"] for m in server.mails] == ["person2@example.org", "person3@example.org"]
    assert (message.state, message.attempts) == (State.FAILED, 1)
    assert message.last_error == "550 5.1.1 … no such mailbox here"
    assert (secret.state, secret.last_error) == (State.FAILED, "554 5.7.1")  # of a secret only the codes
    assert (outcome, server.connections) == (delivery.Outcome(sent=2, failed=2), 1)


def test_deliver_refused_for_now_is_tried_later_and_later_and_fails_after_five(server):
    server.answers["person1@example.org"] = "451 4.7.1 try again later"
    message = written(1)
    now, waits = NOW, []

    for _try in range(5):
        deliver(now=now)
        message.refresh_from_db()
        waits.append((message.state, (message.due - now) // timedelta(minutes=1)))
        now = max(now, message.due)

    assert waits[:4] == [("queued", 1), ("queued", 5), ("queued", 15), ("queued", 60)]
    assert (message.state, message.attempts, message.last_error) == (State.FAILED, 5, "451 4.7.1 try again later")


def test_code_that_is_refused_for_now_is_tried_again_soon(server):
    server.answers["person1@example.org"] = "451 4.7.1 greylisted"
    message = written(1, queue="account")
    now, waits = NOW, []

    for _try in range(6):
        deliver(now=now)
        message.refresh_from_db()
        waits.append((message.due - now).total_seconds())
        now = max(now, message.due)

    assert (waits[:5], now - NOW) == ([5, 15, 40, 120, 300], timedelta(minutes=8))
    assert message.state == State.FAILED


def test_deliver_connects_again_when_the_server_hangs_up(server):
    server.answers["person1@example.org"] = "hang up"
    message = written(1)
    written(2)

    deliver()

    message.refresh_from_db()
    assert ([m["To"] for m in server.mails], server.connections) == (["person2@example.org"], 2)
    assert (message.state, message.attempts) == (State.QUEUED, 1)
    assert message.last_error == "The mail server broke off (SMTPServerDisconnected)"


def test_deliver_without_a_server_gives_all_back_and_counts_no_try(settings, smtp):
    settings.EMAIL_PORT = 1
    messages = [written(1), written(2)]

    outcome = deliver()

    for message in messages:
        message.refresh_from_db()
    assert outcome == delivery.Outcome()
    assert [(m.state, m.attempts, m.due, m.last_error) for m in messages] == [
        (State.QUEUED, 0, NOW, "The mail server is not reached (ConnectionRefusedError)"),
        (State.QUEUED, 0, NOW, ""),  # one is enough to ask
    ]
    assert messages[0].reason == Message.Reason.UNREACHED


def test_deliver_mail_that_cannot_be_built_fails_alone(smtp):
    message = written(1, to="person1@example.org\nBcc: all@example.org")
    written(2)

    outcome = deliver()

    message.refresh_from_db()
    assert (message.state, message.last_error) == (State.FAILED, "The mail cannot be built (ValueError)")
    assert ([m["To"] for m in smtp.mails], outcome.sent) == (["person2@example.org"], 1)


# --- the answer that does not come ------------------------------------------------------------------
def test_answer_lost_after_the_last_word_is_perhaps_delivered_and_repeated_once(server):
    server.last_words["person1@example.org"] = "die"
    message, other = written(1), written(2)

    deliver()
    first = known(message)
    waits = message.due - NOW
    deliver(now=NOW + timedelta(seconds=59))
    deliver(now=NOW + timedelta(seconds=60))
    deliver(now=NOW + timedelta(days=1))

    assert (first, waits, known(message)) == ((State.PERHAPS, 1, 1), timedelta(minutes=1), (State.PERHAPS, 2, 2))
    assert (message.reason, message.leased_until) == (Message.Reason.UNANSWERED, None)
    copies = [identity for address, identity in server.seen if address == message.to]
    assert (len(copies), len(set(copies))) == (2, 1)
    assert known(other)[0] == State.SENT


def test_repeat_that_is_answered_is_sent_and_one_that_is_refused_stays_in_doubt(server):
    server.last_words |= {"person1@example.org": "die", "person2@example.org": "die", "person3@example.org": "die"}
    answered, refused, later = written(1), written(2), written(3)
    deliver()
    server.last_words = {"person2@example.org": "550 5.7.1 no", "person3@example.org": "451 later"}

    deliver(now=NOW + timedelta(minutes=1))

    assert known(answered) == (State.SENT, 1, 1)
    assert known(refused) == (State.PERHAPS, 2, 2)
    assert known(later) == (State.PERHAPS, 2, 1)
    assert later.due == NOW + timedelta(minutes=1 + 5)


def test_mail_in_doubt_that_nobody_wants_or_that_is_too_late_is_not_repeated(server, monkeypatch):
    monkeypatch.setattr(hooks, "unwanted", hooks.Hook())
    unwanted = written(1, state=State.PERHAPS, doubts=1)
    late = written(2, state=State.PERHAPS, doubts=1, expires=NOW)
    secret = written(3, state=State.PERHAPS, doubts=1, expires=NOW, is_secret=True)
    hooks.unwanted("letter")(lambda messages, now: {m.pk for m in messages})

    deliver()

    assert [known(row) for row in (unwanted, late, secret)] == [(State.PERHAPS, 0, 2)] * 3
    assert (late.text, secret.text, server.seen) == ("The text", "", [])


def test_server_that_answers_late_is_waited_for_and_the_row_says_so_meanwhile(server, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.05)
    server.delays["slow.example"] = 1
    slow = written(1, to="a@slow.example")
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held.turn()
    until(lambda: server.seen)

    time.sleep(0.1)
    held.turn()
    meanwhile = known(slow), slow.leased_until
    while not held.is_without_work:
        held.listen(0.2)
        held.turn()

    assert meanwhile == ((State.PERHAPS, 0, 1), NOW + timedelta(seconds=45))
    assert (known(slow)[0], len(server.seen)) == (State.SENT, 1)
    held.dismiss(is_waiting=True)


def test_server_that_refuses_late_has_not_delivered(server, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.05)
    server.delays["slow.example"] = 0.5
    server.last_words["a@slow.example"] = "451 4.7.1 later"
    slow = written(1, to="a@slow.example")

    deliver()

    assert known(slow) == (State.QUEUED, 1, 0)


# --- places -------------------------------------------------------------------------------------------
def test_slow_domain_keeps_its_places_and_all_others_go_on(server, settings, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.05)
    settings.MAIL_CONNECTIONS = 12
    server.delays["slow.example"] = 20
    slow = [written(number, to=f"{number}@slow.example") for number in range(12)]
    for number in range(12, 60):
        written(number)
    code = written(99, queue="account")
    held = delivery.Delivery(["account", "bulk"], clock=lambda: NOW)

    held.turn()
    while Message.objects.filter(state=State.SENT, to__endswith="@example.org").count() < 49:
        held.listen(0.02)
        held.turn()

    assert known(code)[0] == State.SENT
    assert not Message.objects.filter(pk__in=[row.pk for row in slow], state=State.SENT).exists()
    assert 3 <= len([errand for errand in held.away if errand.domain == "slow.example"]) <= 4  # one feels
    held.give_up()
    assert {row.leased_until for row in Message.objects.all()} == {None}
    held.dismiss(is_waiting=True)


def test_slow_domains_together_leave_a_place_for_others(server, settings, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.05)
    monkeypatch.setattr(room, "FEEL_EVERY", 0.05)
    settings.MAIL_CONNECTIONS = 8
    names = [f"slow{number}.example" for number in range(6)]
    for number in range(60):
        server.delays[names[number % 6]] = 20
        written(number, to=f"{number}@{names[number % 6]}")
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    ends = time.monotonic() + 1
    while time.monotonic() < ends:
        held.inbox.put(None)
        held.listen(0.02)
        held.turn()
    other = written(99)
    held.inbox.put(None)
    held.listen(0.02)
    held.turn()
    until(lambda: other.to in [address for address, _identity in server.seen])

    by_domain = [sum(errand.domain == name for errand in held.away) for name in names]
    assert max(by_domain) <= 3
    held.give_up()
    held.dismiss(is_waiting=True)


def test_server_that_is_quick_again_is_found_while_others_still_wait_for_it(server, settings, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.05)
    monkeypatch.setattr(room, "FEEL_EVERY", 0.3)
    settings.MAIL_CONNECTIONS = 4  # one place for a slow domain
    server.delays["slow.example"] = 20
    slow = written(1, to="a@slow.example")
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held.turn()
    until(lambda: server.seen)
    server.delays.clear()
    quick = [written(number, to=f"{number}@slow.example") for number in range(2, 8)]

    while known(quick[-1])[0] != State.SENT:
        held.inbox.put(None)
        held.listen(0.05)
        held.turn()

    assert known(slow)[0] == State.PERHAPS
    held.give_up()
    held.dismiss(is_waiting=True)


def test_one_mail_at_a_time_is_between_its_last_word_and_its_mark(server, settings, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 60)
    settings.MAIL_CONNECTIONS = 12
    server.delays["example.org"] = 0.02
    for number in range(12):
        written(number)
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    ahead = []

    held.turn()
    while not held.is_without_work:
        held.listen(0.01)
        ahead.append(len(server.seen) - Message.objects.filter(state=State.SENT).count())
        held.turn()

    assert (max(ahead), len(server.seen)) == (1, 12)
    held.dismiss(is_waiting=True)


def test_without_the_turn_for_the_last_word_a_kill_could_repeat_many(server, settings):
    """The control of the test above."""
    settings.MAIL_CONNECTIONS = 20
    for number in range(12):
        written(number, to=f"a@{number}.example")
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held._last_word = places.LastWord(99)

    held.turn()
    until(lambda: len(server.seen) == 12)

    assert Message.objects.filter(state=State.SENT).count() == 0
    while not held.is_without_work:
        held.listen(0.2)
        held.turn()
    held.dismiss(is_waiting=True)


def test_server_that_takes_few_connections_gets_few(settings, smtp):
    class Narrow(Server):
        """Lets two in; says 421 to everybody else."""

        open = 0

        async def handle_EHLO(self, server, session, envelope, hostname, responses):
            await super().handle_EHLO(server, session, envelope, hostname, responses)
            self.open += 1
            if self.open > 2:
                self.open -= 1
                return ["421 4.7.0 too many connections"]
            return responses

        async def handle_QUIT(self, server, session, envelope):
            self.open -= 1
            return "221 Bye"

    settings.MAIL_CONNECTIONS = 12
    server = Narrow()
    with started(server):
        server.open = 0
        settings.EMAIL_PORT = server.port
        for number in range(20):
            written(number)
        outcome = deliver()

    assert outcome == delivery.Outcome(sent=20)
    assert {known(row)[1:] for row in Message.objects.all()} == {(0, 0)}


def test_connection_that_the_server_closed_meanwhile_is_opened_again_without_a_try(server):
    first, second = written(1), written(2, due=NOW + timedelta(hours=1))
    moments = [NOW]
    held = delivery.Delivery(["bulk"], clock=lambda: moments[0])
    held.turn()
    while not held.is_without_work:
        held.listen(0.2)
        held.turn()
    [place] = held._idle
    place.courier._connection.connection.sock.shutdown(2)

    moments[0] = NOW + timedelta(hours=1)
    held.inbox.put(None)
    held.listen(0.2)
    held.turn()
    while not held.is_without_work:
        held.listen(0.2)
        held.turn()

    assert (known(first), known(second)) == ((State.SENT, 0, 0), (State.SENT, 0, 0))
    assert server.connections == 2
    held.dismiss(is_waiting=True)


def test_room_is_what_the_server_allows():
    of_20 = room.Room(20)
    seen = [of_20.allowed(0)]

    of_20.no_connection(others=3, now=0)  # one connection more was refused
    seen += [of_20.allowed(1), of_20.allowed(room.FEWER_PLACES)]
    of_20.no_connection(others=0, now=40)  # nobody is there
    seen += [of_20.allowed(41), of_20.is_pausing(41), of_20.allowed(42), of_20.is_pausing(42), of_20.allowed(99)]
    of_20.connected()

    assert seen == [20, 3, 20, 0, True, 1, False, 1]
    assert of_20.allowed(99) == 20


def test_settings_that_contradict_each_other_hold_no_row(settings, smtp, caplog):
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = True
    row = written(1)

    deliver()

    assert known(row) == (State.QUEUED, 0, 0)
    assert row.reason == Message.Reason.UNREACHED
    assert any("no connection can be made (ValueError)" in line for line in caplog.messages)


def test_answer_with_signs_that_no_database_takes_is_written_down_without_them(server):
    server.answers["person1@example.org"] = "550 5.1.1 no\x00 such\x1b[31m user"
    bad, good = written(1), written(2)

    deliver()

    assert (known(bad), known(good)[0]) == ((State.FAILED, 1, 0), State.SENT)
    assert bad.last_error == "550 5.1.1 no such [31m user"


@pytest.mark.parametrize("error", [LookupError, OperationalError])  # such as a statement that takes too long
def test_rule_that_breaks_when_it_is_asked_stops_no_other_kind(monkeypatch, error):
    monkeypatch.setattr(hooks, "unwanted", hooks.Hook())

    @hooks.unwanted("broken")
    def ask(messages, now):
        raise error

    broken, good = written(1, kind="broken"), written(2)
    deliver()

    assert (known(broken), broken.reason) == ((State.QUEUED, 1, 0), Message.Reason.NOT_BUILT)
    assert known(good)[0] == State.SENT


def test_many_mails_that_nobody_wants_hold_up_nothing_that_is_on_its_way(monkeypatch, settings):
    monkeypatch.setattr(hooks, "unwanted", hooks.Hook())
    settings.MAIL_CONNECTIONS = 12

    @hooks.unwanted("letter")
    def ask(messages, now):
        time.sleep(0.1)
        return {message.pk for message in messages}

    for number in range(60):
        written(number)
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held.turn()
    first, began = Message.objects.filter(state=State.CANCELLED).count(), time.monotonic()
    held.listen(5)
    waited = time.monotonic() - began
    while not held.is_without_work:
        held.listen(5)
        held.turn()

    assert (0 < first < 60, waited < 1) == (True, True)
    assert (held.outcome.cancelled, Message.objects.filter(state=State.CANCELLED).count()) == (60, 60)


def test_machine_that_allows_no_more_threads_sends_with_those_that_it_has(server, settings, monkeypatch):
    settings.MAIL_CONNECTIONS = 12
    start, started_ones = delivery.Place.start, []

    def seldom(place):
        if started_ones:
            raise RuntimeError("can't start new thread")
        started_ones.append(place)
        start(place)

    monkeypatch.setattr(delivery.Place, "start", seldom)
    rows = [written(number) for number in range(4)]
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held.turn()
    first = [known(row)[0] for row in rows], len(held.away)
    while not held.is_without_work:
        held.listen(0.2)
        held.turn()

    assert first == ([State.SENDING, *[State.QUEUED] * 3], 1)
    assert {known(row)[0] for row in rows} == {State.SENT}
    held.dismiss(is_waiting=True)


def test_mail_without_a_recipient_has_failed(server):
    row = written(1, to="")

    deliver()

    assert (known(row), row.last_error) == ((State.FAILED, 1, 0), "The mail cannot be built (NobodyToSendTo)")


def test_mails_to_a_domain_that_the_database_spells_otherwise_are_not_asked_for_again_at_once(settings):
    settings.MAIL_CONNECTIONS = 4  # one place for a slow domain
    written(1, to="nowhere")
    waiting = written(2, to="nowhere")
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    [row] = delivery.leases.claim("bulk", now=NOW, limit=1)
    held.away.append(places.Errand(row, held_until=time.monotonic() + 60, last_word=held._last_word, is_slow=True))

    assert not held._look("bulk", limit=3)
    assert known(waiting) == (State.QUEUED, 0, 0)


def test_row_that_cannot_be_marked_stops_no_other(server, monkeypatch):
    mark = delivery.leases.mark_sent

    def fail(message, *, now):
        if message.pk == bad.pk:
            raise ValueError
        return mark(message, now=now)

    monkeypatch.setattr(delivery.leases, "mark_sent", fail)
    bad, good = written(1), written(2)

    deliver()

    assert (known(bad)[0], known(good)[0]) == (State.SENDING, State.SENT)


def test_outage_while_it_is_asked_what_is_wanted_loses_and_doubles_nothing(server, monkeypatch):
    row, ask = written(1), delivery.outbox.unwanted
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)

    def away(messages, *, now):
        raise OperationalError

    monkeypatch.setattr(connection, "is_usable", lambda: False)
    monkeypatch.setattr(delivery.outbox, "unwanted", away)
    for _try in range(2):
        with pytest.raises(OperationalError):
            held.turn()
    monkeypatch.setattr(delivery.outbox, "unwanted", ask)
    while not held.is_without_work:
        held.turn()
        held.listen(0.2)

    assert (known(row)[0], len(server.seen)) == (State.SENT, 1)
    held.dismiss(is_waiting=True)


# --- mails that end their worker ------------------------------------------------------------------------
def lost(number, **changes):
    """A mail whose worker was lost."""
    return written(number, state=State.SENDING, leased_until=NOW - timedelta(minutes=number), **changes)


def test_mail_that_ended_one_worker_after_the_other_is_set_aside_for_organisers(server):
    row, in_doubt, good = lost(1, crashes=2), lost(2, crashes=2, doubts=1), lost(3, crashes=1)

    deliver()

    assert [known(one) for one in (row, in_doubt, good)] == [
        (State.FAILED, 1, 0),
        (State.PERHAPS, 1, 2),
        (State.SENT, 0, 0),
    ]
    assert [address for address, _identity in server.seen] == [good.to]
    assert list(undelivered.of(Message.objects.order_by("pk"))) == [row, in_doubt]
    assert {one.reason for one in (row, in_doubt)} == {Message.Reason.CRASHED}
    undelivered.send_again(Message.objects.filter(pk=row.pk), now=NOW)
    assert (known(row)[0], row.crashes) == (State.QUEUED, 0)


def test_mails_of_lost_workers_never_go_together(server, settings):
    settings.MAIL_CONNECTIONS = 12
    rows = [lost(number) for number in range(1, 4)]
    fresh = [written(number) for number in range(4, 8)]
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)

    held.turn()
    together, beside = [errand.message.crashes for errand in held.away], set()
    while not held.is_without_work:
        held.listen(0.2)
        held.inbox.put(None)
        held.turn()
        together.append(sum(errand.message.crashes for errand in held.away))
        beside |= {len(held.away) for errand in held.away if errand.message.crashes}

    assert together[0] == max(together) == 1
    assert (len(beside), beside) == (1, {1})
    assert {known(row)[0] for row in [*rows, *fresh]} == {State.SENT}
    held.dismiss(is_waiting=True)


# --- leases, stopping, the database ---------------------------------------------------------------------
def test_lease_is_renewed_while_a_slow_server_is_waited_for(server, settings):
    settings.OUTBOX_LEASE_SECONDS = 0.4
    server.delays["slow.example"] = 1
    slow = written(1, to="a@slow.example")
    began = time.monotonic()
    held = delivery.Delivery(["bulk"], clock=lambda: NOW + timedelta(seconds=time.monotonic() - began))
    leases_seen, other_found = set(), []

    held.turn()
    while not held.is_without_work:
        held.listen(0.05)
        held.turn()
        other_found += delivery.leases.take_over("bulk", now=held.clock(), limit=9)
        leases_seen.add(Message.objects.get(pk=slow.pk).leased_until)

    assert (known(slow)[0], other_found, len(server.seen)) == (State.SENT, [], 1)
    assert len(leases_seen) > 4
    held.dismiss(is_waiting=True)


def test_mail_whose_lease_ran_out_before_its_last_word_is_not_handed_over(server):
    row = written(1)
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held._last_word.wait(places.Errand(row, held_until=0, last_word=held._last_word), check=lambda: None)
    held.turn()
    [errand] = held.away
    Message.objects.update(leased_until=NOW + timedelta(seconds=500))  # another worker has it

    held._renew_at = 0
    held.turn()
    held.listen(2)
    held.turn()

    assert (errand.verdict, server.seen, known(row)) == (places.Verdict.HELD_BACK, [], (State.SENDING, 0, 0))
    held.dismiss(is_waiting=True)


def test_mail_that_expires_while_its_server_takes_its_time_does_not_go(server):
    server.waits["slow.example"] = 0.6
    row = written(1, to="a@slow.example", expires=NOW + timedelta(seconds=0.3))
    began = time.monotonic()

    outcome = delivery.deliver(["bulk"], clock=lambda: NOW + timedelta(seconds=time.monotonic() - began))

    assert (server.seen, outcome.sent) == ([], 0)
    row.refresh_from_db()
    assert row.state == State.QUEUED  # until the next sweep of what has expired


def test_mail_that_nobody_wants_any_more_while_its_server_takes_its_time_does_not_go(server, monkeypatch):
    monkeypatch.setattr(hooks, "unwanted", hooks.Hook())
    server.waits["slow.example"] = 0.6
    row, gone = written(1, to="a@slow.example"), set()
    hooks.unwanted("letter")(lambda messages, now: gone & {message.pk for message in messages})
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held.turn()
    gone.add(row.pk)
    held._renew_at = 0
    while not held.is_without_work:
        held.turn()
        held.listen(0.1)

    assert (server.seen, known(row)[0]) == ([], State.CANCELLED)
    held.dismiss(is_waiting=True)


def test_stopping_gives_back_what_is_not_handed_over_and_doubts_what_is_not_answered(server, settings):
    settings.MAIL_CONNECTIONS = 12
    server.delays["slow.example"] = 2
    unanswered = written(1, to="a@slow.example")
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held.turn()
    until(lambda: server.seen)
    others = [written(number) for number in range(2, 12)]
    held.inbox.put(None)
    held.listen(1)
    held.turn()

    held.give_up()

    assert known(unanswered) == (State.PERHAPS, 1, 1)
    assert {(*known(row), row.leased_until) for row in others} == {(State.QUEUED, 0, 0, None)}
    assert (held.is_busy, len(server.seen)) == (False, 1)


def test_what_the_server_took_while_the_database_was_away_is_marked_when_it_is_back(server, monkeypatch):
    row = written(1)
    held = delivery.Delivery(["bulk"], clock=lambda: NOW)
    held.turn()
    held.listen(5)

    def away(*_arguments, **_more):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(delivery.leases, "mark_sent", away)
        for _try in range(2):
            with pytest.raises(OperationalError):
                held.turn()
    held.turn()

    assert (known(row)[0], len(server.seen), held.is_busy) == (State.SENT, 1, False)
    held.dismiss(is_waiting=True)
