"""The sender: claims some due rows of the outbox, hands them over on one connection, and marks each before the next one goes.

At least once. A try is counted when its row is claimed (events.shared.jobs.queue). Where a worker is killed the lease ends, and what it had goes
again with the same Message-ID: the mail that it was handing over perhaps a second time. Any number of workers send at once: none takes
what another holds. All times are seconds.
"""

import logging
import smtplib  # noqa: TID251
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from events.models import Message
from events.shared.broker import wake_ups
from events.shared.jobs.queue import claim
from events.shared.mail import outbox, refusals
from events.shared.mail.bounces import suppressed
from events.shared.mail.envelope import as_mail
from events.shared.mail.refusals import Refusal

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Queue, State, Reason = Message.Queue, Message.State, Message.Reason

BATCH = {Queue.ACCOUNT: 5, Queue.BULK: 20}  # rows that are claimed at once, for one connection
# Until the next try after the first, second, … refusal for now; after one more the mail has failed. For a code somebody waits: it lives
# for ten minutes, and most greylists open after five.
PAUSES = {Queue.ACCOUNT: (10, 30, 60, 240), Queue.BULK: (60, 300, 900, 3600)}
BROKEN_OFF = 3  # tries; a server that breaks off has the mail perhaps, so it is not repeated for ever
ANSWER = 30  # for each answer of the server; to connect: EMAIL_TIMEOUT
HOLD = 15  # of a batch; what has not gone by then is given back, and asked again whether it is wanted
LEASE = timedelta(seconds=60)  # longer than HOLD and a slow conversation
SHIFT = 10  # of bulk mail in a worker; then other tasks have their turn
REFUSED_US = 30  # until a server is asked again that takes no log-in or sender of ours: some lock us out
OUTAGE = 300  # for which what a server said is kept until the database takes it
PAUSED = "events.mail.sender.paused"
OUTAGES = (OperationalError, InterfaceError)

_stopping = threading.Event()  # this worker
_bulk = threading.Lock()


@dataclass
class Outcome:
    """What was done. `failed`: for good; `is_more`: the time was over before all was through."""

    sent: int = 0
    failed: int = 0
    cancelled: int = 0
    is_more: bool = False


def stop(**_sender: Any) -> None:
    """This worker ends: it hands nothing over any more, and gives back what it has."""
    _stopping.set()


def _database_clock() -> Clock:
    """The present moment as the database has it: workers on machines whose clocks differ agree about leases."""
    moment = timezone.now()  # SQLite is on this machine
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (moment,) = cursor.fetchone()
    asked = time.monotonic()
    return lambda: moment + timedelta(seconds=time.monotonic() - asked)


def take_a_shift() -> None:
    """Send what is due in all queues, for a while; one thread of a worker does, and leaves the others to other tasks."""
    if not _bulk.acquire(blocking=False):
        return
    try:
        outcome = send_due(Queue.values, seconds=SHIFT)
    finally:
        _bulk.release()
    if outcome.is_more:
        wake_ups.wake(outbox.BULK_TASK)


def send_due(queues: Collection[str], *, clock: Clock | None = None, seconds: float = float("inf")) -> Outcome:
    """Send what is due in these queues, account mails before all others, until nothing is left, the time is over or the mail server
    is away. `clock` tells the present moment (UTC); None: the database does."""
    clock = clock or _database_clock()
    outcome, ends = Outcome(cancelled=outbox.cancel_expired(now=clock())), time.monotonic() + seconds
    while not _stopping.is_set() and not cache.get(PAUSED):
        rows = _next(queues, now=clock(), outcome=outcome)
        if rows is None or not _send(rows, clock=clock, outcome=outcome):
            break
        if time.monotonic() > ends:
            outcome.is_more = True
            break
    if outcome != Outcome():
        logger.info("mail: %d sent, %d failed, %d cancelled", outcome.sent, outcome.failed, outcome.cancelled)
    return outcome


# --- what is due ----------------------------------------------------------------------------------
def _next(queues: Collection[str], *, now: datetime, outcome: Outcome) -> list[Message] | None:
    """Claim the next rows, and leave out what must not go any more; None where nothing is due. Where it breaks off, nothing is claimed."""
    for queue in [queue for queue in Queue.values if queue in queues]:
        with transaction.atomic():
            if rows := take(queue, now=now):
                return _still_wanted(rows, now=now, outcome=outcome)
    return None


