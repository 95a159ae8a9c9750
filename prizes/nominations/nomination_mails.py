"""Mails about nominations: received, a draft unfinished three days before the deadline, moved forward or not.

What is due is a question to the rows at this moment, and a mail's key names what it speaks of: a deadline that moved
is told of again, and two sweeps at once write each mail once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Message
from events.shared.formatting import times
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import hooks, outbox, refused_kinds
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, put, speaking, stop_link
from events.shared.mail.texts.kind_names import named
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute
from prizes.models import Nomination, Phase

MAILS = Sweep("nominations", gettext_lazy("Mails about nominations"))
RECEIVED, DRAFT = "nomination-received", "nomination-draft"
OUTCOME = named("nomination-outcome", gettext_lazy("A project is nominated, or is not"))
CHECKED = named("nomination-checked", gettext_lazy("A project is sent back, moved, or did not pass the first check"))
BEFORE_DEADLINE = timedelta(days=3)
# After this the news is old: an edition that was published long ago, or loaded with its past, writes to nobody.
OUTCOME_DAYS = timedelta(days=14)
UNTIL = gettext_lazy("You can change it until %(deadline)s. Then experts review it.")
IS_RECEIVED = original(
    RECEIVED,
    gettext_lazy("A nomination is received"),
    gettext_lazy("Received: %(title)s"),
    gettext_lazy("We have received your nomination."),
    UNTIL,
)
IS_CHANGED = original(
    "nomination-changed",
    gettext_lazy("A nomination is changed"),
    gettext_lazy("Changes received: %(title)s"),
    gettext_lazy("We have received the changes to your nomination."),
    UNTIL,
)
IS_UNFINISHED = original(
    DRAFT,
    gettext_lazy("A nomination is not submitted yet"),
    gettext_lazy("Not submitted yet: %(title)s"),
    gettext_lazy("Your nomination is not submitted yet."),
    gettext_lazy("Submission closes on %(deadline)s. A draft that is not submitted by then does not take part."),
)
IS_NOMINATED = original(
    "nomination-nominated",
    gettext_lazy("A project is nominated"),
    gettext_lazy("Nominated: %(title)s"),
    gettext_lazy("Your project is nominated."),
    gettext_lazy("It goes into the public vote. Its short description stands on the pages of the prize."),
)
IS_NOT_NOMINATED = original(
    "nomination-not-nominated",
    gettext_lazy("A project is not nominated"),
    gettext_lazy("Not nominated: %(title)s"),
    gettext_lazy("Your project was not nominated."),
    gettext_lazy(
        "The experts have read all projects and chosen others for the public vote. Thank you for taking part."
    ),
)
HAS_FEEDBACK = original(
    "nomination-not-nominated-feedback",
    gettext_lazy("A project is not nominated, and its nominator may read what experts thought"),
    gettext_lazy("Not nominated: %(title)s"),
    gettext_lazy("Your project was not nominated."),
    gettext_lazy(
        "The experts have read all projects and chosen others for the public vote. The page of your nomination shows their "
        "points and comments. Thank you for taking part."
    ),
)
IS_RETURNED = original(
    "nomination-returned",
    gettext_lazy("A nomination is sent back"),
    gettext_lazy("Please correct: %(title)s"),
    gettext_lazy("Your nomination needs a change before experts can read it."),
    gettext_lazy("What we found: %(reason)s."),
    gettext_lazy("Correct it and submit it again by %(deadline)s. Otherwise it may go no further."),
)
IS_NOT_PASSED = original(
    "nomination-not-passed",
    gettext_lazy("A nomination did not pass the first check"),
    gettext_lazy("Not passed: %(title)s"),
    gettext_lazy("Your project did not pass the first check."),
    gettext_lazy("What we found: %(reason)s."),
    gettext_lazy("It does not go to the experts. Thank you for taking part."),
)
IS_MOVED = original(
    "nomination-moved",
    gettext_lazy("A nomination is in another category"),
    gettext_lazy("In another category: %(title)s"),
    gettext_lazy("We have moved your project to the category “%(category)s”."),
    gettext_lazy("You do not have to do anything. Write to us if you disagree."),
)


def _write(
    nomination: Nomination,
    words: Original,
    *,
    kind: str,
    names: Sequence[object] = (),
    now: datetime,
    quote: str = "",
) -> None:
    """Write one mail, in the nominator's language. The words may name the `title`, the `category`, the `deadline` and the `reason` of
    the first check; `quote`: what an organiser writes to them."""
    phase = nomination.edition.phase(Phase.Kind.SUBMISSION)
    mail: dict[str, Any] = {
        "forum": nomination.edition.forum,
        "sender": nomination.edition.name,
        "expires": phase.ends if phase and kind == DRAFT else None,
        "is_secret": kind == DRAFT,  # its title is nobody's to read but the nominator's
    }
    with speaking(nomination.nominator.language):
        content = replace(_content(nomination, words, kind=kind, phase=phase), quote=quote)
        put(content, kind=kind, about=nomination.pk, names=names, to=nomination.nominator, now=now, **mail)


def _content(nomination: Nomination, words: Original, *, kind: str, phase: Phase | None) -> Content:
    edition = nomination.edition
    ends = nomination.mend_until or (phase.ends if phase else None)
    deadline = times.deadline(ends, zone=edition.zone, forum=edition.forum) if ends else ""
    address = reverse("prizes:nomination", args=[edition.forum.slug, nomination.code])
    home = MailLink(_("The prize"), absolute(reverse("prizes:home", args=[edition.forum.slug])))
    title = nomination.title or _("Draft without a title")
    reason = nomination.get_screening_reason_display()
    action = _("Finish the nomination") if kind == DRAFT else _("Open my nomination")
    return Content(
        **words.said(edition.forum, title=title, deadline=deadline, category=nomination.category, reason=reason),
        heading=title,
        action=MailLink(action, absolute(address)),
        why=_("You get this mail because you nominated a project."),
        links=[home] if kind == OUTCOME else [],
        stop=stop_link() if kind in {DRAFT, OUTCOME} else None,
    )


def write_received(nomination: Nomination, *, version: int, now: datetime) -> None:
    """Write the mail that says we have a submission; inside the transaction of `submission.submit`."""
    _write(nomination, IS_RECEIVED if version == 1 else IS_CHANGED, kind=RECEIVED, names=[version], now=now)


def write_checked(nomination: Nomination, words: Original, *, quote: str, now: datetime) -> None:
    """Write the mail that says what the first check found; inside the transaction of its verb."""
    _write(nomination, words, kind=CHECKED, names=[times.stamp(now)], now=now, quote=quote)


def _mailable() -> QuerySet[Nomination]:
    """Nominations of people who get mail, with what a mail needs; those of the sample are made up."""
    return (
        Nomination.objects.filter(
            nominator__is_active=True, is_sample=False, edition__is_public=True, edition__forum__is_public=True
        )
        .select_related("nominator", "edition__forum", "category")
        .prefetch_related("edition__phases")
        .order_by("pk")
    )


def _decided(now: datetime) -> QuerySet[Nomination]:
    """Nominations that moved forward or not, once the nominees of their edition are published. Of a vote that is over nobody
    is told that their project goes into it."""
    goes_on = Q(state=Nomination.State.NOMINATED, edition__polls_sealed=None)
    decided = goes_on | Q(state=Nomination.State.NOT_NOMINATED)
    return _mailable().filter(decided, edition__nominees_published__lte=now)


def queue_mails(now: datetime) -> int:
    """Write what is due at `now`: on drafts that were begun before the third day before the deadline (whoever began later
    gets no mail), and on what became of nominations. Return how many mails are new."""
    news = _decided(now).filter(edition__nominees_published__gt=now - OUTCOME_DAYS)
    # Their keys come from `without_mail`.
    news = refused_kinds.accepting(news, key=OUTCOME, user="nominator")
    write: dict[str, Callable[[], None]] = {}
    for row in outbox.without_mail(news, before=f"{OUTCOME}:"):
        not_chosen = HAS_FEEDBACK if row.edition.is_feedback_given else IS_NOT_NOMINATED
        words = IS_NOMINATED if row.state == Nomination.State.NOMINATED else not_chosen
        write[row.key] = partial(_write, row, words, kind=OUTCOME, now=now)
    phases = Phase.objects.filter(kind=Phase.Kind.SUBMISSION, ends__gt=now, ends__lte=now + BEFORE_DEADLINE)
    for phase in phases.filter(starts__lte=now):
        begun = _mailable().filter(edition=phase.edition_id, created__lte=phase.ends - BEFORE_DEADLINE)
        drafts = refused_kinds.accepting(begun.filter(state=Nomination.State.DRAFT), key=DRAFT, user="nominator")
        moment = times.stamp(phase.ends)
        for row in outbox.without_mail(drafts, before=f"{DRAFT}:", after=f":{moment}"):
            write[row.key] = partial(_write, row, IS_UNFINISHED, kind=DRAFT, names=[moment], now=now)
    return len(MAILS.each(write, lambda key: write[key](), now=now))


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("When a nomination is not submitted and the deadline comes close")
    return [MailKind(DRAFT, name, frozenset({DRAFT}), roles=frozenset({"nominator"}))]


@hooks.unwanted(DRAFT)
def _unwanted_drafts(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the draft was submitted or withdrawn, or the deadline moved or passed."""
    drafts = _mailable().filter(pk__in=outbox.rows_of(messages), state=Nomination.State.DRAFT)
    phases = [(row.pk, row.edition.phase(Phase.Kind.SUBMISSION)) for row in drafts]
    wanted = {(pk, phase.ends) for pk, phase in phases if phase is not None and phase.is_open(now)}
    return outbox.all_but(messages, wanted, by="about expires")  # the mail expires at the deadline


@hooks.unwanted(OUTCOME)
def _unwanted_outcomes(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the nomination was withdrawn, or the publication taken back."""
    return outbox.about_others(messages, _decided(now))
