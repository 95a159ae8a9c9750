"""A row of the outbox as a mail, with the headers of a mail that no person sent by hand."""

import base64
import hashlib
from collections.abc import Sequence
from email.policy import compat32
from email.quoprimime import body_encode
from email.utils import formatdate, parseaddr
from functools import lru_cache
from secrets import token_hex
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import forbid_multi_line_headers

from events.formatting import qr_codes
from events.models import Message

LONGEST_LINE = 998  # bytes (RFC 5322)
PLAIN, HTML = (
    f'Content-Type: text/{kind}; charset="utf-8"\nMIME-Version: 1.0\nContent-Transfer-Encoding: %s\n'
    for kind in ("plain", "html")
)
CALENDAR = """\
MIME-Version: 1.0
Content-Type: text/calendar; method="PUBLISH"; charset="utf-8"
Content-Transfer-Encoding: %s
Content-Disposition: attachment; filename="session.ics"
"""
QR_CODE = "qr-code@mail"  # by this the HTML names its picture
PICTURE = f"""\
MIME-Version: 1.0
Content-Type: image/png; name="qr-code.png"
Content-Transfer-Encoding: base64
Content-ID: <{QR_CODE}>
Content-Disposition: inline; filename="qr-code.png"
"""
SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def domain_of(address: str) -> str:
    """The receiving domain of an address, in small letters; those beyond ASCII stand as they are, for databases differ there
    (what is one domain here is one for each of them)."""
    return address.rpartition("@")[2].translate(SMALL)


@lru_cache(maxsize=100)
def plain_address(sender: str) -> str:
    """The address alone, of one that may have a name."""
    return parseaddr(sender)[1]


class OutboxMail(EmailMultiAlternatives):
    """A mail of the outbox: byte for byte as Django and Python's generator write it, in a tenth of their time. `qr_code`: what the
    picture in its HTML says."""

    qr_code = ""

    def message(self, **options: Any) -> Any:
        """The mail as Django's backends hand it over. Refuses line breaks in headers."""
        whole = _text(PLAIN, str(self.body))
        alternatives: list[Any] = list(self.alternatives)
        files: list[Any] = list(self.attachments)
        if alternatives:
            texts = [whole] if self.body else []
            pages = [_text(HTML, one.content) for one in alternatives]
            if self.qr_code:
                pages = [_multipart("related", [*pages, _picture(self.qr_code)])]
            whole = _multipart("alternative", [*texts, *pages])
        if files:
            texts = [whole] if self.body or alternatives else []
            whole = _multipart("mixed", [*texts, *(_text(CALENDAR, one.content) for one in files)])
        headers = {"Subject": self.subject, "From": self.from_email, "To": ", ".join(self.to)}
        own = "".join(_header(name, value) for name, value in (headers | self.extra_headers).items())
        content, _empty, body = whole.partition("\n\n")
        return Written(f"{content}\n{own}\n{body}")


class Written(str):
    """A mail as a text with plain line breaks."""

    __slots__ = ()

    def as_bytes(self, linesep: str = "\n") -> bytes:
        """The mail with these line breaks."""
        return self.replace("\n", linesep).encode()


def _header(name: str, value: str) -> str:
    """A header. Python folds those that need it: to find out that the others do not takes it long."""
    if value.isascii() and value.isprintable():
        if len(name) + len(value) < 75:
            return f"{name}: {value}\n"
        if value.startswith("<http") and value.endswith(">"):  # an address: nowhere to be folded
            return f"{name}: \n {value}\n"
    return _folded(name, value)


@lru_cache(maxsize=100)  # many mails in a row have the same subject
def _folded(name: str, value: str) -> str:
    return compat32.fold(*forbid_multi_line_headers(name, value, "utf-8"))


def _text(head: str, content: str) -> str:
    """A part that is a text. Lines that are too long for a mail server are quoted."""
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    encoding = "7bit" if text.isascii() else "8bit"
    lines = text.splitlines()
    if max(map(len, lines), default=0) * 4 > LONGEST_LINE < max(len(line.encode()) for line in lines):
        encoding, text = "quoted-printable", body_encode(text.encode().decode("latin-1"))
    return f"{head % encoding}\n{text}"


def _picture(text: str) -> str:
    """A QR code as a part that the HTML shows."""
    encoded = base64.encodebytes(qr_codes.png(text)).decode()
    return f"{PICTURE}\n{encoded}"


def _multipart(kind: str, parts: Sequence[str]) -> str:
    boundary = token_hex(12)  # in no text; short enough for one line
    between = f"\n--{boundary}\n"
    said = _header("Content-Type", f'multipart/{kind}; boundary="{boundary}"')
    return f"{said}MIME-Version: 1.0\n{between}{between.join(parts)}\n--{boundary}--\n"


def as_mail(message: Message) -> OutboxMail:
    """Return the row as a mail: text, HTML beside it, the calendar file attached, the headers of RFC 8058 and 3834.

    Every try of one row has the same Message-ID, so that a repeated mail can be told as a repeat.
    """
    digest = hashlib.sha256(message.dedupe_key.encode()).hexdigest()[:24]
    domain = domain_of(plain_address(settings.DEFAULT_FROM_EMAIL)) or "localhost.localdomain"
    headers = {
        "Date": formatdate(),
        "Message-ID": f"<{message.pk}.{digest}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": message.language,
    }
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = OutboxMail(message.subject, message.text, settings.DEFAULT_FROM_EMAIL, [message.to], headers=headers)
    if message.html:
        mail.attach_alternative(message.html, "text/html")
        mail.qr_code = message.qr_code
    if message.calendar:
        mail.attach("session.ics", message.calendar, "text/calendar; method=PUBLISH")
    return mail
