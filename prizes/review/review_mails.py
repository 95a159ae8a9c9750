"""Mails to experts: which reviews a drawing gave them, one mail for each expert and drawing; and what is left to do three days
before the review ends.

Before the review begins the drawing can still be made again: until then the mails are drafts, which organisers check
and let go. A mail names no project: what is blind stays blind, and what it speaks of is on the desk.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from events.models import Message
from events.shared.formatting import times
from events.shared.formatting.names import forum_name
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import hooks, outbox, refused_kinds
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, put, speaking, stop_link, tell
from events.shared.mail.texts.originals import original
from events.shared.pages.absolute_urls import absolute
from prizes.models import Assignment, Expert, Nomination, Phase

MAILS = Sweep("reviews", gettext_lazy("Mails to experts of the prize"))
ASSIGNED, WAITS = "review-assigned", "review-waits"
BEFORE_END = timedelta(days=3)
IS_ASSIGNED = original(
    ASSIGNED,
    gettext_lazy("An expert is asked for reviews"),
    ngettext_lazy("To review: %(n)s nomination", "To review: %(n)s nominations", "n"),
    ngettext_lazy("You are asked to review %(n)s nomination.", "You are asked to review %(n)s nominations.", "n"),
)
STILL_WAITS = original(
    WAITS,
    gettext_lazy("Reviews wait for an expert"),
    ngettext_lazy("Still to review: %(n)s nomination", "Still to review: %(n)s nominations", "n"),
    ngettext_lazy("%(n)s review waits for you.", "%(n)s reviews wait for you.", "n"),
    gettext_lazy("The review ends on %(moment)s."),
)


def told(made: Iterable[Assignment]) -> list[Expert]:
    """Whom a drawing is told to: made-up nominations and accounts that are not active get no mail. Two queries."""
    keys = {row.expert_id for row in made if not row.nomination.is_sample}
    experts = Expert.objects.filter(pk__in=keys, is_active=True, user__is_active=True)
    return list(experts.select_related("user", "edition__forum").prefetch_related("edition__phases").order_by("pk"))


def who_is_told(made: Iterable[Assignment], *, now: datetime) -> list[str]:
    """In a sentence, whether the mails to the experts go, or wait as drafts to be checked; nothing where there are none."""
    experts = told(made)
    if not experts:
        return []
    number = len(experts)
    if is_final(experts[0], now=now):
        words = ngettext("%(n)s expert is told by mail.", "%(n)s experts are told by mail.", number)
    else:
        words = ngettext(
            "The review has not begun: the mail to %(n)s expert stays a draft until an organiser lets it go.",
            "The review has not begun: the mails to %(n)s experts stay drafts until an organiser lets them go.",
            number,
        )
    return [words % {"n": number}]


def write_assigned(made: Sequence[Assignment], *, now: datetime) -> None:
    """Write the mails of one drawing, in the transaction that made it: queued once the review began, else drafts."""
    rows = [row for row in made if not row.nomination.is_sample]
    for expert in told(rows):
        _write(expert, [row for row in rows if row.expert_id == expert.pk], now=now)


def is_final(expert: Expert, *, now: datetime) -> bool:
    """Whether the review of the expert's edition has begun: what is drawn from then on is told at once."""
    phase = expert.edition.phase(Phase.Kind.REVIEW)
    return phase is not None and phase.starts <= now


def _write(expert: Expert, rows: Sequence[Assignment], *, now: datetime) -> None:
    numbers, forum = sorted(row.pk for row in rows), expert.edition.forum
    mail: dict[str, Any] = {"kind": ASSIGNED, "about": numbers[0], "names": numbers[-1:], "forum": forum, "now": now}
    tell([expert.user], partial(_content, expert, rows), is_draft=not is_final(expert, now=now), **mail)


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
    return Content(
        **IS_ASSIGNED.said(edition.forum, also=after, n=len(rows)),
        heading=forum_name(edition.name),
        action=MailLink(_("Open my reviews"), absolute(reverse("prizes:review-desk", args=[edition.forum.slug]))),
        why=_("You get this mail because you are an expert of the prize."),
    )


# --- what waits ---------------------------------------------------------------------------------------
def _waited_for(now: datetime) -> QuerySet[Any]:
    """The experts with reviews `left` to do, in the last three days of the review."""
    is_left = Q(
        assignments__state__in=Assignment.WAITING,
        assignments__nomination__state__in=Nomination.REVIEWED,
        assignments__nomination__is_sample=False,
    )
    last_days = Phase.objects.filter(kind=Phase.Kind.REVIEW, starts__lte=now, ends__gt=now, ends__lte=now + BEFORE_END)
    experts = Expert.objects.filter(
        is_active=True, user__is_active=True, edition__in=last_days.values("edition"), edition__nominees_published=None
    )
    rows = experts.annotate(left=Count("assignments", filter=is_left)).filter(left__gt=0)
    return rows.select_related("user", "edition__forum").prefetch_related("edition__phases").order_by("pk")


def queue_mails(now: datetime) -> int:
    """Write the mails to experts with reviews left to do, once for each end of the review; return how many."""
    due = {}
    for expert in refused_kinds.accepting(_waited_for(now), key=WAITS):
        ends = expert.edition.phase(Phase.Kind.REVIEW).ends
        due[f"{WAITS}:{expert.pk}:{times.stamp(ends)}"] = (expert, ends)
    known = set(Message.objects.filter(dedupe_key__in=list(due)).values_list("dedupe_key", flat=True))
    new = [key for key in due if key not in known]
    return len(MAILS.each(new, lambda key: _remind(*due[key], now=now), now=now))


def _remind(expert: Any, ends: datetime, *, now: datetime) -> None:
    mail: dict[str, Any] = {"forum": expert.edition.forum, "sender": expert.edition.name, "now": now, "expires": ends}
    with speaking(expert.user.language):
        put(_left(expert, ends=ends), kind=WAITS, about=expert.pk, names=[times.stamp(ends)], to=expert.user, **mail)


def _left(expert: Any, *, ends: datetime) -> Content:
    edition = expert.edition
    until = times.deadline(ends, zone=edition.zone, forum=edition.forum)
    return Content(
        **STILL_WAITS.said(edition.forum, n=expert.left, moment=until),
        heading=forum_name(edition.name),
        action=MailLink(_("Open my reviews"), absolute(reverse("prizes:review-desk", args=[edition.forum.slug]))),
        why=_("You get this mail because you are an expert of the prize."),
        stop=stop_link(),
    )


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("When reviews wait for me and their end comes close")
    return [MailKind(WAITS, name, frozenset({WAITS}), roles=frozenset({"expert"}))]


@hooks.unwanted(WAITS)
def _done(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: all is reviewed, or the end has moved away."""
    return outbox.about_others(messages, _waited_for(now))


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
    for row in told.filter(first__in=outbox.rows_of(messages)):
        phase = row.expert.edition.phase(Phase.Kind.REVIEW)
        if phase is not None and now < phase.ends:
            wanted.add(row.first)
    return outbox.all_but(messages, wanted)
