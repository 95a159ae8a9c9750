"""Mails to experts: which reviews a drawing gave them, one mail for each expert and drawing.

Before the review begins the drawing can still be made anew: until then the mails are drafts, which organisers check
and let go. A mail names no project: what is blind stays blind, and what it speaks of is on the desk.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.formatting import times_and_names
from events.mail import outbox
from events.models import Message
from events.pages.absolute_urls import absolute
from events.proposals.mails import Letter
from events.templatetags.look import forum_name
from prizes.models import Assignment, Expert, Phase
from registration.agenda.session_mails import known_language

ASSIGNED = "review-assigned"
OPEN = (Assignment.State.ASSIGNED, Assignment.State.CONFLICT)


def told(made: Iterable[Assignment]) -> list[Expert]:
    """Whom a drawing is told to: made-up nominations and accounts that are not active get no mail. Two queries."""
    keys = {row.expert_id for row in made if not row.nomination.is_sample}
    experts = Expert.objects.filter(pk__in=keys, is_active=True, user__is_active=True)
    return list(experts.select_related("user", "edition__forum").prefetch_related("edition__phases").order_by("pk"))


def write_assigned(made: Sequence[Assignment], *, now: datetime) -> None:
    """Write the mails of one drawing, in the transaction that made it: queued once the review began, else drafts."""
    mails = [
        _message(expert, [row for row in made if row.expert_id == expert.pk and not row.nomination.is_sample], now=now)
        for expert in told(made)
    ]
    if mails:
        outbox.write_many(mails)
        transaction.on_commit(partial(outbox.wake, outbox.BULK_TASK), robust=True)


def is_final(expert: Expert, *, now: datetime) -> bool:
    """Whether the review of the expert's edition has begun: what is drawn from then on is told at once."""
    phase = expert.edition.phase(Phase.Kind.REVIEW)
    return phase is not None and phase.starts <= now


def _message(expert: Expert, rows: Sequence[Assignment], *, now: datetime) -> Message:
    """One mail in the expert's language. A draft is text alone: what organisers edit is all there is."""
    edition, person, numbers = expert.edition, expert.user, sorted(row.pk for row in rows)
    is_queued, language = is_final(expert, now=now), known_language(person.language)
    with translation.override(language):
        letter = _letter(expert, rows)
        context = {"letter": letter, "forum": edition.forum}
        return Message(
            kind=ASSIGNED,
            dedupe_key=f"{ASSIGNED}:{expert.pk}:{numbers[0]}-{numbers[-1]}",
            about=numbers[0],
            to=person.email,
            user=person,
            language=language,
            subject=outbox.one_line(letter.subject),
            text=render_to_string("events/mail/letter.txt", context).strip() + "\n",
            html=render_to_string("events/mail/letter.html", context) if is_queued else "",
            queue=Message.Queue.BULK,
            due=now,
            forum=edition.forum,
            state=Message.State.QUEUED if is_queued else Message.State.DRAFT,
        )


def _letter(expert: Expert, rows: Sequence[Assignment]) -> Letter:
    edition = expert.edition
    number, doubtful = len(rows), sum(row.state == Assignment.State.CONFLICT for row in rows)
    after = []
    if phase := edition.phase(Phase.Kind.REVIEW):
        starts, ends = (
            times_and_names.deadline(moment, zone=edition.zone, forum=edition.forum)
            for moment in (phase.starts, phase.ends)
        )
        after.append(_("The review begins on %(starts)s and ends on %(ends)s.") % {"starts": starts, "ends": ends})
    if doubtful:
        words = ngettext(
            "For %(n)s of them you first answer whether you have a conflict of interest.",
            "For %(n)s of them you first answer whether you have a conflict of interest.",
            doubtful,
        )
        after.append(words % {"n": doubtful})
    given = ngettext(
        "You are asked to review %(n)s nomination.", "You are asked to review %(n)s nominations.", number
    ) % {"n": number}
    return Letter(
        subject=ngettext("To review: %(n)s nomination", "To review: %(n)s nominations", number) % {"n": number},
        heading=forum_name(edition.name),
        before=given,
        after=after,
        action=_("Open my reviews"),
        url=absolute(reverse("prizes:review-desk", args=[edition.forum.slug])),
        why=_("You get this mail because you are an expert of the prize."),
    )


@outbox.recheck(ASSIGNED)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: nothing of the drawing is left to do, the review is over, or the expert is not active any more."""
    mails = Message.objects.filter(
        kind=ASSIGNED,
        user=OuterRef("expert__user"),
        forum=OuterRef("expert__edition__forum"),
        about__lte=OuterRef("pk"),
    )
    open_rows = Assignment.objects.filter(expert__is_active=True, state__in=OPEN).select_related("expert__edition")
    told = open_rows.annotate(first=Subquery(mails.order_by("-about").values("about")[:1]))
    wanted = set()
    for row in told.filter(first__in=[one.about for one in messages]):
        phase = row.expert.edition.phase(Phase.Kind.REVIEW)
        if phase is not None and now < phase.ends:
            wanted.add(row.first)
    return {one.pk for one in messages if one.about not in wanted}
