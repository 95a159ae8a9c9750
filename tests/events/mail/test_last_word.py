"""Codes before others, a server that hangs, and one that refuses us: nobody waits for what is not theirs."""

import threading
import time

import pytest

from events.mail import delivery, places, room
from events.models import Message
from tests.factories import NOW, MessageFactory
from tests.waiting import until

pytestmark = pytest.mark.django_db
State = Message.State


def state(row):
    row.refresh_from_db()
    return row.state, row.attempts, row.reason


def turn_until(held, condition, *, seconds=10):
    """Work until a condition holds; return how many seconds that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        held.listen(0.02)
        held.turn()
    return time.monotonic() - began


def errand(word, queue="bulk"):
    return places.Errand(MessageFactory(queue=queue), held_until=time.monotonic() + 60, last_word=word)


def test_line_for_the_last_word_lets_codes_before_others_and_all_in_their_order():
    word, said = places.LastWord(), []

    def say(one):
        word.wait(one, check=lambda: None)
        said.append(one)

    first, bulk, more, code, second_code = line = [errand(word, queue) for queue in ("bulk",) * 3 + ("account",) * 2]
    for number, one in enumerate(line, start=1):
        threading.Thread(target=say, args=[one]).start()
        until(lambda number=number: len(word._line) == number)
    for one in (first, code, second_code, bulk, more):
        until(lambda one=one: said and said[-1] is one)
        word.pass_on(one)

    assert said == [first, code, second_code, bulk, more]


def test_who_leaves_the_line_holds_up_nobody():
    word = places.LastWord()
    first, called_back, last = (errand(word) for _each in range(3))
    first.before_the_dot()
    called_back.call_back()
    with pytest.raises(places.HeldBack):
        called_back.before_the_dot()
    word.pass_on(called_back)
    word.pass_on(first)

    last.before_the_dot()

    assert last.dot_at


def test_code_does_not_wait_behind_other_mails_of_a_server_that_takes_its_time(server, settings, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.5)
    settings.MAIL_CONNECTIONS = 20
    for number in range(12):
        server.delays[f"{number}.example"] = 0.2
        MessageFactory(to=f"a@{number}.example")
    held = delivery.Delivery(["account", "bulk"], clock=lambda: NOW)
    turn_until(held, lambda: Message.objects.filter(state=State.SENT).count() >= 5)

    assert not any(one.is_slow for one in held.away)  # they wait for us, not for the server
    code = MessageFactory(queue="account", to="code@0.example")
    before = len(server.seen)
    held.inbox.put(None)
    turn_until(held, lambda: state(code)[0] == State.SENT)

    assert "code@0.example" in [address for address, _identity in server.seen][: before + 2]
    held.give_up()
    held.dismiss(is_waiting=True)


@pytest.mark.parametrize("is_slow_already", [True, False])
def test_one_hanging_mail_and_one_refused_connection_stop_nobody_once_healed(
    server, settings, monkeypatch, is_slow_already
):
    monkeypatch.setattr(delivery, "PATIENCE", 0.3)
    monkeypatch.setattr(room, "WITHOUT_SERVER", 0.3)
    settings.MAIL_CONNECTIONS = 20
    server.delays["slow.example"] = 60
    MessageFactory(to="a@slow.example")
    held = delivery.Delivery(["account", "bulk"], clock=lambda: NOW)
    turn_until(held, lambda: server.seen)
    if is_slow_already:
        turn_until(held, lambda: held.away[0].is_slow)
    good, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    code = MessageFactory(queue="account")
    held.inbox.put(None)
    turn_until(held, lambda: state(code)[2] == Message.Reason.UNREACHED)

    settings.EMAIL_PORT = good
    held.inbox.put(None)

    assert turn_until(held, lambda: state(code)[0] == State.SENT) < 5
    held.give_up()
    held.dismiss(is_waiting=True)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("530 5.7.0 authentication required", Message.Reason.LOG_IN),
        ("553 5.7.1 sender address rejected: not owned by user", Message.Reason.SENDER),
        ("550 no", Message.Reason.SENDER),
    ],
)
def test_server_that_refuses_our_sender_fails_no_mail(server, answer, reason):
    server.sender_answer = answer
    rows = [MessageFactory(), MessageFactory()]

    delivery.deliver(["bulk"], clock=lambda: NOW)
    first = [state(row) for row in rows]
    server.sender_answer = ""
    delivery.deliver(["bulk"], clock=lambda: NOW)

    assert [(one, attempts) for one, attempts, _reason in first] == [(State.QUEUED, 0)] * 2
    assert first[0][2] == reason
    assert {state(row)[0] for row in rows} == {State.SENT}


def test_mail_that_is_too_large_is_refused_alone(server):
    server.sender_answer = "552 5.3.4 message size exceeds fixed limit"
    row = MessageFactory()

    delivery.deliver(["bulk"], clock=lambda: NOW)

    assert state(row) == (State.FAILED, 1, Message.Reason.TOO_LARGE)


def test_pause_grows_while_our_log_in_is_refused():
    of_20, pauses, now = room.Room(20), [], 0.0
    for _try in range(6):
        of_20.refused(now=now)
        of_20.refused(now=now)  # of another place that was on its way
        pauses.append(next(seconds for seconds in range(1, 99) if of_20.allowed(now + seconds)))
        now += pauses[-1]
    of_20.connected()
    of_20.refused(now=now)

    assert pauses == [2, 4, 8, 16, 30, 30]
    assert (of_20.is_pausing(now + 1.9), of_20.allowed(now + 2, hanging=3)) == (True, 4)
