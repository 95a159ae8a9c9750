"""Mails about nominations: received, a draft unfinished three days before the deadline, moved forward or not.

What is due is a question to the rows at this moment, and a mail's key names what it speaks of: a deadline that moved
is told of again, and two sweeps at once write each mail once.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from events.formatting import times_and_names
from events.mail import outbox
from events.models import Message
from events.pages.absolute_urls import absolute
from prizes.models import Edition, Nomination, Phase
from registration.agenda.session_mails import known_language

RECEIVED, DRAFT, OUTCOME = "nomination-received", "nomination-draft", "nomination-outcome"
BEFORE_DEADLINE = timedelta(days=3)
# After this the news is old: an edition that was published long ago, or loaded with its past, writes to nobody.
OUTCOME_DAYS = timedelta(days=14)


def _message(nomination: Nomination, *, name: str, kind: str, key: str, now: datetime, **more: Any) -> Message:
    """One mail in the nominator's language, from the templates prizes/mail/<name>{_subject.txt,.txt,.html}."""
    edition, person = nomination.edition, nomination.nominator
    language = known_language(person.language)
    phase = edition.phase(Phase.Kind.SUBMISSION)
    with translation.override(language):
        context = {
            "nomination": nomination,
            "edition": edition,
            "forum": edition.forum,
            "title": nomination.title,
            "deadline": times_and_names.deadline(phase.ends, zone=edition.zone, forum=edition.forum) if phase else "",
            "is_nominated": nomination.state == Nomination.State.NOMINATED,
            "url": absolute(reverse("prizes:nomination", args=[edition.forum.slug, nomination.code])),
            "prize_url": absolute(reverse("prizes:home", args=[edition.forum.slug])),
            **more,
        }
        subject, text, html = (
            render_to_string(f"prizes/nominations/mail/{name}{end}", context)
            for end in ("_subject.txt", ".txt", ".html")
        )
    return Message(
        kind=kind,
        dedupe_key=key,
        about=nomination.pk,
        user_id=person.pk,
        to=person.email,
        language=language,
        subject=outbox.one_line(subject),
        text=text.strip() + "\n",
        html=html,
        queue=Message.Queue.BULK,
        due=now,
        expires=phase.ends if kind == DRAFT and phase else None,
        forum_id=edition.forum_id,
    )


def write_received(nomination: Nomination, *, version: int, now: datetime) -> None:
    """Write the mail that says we have a submission; inside the transaction of `nominating.submit`."""
    key = f"{RECEIVED}:{nomination.pk}:{version}"
    message = _message(nomination, name="nomination_received", kind=RECEIVED, key=key, now=now, version=version)
    outbox.write_many([message])
    transaction.on_commit(partial(outbox.wake, outbox.BULK_TASK), robust=True)


def _mailable() -> QuerySet[Nomination]:
    """Nominations of people who get mail, with what a letter needs; those of the sample are made up."""
    return (
        Nomination.objects.filter(
            nominator__is_active=True, is_sample=False, edition__is_public=True, edition__forum__is_public=True
        )
        .select_related("nominator", "edition__forum", "category")
        .prefetch_related("edition__phases")
        .order_by("pk")
    )


def _without_mail(rows: QuerySet[Nomination], *, before: str, after: str = "") -> QuerySet[Nomination]:
    named = rows.annotate(key=Concat(Value(before), Cast("pk", CharField()), Value(after), output_field=CharField()))
    return named.exclude(Exists(Message.objects.filter(dedupe_key=OuterRef("key"))))


def _due_drafts(now: datetime) -> Iterable[Nomination]:
    """Drafts that were begun before the third day before the deadline; whoever began later gets no mail."""
    phases = Phase.objects.filter(kind=Phase.Kind.SUBMISSION, ends__gt=now, ends__lte=now + BEFORE_DEADLINE)
    for phase in phases.filter(starts__lte=now):
        drafts = _mailable().filter(
            edition=phase.edition_id, state=Nomination.State.DRAFT, created__lte=phase.ends - BEFORE_DEADLINE
        )
        yield from _without_mail(drafts, before=f"{DRAFT}:", after=f":{times_and_names.stamp(phase.ends)}")


def _due_outcomes(now: datetime) -> Iterable[Nomination]:
    """Nominations that moved forward or not, once the nominees of their edition are published."""
    editions = Edition.objects.filter(nominees_published__gt=now - OUTCOME_DAYS, nominees_published__lte=now)
    rows = _mailable().filter(
        edition__in=editions, state__in=[Nomination.State.NOMINATED, Nomination.State.NOT_NOMINATED]
    )
    return _without_mail(rows, before=f"{OUTCOME}:")


def queue_mails(now: datetime) -> int:
    """Write what is due at `now` (drafts, and what became of nominations); return how many mails are new."""
    messages = [
        _message(row, name="nomination_draft", kind=DRAFT, key=row.key, now=now)  # type: ignore[attr-defined]
        for row in _due_drafts(now)
    ]
    messages += [
        _message(row, name="nomination_outcome", kind=OUTCOME, key=row.key, now=now)  # type: ignore[attr-defined]
        for row in _due_outcomes(now)
    ]
    if messages:
        outbox.write_many(messages)
    return len(messages)


@outbox.recheck(DRAFT)
def _unwanted_drafts(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the draft was submitted or withdrawn, or the deadline moved or passed."""
    drafts = _mailable().filter(pk__in=[one.about for one in messages], state=Nomination.State.DRAFT)
    wanted = set()
    for row in drafts:
        phase = row.edition.phase(Phase.Kind.SUBMISSION)
        if phase is not None and phase.is_open(now):
            wanted.add((row.pk, phase.ends))
    return {one.pk for one in messages if (one.about, one.expires) not in wanted}  # the mail expires at the deadline


@outbox.recheck(OUTCOME)
def _unwanted_outcomes(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the nomination was withdrawn, or the publication taken back."""
    rows = _mailable().filter(
        pk__in=[one.about for one in messages],
        edition__nominees_published__lte=now,
        state__in=[Nomination.State.NOMINATED, Nomination.State.NOT_NOMINATED],
    )
    wanted = set(rows.values_list("pk", flat=True))
    return {one.pk for one in messages if one.about not in wanted}
