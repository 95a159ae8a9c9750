"""Which worker has which row: rows are claimed with a short lease that a living worker renews, and marked only by it.

A stopped worker gives its rows back; a killed one's are free when the lease is over, which is soon: it is as long as a
worker may be out of breath, not as long as a mail server may take. The fence of every change is the lease that we took,
or the one that we asked for and of which we got no answer: the database may have written it all the same.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from events.mail import domain_limits, outbox
from events.mail.outbox import IN_DOUBT_FOR_GOOD
from events.mail.refusals import Refusal
from events.models import Message
from events.prepared_queries import Prepared, prepared_cursor, slot

State = Message.State

# Seconds until the next try after the first, second, … refusal for now; after one more the mail has failed. For a code
# somebody waits: it lives for ten minutes, and most greylists open after five.
BACK_OFF = {Message.Queue.ACCOUNT: (5, 15, 40, 120, 300), Message.Queue.BULK: (60, 300, 900, 3600)}
# A mail whose answer was lost is handed over once more after so long: a server that died has time to come back.
REPEAT_AFTER = {Message.Queue.ACCOUNT: timedelta(seconds=5), Message.Queue.BULK: timedelta(minutes=1)}
ACCOUNT_LEASE_SECONDS = 20
# So many workers may end while they have a mail: then it waits for organisers, for it may be what ended them.
CRASHES = 3


def lease(queue: str) -> timedelta:
    """How long a worker may hold a row of a queue without a sign of life."""
    seconds: float = settings.OUTBOX_LEASE_SECONDS
    return timedelta(seconds=min(seconds, ACCOUNT_LEASE_SECONDS) if queue == Message.Queue.ACCOUNT else seconds)


def claim(queue: str, *, now: datetime, limit: int, full: Collection[str] = ()) -> list[Message]:
    """Take up to `limit` due rows of a queue for this worker alone. `full`: receiving domains from which it wants no more.

    Rows that another worker is just claiming are passed over (on PostgreSQL), never waited for. A code that was due at once
    on a machine whose clock is fast is due now.
    """
    with transaction.atomic(savepoint=False):
        if full or _is_limited(queue):
            rows = _within_limits(_due(queue, now=now), queue=queue, now=now, limit=limit, full=full)
        else:
            rows = _first_due(queue, limit).all(now=now)
        return _leased(rows, queue=queue, now=now)


def _due(queue: str, *, now: Any) -> QuerySet[Message]:
    is_due = Q(due__lte=now)
    if queue == Message.Queue.ACCOUNT:
        is_due |= Q(attempts=0, created__gt=now, due__lte=F("created"))
    return _free(queue, now=now).filter(is_due, state=State.QUEUED).order_by("due", "pk")


@cache
def _first_due(queue: str, limit: int) -> Prepared[Message]:
    return Prepared(lambda: _due(queue, now=slot("now", datetime))[:limit])


def take_over(
    queue: str, *, now: datetime, limit: int, full: Collection[str] = (), holding: Collection[int] = ()
) -> list[Message]:
    """Take the rows whose worker was lost (their `crashes` count that), and those that are repeated because no answer came.
    `full`: receiving domains from which this worker wants no more; `holding`: keys of rows that it has."""
    with transaction.atomic(savepoint=False):
        rows = _free(queue, now=now).exclude(pk__in=list(holding))
        lost = rows.filter(state=State.SENDING, leased_until__lte=now).order_by("leased_until", "pk")
        taken = _within_limits(lost, queue=queue, now=now, limit=limit, full=full)
        Message.objects.filter(pk__in=[row.pk for row in taken]).update(crashes=F("crashes") + 1)
        for row in taken:
            row.crashes += 1
        is_free = Q(leased_until=None) | Q(leased_until__lte=now)
        unsure = rows.filter(is_free, state=State.PERHAPS, doubts__lt=IN_DOUBT_FOR_GOOD, due__lte=now)
        left = limit - len(taken)
        taken += _within_limits(unsure.order_by("due", "pk"), queue=queue, now=now, limit=left, full=full)
        return _leased(taken, queue=queue, now=now)


def _free(queue: str, *, now: Any) -> QuerySet[Message]:
    return Message.objects.select_for_update(skip_locked=True).filter(queue=queue).exclude(expires__lte=now)


def _leased(rows: Sequence[Message], *, queue: str, now: datetime) -> list[Message]:
    until = now + lease(queue)
    if rows:
        Message.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.SENDING, leased_until=until)
    for row in rows:
        row.state, row.leased_until, row.taken = State.SENDING, until, now
    return list(rows)


def _within_limits(
    waiting: QuerySet[Message], *, queue: str, now: datetime, limit: int, full: Collection[str]
) -> list[Message]:
    """The first rows whose domains have room: not `full`, and within the limits set for them. Codes have no limit."""
    is_limited = _is_limited(queue)
    closed = {*full, *(domain_limits.closed(now) if is_limited else ())}
    taken: list[Message] = []
    while len(taken) < limit:
        open_rows = waiting.exclude(pk__in=[row.pk for row in taken]) if taken else waiting
        for domain in closed:
            open_rows = open_rows.exclude(to__iendswith=f"@{domain}")
        found = list(open_rows[: limit - len(taken)])
        allowed, now_closed = domain_limits.take(found, now=now) if is_limited else (found, set())
        taken += allowed
        if now_closed <= closed:  # none, or such as the database spells in another way
            break
        closed |= now_closed
    return taken


def _is_limited(queue: str) -> bool:
    return queue != Message.Queue.ACCOUNT and bool(settings.MAIL_PER_DOMAIN_PER_MINUTE)


def renew(messages: Sequence[Message], *, now: datetime) -> list[Message]:
    """Prolong the leases of rows that we hold; return those that are no longer ours.

    What we have held for a whole lease ends no worker: its `crashes` count from the beginning again.
    """
    _settle([message for message in messages if message.asked_until])
    gone: list[Message] = []
    for queue in {message.queue for message in messages}:
        rows = {message.pk: message for message in messages if message.queue == queue}
        until = now + lease(queue)
        held = Message.objects.filter(pk__in=rows, leased_until__in={row.leased_until for row in rows.values()})
        ours = set(rows)
        for row in rows.values():
            row.asked_until = until
        if held.update(leased_until=until) != len(rows):
            ours = set(Message.objects.filter(pk__in=rows, leased_until=until).values_list("pk", flat=True))
        for key, row in rows.items():
            row.asked_until = None
            if key in ours:
                row.leased_until = until
            else:
                gone.append(row)
                _count_no_crash(row)
        _live_through([row for key, row in rows.items() if key in ours], queue=queue, now=now)
    return gone


def _live_through(rows: Sequence[Message], *, queue: str, now: datetime) -> None:
    harmless = [row for row in rows if row.crashes and row.taken and now - row.taken >= lease(queue)]
    if harmless:
        ours = {row.leased_until for row in harmless}
        Message.objects.filter(pk__in=[row.pk for row in harmless], leased_until__in=ours).update(crashes=0)
    for row in harmless:
        row.crashes = 0


def _settle(messages: Sequence[Message]) -> None:
    """Find out which of our leases stand, where no answer came to the last renewal."""
    keys = [message.pk for message in messages]
    standing = dict(Message.objects.filter(pk__in=keys).values_list("pk", "leased_until")) if keys else {}
    for message in messages:
        if standing.get(message.pk) == message.asked_until:
            message.leased_until = message.asked_until


def _mark(message: Message, state: str, *, leased_until: datetime | None = None, **changes: Any) -> bool:
    """Move a claimed row on, but only while it is still ours: its lease is one of ours. False when it is not."""
    held = Message.objects.filter(pk=message.pk, leased_until__in=_ours(message))
    if message.crashes:
        changes["crashes"] = 0  # this worker has lived through it
    is_ours = bool(held.update(state=state, leased_until=leased_until, **changes))
    if not is_ours:
        _count_no_crash(message)
    return is_ours


def _ours(message: Message) -> list[datetime]:
    return [until for until in (message.leased_until, message.asked_until) if until]


def _count_no_crash(message: Message) -> None:
    """Another worker took the row for one of a worker that had ended; but this one lives: it was only frozen, or cut off."""
    rows = Message.objects.filter(pk=message.pk, crashes=message.crashes + 1).exclude(state=State.FAILED)
    rows.update(crashes=message.crashes)


# Written by hand, because every mail asks it while the next one waits for it. Once sent, a mail's text stays as a record; its
# HTML and calendar file go (they are most of the bytes), and of a secret everything.
SENT = """
UPDATE events_message SET state = 'sent', sent = %s, leased_until = NULL, crashes = 0, last_error = '', reason = '',
    html = '', calendar = '', text = CASE WHEN is_secret THEN '' ELSE text END,
    unsubscribe_url = CASE WHEN is_secret THEN '' ELSE unsubscribe_url END
