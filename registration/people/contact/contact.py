"""Writing to the secretariat: a message from a public form becomes a mail to the address from which the site writes.

Nothing is sent to the address that a visitor types, so that nobody can have mails sent to somebody else; and nothing of a
message stays here once it was sent (`is_secret`).
"""

import hashlib
from datetime import datetime
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.mail.envelope import secretariat
from events.shared.mail.rendering import Content, MailLink, put
from events.shared.mail.texts.kind_names import named
from events.shared.pages.rate_limits import HOUR, is_over

KIND = named("contact", gettext_lazy("Messages from the contact page"))
MOST, MOST_OF_ALL = 20, 200  # messages in an hour: from one network, from everywhere


def write(*, name: str, address: str, subject: str, message: str, network: str, now: datetime) -> None:
    """Put a message into the outbox; the same message from the same address goes out once. All are texts that the form has
    cleaned; `network`: where it comes from, "" where that is not known.

    Refuses `nothing-said` at the subject or the message that has no letter and no digit, and `too-many` (20 in an hour from a
    network, 200 from everywhere).
    """
    silent = {
        field: ValidationError(sentence, code="nothing-said")
        for field, text, sentence in (
            ("subject", subject, _("Say in a few words what it is about")),
            ("message", message, _("Write your message")),
        )
        if not any(map(str.isalnum, text))
    }
    if silent:
        raise ValidationError(silent)
    limits = (f"contact:{network}", MOST), ("contact", MOST_OF_ALL)
    if any(is_over(counted, limit=limit, seconds=HOUR, now=now) for counted, limit in limits):
        raise ValidationError(
            _("Too many messages came in this hour. Try again in an hour, or write to %(address)s from your own mail")
            % {"address": secretariat()},
            code="too-many",
        )
    content = Content(
        subject=subject,
        heading=f"{name} <{address}>" if name else address,
        quote=message,
        action=MailLink(_("Answer"), f"mailto:{quote(address, safe='@')}?subject={quote(subject)}"),
        why=_("Somebody wrote this on the contact page. Nobody has checked that the address is theirs."),
    )
    digest = hashlib.sha256("\0".join((address, subject, message)).encode()).hexdigest()[:32]
    put(content, kind=KIND, about=0, names=[digest], to=secretariat(), forum=None, is_secret=True, now=now)
