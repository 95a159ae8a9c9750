"""The outbox: a mail is a row first, written in the same transaction as the change it speaks of.

The states and their moves stand in `Message.TRANSITIONS`; there is one verb per move. `events.shared.mail.sender` sends the rows.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial, reduce
from operator import attrgetter, or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import CharField, DateTimeField, Exists, F, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Greatest, Least, Now
from django.utils.translation import gettext as _

from events.models import ERASED_DOMAIN, Message, User
from events.shared.broker import wake_ups
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.jobs.sweeps import Apart, apart
from events.shared.mail import hooks, refused_kinds
from events.shared.mail.hooks import Guard
from events.shared.rights import memberships

logger = logging.getLogger(__name__)

RIGHT = "events.view_message"  # to the outbox
ACCOUNT_TASK = "events.tasks.deliver_account_mail"
BULK_TASK = "events.tasks.deliver_due"
WIPED = {"text": "", "html": "", "calendar": "", "unsubscribe_url": ""}
GONE = {"state": Message.State.CANCELLED, "leased_until": None}
# The last error of a mail that waits for organisers after the site was restored (config.running.backup).
HELD = "May have been sent before the site was restored"
UNDELIVERED = (Message.State.FAILED, Message.State.PERHAPS)
# No worker holds it. By the clock of the database, as leases are.
IS_FREE = Q(leased_until=None) | Q(leased_until__lte=Now())
AT_ONCE = 500  # rows a statement
CHUNK = 1000  # rows a transaction


def _guards() -> list[Guard]:
    return [function() for function in hooks.draft_guard.of()]


def _closed(user: User, *, as_file: bool = False) -> Q:
    """The mails for which an account lacks a right of their own (`Guard`); empty where there are none."""
    return reduce(or_, (one.closed(user, as_file) for one in _guards()), Q())


def open_to(rows: QuerySet[Message], *, user: User | None, as_file: bool = False) -> QuerySet[Message]:
    """Of these mails those for which an account lacks no right of their own, to read or to take them out as a file; None: the
    site itself, which lacks none."""
    closed = _closed(user, as_file=as_file) if user else Q()
    return rows.exclude(closed) if closed else rows


def readable(rows: QuerySet[Message], *, user: User, right: str = RIGHT) -> QuerySet[Message]:
    """Of these mails those that an account reads: in the forums in which it has a right to the outbox all but drafts of its
    own affairs; in others those that it looks after by another right, but none of its own affairs. Mails of no forum (of
    accounts) are for those who have the right in all. Some need a right of their own besides (`Guard.closed`).

    Which drafts are its own is asked first (one query, a second where there are drafts): they are few, and the list of a
    large outbox has nothing more to look at.
    """
    own = yours = Q(pk__in=[])
    is_all = memberships.is_everywhere(user, right)
    rows = open_to(rows, user=user)
    # In the order of an index: a prepared query does not know how few drafts are, and would read all mails for the first one.
    if is_all and not _guarded_drafts().order_by("-created").values("pk").first():
        return rows
    for one in _guards():
        own |= Q(kind__in=one.kinds) & one.own(user)
        if memberships.has(user, one.right):
            yours |= Q(kind__in=one.kinds) & memberships.within(user, one.right)
    own_drafts = list(_guarded_drafts().filter(own).values_list("pk", flat=True))
    if is_all:
        return rows.exclude(pk__in=own_drafts)
    return rows.filter((memberships.within(user, right) & ~Q(pk__in=own_drafts)) | (yours & ~own))


def _guarded_drafts() -> QuerySet[Message]:
    kinds = {kind for one in _guards() for kind in one.kinds}
    return Message.objects.filter(kind__in=kinds, state=Message.State.DRAFT).order_by()


def kinds(*, user: User) -> list[str]:
    """The kinds of mails that there are, among those that an account may read. One query, which steps from kind to kind in
    the index message_by_kind; for those who do not read all mails, one that looks at theirs."""
    if not memberships.is_everywhere(user, RIGHT) or _closed(user):
        return list(readable(Message.objects.order_by("kind"), user=user).values_list("kind", flat=True).distinct())
    table = Message._meta.db_table
    after = f"SELECT min(kind) FROM {table} WHERE kind > known.kind"  # noqa: S608  our names
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE known(kind) AS (SELECT min(kind) FROM {table} UNION ALL"  # noqa: S608
            f" SELECT ({after}) FROM known WHERE kind IS NOT NULL) SELECT kind FROM known WHERE kind IS NOT NULL"
        )
        return [kind for (kind,) in cursor.fetchall()]


def looks_after_some(user: User) -> bool:
    """Whether an account reads some mails by another right than that to the outbox."""
    return any(memberships.has(user, one.right) for one in _guards())


def unwanted(messages: Sequence[Message], *, now: datetime) -> set[int]:
    """Return the ids of the messages whose reason has gone since they were written (one question per kind), or that their
    receivers have refused, or whose receivers have erased their accounts. Each says why (`left_out`)."""
    erased = {message.pk for message in messages if message.to.endswith(ERASED_DOMAIN)}
    refused = refused_kinds.refused(messages)
    gone = erased | refused
    for kind in {message.kind for message in messages}:
        rows = [message for message in messages if message.kind == kind]
        gone = gone.union(*(function(rows, now) for function in hooks.unwanted.of(kind)))
    known = dict.fromkeys(refused, Message.Reason.REFUSES) | dict.fromkeys(erased, Message.Reason.ERASED)
    for message in messages:
        if message.pk in gone:
            message.left_out = known.get(message.pk) or message.left_out or Message.Reason.OUTDATED
    return gone


def rows_of(messages: Sequence[Message]) -> list[int]:
    """The keys of the rows that messages are about."""
    return [one.about for one in messages if one.about]


def all_but(messages: Sequence[Message], wanted: Iterable[object], *, by: str = "about") -> set[int]:
    """The ids of the messages that are not `wanted`; which ones are is told by these columns. For `hooks.unwanted`, as is
    `about_others`."""
    key, found = attrgetter(*by.split()), set(wanted)
    return {one.pk for one in messages if key(one) not in found}


def about_others(messages: Sequence[Message], rows: QuerySet[Any]) -> set[int]:
    """The ids of the messages that are about none of these rows. One query."""
    return all_but(messages, rows.filter(pk__in=rows_of(messages)).values_list("pk", flat=True))


def add_qr_codes(messages: Sequence[Message]) -> None:
    """Tell the messages that are about to be sent what their QR codes say (one question per kind)."""
    for kind in {message.kind for message in messages}:
        rows = [message for message in messages if message.kind == kind]
        for function in hooks.qr_code.of(kind):
            said = function(rows)
            for message in rows:
                message.qr_code = said.get(message.pk, "")


def one_line(subject: str) -> str:
    """Return a subject without line breaks (a break would start another header), of 250 characters at the most."""
    return " ".join(subject.split())[:250]


def write(*messages: Message) -> None:
    """Write new mails into the outbox; one whose key was written before is left out, so two sweeps at once write each mail once.

    The workers of their queues wake up as soon as the transaction is committed, but for drafts.
    """
    _write(messages)
    for queue in {message.queue for message in messages if message.state == Message.State.QUEUED}:
        task = ACCOUNT_TASK if queue == Message.Queue.ACCOUNT else BULK_TASK
        transaction.on_commit(partial(wake_ups.wake, task), robust=True)


def _write(messages: Iterable[Message]) -> None:
    Message.objects.bulk_create(messages, batch_size=AT_ONCE, ignore_conflicts=True)


def write_chunks[Row: Model](
    rows: QuerySet[Row], *, make: Callable[[Sequence[Row]], Iterable[Message]], turn: QuerySet[Any] | None = None
) -> int:
    """Write the mails that `make` makes of rows, a CHUNK at a time in the order of their keys; return of how many rows. Each
    chunk wakes the workers.

    `turn`: rows that are locked for each chunk, so that workers take turns and none makes what another is making; where
    there are none (any more), it ends. A chunk that fails is written row by row; where rows are left, `RowsFailed` says so in
    the end.
    """
    number = last = 0
    with apart("mails") as tries:
        while True:
            with transaction.atomic():
                if turn is not None and not list(turn.select_for_update().values_list("pk")):
                    break
                chunk = list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK])
                if not chunk:
                    break
                number += write_apart(chunk, make=make, tries=tries)
            last = chunk[-1].pk
    return number


def write_apart[Row](chunk: Sequence[Row], *, make: Callable[[Sequence[Row]], Iterable[Message]], tries: Apart) -> int:
    """Write the mails of these rows at once, else of each by itself; return of how many. Wakes the workers."""
    transaction.on_commit(partial(wake_ups.wake, BULK_TASK), robust=True)
    return tries.together(chunk, lambda rows: _write(make(rows)))


def without_mail(rows: QuerySet[Any], *, before: str, name: str = "pk", after: str = "") -> QuerySet[Any]:
    """Leave the rows for which there is no mail with the key `before` + the column `name` + `after` (as `key`)."""
    key = Concat(Value(before), Cast(name, CharField()), Value(after), output_field=CharField())
    return rows.annotate(key=key).exclude(Exists(Message.objects.filter(dedupe_key=OuterRef("key"))))


def due_at_once(now: datetime) -> Least:
    """Due now: by the clock of the database where that of this machine is fast."""
    return Least(Value(now, DateTimeField()), Now())


def _for_change(message: Message, *, by: User | None) -> Message:
    """Lock the row for a verb; refuse `lacks-right`: every verb begins here."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    if not open_to(Message.objects.filter(pk=row.pk), user=by).exists():
        raise ValidationError(_("This mail is for those who have a right to what it is about"), code="lacks-right")
    return row


