import itertools
import smtplib
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.core import mail

from events import hooks
from events.mail import delivery
from events.models import Message
from tests.conftest import Mailbox, _free_port
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db
State = Message.State


def written(number=1, **changes):
    values = {"dedupe_key": f"letter:{number}", "to": f"person{number}@example.org", "subject": f"Letter {number}"}
    return MessageFactory(**values | changes)


def deliver(*, now=NOW, queues=("account", "bulk"), **options):
    return delivery.deliver(queues, clock=lambda: now, **options)


class Ticking:
    """A clock that goes on by a step each time somebody looks."""

    def __init__(self, seconds):
        self.steps = itertools.count()
        self.seconds = seconds

    def __call__(self):
        return NOW + timedelta(seconds=next(self.steps) * self.seconds)


class Server(Mailbox):
    """A mail server that refuses some recipients: address → answer, or "hang up" (once)."""

    def __init__(self):
        super().__init__()
        self.answers = {}
        self.connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answers.get(address) == "hang up":
            del self.answers[address]
            server.transport.close()
            return "250 OK"
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def server(smtp, settings):
    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=_free_port())
    controller.start()
    server.connections = 0  # starting makes one
    settings.EMAIL_PORT = controller.port
    yield server
    controller.stop()


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


@pytest.mark.parametrize(("batch", "lease", "tick", "seconds"), [(1, 300, 1, 3), (50, 8, 2, 0)], ids=["time", "lease"])
def test_deliver_stops_after_its_seconds_or_where_the_lease_ends(settings, monkeypatch, batch, lease, tick, seconds):
    monkeypatch.setattr(delivery, "BATCH", batch)
    settings.OUTBOX_LEASE_SECONDS = lease
    first, second = written(1), written(2)

    outcome = delivery.deliver(["bulk"], clock=Ticking(tick), seconds=seconds)

    first.refresh_from_db()
    second.refresh_from_db()
    assert outcome == delivery.Outcome(sent=1, has_more=True)
    assert (first.state, second.state, second.leased_until, second.attempts) == (State.SENT, State.QUEUED, None, 0)


def test_claim_takes_the_longest_waiting_up_to_its_limit_and_nothing_twice_until_the_lease_is_over():
    written(1, due=NOW)
    written(2, due=NOW - timedelta(hours=1))
    written(3, due=NOW + timedelta(hours=1))

    [taken] = delivery.claim("bulk", now=NOW, limit=1)
    later = [delivery.claim("bulk", now=NOW + timedelta(seconds=seconds), limit=50) for seconds in (0, 299, 300)]

    assert (taken.subject, taken.state, taken.leased_until) == ("Letter 2", State.SENDING, NOW + timedelta(seconds=300))
    assert [[row.subject for row in rows] for rows in later] == [["Letter 1"], [], ["Letter 1", "Letter 2"]]


def test_mark_sent_after_the_lease_was_lost_changes_nothing():
    written(1)
    [slow] = delivery.claim("bulk", now=NOW, limit=50)
    [quick] = delivery.claim("bulk", now=NOW + timedelta(seconds=300), limit=50)

    is_marked = delivery.mark_sent(slow, now=NOW)

    quick.refresh_from_db()
    assert (is_marked, quick.state, quick.leased_until) == (False, State.SENDING, NOW + timedelta(seconds=600))


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
        (State.QUEUED, 0, NOW, "The mail server is not reached (ConnectionRefusedError)")
    ] * 2


def test_deliver_mail_that_cannot_be_built_fails_alone(smtp):
    message = written(1, to="person1@example.org\nBcc: all@example.org")
    written(2)

    outcome = deliver()

    message.refresh_from_db()
    assert (message.state, message.last_error) == (State.FAILED, "The mail cannot be built (ValueError)")
    assert ([m["To"] for m in smtp.mails], outcome.sent) == (["person2@example.org"], 1)


def test_mail_has_the_headers_of_an_automatic_mail_and_keeps_its_id(smtp):
    message = written(1, language="fr", unsubscribe_url="https://forum.example/unsubscribe/abc/")

    deliver()
    Message.objects.update(state=State.QUEUED)
    deliver(now=NOW + timedelta(minutes=5))

    received, again = smtp.mails
    assert (received["Auto-Submitted"], received["Content-Language"]) == ("auto-generated", "fr")
    assert received["List-Unsubscribe"] == "<https://forum.example/unsubscribe/abc/>"
    assert received["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert received["Message-ID"] == again["Message-ID"]
    assert received["Message-ID"].startswith(f"<{message.pk}.")
    assert received["Date"].datetime is not None
    assert received.get_content_type() == "text/plain"


def test_mail_with_html_and_calendar_has_all_three_parts(smtp):
    written(1, text="Le texte à lire", html="<p>Le texte à lire</p>", calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")

    deliver()

    [received] = smtp.mails
    kinds = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]
    assert [part.get_content_type() for part in received.walk()] == kinds
    calendar = list(received.walk())[-1]
    assert (calendar.get_param("method"), calendar.get_filename()) == ("PUBLISH", "session.ics")
    assert calendar.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    assert received.get_body(("plain",)).get_content() == "Le texte à lire"
    assert received["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    ("sentence", "is_secret", "cleaned"),
    [
        ("550 user <a@example.org> unknown", False, "550 user … unknown"),
        ("550 line\r\nbreak", False, "550 line break"),
        ("550-5.1.1 a code 123456", True, "550-5.1.1"),
        ("421 123456", True, "421"),
        ("what is this 123456", True, ""),
        ("550 " + "x" * 600, False, "550 " + "x" * 496),
    ],
)
def test_clean_error_shows_no_address_and_no_secret(sentence, is_secret, cleaned):
    assert delivery.clean_error(sentence, is_secret=is_secret) == cleaned


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (smtplib.SMTPRecipientsRefused({"a@example.org": (550, b"no")}), delivery.Refusal("550 no", is_final=True)),
        (smtplib.SMTPDataError(421, b"bye"), delivery.Refusal("421 bye", hung_up=True)),
        (smtplib.SMTPDataError(452, "full"), delivery.Refusal("452 full")),
        (smtplib.SMTPSenderRefused(553, b"who", "x@y"), delivery.Refusal("553 who", is_final=True)),
        (TimeoutError(), delivery.Refusal("The mail server broke off (TimeoutError)", hung_up=True)),
        (ValueError("x"), delivery.Refusal("The mail cannot be built (ValueError)", is_final=True)),
    ],
)
def test_refusal_of_error(error, refusal):
    assert delivery.refusal_of(error, is_secret=False) == refusal


def test_courier_close_error_is_only_logged(caplog):
    class Broken:
        def close(self):
            raise OSError

    caplog.set_level("INFO")
    courier = delivery.Courier()
    courier._connection = Broken()

    courier.close()

    assert caplog.messages == ["closing the mail connection: OSError"]


@pytest.mark.parametrize("rows", [1, 3])
def test_claim_asks_three_questions(django_assert_num_queries, rows):
    for number in range(rows):
        written(number)

    with django_assert_num_queries(5):  # a savepoint, the lost rows, the waiting rows, the lease, the end
        delivery.claim("bulk", now=NOW, limit=50)