def take(queue: str, *, now: datetime) -> list[Message]:
    """Claim some due rows of a queue. One of a worker that was lost goes alone: should its mail be what ended the worker, it takes no
    other with it a second time. A code that was due at once on a machine whose clock is fast is due now."""
    is_due = Q(due__lte=now)
    if queue == Queue.ACCOUNT:
        is_due |= Q(attempts=0, due__lte=F("created"))
    rows = Message.objects.filter(queue=queue).exclude(expires__lte=now).order_by("due", "pk")
    hold = partial(claim, now=now, lease=LEASE, state=State.SENDING)
    return hold(rows.filter(state=State.SENDING)) or hold(
        rows.filter(is_due, state=State.QUEUED), limit=BATCH[Queue(queue)]
    )


def _still_wanted(rows: Sequence[Message], *, now: datetime, outcome: Outcome) -> list[Message]:
    """Those that are to go: the others are cancelled, or have ended worker after worker. What cannot be told counts as a try."""
    lost = [row for row in rows if row.attempts > _most_tries(row)]
    outcome.failed += sum(_put_off(row, refusals.crashed(), now=now) for row in lost)
    stopped = suppressed.stopped(rows := [row for row in rows if row not in lost])
    _cancel(stopped, outcome=outcome)
    return _asked([row for row in rows if row not in stopped], now=now, outcome=outcome)


def _asked(rows: Sequence[Message], *, now: datetime, outcome: Outcome) -> list[Message]:
    try:
        with transaction.atomic():
            unwanted = outbox.unwanted(rows, now=now)
            outbox.add_qr_codes([row for row in rows if row.pk not in unwanted])
    except Exception as error:
        if isinstance(error, OUTAGES) and not connection.is_usable():
            raise
        if len(rows) > 1:  # one of them is bad, and the others are not to fail with it
            return [row for one in rows for row in _asked([one], now=now, outcome=outcome)]
        logger.exception("mail: whether a mail is still wanted cannot be told (%s)", type(error).__name__)
        for row in rows:
            outcome.failed += _put_off(row, refusals.not_built(error, is_final=False), now=now)
        return []
    _cancel([row for row in rows if row.pk in unwanted], outcome=outcome)
    return [row for row in rows if row.pk not in unwanted]


# --- one batch ------------------------------------------------------------------------------------
def _send(rows: Sequence[Message], *, clock: Clock, outcome: Outcome) -> bool:
    """Hand these mails over one after the other; what does not go is given back. False where the server is away."""
    line, left, ends = ServerConnection(), list(rows), time.monotonic() + HOLD
    refusal = None
    try:
        while left and time.monotonic() < ends and not _stopping.is_set():
            if refusal := line.open():
                break
            row = left.pop(0)
            if row.expires and row.expires <= clock():
                _release(row)
                continue
            refusal = line.hand_over(row)
            if refusal and refusal.is_early:
                left.insert(0, row)
                break
            _insist(partial(_mark, row, refusal, now=clock(), outcome=outcome))
            refusal = None
    finally:
        for place, row in enumerate(left):
            _release(row, refusal=None if place else refusal)
        line.close()
    if refusal:
        logger.warning("mail: %s", refusal.sentence)
        if refusal.reason in {Reason.LOG_IN, Reason.SENDER}:
            cache.set(PAUSED, True, REFUSED_US)
    return refusal is None


