"""Mails to experts: which reviews a drawing gave them, one mail for each expert and drawing.

Before the review begins the drawing can still be made again: until then the mails are drafts, which organisers check
and let go. A mail names no project: what is blind stays blind, and what it speaks of is on the desk.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import hooks
from events.formatting import times
from events.formatting.names import forum_name
from events.mail import outbox
from events.mail.rendering import Content, Link, outbox_row, render, speaking
from events.models import Message
from events.pages.absolute_urls import absolute
from prizes.models import Assignment, Expert, Phase

ASSIGNED = "review-assigned"


def told(made: Iterable[Assignment]) -> list[Expert]:
    """Whom a drawing is told to: made-up nominations and accounts that are not active get no mail. Two queries."""
    keys = {row.expert_id for row in made if not row.nomination.is_sample}
    experts = Expert.objects.filter(pk__in=keys, is_active=True, user__is_active=True)
    return list(experts.select_related("user", "edition__forum").prefetch_related("edition__phases").order_by("pk"))


def write_assigned(made: Sequence[Assignment], *, now: datetime) -> None:
    """Write the mails of one drawing, in the transaction that made it: queued once the review began, else drafts."""
    rows = [row for row in made if not row.nomination.is_sample]
    experts = told(rows)
    outbox.write(*(_message(one, [row for row in rows if row.expert_id == one.pk], now=now) for one in experts))


def is_final(expert: Expert, *, now: datetime) -> bool:
    """Whether the review of the expert's edition has begun: what is drawn from then on is told at once."""
    phase = expert.edition.phase(Phase.Kind.REVIEW)
    return phase is not None and phase.starts <= now


def _message(expert: Expert, rows: Sequence[Assignment], *, now: datetime) -> Message:
    """One mail in the expert's language. A draft is text alone: what organisers edit is all there is."""
    is_queued, numbers = is_final(expert, now=now), sorted(row.pk for row in rows)
    with speaking(expert.user.language):
        mail = render(_content(expert, rows), sender=expert.edition.forum.name, has_html=is_queued)
    return outbox_row(
        mail,
        kind=ASSIGNED,
        key=f"{ASSIGNED}:{expert.pk}:{numbers[0]}-{numbers[-1]}",
        about=numbers[0],
        to=expert.user,
        language=expert.user.language,
        forum=expert.edition.forum,
        due=now,
        state=Message.State.QUEUED if is_queued else Message.State.DRAFT,
    )


def _content(expert: Expert, rows: Sequence[Assignment]) -> Content:
    edition, after = expert.edition, []
    if phase := edition.phase(Phase.Kind.REVIEW):
        starts, ends = (
            times.deadline(moment, zone=edition.zone, forum=edition.forum) for moment in (phase.starts, phase.ends)
        )
        after.append(_("The review begins on %(starts)s and ends on %(ends)s.") % {"starts": starts, "ends": ends})
    if doubtful := sum(row.state == Assignment.State.CONFLICT for row in rows):
        words = ngettext(
            "For %(n)s of them you first answer whether you have a conflict of interest.",
            "For %(n)s of them you first answer whether you have a conflict of interest.",
            doubtful,
        )
        after.append(words % {"n": doubtful})
    number = {"n": len(rows)}
    lead = ngettext(
        "You are asked to review %(n)s nomination.", "You are asked to review %(n)s nominations.", len(rows)
    )
    return Content(
        subject=ngettext("To review: %(n)s nomination", "To review: %(n)s nominations", len(rows)) % number,
        lead=lead % number,
        heading=forum_name(edition.name),
        paragraphs=after,
        action=Link(_("Open my reviews"), absolute(reverse("prizes:review-desk", args=[edition.forum.slug]))),
        why=_("You get this mail because you are an expert of the prize."),
    )


@hooks.unwanted(ASSIGNED)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: nothing of the drawing is left to do, the review is over, or the expert is not active any more."""
    mails = Message.objects.filter(
        kind=ASSIGNED,
        user=OuterRef("expert__user"),
        forum=OuterRef("expert__edition__forum"),
        about__lte=OuterRef("pk"),
    )
    open_rows = Assignment.objects.filter(expert__is_active=True, state__in=Assignment.WAITING).select_related(
        "expert__edition"
    )
    told = open_rows.annotate(first=Subquery(mails.order_by("-about").values("about")[:1]))
    wanted = set()
    for row in told.filter(first__in=[one.about for one in messages]):
        phase = row.expert.edition.phase(Phase.Kind.REVIEW)
        if phase is not None and now < phase.ends:
            wanted.add(row.first)
    return {one.pk for one in messages if one.about not in wanted}
