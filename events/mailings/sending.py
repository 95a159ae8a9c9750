"""Sending a mailing: its receivers are fixed, their mails are written into the outbox, and what has not left can be paused and
stopped.

Receivers are rows first; a task writes their mails a chunk at a time, each with a key that can exist once. So a worker that is
killed, or two at once, write each mail once. A pause makes drafts of the mails that wait, in one statement.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.forums import hooks as forums_hooks
from events.mailings import groups, mails, placeholders
from events.mailings.groups import Chosen, Receivers, Recipient
from events.models import Forum, Mailing, MailingReceiver, Message, User
from events.shared.broker import wake_ups
from events.shared.formatting import times
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import hooks as mail_hooks
from events.shared.mail import outbox
from events.shared.mail.hooks import Guard, MailKind
from events.shared.mail.rendering import outbox_row
from events.shared.mail.texts.kind_names import named
from events.shared.pages.find_forum import check_open
from events.shared.rights import memberships

for one in Mailing.Kind:
    named(one.value, one.label)
TEST = named("mailing-test", gettext_lazy("Test of a message to people"))
TASK = "events.tasks.write_mailings"
MAILINGS = Sweep("mailings", gettext_lazy("Messages to people"))
State = Mailing.State
UNSENT = (Message.State.DRAFT, Message.State.QUEUED)
WAITS = (*UNSENT, Message.State.SENDING)
# Why a mail did not go although its person was on the list (events.mailings.still_wanted).
LEFT = (Message.Reason.LEFT, Message.Reason.ERASED, Message.Reason.REFUSES, Message.Reason.SUPPRESSED)
BATCH = 2000


def messages_of(mailing: Mailing) -> QuerySet[Message]:
    """The mails of a mailing that stand in the outbox."""
    return Message.objects.filter(kind=mailing.kind, about=mailing.pk)


def numbers(mailing: Mailing) -> dict[str, int]:
    """How many of its mails are in each state. One query."""
    rows = messages_of(mailing).order_by().values("state").annotate(n=Count("pk"))
    return {row["state"]: row["n"] for row in rows}


def left_since(mailing: Mailing) -> dict[str, int]:
    """How many of its mails did not go although their people were on the list, by the reason. One query."""
    rows = messages_of(mailing).filter(state=Message.State.CANCELLED, reason__in=LEFT)
    return dict(rows.order_by("reason").values_list("reason").annotate(n=Count("pk")))


def _locked(mailing: Mailing, *, to: str) -> Mailing:
    """Lock the row and check the table of moves; refuse `wrong-state`."""
    row = Mailing.objects.select_for_update(of=("self",)).select_related("forum").get(pk=mailing.pk)
    if to not in Mailing.TRANSITIONS[row.state]:
        words = _("This message is in the state “%(state)s”: somebody was faster. Look at it again")
        raise ValidationError(words % {"state": row.get_state_display()}, code="wrong-state")
    return row


def _record(row: Mailing, verb: Verb, *, by: User, now: datetime, **after: Any) -> None:
    log.record(row, verb=verb, by=by, now=now, after=after)


# --- the draft --------------------------------------------------------------------------------------
@transaction.atomic
def save(mailing: Mailing, *, by: User, now: datetime) -> Mailing:
    """Save a draft with what was typed; a new one is made. Refuses `wrong-state` once it is sent, and `lacks-right` where `by`
    may not write to one of its groups, those that it had or those that it gets."""
    verb = Verb.EDIT_MAILING
    if mailing.pk is None:
        verb, mailing.author, mailing.created = Verb.BEGIN_MAILING, by, now
    elif _moved(mailing, to=State.SENDING, by=by).state != State.DRAFT:
        raise ValidationError(_("This message is not a draft any more"), code="wrong-state")
    _check_groups(mailing, groups.chosen(mailing.groups, forum=mailing.forum), by=by)
    mailing.updated = now
    mailing.save()
    _record(mailing, verb, by=by, now=now)
    return mailing


def reaches(mailing: Mailing, rows: Sequence[Chosen], *, by: User) -> bool:
    """Whether an account may write to all groups of a mailing: who may not, lets nothing of it go and holds nothing back."""
    return all(memberships.has(by, one.group.right, mailing.forum) for one in rows)


def _check_groups(mailing: Mailing, rows: Sequence[Chosen], *, by: User) -> None:
    """Refuses `lacks-right`."""
    for one in rows:
        if not reaches(mailing, [one], by=by):
            words = _("You may not write to the group “%(group)s” in this forum")
            raise ValidationError(words % {"group": one.group.name}, code="lacks-right")


def _moved(mailing: Mailing, *, to: str, by: User) -> Mailing:
    """Lock the row for a move, which is for those who may send it. Refuses `wrong-state`, `lacks-right`."""
    row = _locked(mailing, to=to)
    _check_groups(row, groups.chosen(row.groups, forum=row.forum), by=by)
    return row


def _checked(mailing: Mailing, *, by: User) -> list[Chosen]:
    """The groups of a mailing that may go as it is. Refuses `no-group`, `lacks-right`, `wrong-option`, `no-text`, and as
    `placeholders.check`."""
    rows = groups.chosen(mailing.groups, forum=mailing.forum)
    if not any(not one.is_excluded for one in rows):
        raise ValidationError(_("Choose to whom you write"), code="no-group")
    _check_groups(mailing, rows, by=by)
    for one in rows:
        if not one.form.is_valid():
            words = _("Look at the group “%(group)s”: something that you chose is not there any more")
            raise ValidationError(words % {"group": one.group.name}, code="wrong-option")
    if not mails.written(mailing):
        raise ValidationError(_("Write a text in one language at least"), code="no-text")
    given = mails.given(rows)
    for text in mailing.texts.values():
        placeholders.check(f"{text['subject']}\n{text['text']}", given=given)
    return rows


def find(mailing: Mailing, *, by: User, now: datetime) -> tuple[list[Chosen], Receivers]:
    """The groups of a draft, and who gets it at this moment. Groups into which the account may not look have nobody."""
    rows = groups.chosen(mailing.groups, forum=mailing.forum)
    open_rows = [one for one in rows if memberships.has(by, one.group.right, mailing.forum)]
    return rows, groups.receivers(mailing, open_rows, now=now)


def test(mailing: Mailing, *, by: User, now: datetime) -> int:
    """Mail the draft to oneself, once in each language; return in how many. Refuses as sending it does."""
    rows = _checked(mailing, by=by)
    sender = mails.MailingMails(mailing, rows)
    first = next(one for one in rows if not one.is_excluded)
    codes = mails.written(mailing)
    for code in codes:
        person = Recipient(by.pk, by.email, by.public_name, code, first.number, str(first.group.title))
        key = f"{TEST}:{mailing.pk}:{by.pk}:{code}:{now.timestamp()}"
        mail = sender.mail(person)
        outbox.write(
            outbox_row(mail, kind=TEST, key=key, about=mailing.pk, to=by, language=code, forum=mailing.forum, due=now)
        )
    return len(codes)


# --- sending ----------------------------------------------------------------------------------------
def _digest(mailing: Mailing) -> str:
    said = json.dumps([mailing.forum_id, mailing.groups, mailing.texts], sort_keys=True)
    return sha256(said.encode()).hexdigest()


@transaction.atomic
def send(mailing: Mailing, *, by: User, now: datetime, number: int | None = None, is_waiting: bool = False) -> Mailing:
    """Fix who gets a draft, and have their mails written. `number`: of people, as it was shown; `is_waiting`: the mails are
    drafts until somebody lets them go.

    Refuses `archived` (its forum is, at this moment), `wrong-state`, `nobody`, `number-changed`, `sent-already` (these words to these
    groups), and as `_checked`.
    """
    check_open(
        Forum.objects.select_for_update(no_key=True).get(pk=mailing.forum_id)
    )  # nobody archives it until this is done
    row = _locked(mailing, to=State.SENDING)
    if row.state != State.DRAFT:
        raise ValidationError(_("This message is not a draft any more"), code="wrong-state")
    rows = _checked(row, by=by)
    found = groups.receivers(row, rows, now=now)
    if not found.people:
        raise ValidationError(_("Nobody is in these groups who could get it"), code="nobody")
    if number is not None and number != len(found.people):
        words = _("The groups have changed: the number of people is now %(n)s. Look again, then send")
        raise ValidationError(words % {"n": len(found.people)}, code="number-changed")
    row.state, row.key = State.PAUSED if is_waiting else State.SENDING, _digest(row)
    row.starts = max(now, row.starts) if row.starts else now
    row.paused = row.starts if is_waiting else None
    row.people, row.updated = len(found.people), now
    row.left_out = {reason: len(names) for reason, names in found.left_out.items()}
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        other = Mailing.objects.get(key=row.key)
        words = _("These words went to these groups already, on %(when)s")
        when = times.deadline(other.updated, zone=row.forum.zone, forum=row.forum)
        raise ValidationError(words % {"when": when}, code="sent-already") from None
    receivers = (
        MailingReceiver(mailing=row, number=place, **person._asdict()) for place, person in enumerate(found.people)
    )
    MailingReceiver.objects.bulk_create(receivers, batch_size=BATCH)
    _record(row, Verb.WRITE_TO, by=by, now=now, people=row.people, left_out=sum(row.left_out.values()))
    transaction.on_commit(partial(wake_ups.wake, TASK), robust=True)
    return row


def write_due(now: datetime) -> int:
    """Write the mails of all mailings whose receivers are fixed; return how many. Then say which mailings are through."""
    rows = Mailing.objects.filter(state__in=[State.SENDING, State.PAUSED], written=None)
    due = rows.select_related("forum").order_by("pk")
    numbers = MAILINGS.each(due, lambda row: _write(row, now=now), now=now, is_whole=False)
    _finish(now)
    return sum(numbers)


def _write(mailing: Mailing, *, now: datetime) -> int:
    rows = groups.chosen(mailing.groups, forum=mailing.forum)
    left = outbox.without_mail(mailing.receivers.select_related("user"), before=f"mailing:{mailing.pk}:", name="number")
    unwritten = Mailing.objects.filter(pk=mailing.pk, written=None)
    make = partial(_messages, mailing=mailing, sender=mails.MailingMails(mailing, rows))
    number = outbox.write_chunks(left, make=make, turn=unwritten)
    with transaction.atomic():
        if unwritten.update(written=now):
            mailing.receivers.all().delete()
    return number


def _messages(people: Sequence[MailingReceiver], *, mailing: Mailing, sender: mails.MailingMails) -> Iterator[Message]:
    """As drafts while the mailing is paused: its row is locked."""
    state, starts, pace = Mailing.objects.values_list("state", "starts", "per_minute").get(pk=mailing.pk)
    begins = starts or mailing.updated
    for one in people:
        person = Recipient(one.user_id, one.address, one.name, one.language, one.group, one.title)
        yield outbox_row(
            sender.mail(person),
            kind=mailing.kind,
            key=one.key,  # type: ignore[attr-defined]  # from `without_mail`
            about=mailing.pk,
            to=one.user or one.address,
            language=sender.language(person),
            forum=mailing.forum,
            due=begins + timedelta(minutes=one.number / pace if pace else 0),
            state=Message.State.DRAFT if state == State.PAUSED else Message.State.QUEUED,
        )


def _finish(now: datetime) -> None:
    """Mailings of which no mail waits any more are sent."""
    waiting = Message.objects.filter(kind=OuterRef("kind"), about=OuterRef("pk"), state__in=WAITS)
    through = Mailing.objects.filter(~Exists(waiting), state=State.SENDING, written__isnull=False)
    through.update(state=State.SENT, ended=now)


@transaction.atomic
def pause(mailing: Mailing, *, by: User, now: datetime) -> Mailing:
    """Hold back what has not left. A mail server may still get what it has in hand. Refuses `wrong-state`, `lacks-right`."""
    row = _moved(mailing, to=State.PAUSED, by=by)
    if row.state != State.SENDING:
        raise ValidationError(_("This message has not been sent yet"), code="wrong-state")
    row.state, row.paused = State.PAUSED, max(now, row.starts or now)
    row.save(update_fields=["state", "paused"])
    messages_of(row).filter(state=Message.State.QUEUED).update(state=Message.State.DRAFT)
    _record(row, Verb.PAUSE_MAILING, by=by, now=now)
    return row


@transaction.atomic
def go_on(mailing: Mailing, *, by: User, now: datetime) -> Mailing:
    """Let go what was held back, at the pace that was set. Refuses `wrong-state`, `lacks-right`."""
    row = _moved(mailing, to=State.SENDING, by=by)
    if row.state != State.PAUSED:
        raise ValidationError(_("This message is not paused"), code="wrong-state")
    late = max(now - (row.paused or now), timedelta())
    row.state, row.starts, row.paused = State.SENDING, (row.starts or now) + late, None
    row.save(update_fields=["state", "starts", "paused"])
    drafts = messages_of(row).filter(state=Message.State.DRAFT)
    drafts.update(state=Message.State.QUEUED, due=F("due") + late)
    _record(row, Verb.GO_ON_MAILING, by=by, now=now)
    for task in (TASK, outbox.BULK_TASK):
        transaction.on_commit(partial(wake_ups.wake, task), robust=True)
    return row


@transaction.atomic
def stop(mailing: Mailing, *, by: User, now: datetime) -> Mailing:
    """Cancel for good what has not left. Where nothing had, the same words can be sent again. Refuses `wrong-state`, `lacks-right`."""
    row = _moved(mailing, to=State.STOPPED, by=by)
    row.state, row.ended = State.STOPPED, now
    row.written = row.written or now
    cancelled = messages_of(row).filter(state__in=UNSENT).update(state=Message.State.CANCELLED)
    row.receivers.all().delete()
    if not messages_of(row).exclude(state=Message.State.CANCELLED).exists():
        row.key = ""
    row.save(update_fields=["state", "ended", "written", "key"])
    _record(row, Verb.STOP_MAILING, by=by, now=now, cancelled=cancelled)
    return row


def _closed(user: User, _as_file: bool) -> Q:
    """The mails of mailings to a group to which an account may not write. One query where there can be some."""
    rights = {key: one.right for key, one in groups.known().items() if not memberships.is_everywhere(user, one.right)}
    if not rights:
        return Q()
    held = memberships.rights(user)
    about = [
        pk
        for pk, forum_id, said in Mailing.objects.values_list("pk", "forum_id", "groups")
        if any(one["key"] in rights and not held.hold(rights[one["key"]], forum_id=forum_id) for one in said)
    ]
    return Q(kind__in=Mailing.Kind.values, about__in=about) if about else Q()


@mail_hooks.draft_guard()
def _guard() -> Guard:
    return Guard(frozenset(Mailing.Kind.values), closed=_closed)


@forums_hooks.forum_goes_on()
def _goes_on(forum: Forum, _now: datetime) -> str:
    """A mailing that still waits would write to people out of the archive."""
    waits = Mailing.objects.filter(forum=forum, state__in=[State.SENDING, State.PAUSED]).order_by("pk").first()
    if waits is None:
        return ""
    words = _("The message “%(subject)s” has not been sent to all its people yet. Stop it, or wait for it")
    return words % {"subject": waits}


@mail_hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    own = gettext_lazy("What the organisers write about what I take part in")
    return [
        MailKind("mailing-news", gettext_lazy("News of the forum from its organisers"), frozenset({Mailing.Kind.NEWS})),
        MailKind("mailing-own", own, frozenset({Mailing.Kind.OWN})),
    ]
