"""The mails to the owners of commitments: when organisers name them, once a year from the anniversary of the forum's last
day on, until what became of the commitment is final, and when organisers confirm a report or send it back.

What is due is a question to the rows at this moment; the mail's key exists once, so two sweeps write it once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Commitment, CommitmentReport, Forum, Message, Outcome
from events.shared.formatting.times import stamp
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import hooks, outbox
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, stop_link, tell
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute

YEARLY_MAILS = Sweep("commitments", gettext_lazy("Yearly mails to owners of commitments"))
OWNER, YEARLY = "commitment-owner", "commitment-yearly"
CONFIRMED, SENT_BACK = "commitment-confirmed", "commitment-sent-back"
YEAR = 365.25  # days
OPEN = 60  # days after an anniversary: a forum loaded with its past writes to nobody
RECENT = timedelta(days=90)  # who reported so lately is not asked
MOST = 500  # in one sweep; the next one takes the rest
IS_OWNER = original(
    OWNER,
    gettext_lazy("Somebody answers for a commitment"),
    gettext_lazy("You report on “%(title)s”"),
    gettext_lazy("The organisers of the Forum ask you to report on this commitment."),
    gettext_lazy("Say whenever you like how far it has come. Once a year we ask you by mail."),
)
IS_ASKED = original(
    YEARLY,
    gettext_lazy("The yearly question about a commitment"),
    gettext_lazy("What has become of “%(title)s”?"),
    gettext_lazy("A year has passed. Tell the Forum how far this commitment has come."),
    gettext_lazy("On the way, kept, changed or not kept: one choice, a sentence, and a link that shows it."),
)
IS_CONFIRMED = original(
    CONFIRMED,
    gettext_lazy("A report on a commitment is confirmed"),
    gettext_lazy("Confirmed: your report on “%(title)s”"),
    gettext_lazy("The organisers have confirmed your report. The public reads it now."),
)
IS_SENT_BACK = original(
    SENT_BACK,
    gettext_lazy("A report on a commitment is sent back"),
    gettext_lazy("Please report again on “%(title)s”"),
    gettext_lazy("The organisers could not confirm your report, and say why."),
    gettext_lazy("It waits for you on its page: change it, then send it again."),
)


def years_since(forum: Forum, *, now: datetime) -> int:
    """How many whole years ago a forum ended, where the last anniversary is not longer ago than `OPEN` days; else 0."""
    days = (forum.today(now) - forum.ends).days
    years = int(days / YEAR)
    return years if years > 0 and days - years * YEAR < OPEN else 0


def open_ones(now: datetime) -> QuerySet[Commitment]:
    """The public commitments with an owner of which nobody has said lately what became of them, nor that it is final."""
    reports = CommitmentReport.objects.filter(commitment=OuterRef("pk"))
    final = reports.filter(confirmed__isnull=False, state__in=CommitmentReport.FINAL)
    lately = reports.filter(reported__gt=now - RECENT)
    public = Outcome.objects.public(now)
    return Commitment.objects.filter(~Exists(final), ~Exists(lately), outcome__in=public, owner__is_active=True)


def ask(now: datetime) -> int:
    """Write the yearly mails that are due; return how many."""
    found: list[tuple[Commitment, int]] = []
    for forum in Forum.objects.filter(is_public=True, is_sample=False, archived=None, ends__lt=now.date()):
        if not (years := years_since(forum, now=now)):
            continue
        both = Concat(Cast("pk", CharField()), Value(":"), Cast("owner_id", CharField()))
        rows = open_ones(now).filter(outcome__forum=forum).annotate(both=both)
        due = outbox.without_mail(rows, before=f"{YEARLY}:", name="both", after=f":{years}")
        rows = due.select_related("owner", "outcome__forum").order_by("pk")[:MOST]
        found += [(commitment, years) for commitment in rows]
    return len(
        YEARLY_MAILS.each(
            found,
            lambda one: _write(one[0], years=one[1], now=now),
            now=now,
            key=lambda one: one[0].pk,
            forum=lambda one: one[0].outcome.forum_id,
        )
    )


def write_owner(commitment: Commitment, *, now: datetime) -> None:
    """Tell an account that it answers for a commitment; once."""

    def say() -> Content:
        return _content(commitment, IS_OWNER, why=_("You get this mail because the organisers named your account."))

    _tell(commitment, say, kind=OWNER, now=now)


def _write(commitment: Commitment, *, years: int, now: datetime) -> None:
    _tell(commitment, partial(_of_owner, commitment, IS_ASKED), kind=YEARLY, names=[years], now=now)


def write_confirmed(report: CommitmentReport, *, now: datetime) -> None:
    """Tell the owner that the public reads their report."""
    _answer(report, IS_CONFIRMED, now=now)


def write_sent_back(report: CommitmentReport, *, now: datetime) -> None:
    """Tell the owner that they are to report again, and why."""
    _answer(report, IS_SENT_BACK, now=now)


def _answer(report: CommitmentReport, words: Original, *, now: datetime) -> None:
    say = partial(_of_owner, report.commitment, words, quote=report.sent_back)
    _tell(report.commitment, say, kind=words.key, names=[report.pk, stamp(now)], now=now)


def _of_owner(commitment: Commitment, words: Original, *, quote: str = "") -> Content:
    why = _("You get this mail because you answer for this commitment.")
    return _content(commitment, words, why=why, quote=quote, stop=stop_link())


def _content(
    commitment: Commitment, words: Original, *, why: str, quote: str = "", stop: MailLink | None = None
) -> Content:
    outcome = commitment.outcome
    page = absolute(reverse("events:commitment", args=[outcome.forum.slug, outcome.pk]))
    return Content(
        **words.said(outcome.forum, title=outcome.title),
        heading=outcome.title,
        quote=quote,
        action=MailLink(_("Report on it"), page),
        why=why,
        stop=stop,
    )


def _tell(
    commitment: Commitment, say: Callable[[], Content], *, kind: str, names: Sequence[object] = (), now: datetime
) -> None:
    people = [commitment.owner] if commitment.owner else []
    tell(people, say, kind=kind, about=commitment.pk, names=names, forum=commitment.outcome.forum, now=now)


@hooks.unwanted(CONFIRMED)
@hooks.unwanted(SENT_BACK)
@hooks.unwanted(OWNER)
def _unwanted_owners(messages: Sequence[Message], now: datetime) -> set[int]:
    """Somebody else answers for it by now."""
    rows = Commitment.objects.filter(pk__in=outbox.rows_of(messages))
    return outbox.all_but(messages, rows.values_list("pk", "owner"), by="about user_id")


@hooks.unwanted(YEARLY)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """Somebody else answers for it by now, or it was reported on."""
    rows = open_ones(now).filter(pk__in=outbox.rows_of(messages))
    return outbox.all_but(messages, rows.values_list("pk", "owner"), by="about user_id")


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("Once a year, what has become of a commitment for which I answer")
    answers = gettext_lazy("What the organisers say to my reports on commitments")
    return [
        MailKind(YEARLY, name, frozenset({YEARLY}), roles=frozenset({"commitment"})),
        MailKind("commitment-answers", answers, frozenset({CONFIRMED, SENT_BACK}), roles=frozenset({"commitment"})),
    ]
