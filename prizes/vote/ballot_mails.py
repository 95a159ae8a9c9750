"""Mails about ballots: the receipt, and an incomplete ballot three days and one day before the close.

The receipt is written with the choice that it speaks of. A ballot that changes again gets a new one, a little later,
so that several changes in a row make one mail: at send time an older one is no longer wanted. What is incomplete is
a question to the rows at this moment; a mail's key names the close, so a close that moves is told of again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from events.formatting import times_and_names
from events.mail import outbox
from events.models import Message
from events.pages.absolute_urls import absolute
from prizes.chain import receipts
from prizes.models import Ballot, Edition, Nomination, Phase
from registration.agenda.session_mails import known_language
from registration.models import Registration

RECEIPT, INCOMPLETE = "ballot-receipt", "ballot-incomplete"
DAYS = (3, 1)  # before the close
CHANGE_WAIT = timedelta(minutes=2)  # so long a receipt waits for another change
CHUNK = 500


def _letter(ballot: Ballot, *, name: str, language: str, **more: Any) -> tuple[str, str, str]:
    """Subject, text and HTML in a language, from the templates prizes/mail/<name>{_subject.txt,.txt,.html}."""
    edition = ballot.edition
    phase = edition.phase(Phase.Kind.VOTING)
    with translation.override(language):
        context = {
            "ballot": ballot,
            "edition": edition,
            "forum": edition.forum,
            "close": times_and_names.deadline(phase.ends, zone=edition.zone, forum=edition.forum) if phase else "",
            "ballot_url": absolute(reverse("prizes:ballot", args=[edition.forum.slug])),
            **more,
        }
        subject, text, html = (
            render_to_string(f"prizes/vote/mail/{name}{end}", context) for end in ("_subject.txt", ".txt", ".html")
        )
    return outbox.one_line(subject), text.strip() + "\n", html


def _receipt_key(ballot_pk: int, number: int) -> str:
    return f"{RECEIPT}:{ballot_pk}:{number}"


def write_receipt(ballot: Ballot, *, is_change: bool, now: datetime) -> None:
    """Write the mail with the receipt of a ballot; inside the transaction of the choice (voting.cast).

    `ballot.receipts` numbers it. After a change it waits for CHANGE_WAIT.
    """
    person = ballot.user
    ballot.edition = Edition.objects.select_related("forum").prefetch_related("phases").get(pk=ballot.edition_id)
    language = known_language(person.language)
    slug = ballot.edition.forum.slug
    with translation.override(language):
        addresses = {
            "receipt_url": absolute(reverse("prizes:receipt", args=[slug])),
            "check_url": absolute(reverse("prizes:check", args=[slug])),
            "chain_url": absolute(reverse("prizes:chain", args=[slug])),
        }
    subject, text, html = _letter(
        ballot,
        name="receipt",
        language=language,
        receipt=receipts.receipt(ballot),
        is_change=is_change,
        **addresses,
    )
    outbox.write(
        kind=RECEIPT,
        key=_receipt_key(ballot.pk, ballot.receipts),
        about=ballot.pk,
        to=person.email,
        subject=subject,
        text=text,
        html=html,
        user=person,
        language=language,
        queue=Message.Queue.ACCOUNT,
        is_secret=True,
        due=now + CHANGE_WAIT if is_change else now,
        forum=ballot.edition.forum,
    )


@outbox.recheck(RECEIPT)
def _unwanted_receipts(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the ballot changed again, and a newer receipt is written; or its edition is closed."""
    ballots = Ballot.objects.filter(pk__in=[one.about for one in messages]).exclude(secret="")
    newest = {_receipt_key(pk, number) for pk, number in ballots.values_list("pk", "receipts")}
    return {one.pk for one in messages if one.dedupe_key not in newest}


def due_day(close: datetime, *, now: datetime) -> int | None:
    """Which mail is due, in days before the close; None: none. Of several only the latest, as after an outage."""
    left = close - now
    if left <= timedelta():
        return None
    return min((day for day in DAYS if left <= timedelta(days=day)), default=None)