def _locked(message: Message, *, to: str, by: User | None) -> Message:
    """Lock the row and check the table of moves; refuse `lacks-right` and `wrong-state`."""
    row = _for_change(message, by=by)
    if to not in Message.TRANSITIONS[row.state]:
        raise ValidationError(
            _("This mail is in the state “%(state)s” and cannot be changed to “%(wanted)s”"),
            code="wrong-state",
            params={"state": row.get_state_display(), "wanted": Message.State(to).label},
        )
    return row


def _refuse_if_held(row: Message) -> None:
    if not Message.objects.filter(IS_FREE, pk=row.pk).exists():
        raise ValidationError(_("This mail is being sent right now"), code="being-sent")


def again(now: datetime) -> dict[str, Any]:
    """What is written of mails that are sent again: with all their attempts."""
    fresh = {"attempts": 0, "last_error": "", "reason": "", "leased_until": None}
    return {"state": Message.State.QUEUED, "due": due_at_once(now), **fresh}


def _saved(row: Message, changes: Mapping[str, Any], *, verb: Verb, by: User | None, now: datetime) -> Message:
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
    if "due" in changes:
        row.refresh_from_db(fields=["due"])
    history.record(row, verb=verb, by=by, now=now, label=f"#{row.pk}")
    logger.info("mail %s is now %s", row.pk, row.state)
    return row