WHERE id = %s AND leased_until IN (%s, %s)
"""


def mark_sent(message: Message, *, now: datetime) -> bool:
    """Mark a claimed mail as sent and wipe a secret; False when the lease was lost meanwhile."""
    moments = (now, message.leased_until, message.asked_until or message.leased_until)
    sent, *ours = map(connection.ops.adapt_datetimefield_value, moments)
    with prepared_cursor() as cursor:
        cursor.execute(SENT, [sent, message.pk, *ours])
        is_ours = bool(cursor.rowcount)
    if not is_ours:
        _count_no_crash(message)
    return is_ours


def mark_refused(message: Message, *, refusal: Refusal, now: datetime) -> bool:
    """Count a refused try: back into the queue, later and later, or failed (finally refused, or no try is left).

    A mail of which an earlier try is in doubt stays “perhaps delivered”, whatever the server says to a repeat. Returns True
    when nothing more will be tried.
    """
    tried: dict[str, Any] = {"attempts": message.attempts + 1} | _said(refusal)
    waits = BACK_OFF[Message.Queue(message.queue)]
    is_over = refusal.is_final or message.attempts >= len(waits)
    if not is_over:
        due = now + timedelta(seconds=waits[message.attempts])
        _mark(message, _waiting(message), due=due, doubts=message.doubts, **tried)
    elif message.doubts:
        _mark(message, State.PERHAPS, doubts=IN_DOUBT_FOR_GOOD, **tried)
    else:
        _mark(message, State.FAILED, doubts=0, **tried)
    return is_over


def mark_late(message: Message) -> None:
    """The server has had the whole mail for a while and does not answer: until it does, the mail is perhaps delivered.

    The row stays ours. Should we be killed, it is known that its next try is the repeat.
    """
    until = message.asked_until or message.leased_until
    _mark(message, State.PERHAPS, leased_until=until, doubts=message.doubts + 1)


def mark_unanswered(message: Message, *, refusal: Refusal, now: datetime) -> None:
    """The answer is lost. The first time the mail is repeated (with the same Message-ID), the second time it stays."""
    due = now + REPEAT_AFTER[Message.Queue(message.queue)]
    tried: dict[str, Any] = {"attempts": message.attempts + 1, "doubts": message.doubts + 1, "due": due}
    _mark(message, State.PERHAPS, **tried, **_said(refusal))


def release(messages: Sequence[Message], *, refusal: Refusal | None = None) -> None:
    """Give claimed rows back untried: the server was not reached (`refusal`), or we stop. No try is counted."""
    for message in messages:
        _mark(message, _waiting(message), **(_said(refusal) if refusal else {}))


def drop(messages: Sequence[Message]) -> int:
    """Cancel claimed mails that nobody wants any more, wipe the secrets; return how many. One that is perhaps delivered is
    only not repeated. The rows say why (`left_out`)."""
    number, sorts = 0, defaultdict(list)
    for message in messages:
        sorts[message.is_secret, bool(message.doubts), message.left_out].append(message)
    for (is_secret, is_doubtful, reason), rows in sorts.items():
        held = Message.objects.filter(
            pk__in=[row.pk for row in rows], leased_until__in={until for row in rows for until in _ours(row)}
        )
        wiped: dict[str, Any] = dict(outbox.WIPED) if is_secret else {}
        state, doubts = (State.PERHAPS, IN_DOUBT_FOR_GOOD) if is_doubtful else (State.CANCELLED, 0)
        number += held.update(state=state, leased_until=None, doubts=doubts, crashes=0, reason=reason, **wiped)
    return number


def _waiting(message: Message) -> str:
    return State.PERHAPS if message.doubts else State.QUEUED


def _said(refusal: Refusal) -> dict[str, Any]:
    return {"last_error": refusal.sentence, "reason": refusal.reason}
