"""A row of the outbox as a mail, with the headers of a mail that no person sent by hand."""

import hashlib
from email.mime.image import MIMEImage
from email.utils import formatdate, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from events.models import Message
from events.shared.formatting import qr_codes

QR_CODE = "qr-code@mail"  # by this the HTML names its picture


def secretariat() -> str:
    """The address from which the site writes, and at which the secretariat reads answers."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def as_mail(message: Message) -> EmailMultiAlternatives:
    """Return the row as a mail: text, HTML beside it, calendar file and QR code attached, the headers of RFC 8058 and 3834.

    Every try of one row has the same Message-ID, so that a repeated mail can be told as a repeat.
    """
    digest = hashlib.sha256(message.dedupe_key.encode()).hexdigest()[:24]
    domain = secretariat().rpartition("@")[2].lower() or "localhost.localdomain"
    headers = {
        "Date": formatdate(),
        "Message-ID": f"<{message.pk}.{digest}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": message.language,
    }
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        message.subject, message.text, settings.DEFAULT_FROM_EMAIL, [message.to], headers=headers
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
        if message.qr_code:
            mail.attach(_picture(message.qr_code))
    if message.calendar:
        mail.attach("session.ics", message.calendar, "text/calendar; method=PUBLISH")
    return mail


def _picture(text: str) -> MIMEImage:
    """A QR code as a picture that the HTML shows."""
    picture = MIMEImage(qr_codes.png(text), "png")
    picture.add_header("Content-ID", f"<{QR_CODE}>")
    picture.add_header("Content-Disposition", "inline", filename="qr-code.png")
    return picture
