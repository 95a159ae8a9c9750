"""Mails about ballots: the receipt, an incomplete ballot three days and one day before the close, and that the close moved.

The receipt is written with the choice that it speaks of. A ballot that changes again gets a new one, a little later,
so that several changes in a row make one mail: at send time an older one is no longer wanted. What is incomplete is
a question to the rows at this moment; a mail's key names the close, so a close that moves is told of again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Forum, Message, User
from events.shared.formatting import codes, times
from events.shared.formatting.names import forum_name, known_language
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import hooks, outbox, refused_kinds
from events.shared.mail.hooks import Guard, MailKind
from events.shared.mail.rendering import Content, MailLink, Rendered, once_each, outbox_row, render, speaking, stop_link
from events.shared.mail.texts.originals import original
from events.shared.once_a_revision import once_a_revision
from events.shared.pages.absolute_urls import absolute
from events.shared.rights import memberships
from prizes.chain import chain, commitments
from prizes.chain.receipts import Receipt
from prizes.editions import end_of_vote
from prizes.models import Ballot, Edition, Nomination, Phase
from registration.models import Registration

MAILS = Sweep("ballots", gettext_lazy("Mails about ballots that do not count yet"), longest=timedelta(minutes=5))
RIGHT, EXPORT = "prizes.inspect_ballot", "prizes.export_ballot"  # to what tells who votes, and to take it out as a file
RECEIPT, INCOMPLETE, MOVED = "ballot-receipt", "ballot-incomplete", "ballot-end-moved"
DAYS = (3, 1)  # before the close
TOLD_FOR = timedelta(days=1)  # from the move of an end on: who begins a ballot later reads the new one there
CHANGE_WAIT = timedelta(minutes=2)  # so long a receipt waits for another change
LACKS = ngettext_lazy(
    "Your ballot misses %(missing)s of %(needed)s categories and does not count yet",
    "Your ballot misses %(missing)s of %(needed)s categories and does not count yet",
    "missing",
)
CLOSES = gettext_lazy("Voting closes %(close)s. What you have chosen is saved.")
RECEIPT_SUBJECT = gettext_lazy("Your receipt: %(prize)s")
KEEP = gettext_lazy(
    "Keep this mail. Whoever has the secret can see what you chose, once the votes are published; nobody can change anything with "
    "it."
)
IS_CAST = original(
    RECEIPT,
    gettext_lazy("A ballot counts, with its receipt"),
    RECEIPT_SUBJECT,
    gettext_lazy("Your ballot counts."),
    KEEP,
)
IS_CHANGED = original(
    "ballot-receipt-changed",
    gettext_lazy("A ballot was changed, with its receipt"),
    RECEIPT_SUBJECT,
    gettext_lazy("Your changed ballot counts. The secret of your receipt is the same as before."),
    KEEP,
)
HAS_NO_CHOICE = original(
    "ballot-empty",
    gettext_lazy("A ballot has no choice yet"),
    gettext_lazy("Your ballot has no choice yet and does not count"),
    CLOSES,
)
IS_INCOMPLETE = original(INCOMPLETE, gettext_lazy("A ballot is not complete"), LACKS, CLOSES)
IS_MOVED = original(
    MOVED,
    gettext_lazy("The end of the vote is moved"),
    gettext_lazy("The end of the vote was moved: %(prize)s"),
    gettext_lazy("The organisers moved the end of the vote. It was to close %(close)s."),
    gettext_lazy("The organisers’ reason: %(reason)s"),
    gettext_lazy("Your ballot does not count yet. What you have chosen is saved."),
)
SECRET, HEAD = "[[secret]]", "[[head]]"  # stand in a frame where the ballot's secret and the head of the chain are put


def _receipt_key(ballot_pk: int, number: int) -> str:
    return f"{RECEIPT}:{ballot_pk}:{number}"


def write_receipt(ballot: Ballot, *, is_change: bool, now: datetime) -> None:
    """Write the mail with the receipt of a ballot; inside the transaction of the choice (cast_vote.cast).

    `ballot.receipts` numbers it. After a change it waits for CHANGE_WAIT.
    """
    person, head = ballot.user, chain.head(ballot.edition)
    frame = _frame(ballot.edition_id, known_language(person.language), is_change=is_change, has_head=bool(head))
    outbox.write(
        outbox_row(
            _filled(frame, secret=ballot.secret, head=head),
            kind=RECEIPT,
            key=_receipt_key(ballot.pk, ballot.receipts),
            about=ballot.pk,
            to=person,
            language=person.language,
            forum=frame.forum,
            queue=Message.Queue.ACCOUNT,
            is_secret=True,
            due=now + CHANGE_WAIT if is_change else now,
        )
    )


class ReceiptText(NamedTuple):
    """The receipts of an edition in one language, with marks where what is a ballot's own will stand."""

    forum: Forum
    numbers: Sequence[int]  # of the categories
    mail: Rendered


