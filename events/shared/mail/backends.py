"""Django's mail backends of this site: one that turns a mail into rows of the outbox, one that keeps mails as files."""

import os
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from email import policy
from email.message import EmailMessage as ParsedMail
from email.parser import BytesParser
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone, translation

from events.models import Message, User
from events.shared.held_rows import HeldPerson
from events.shared.mail import outbox

ACCOUNT_MAIL_LIVES = timedelta(days=1)
FILES_KEPT = 1000


class OutboxBackend(BaseEmailBackend):
    """Every mail that Django or allauth sends: one secret row of the account queue per recipient. `account`, where a mail has it:
    for whom it is, whatever their address is by now."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            for recipient in mail.recipients():
                self._write(mail, recipient)
        return len(email_messages)

    def _write(self, mail: EmailMessage, recipient: str) -> None:
        now = timezone.now()
        alternatives = mail.alternatives if isinstance(mail, EmailMultiAlternatives) else []
        html = next((str(content) for content, mimetype in alternatives if mimetype == "text/html"), "")
        outbox.write(
            Message(
                kind="account",
                dedupe_key=f"account:{secrets.token_urlsafe(24)}",
                to=recipient,
                subject=outbox.one_line(str(mail.subject)),
                text=str(mail.body),
                html=html,
                user=getattr(mail, "account", None) or User.objects.filter(email=recipient.lower()).first(),
                language=translation.get_language() or settings.LANGUAGE_CODE,
                queue=Message.Queue.ACCOUNT,
                is_secret=True,
                due=now,
                expires=now + ACCOUNT_MAIL_LIVES,
            )
        )


class FileBackend(BaseEmailBackend):
    """One file per mail under EMAIL_FILE_PATH, readable by the owner only; the newest thousand are kept."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for mail in email_messages:
            name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
            draft = folder / f"{name}.part"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(mail.message().as_bytes())
            draft.rename(folder / f"{name}.eml")
        return len(email_messages)

    def close(self) -> None:
        for old in sorted(Path(settings.EMAIL_FILE_PATH).glob("*.eml"), reverse=True)[FILES_KEPT:]:
            old.unlink(missing_ok=True)


def clear_files_of(person: HeldPerson) -> int:
    """Delete the mail files to a person, and take the person out of those to others; return how many. Twice changes nothing."""
    return sum(_clear(path, person) for path in Path(settings.EMAIL_FILE_PATH).glob("*.eml"))


def _clear(path: Path, person: HeldPerson) -> bool:
    try:
        mail = BytesParser(_class=ParsedMail, policy=policy.default).parsebytes(path.read_bytes())
    except FileNotFoundError:  # just cleared away
        return False
    to = {address.addr_spec.lower() for address in getattr(mail["To"], "addresses", ())}
    if to & (person.addresses | person.left):
        path.unlink(missing_ok=True)
        return True
    told = [part for part in mail.walk() if not part.is_multipart() and part.get_content_maintype() == "text"]
    tells_of_them = any(part.get_content().strip() in person.told for part in told)
    redaction = person.redaction(names=None if tells_of_them else ())
    found = [part for part in told if redaction.finds(part.get_content())]
    names = [name for name in ("Subject", "To", "From", "Reply-To") if redaction.finds(str(mail[name] or ""))]
    for name in names:
        mail.replace_header(name, redaction(str(mail[name])))
    for part in found:
        part.set_content(redaction(part.get_content()), subtype=part.get_content_subtype())
    if names or found:
        draft = path.with_suffix(".part")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(mail.as_bytes())
        draft.rename(path)
    return bool(names or found)
