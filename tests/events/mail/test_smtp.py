"""The conversation with real mail servers, step by step."""

import datetime
import ipaddress
import socket
import ssl
import threading

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from events.mail import delivery, smtp
from events.models import Message
from tests.conftest import Mailbox, _free_port
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db
State, Reason = Message.State, Message.Reason


def deliver():
    return delivery.deliver(["account", "bulk"], clock=lambda: NOW)


def known(message):
    message.refresh_from_db()
    return message.state, message.attempts, message.doubts, message.reason


def test_the_last_word_may_take_as_long_as_rfc_5321_says():
    assert (smtp.LAST_WORD_SECONDS, smtp.TEXT_SECONDS) == (600, 180)


def test_server_that_takes_too_long_for_a_command_has_nothing(server, monkeypatch):
    monkeypatch.setattr(smtp, "COMMAND_SECONDS", 0.2)
    server.waits["slow.example"] = 1
    slow = MessageFactory(to="a@slow.example")

    deliver()

    assert known(slow) == (State.QUEUED, 1, 0, Reason.BROKEN_OFF)


def test_server_that_takes_too_long_for_its_last_word_has_it_perhaps(server, monkeypatch):
    monkeypatch.setattr(smtp, "LAST_WORD_SECONDS", 0.2)
    server.delays["slow.example"] = 1
    slow = MessageFactory(to="a@slow.example")

    deliver()

    assert known(slow) == (State.PERHAPS, 1, 1, Reason.UNANSWERED)


def test_addresses_stand_as_mail_servers_read_them(server, settings):
    settings.DEFAULT_FROM_EMAIL = "Forum de Genève <forum@example.org>"
    for address in ("a+b@example.org", "a@exämple.org", '"a b"@example.org'):
        MessageFactory(to=address)

    deliver()

    assert {address for address, _id in server.seen} == {
        "a+b@example.org",
        "a@xn--exmple-cua.org",
        '"a b"@example.org',
    }
    assert {mail["From"] for mail in server.mails} == {settings.DEFAULT_FROM_EMAIL}
    assert server.senders == {"forum@example.org"}


def test_last_word_that_nobody_understands_is_none(server):
    server.last_words["a@example.org"] = "hello"
    row = MessageFactory(to="a@example.org")

    deliver()

    assert known(row) == (State.PERHAPS, 1, 1, Reason.UNANSWERED)


@pytest.mark.parametrize(("word", "state"), [("251 will forward", State.SENT), ("354 go on", State.PERHAPS)])
def test_odd_yes_is_a_yes_and_what_is_neither_is_in_doubt(server, word, state):
    server.last_words["a@example.org"] = word
    row = MessageFactory(to="a@example.org")

    deliver()

    assert (known(row)[0], len(server.seen)) == (state, 1)


def test_server_that_accepts_and_closes_costs_no_try(settings, smtp):
    with socket.create_server(("127.0.0.1", 0)) as closing:
        settings.EMAIL_PORT = closing.getsockname()[1]
        thread = threading.Thread(target=lambda: closing.accept()[0].close())
        thread.start()
        row = MessageFactory()

        outcome = deliver()
        thread.join()

    assert outcome == delivery.Outcome()
    assert known(row) == (State.QUEUED, 0, 0, Reason.UNREACHED)


def test_lines_that_begin_with_a_dot_and_a_text_without_an_end_come_whole(server):
    MessageFactory(text=".\n..two\nno end.")

    deliver()

    assert server.mails[0].get_content().splitlines() == [".", "..two", "no end."]


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for 127.0.0.1 that this process trusts; its context for a server."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    pem, secret = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, secret)
    return context


class Encrypted(Controller):
    """A server that speaks TLS from the start, or (`is_begun_later`) when it is asked to."""

    def __init__(self, handler, *, context, is_begun_later):
        self.later = {"tls_context": context, "require_starttls": True} if is_begun_later else {}
        first = {} if is_begun_later else {"ssl_context": context}
        super().__init__(handler, hostname="127.0.0.1", port=_free_port(), **first)

    def factory(self):
        return SMTP(self.handler, **self.later)


@pytest.mark.parametrize("is_begun_later", [False, True], ids=["smtp+ssl", "smtp+tls"])
def test_encrypted_conversation(settings, smtp, certificate, is_begun_later):
    mailbox = Mailbox()
    controller = Encrypted(mailbox, context=certificate, is_begun_later=is_begun_later)
    controller.start()
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = is_begun_later, not is_begun_later
    rows = [MessageFactory(), MessageFactory()]

    deliver()
    controller.stop()

    assert [known(row)[0] for row in rows] == [State.SENT, State.SENT]
    assert len(mailbox.mails) == 2


def test_server_whose_certificate_nobody_knows_gets_nothing(settings, smtp, certificate, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    mailbox = Mailbox()
    controller = Encrypted(mailbox, context=certificate, is_begun_later=True)
    controller.start()
    settings.EMAIL_PORT, settings.EMAIL_USE_TLS = controller.port, True
    row = MessageFactory()

    deliver()
    controller.stop()

    assert known(row) == (State.QUEUED, 0, 0, Reason.UNREACHED)
    assert (mailbox.mails, row.last_error) == ([], "The mail server is not reached (SSLCertVerificationError)")
