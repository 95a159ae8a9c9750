"""The yearly mail to the owners of commitments: from each anniversary of the forum's end on, until what became of it is final.

What is due is a question to the rows at this moment; the mail's key exists once, so two sweeps write it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import hooks
from events.hooks import MailKind
from events.mail import outbox
from events.mail.rendering import Content, Link, stop_link
from events.models import Commitment, CommitmentReport, Forum, Message, Outcome
from events.pages.absolute_urls import absolute
from events.proposals.mails import tell

YEARLY = "commitment-yearly"
YEAR = 365.25  # days
OPEN = 60  # days after an anniversary: a forum loaded with its past writes to nobody
RECENT = timedelta(days=90)  # who reported so lately is not asked
MOST = 500  # in one sweep; the next one takes the rest


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
    number = 0
    for forum in Forum.objects.filter(is_public=True, is_sample=False, ends__lt=now.date()):
        if not (years := years_since(forum, now=now)):
            continue
        both = Concat(Cast("pk", CharField()), Value(":"), Cast("owner_id", CharField()))
        rows = open_ones(now).filter(outcome__forum=forum).annotate(both=both)
        due = outbox.without_mail(rows, before=f"{YEARLY}:", name="both", after=f":{years}")
        for commitment in due.select_related("owner", "outcome").order_by("pk")[:MOST]:
            _write(commitment, forum=forum, years=years, now=now)
            number += 1
    return number


def _write(commitment: Commitment, *, forum: Forum, years: int, now: datetime) -> None:
    outcome = commitment.outcome

    def say() -> Content:
        return Content(
            subject=_("What has become of “%(title)s”?") % {"title": outcome.title},
            lead=_("A year has passed. Tell the Forum how far this commitment has come."),
            heading=outcome.title,
            paragraphs=[_("On the way, kept, changed or not kept: one choice, a sentence, and a link that shows it.")],
            action=Link(_("Report on it"), absolute(reverse("events:commitment", args=[forum.slug, outcome.pk]))),
            why=_("You get this mail because you answer for this commitment."),
            stop=stop_link(),
        )

    assert commitment.owner is not None  # noqa: S101  asked for above
    tell([commitment.owner], say, kind=YEARLY, about=commitment.pk, names=[years], forum=forum, now=now)


@hooks.unwanted(YEARLY)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """Somebody else answers for it by now, or it was reported on."""
    wanted = set(open_ones(now).filter(pk__in=[one.about for one in messages]).values_list("pk", "owner"))
    return {one.pk for one in messages if (one.about, one.user_id) not in wanted}


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("Once a year, what has become of a commitment for which I answer")
    return [MailKind(YEARLY, name, frozenset({YEARLY}))]