class ServerConnection:
    """One connection to the mail server, by Django's backend: opened when it is needed, and again after the server broke off."""

    def __init__(self) -> None:
        self._backend: Any = None

    def open(self) -> Refusal | None:
        """Connect, where that is to be done; return why it could not be."""
        try:
            self._backend = self._backend or get_connection(settings.DELIVERY_BACKEND)
            if self._backend.open() and (line := getattr(self._backend, "connection", None)):
                line.sock.settimeout(ANSWER)
        except Exception as error:  # settings that contradict each other, too
            self._cut()
            return refusals.unreached(error)
        return None

    def hand_over(self, row: Message) -> Refusal | None:
        """Give one mail to the server; return why it did not take it."""
        try:
            if self._backend.send_messages([as_mail(row)]) == 0:
                raise NobodyToSendTo
        except Exception as error:  # any error of one mail is that mail's; the others go on
            refusal = refusals.refusal_of(error, is_secret=row.is_secret)
            if refusal.hung_up or refusal.reason == Reason.NOT_BUILT:
                self._cut()
            return refusal
        return None

    def _cut(self) -> None:
        """Hang up without a word: in the midst of a mail a good-bye would be read as its text."""
        backend, self._backend = self._backend, None
        if isinstance(backend, EmailBackend) and backend.connection is not None:
            backend.connection.close()

    def close(self) -> None:
        """Say good-bye and hang up. An error here tells nothing about any mail."""
        try:
            if self._backend is not None:
                self._backend.close()
        except (smtplib.SMTPException, OSError) as error:
            logger.info("closing the mail connection: %s", type(error).__name__)


class NobodyToSendTo(Exception):
    """The mail has no recipient, so nothing went to the server."""


# --- the rows -------------------------------------------------------------------------------------
def _held(row: Message) -> QuerySet[Message]:
    """The row, while no other worker has claimed it since."""
    return Message.objects.filter(pk=row.pk, state=State.SENDING, attempts=row.attempts)


def _insist(mark: Callable[[], None]) -> None:
    """Mark what the server said, else it would go again: a database that is away is waited for."""
    ends = time.monotonic() + OUTAGE
    while True:
        try:
            return mark()
        except OUTAGES:
            if connection.is_usable() or time.monotonic() > ends:
                raise
            connection.close()
            time.sleep(0.5)


def _mark(row: Message, refusal: Refusal | None, *, now: datetime, outcome: Outcome) -> None:
    if refusal is None:
        # Whoever has it now: it is sent. Its text stays as a record; HTML and calendar file go, and of a secret everything.
        wiped = outbox.WIPED if row.is_secret else {"html": "", "calendar": ""}
        rows = Message.objects.filter(pk=row.pk).exclude(state=State.SENT)
        said = {"leased_until": None, "last_error": "", "reason": ""}
        outcome.sent += rows.update(state=State.SENT, sent=now, **said, **wiped)
        return
    outcome.failed += _put_off(row, refusal, now=now)
    if refusals.is_gone(refusal):
        suppressed.suppress(
            [suppressed.BounceReport(row.to, suppressed.Reason.BOUNCED, refusal.sentence, now)], now=now
        )


def _most_tries(row: Message) -> int:
    return len(PAUSES[Queue(row.queue)]) + 1


def _put_off(row: Message, refusal: Refusal, *, now: datetime) -> int:
    """Back into the queue, later and later, or failed: refused for good, or no try is left. Return 1 for a mail that has failed."""
    most = BROKEN_OFF if refusal.reason == Reason.BROKEN_OFF else _most_tries(row)
    said = {"leased_until": None, "last_error": refusal.sentence, "reason": refusal.reason}
    if refusal.is_final or row.attempts >= most:
        return _held(row).update(state=State.FAILED, **said)
    due = now + timedelta(seconds=PAUSES[Queue(row.queue)][row.attempts - 1])
    _held(row).update(state=State.QUEUED, due=due, **said)
    return 0


def _release(row: Message, *, refusal: Refusal | None = None) -> None:
    """Give a row back, without a try: the server is away (`refusal`), or we stop."""
    said = {"last_error": refusal.sentence, "reason": refusal.reason} if refusal else {}
    _held(row).update(state=State.QUEUED, leased_until=None, attempts=F("attempts") - 1, **said)


def _cancel(rows: Sequence[Message], *, outcome: Outcome) -> None:
    """Cancel what nobody wants any more, without a try, and wipe the secrets. The rows say why (`left_out`)."""
    for row in rows:
        wiped = outbox.WIPED if row.is_secret else {}
        gone = {"state": State.CANCELLED, "leased_until": None, "reason": row.left_out, "attempts": F("attempts") - 1}
        outcome.cancelled += _held(row).update(**gone | wiped)