def _incomplete(phase: Phase) -> QuerySet[Ballot]:
    """The begun ballots of a vote that do not count, of people who get mail.

    Those of sample people are made up: mail for them goes into files at the most, never by SMTP.
    """
    rows = Ballot.objects.filter(
        edition=phase.edition_id,
        edition__is_public=True,
        edition__forum__is_public=True,
        edition__polls_sealed__isnull=True,
        is_complete=False,
        user__is_active=True,
    )
    if settings.EMAIL_URL:
        sample = Registration.objects.filter(user=OuterRef("user"), is_sample=True)
        rows = rows.filter(~Exists(sample)).exclude(user__email__endswith=".sample.invalid")
    return rows.select_related("user").order_by("pk")


def _due(phase: Phase, *, day: int) -> QuerySet[Ballot]:
    """Those that are to get the mail `day` days before the close and have not got it. Who began later gets none."""
    before, after = f"{INCOMPLETE}-{day}:", f":{times_and_names.stamp(phase.ends)}"
    begun = _incomplete(phase).filter(began__lte=phase.ends - timedelta(days=day))
    named = begun.annotate(key=Concat(Value(before), Cast("pk", CharField()), Value(after), output_field=CharField()))
    return named.exclude(Exists(Message.objects.filter(dedupe_key=OuterRef("key"))))


def _messages(rows: Sequence[Ballot], *, phase: Phase, now: datetime) -> Iterator[Message]:
    edition = phase.edition
    needed = _needed(edition.pk)
    letters: dict[tuple[str, int], tuple[str, str, str]] = {}  # one for each language and number of missing categories
    for ballot in rows:
        ballot.edition = edition
        language, missing = known_language(ballot.user.language), len(needed - _voted(ballot))
        if (language, missing) not in letters:
            letters[language, missing] = _letter(
                ballot, name="incomplete", language=language, missing=missing, needed=len(needed)
            )
        subject, text, html = letters[language, missing]
        yield Message(
            kind=INCOMPLETE,
            dedupe_key=ballot.key,  # type: ignore[attr-defined]  # from `_due`
            about=ballot.pk,
            user_id=ballot.user_id,
            to=ballot.user.email,
            language=language,
            subject=subject,
            text=text,
            html=html,
            queue=Message.Queue.BULK,
            due=now,
            expires=phase.ends,
            forum_id=edition.forum_id,
        )


def _needed(edition_pk: int) -> set[int]:
    rows = Nomination.objects.filter(edition=edition_pk, state=Nomination.State.NOMINATED)
    return set(rows.values_list("category", flat=True))


def _voted(ballot: Ballot) -> set[int]:
    return {vote.category_id for vote in ballot.votes.all()}


def queue_mails(now: datetime) -> int:
    """Write the mails about incomplete ballots that are due at `now`; return how many."""
    phases = Phase.objects.filter(kind=Phase.Kind.VOTING, starts__lte=now, ends__gt=now)
    written = 0
    for phase in phases.select_related("edition__forum"):
        day = due_day(phase.ends, now=now)
        if day is None:
            continue
        last = 0
        rows = _due(phase, day=day).prefetch_related("votes")
        while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
            outbox.write_many(list(_messages(chunk, phase=phase, now=now)))
            written += len(chunk)
            last = chunk[-1].pk
    return written


@outbox.recheck(INCOMPLETE)
def _unwanted_incomplete(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the ballot is complete by now, or the close moved or passed."""
    rows = Ballot.objects.filter(
        pk__in=[one.about for one in messages],
        is_complete=False,
        user__is_active=True,
        edition__is_public=True,
        edition__phases__kind=Phase.Kind.VOTING,
        edition__phases__ends__gt=now,
    )
    wanted = set(rows.values_list("pk", "edition__phases__ends"))
    return {one.pk for one in messages if (one.about, one.expires) not in wanted}  # the mail expires at the close