@once_a_revision
def _frame(edition_pk: int, language: str, *, is_change: bool, has_head: bool) -> ReceiptText:
    """In the last hour many ballots are completed at once: their mails differ by the secret, the trackers and the head."""
    edition = Edition.objects.select_related("forum").get(pk=edition_pk)
    categories = list(edition.categories.select_related("action_line").order_by("number"))
    marked: Receipt = {
        "secret": SECRET,
        "trackers": [(category, _mark(category.number)) for category in categories],
        "head": HEAD if has_head else "",
    }
    with speaking(language):
        mail = render(_receipt(edition.forum, edition.name, marked, is_change=is_change), sender=edition.name)
    return ReceiptText(edition.forum, [category.number for category in categories], mail)


def _mark(number: int) -> str:
    return f"[[tracker {number}]]"


def _filled(frame: ReceiptText, *, secret: str, head: str) -> Rendered:
    """The mail about one ballot. What stands for the marks is of letters and digits."""
    values = {SECRET: codes.groups(secret), HEAD: head}
    for number in frame.numbers:
        tracker = commitments.tracker(secret, edition=frame.forum.slug, number=number)
        values[_mark(number)] = codes.groups(tracker)
    text, html = frame.mail.text, frame.mail.html
    for mark, value in values.items():
        text, html = text.replace(mark, value), html.replace(mark, value)
    return Rendered(frame.mail.subject, text, html)


def _receipt(forum: Forum, name: str, receipt: Receipt, *, is_change: bool) -> Content:
    """What nobody edits, the secret and the trackers, is in the templates prizes/vote/mail/receipt.{txt,html}."""
    slug = forum.slug
    context = {
        "receipt": receipt,
        "check_url": absolute(reverse("prizes:check", args=[slug])),
        "chain_url": absolute(reverse("prizes:chain", args=[slug])),
    }
    words = IS_CHANGED if is_change else IS_CAST
    return Content(
        **words.said(forum, prize=forum_name(name)),
        heading=_("Your receipt"),
        own_text=render_to_string("prizes/vote/mail/receipt.txt", context).strip(),
        own_html=render_to_string("prizes/vote/mail/receipt.html", context),
        action=MailLink(_("Open my receipt"), absolute(reverse("prizes:receipt", args=[slug]))),
        why=_(
            "You get this mail because you voted. If you did not, somebody else has used your account: change its "
            "password and write to the organisers."
        ),
    )


