"""Mail servers that speak TLS."""

import datetime
import ipaddress
import ssl

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from events.shared.mail import sender
from tests.conftest import Mailbox, _free_port
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(
    ("is_begun_later", "is_known"),
    [(False, True), (True, True), (True, False)],
    ids=["smtp+ssl", "smtp+tls", "unknown"],
)
def test_server_whose_certificate_nobody_knows_gets_nothing(
    settings, smtp, certificate, monkeypatch, is_begun_later, is_known
):
    if not is_known:
        monkeypatch.delenv("SSL_CERT_FILE")
    mailbox = Mailbox()
    controller = Encrypted(mailbox, context=certificate, is_begun_later=is_begun_later)
    controller.start()
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = is_begun_later, not is_begun_later
    rows = [MessageFactory(), MessageFactory()]

    sender.send_due(["bulk"], clock=lambda: NOW)
    controller.stop()

    for row in rows:
        row.refresh_from_db()
    why = "" if is_known else "The mail server is not reached (SSLCertVerificationError)"
    assert (len(mailbox.mails), rows[0].last_error) == (2 if is_known else 0, why)
    assert [(row.state, row.attempts) for row in rows] == [("sent", 1) if is_known else ("queued", 0)] * 2