def _with_others(message: Message, *, verb: str, by: User | None, now: datetime) -> list[Message]:
    """The mail, behind the drafts that its guard lets go or takes back (`verb`) along with it."""
    guard = next((one for one in _guards() if message.kind in one.kinds), None)
    return [*(getattr(guard, verb)(message, by, now) if guard else ()), message]


@transaction.atomic
def queue(message: Message, *, by: User | None = None, now: datetime) -> Message:
    """Let a draft go, and those that go along (`Guard`). Refuses `wrong-state` for any other, and as its guard does."""
    for one in _with_others(message, verb="let_go", by=by, now=now):
        row = _locked(one, to=Message.State.QUEUED, by=by)
        if row.state != Message.State.DRAFT:
            raise ValidationError(_("Only a draft can be queued"), code="wrong-state")
        changes = {"state": Message.State.QUEUED, "due": Greatest(F("due"), due_at_once(now))}
        _saved(row, changes, verb=Verb.QUEUE_MAIL, by=by, now=now)
    return row  # the mail itself: it comes last


@transaction.atomic
def retry(message: Message, *, by: User | None = None, now: datetime) -> Message:
    """Send a mail again that has failed, with all its attempts. Refuses `wrong-state`, `being-sent`
    while a worker holds it, and `expired` when it is too late."""
    row = _locked(message, to=Message.State.QUEUED, by=by)
    if row.state not in UNDELIVERED:
        raise ValidationError(_("Only a mail that was not delivered can be sent again"), code="wrong-state")
    _refuse_if_held(row)
    if row.expires and row.expires <= now:
        raise ValidationError(_("This mail has expired: what it speaks of is over"), code="expired")
    return _saved(row, again(now), verb=Verb.RETRY_MAIL, by=by, now=now)


@transaction.atomic
def cancel(message: Message, *, by: User | None = None, now: datetime) -> Message:
    """Take a mail back, and the drafts that go along (`Guard`). Refuses `wrong-state` once it is sent, and `being-sent`
    while a worker holds it."""
    for one in _with_others(message, verb="take_back", by=by, now=now):
        row = _locked(one, to=Message.State.CANCELLED, by=by)
        _refuse_if_held(row)
        _saved(row, GONE | WIPED if row.is_secret else GONE, verb=Verb.CANCEL_MAIL, by=by, now=now)
    return row  # the mail itself: it comes last


@transaction.atomic
def edit(
    message: Message, *, subject: str, text: str, html: str = "", by: User | None = None, now: datetime
) -> Message:
    """Change a draft. Refuses `not-a-draft`, `lacks-right`."""
    row = _for_change(message, by=by)
    if row.state != Message.State.DRAFT:
        raise ValidationError(_("Only a draft can be edited"), code="not-a-draft")
    words = {"subject": one_line(subject), "text": text, "html": html}
    return _saved(row, words, verb=Verb.EDIT_MAIL, by=by, now=now)


def drop_drafts(*, kinds: Iterable[str], about: int) -> int:
    """Cancel the drafts of some kinds about a row, in one statement; return how many."""
    drafts = Message.objects.filter(kind__in=list(kinds), about=about, state=Message.State.DRAFT, is_secret=False)
    return drafts.update(state=Message.State.CANCELLED)


def cancel_expired(*, now: datetime) -> int:
    """Cancel what is too late to send, and wipe the secrets among it; return how many.

    A mail that a worker holds at this moment is left to the worker. A failed mail stays, for organisers
    to see, unless it holds a secret.
    """
    state = Message.State
    late = Message.objects.filter(expires__lte=now)
    waiting = Q(state__in=[state.DRAFT, state.QUEUED]) | Q(state=state.SENDING, leased_until__lte=now)
    wiped = late.filter(waiting | Q(state=state.FAILED), is_secret=True).update(**GONE, **WIPED)
    return wiped + late.filter(waiting).update(**GONE)