@hooks.unwanted(RECEIPT)
def _unwanted_receipts(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the ballot changed again, and a newer receipt is written; or its edition is closed."""
    ballots = Ballot.objects.filter(pk__in=outbox.rows_of(messages)).exclude(secret="")
    newest = {_receipt_key(pk, number) for pk, number in ballots.values_list("pk", "receipts")}
    return outbox.all_but(messages, newest, by="dedupe_key")


def due_day(close: datetime, *, now: datetime) -> int | None:
    """Which mail is due, in days before the close; None: none. Of several only the latest, as after an outage."""
    left = close - now
    if left <= timedelta():
        return None
    return min((day for day in DAYS if left <= timedelta(days=day)), default=None)


def _due(phase: Phase, *, day: int, now: datetime) -> QuerySet[Ballot]:
    """The begun ballots that do not count and whose people have not got the mail of `day` days before the close.

    Who began later gets none.
    """
    rows = _unfinished_ballots(phase, begun=phase.ends - timedelta(days=day), now=now).prefetch_related("votes")
    rows = refused_kinds.accepting(rows, key=INCOMPLETE)
    return outbox.without_mail(rows, before=f"{INCOMPLETE}-{day}:", after=f":{times.stamp(phase.ends)}")


def _unfinished_ballots(phase: Phase, *, begun: datetime, now: datetime) -> QuerySet[Ballot]:
    """The ballots begun by a moment that do not count. Sample people are made up: mail for them goes into files at the
    most, never by SMTP."""
    rows = Ballot.objects.unfinished_at(now).filter(
        edition=phase.edition_id, edition__forum__is_public=True, user__is_active=True, began__lte=begun
    )
    if settings.EMAIL_URL:
        sample = Registration.objects.filter(user=OuterRef("user"), is_sample=True)
        rows = rows.filter(~Exists(sample)).exclude(user__email__endswith=".sample.invalid")
    return rows.select_related("user").order_by("pk")


def _unfinished(edition: Edition, close: datetime, needed: int, missing: int) -> Content:
    kind = IS_INCOMPLETE if edition.require_all_categories else HAS_NO_CHOICE
    close_words = times.deadline(close, zone=edition.zone, forum=edition.forum)
    words = kind.said(edition.forum, missing=missing, needed=needed, close=close_words)
    return Content(
        subject=words["subject"],
        heading=words["subject"],
        paragraphs=[words["lead"], *words["paragraphs"]],
        action=MailLink(_("Go on with my ballot"), absolute(reverse("prizes:ballot", args=[edition.forum.slug]))),
        why=_(
            "You get this mail because you began a ballot. We remind you three days and one day before the close, not "
            "more."
        ),
        stop=stop_link(),
    )


def _messages(rows: Sequence[Ballot], *, phase: Phase, now: datetime) -> Iterator[Message]:
    edition = phase.edition
    nominated = Nomination.objects.filter(edition=edition, state=Nomination.State.NOMINATED)
    needed = set(nominated.values_list("category", flat=True))
    mail = once_each(partial(_unfinished, edition, phase.ends, len(needed)), sender=edition.name)
    for ballot in rows:
        missing = len(needed - {vote.category_id for vote in ballot.votes.all()})
        yield _message(mail(ballot.user.language, missing), ballot, kind=INCOMPLETE, phase=phase, now=now)


def _message(mail: Rendered, ballot: Any, *, kind: str, phase: Phase, now: datetime) -> Message:
    """`ballot`: with the `key` of its mail."""
    more: dict[str, Any] = {"forum": phase.edition.forum, "due": now, "expires": phase.ends}
    person = ballot.user
    return outbox_row(mail, kind=kind, key=ballot.key, about=ballot.pk, to=person, language=person.language, **more)


def _moved(edition: Edition, move: end_of_vote.Move) -> Content:
    old, new = (
        times.deadline(moment, zone=edition.zone, forum=edition.forum) for moment in (move.old_end, move.new_end)
    )
    words = IS_MOVED.said(edition.forum, prize=forum_name(edition.name), close=old, reason=move.reason)
    return Content(
        subject=words["subject"],
        heading=_("Voting now closes %(close)s") % {"close": new},
        paragraphs=[words["lead"], *words["paragraphs"]],
        action=MailLink(_("Go on with my ballot"), absolute(reverse("prizes:ballot", args=[edition.forum.slug]))),
        why=_("You get this mail because you began a ballot that does not count yet."),
    )


def _move_messages(rows: Sequence[Ballot], *, phase: Phase, move: end_of_vote.Move, now: datetime) -> Iterator[Message]:
    mail = once_each(partial(_moved, phase.edition, move), sender=phase.edition.name)
    for ballot in rows:
        yield _message(mail(ballot.user.language), ballot, kind=MOVED, phase=phase, now=now)


def _tell_of_move(phase: Phase, *, now: datetime) -> int:
    """That the end of a vote was moved: once to everybody who had begun a ballot that does not count; return how many."""
    move = end_of_vote.last_move(phase.edition)
    if move is None or now - move.decided >= TOLD_FOR:
        return 0
    rows = outbox.without_mail(_unfinished_ballots(phase, begun=move.decided, now=now), before=f"{MOVED}-{move.key}:")
    return outbox.write_chunks(rows, make=partial(_move_messages, phase=phase, move=move, now=now))


@hooks.draft_guard()
def _guard() -> Guard:
    kinds = frozenset({RECEIPT, INCOMPLETE, MOVED})

    def closed(user: User, as_file: bool) -> Q:
        rights = [RIGHT, EXPORT] if as_file else [RIGHT]
        if all(memberships.is_in_every_row(user, right) for right in rights):
            return Q()
        may = [memberships.within(user, right) for right in rights]
        return Q(kind__in=kinds) & ~Q(*may)

    return Guard(kinds, closed=closed)


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("When my ballot is not complete and the vote ends soon")
    return [MailKind(INCOMPLETE, name, frozenset({INCOMPLETE}), roles=frozenset({"voter"}))]


def queue_mails(now: datetime) -> int:
    """Write the mails that are due at `now` about incomplete ballots and ends that were moved; return how many."""
    phases = Phase.objects.filter(kind=Phase.Kind.VOTING, starts__lte=now, ends__gt=now).select_related(
        "edition__forum"
    )
    due = [(phase, write) for phase in phases for write in (_tell_of_move, _remind)]
    return sum(
        MAILS.each(
            due,
            lambda one: one[1](one[0], now=now),
            now=now,
            key=lambda one: f"{one[0].pk}:{one[1].__name__}",
            forum=lambda one: one[0].edition.forum_id,
            is_whole=False,
        )
    )


def _remind(phase: Phase, *, now: datetime) -> int:
    """Of ballots that do not count, before the close; return how many mails."""
    day = due_day(phase.ends, now=now)
    rows = _due(phase, day=day, now=now) if day else Ballot.objects.none()
    return outbox.write_chunks(rows, make=partial(_messages, phase=phase, now=now))


@hooks.unwanted(MOVED)
@hooks.unwanted(INCOMPLETE)
def _unwanted_incomplete(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the ballot is complete by now, or the close moved or passed."""
    rows = Ballot.objects.unfinished_at(now).filter(pk__in=outbox.rows_of(messages), user__is_active=True)
    wanted = rows.values_list("pk", "edition__phases__ends")
    return outbox.all_but(messages, wanted, by="about expires")  # the mail expires at the close
