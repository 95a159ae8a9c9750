"""Delivery: takes due rows of the outbox, hands them to the mail server over one connection, marks each one.

At least once. A row is claimed with a lease, so that a killed worker's rows are taken up again when the lease is
over. Each mail is marked sent, and committed, before the next is handed over: a kill can repeat the one mail that the
server has taken and that is not marked yet, so **at most one double per killed worker**, and loses none.
"""

import hashlib
import logging
import re
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Q

from events.mail import outbox
from events.models import Message

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

BATCH = 50
# Once sent, a mail's text stays as a record; its HTML and calendar file go (they are most of the bytes).
KEPT_SMALL = {"html": "", "calendar": ""}
PASS_SECONDS = 10
# Minutes until the next try after the first, second, … refusal for now; after the fifth the mail has failed.
BACK_OFF_MINUTES = (1, 5, 15, 60)


@dataclass
class Outcome:
    """What one pass did. `has_more`: it stopped with work left."""

    sent: int = 0
    failed: int = 0
    cancelled: int = 0
    has_more: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why a mail was not taken: a sentence that may be shown; `is_final`: no other try can help;
    `hung_up`: the connection cannot be used any more."""

    sentence: str
    is_final: bool = False
    hung_up: bool = False


def lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def claim(queue: str, *, now: datetime, limit: int) -> list[Message]:
    """Take up to `limit` due rows of a queue for this worker alone; first those whose worker was lost.

    Rows that another worker is just claiming are passed over (on PostgreSQL), never waited for.
    """
    state = Message.State
    with transaction.atomic():
        rows = Message.objects.select_for_update(skip_locked=True).filter(queue=queue)
        lost = Q(state=state.SENDING, leased_until__lte=now)
        taken = list(rows.filter(lost).order_by("leased_until", "pk")[:limit])
        waiting = Q(state=state.QUEUED, due__lte=now)
        taken += rows.filter(waiting).order_by("due", "pk")[: limit - len(taken)]
        until = now + lease()
        Message.objects.filter(pk__in=[row.pk for row in taken]).update(state=state.SENDING, leased_until=until)
    for row in taken:
        row.state, row.leased_until = state.SENDING, until
    return taken


def _mark(message: Message, state: str, **changes: Any) -> bool:
    """Move a claimed row on, but only while it is still ours: its lease is the one that we took. False when it is not."""
    held = Message.objects.filter(pk=message.pk, state=Message.State.SENDING, leased_until=message.leased_until)
    return bool(held.update(state=state, leased_until=None, **changes))


def mark_sent(message: Message, *, now: datetime) -> bool:
    """Mark a claimed mail as sent and wipe a secret; False when the lease was lost meanwhile."""
    wiped = outbox.WIPED if message.is_secret else KEPT_SMALL
    return _mark(message, Message.State.SENT, sent=now, last_error="", **wiped)


def mark_failed(message: Message, *, refusal: Refusal, now: datetime) -> bool:
    """Count a refused try: back into the queue, later and later, or failed (finally refused, or five tries).

    Returns True when the mail has failed for good.
    """
    tried: dict[str, Any] = {"attempts": message.attempts + 1, "last_error": refusal.sentence}
    is_over = refusal.is_final or message.attempts >= len(BACK_OFF_MINUTES)
    if is_over:
        _mark(message, Message.State.FAILED, **tried)
    else:
        due = now + timedelta(minutes=BACK_OFF_MINUTES[message.attempts])
        _mark(message, Message.State.QUEUED, due=due, **tried)
    return is_over


def release(messages: Sequence[Message], **changes: str) -> None:
    """Give claimed rows back untried: the server was not reached (`last_error`), or the lease is running out. No try is
    counted."""
    for message in messages:
        _mark(message, Message.State.QUEUED, **changes)


def drop(messages: Sequence[Message]) -> int:
    """Cancel claimed mails that nobody wants any more, wipe the secrets; return how many."""
    for message in messages:
        _mark(message, Message.State.CANCELLED, **(outbox.WIPED if message.is_secret else {}))
    return len(messages)


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


def clean_error(sentence: str, *, is_secret: bool) -> str:
    """Return a server's sentence fit for a list: one line, no addresses; of a secret mail only the status codes."""
    line = " ".join(re.sub(r"\S+@\S+", "…", sentence).split())
    if is_secret:
        code = re.match(r"[245]\d\d(?:[ -]\d\.\d{1,3}\.\d{1,3})?", line)
        line = code.group() if code else ""
    return line[:500]


