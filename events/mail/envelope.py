"""A row of the outbox as a mail, with the headers of a mail that no person sent by hand."""

import hashlib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from events.models import Message


def domain_of(address: str) -> str:
    """The receiving domain of an address, in small letters."""
    return address.rpartition("@")[2].lower()


def as_mail(message: Message) -> EmailMultiAlternatives:
    """Return the row as a mail: text, HTML beside it, the calendar file attached, the headers of RFC 8058 and 3834.

    Every try of one row has the same Message-ID, so that a repeated mail can be told as a repeat.
    """
    digest = hashlib.sha256(message.dedupe_key.encode()).hexdigest()[:24]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost.localdomain"
    headers = {
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
    if message.calendar:
        mail.attach("session.ics", message.calendar, "text/calendar; method=PUBLISH")
    return mail