def refusal_of(error: Exception, *, is_secret: bool) -> Refusal:
    """Tell from an error whether the mail is refused for good (5xx of the server, or a mail that cannot be built)."""
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
    elif isinstance(error, smtplib.SMTPException | OSError):
        return Refusal(f"The mail server broke off ({type(error).__name__})", hung_up=True)
    else:
        return Refusal(f"The mail cannot be built ({type(error).__name__})", is_final=True)
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    sentence = clean_error(f"{code} {words}", is_secret=is_secret)
    return Refusal(sentence, is_final=500 <= code < 600, hung_up=code == 421)


class Courier:
    """Holds the one connection of a pass; opens it when first needed, and again after the server broke off."""

    def __init__(self) -> None:
        self._connection: Any = None

    def open(self) -> None:
        """Connect, when not connected. Raises what the mail library raises."""
        if self._connection is None:
            connection = get_connection(settings.DELIVERY_BACKEND)
            connection.open()
            self._connection = connection

    def hand_over(self, message: Message) -> Refusal | None:
        """Give one mail to the server; None when the server has taken it."""
        try:
            self._connection.send_messages([as_mail(message)])
        except Exception as error:  # any error of one mail is that mail's; the others go on
            refusal = refusal_of(error, is_secret=message.is_secret)
            if refusal.hung_up:
                self.close()
            return refusal
        return None

    def close(self) -> None:
        """Hang up. An error here tells nothing about any mail."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (smtplib.SMTPException, OSError) as error:
                logger.info("closing the mail connection: %s", type(error).__name__)


def _send(batch: list[Message], *, courier: Courier, clock: Clock, outcome: Outcome) -> bool:
    """Hand over a claimed batch, mail by mail; False when the server is not reached (the rest is given back)."""
    fence = clock() + lease() / 2  # later than this the lease could end, and the row be another's, while we send
    for place, message in enumerate(batch):
        if clock() >= fence:
            release(batch[place:])
            outcome.has_more = True
            return True
        try:
            courier.open()
        except (smtplib.SMTPException, OSError) as error:
            logger.warning("the mail server is not reached: %s", type(error).__name__)
            release(batch[place:], last_error=f"The mail server is not reached ({type(error).__name__})")
            return False
        refusal = courier.hand_over(message)
        if refusal is None:
            outcome.sent += mark_sent(message, now=clock())
        else:
            outcome.failed += mark_failed(message, refusal=refusal, now=clock())
    return True


def _claim_first(queues: Sequence[str], *, clock: Clock) -> list[Message]:
    """Claim a batch of the first queue that has something due: account mails never wait behind others."""
    for queue in queues:
        if batch := claim(queue, now=clock(), limit=BATCH):
            return batch
    return []


def deliver(queues: Sequence[str], *, clock: Clock, seconds: float = PASS_SECONDS) -> Outcome:
    """Send what is due, the first queue before the second, for about `seconds`; return what was done.

    `clock` tells the present moment (UTC); a pass lasts too long for one `now`.
    """
    outcome = Outcome(cancelled=outbox.cancel_expired(now=clock()))
    courier = Courier()
    ends = clock() + timedelta(seconds=seconds)
    try:
        while batch := _claim_first(queues, clock=clock):
            gone = outbox.unwanted(batch, now=clock())
            outcome.cancelled += drop([message for message in batch if message.pk in gone])
            wanted = [message for message in batch if message.pk not in gone]
            if not _send(wanted, courier=courier, clock=clock, outcome=outcome):
                break
            if clock() >= ends:
                outcome.has_more = True
                break
    finally:
        courier.close()
    if outcome.sent or outcome.failed or outcome.cancelled:
        logger.info("mail: %d sent, %d failed, %d cancelled", outcome.sent, outcome.failed, outcome.cancelled)
    return outcome
