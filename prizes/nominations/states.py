"""What the nominator is told of a nomination: never of the shortlist before the nominees are published."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from events.shared import hooks
from events.shared.formatting import times
from events.shared.hooks import Hook, OwnRole, RoleRow, RoleSource, role_rows
from prizes.models import Certificate, Edition, Honour, Nomination, Phase


class Feedback(NamedTuple):
    """What the finished reviews of a nomination say together: each criterion with the mean of its points, and the comments,
    in an order that tells nothing of who wrote them."""

    points: list[tuple[str, str]]
    comments: list[str]
    most: int  # points


# The certificates of a nomination that may be seen at a moment, for its page. Hung up by prizes.results.
certificates = Hook[Callable[[Nomination, datetime], list[Certificate]]]()
# What experts thought of a nomination, for its page. Hung up by prizes.review.
feedback = Hook[Callable[[Nomination], Feedback]]()


# The nominator is not told of the shortlist, so it may not stop an edit either.
_STATES = Nomination.State
EDITABLE = frozenset({_STATES.DRAFT, _STATES.SUBMITTED, _STATES.RETURNED, _STATES.SHORTLISTED})


CHECKED = frozenset({_STATES.RETURNED, _STATES.NOT_PASSED})


class ShownState(NamedTuple):
    """`key`: draft, unsent, submitted, returned, not-passed, review, nominated, not-nominated, withdrawn, champion, winner; `word` the state, `next` what
    comes."""

    key: str
    word: str
    next: str
    badge: str = ""


def submission(edition: Edition, *, now: datetime) -> str:
    """Where the submission phase stands: "open", "over", "coming", or "unknown" where the edition has none."""
    phase = edition.phase(Phase.Kind.SUBMISSION)
    if phase is None:
        return "unknown"
    return "open" if phase.is_open(now) else "over" if phase.ends <= now else "coming"


def is_editable(nomination: Nomination, *, at: datetime) -> bool:
    """Whether its nominator may still change it at this moment."""
    if nomination.state == _STATES.RETURNED:
        return nomination.mend_until is not None and at < nomination.mend_until
    return nomination.state in EDITABLE and submission(nomination.edition, now=at) == "open"


def closes(nomination: Nomination) -> datetime | None:
    """Until when its nominator can change it: the deadline, or the day by which it is to be mended."""
    phase = nomination.edition.phase(Phase.Kind.SUBMISSION)
    return nomination.mend_until or (phase.ends if phase else None)


def is_withdrawable(nomination: Nomination) -> bool:
    """Whether its nominator may still take it back: until the nominees are published."""
    return (
        Nomination.State.WITHDRAWN in Nomination.TRANSITIONS[nomination.state]
        and not nomination.edition.nominees_published
    )


def _deadline(edition: Edition, *, kind: str, is_start: bool = False) -> str:
    phase = edition.phase(kind)
    if phase is None:
        return ""
    return times.deadline(phase.starts if is_start else phase.ends, zone=edition.zone, forum=edition.forum)


def _submitted(edition: Edition, *, now: datetime) -> ShownState:
    if submission(edition, now=now) == "open":
        sentence = _("You can change it until %(moment)s. Then experts review it.")
        moment = _deadline(edition, kind=Phase.Kind.SUBMISSION)
        return ShownState("submitted", _("Submitted"), sentence % {"moment": moment}, "ok")
    sentence = _("Experts review the projects. Then the nominees are published.")
    if moment := _deadline(edition, kind=Phase.Kind.VOTING, is_start=True):
        sentence = _("Experts review the projects. The nominees are published before the vote begins on %(moment)s.")
    return ShownState("review", _("In review"), sentence % {"moment": moment}, "")


def _nominee(edition: Edition, *, now: datetime) -> ShownState:
    vote = edition.phase(Phase.Kind.VOTING)
    sentence = _("It takes part in the public vote.")
    if edition.polls_sealed or (vote and vote.ends <= now):
        sentence = _("The public vote is over. The page of the prize says when its results follow.")
    return ShownState("nominated", _("Nominated"), sentence, "ok")


def _checked(nomination: Nomination, *, now: datetime) -> ShownState:
    """What the first check of the secretariat found, where it is more than that it passed."""
    if nomination.state == _STATES.NOT_PASSED:
        return ShownState("not-passed", _("Not passed"), _("It did not pass the first check."), "cancelled")
    sentence = _("The time to correct it is over. The secretariat decides.")
    if is_editable(nomination, at=now) and nomination.mend_until:
        edition = nomination.edition
        moment = times.deadline(nomination.mend_until, zone=edition.zone, forum=edition.forum)
        sentence = _("Correct what is named here and submit it again by %(moment)s.") % {"moment": moment}
    return ShownState("returned", _("Sent back"), sentence, "moved")


def honoured(kinds: Collection[str]) -> ShownState | None:
    """The state of a nomination that has the certificates of these kinds; None where it has none."""
    if Honour.WINNERS in kinds:
        return ShownState("winner", _("Winner"), _("It is the winner of its category."), "ok")
    if Honour.CHAMPIONS in kinds:
        return ShownState("champion", _("Champion"), _("It is a champion of its category."), "ok")
    return None


def shown(nomination: Nomination, *, now: datetime) -> ShownState:
    """Return the state of a nomination as its nominator may see it at `now`. No query where the phases are fetched."""
    edition, state = nomination.edition, nomination.State
    if nomination.state == state.DRAFT and submission(edition, now=now) == "open":
        sentence = _("Submit it by %(moment)s.") % {"moment": _deadline(edition, kind=Phase.Kind.SUBMISSION)}
        return ShownState("draft", _("Draft"), sentence, "moved")
    if nomination.state == state.DRAFT:
        closed = _("Submission is closed. You can still read the draft.")
        return ShownState("unsent", _("Not submitted"), closed, "cancelled")
    if nomination.state == state.WITHDRAWN:
        return ShownState("withdrawn", _("Withdrawn"), _("It does not take part."), "cancelled")
    if nomination.state in CHECKED:
        return _checked(nomination, now=now)
    is_published = edition.nominees_published is not None and edition.nominees_published <= now
    if is_published and nomination.state == state.NOMINATED:
        return _nominee(edition, now=now)
    if is_published and nomination.state == state.NOT_NOMINATED:
        return ShownState("not-nominated", _("Not nominated"), _("It does not take part in the public vote."), "")
    return _submitted(edition, now=now)


_public = Nomination.objects.filter(edition__is_public=True, edition__forum__is_public=True)
NOMINATED = role_rows(_public, key="nominator", about="title", forum="edition__forum", code="code", state="state")


def _nominator(row: RoleRow) -> OwnRole:
    """What the nominator was told last is known to the nomination's own page; here a draft is told from the rest."""
    state, url = Nomination.State, reverse("prizes:nomination", args=[row.slug, row.code])
    told: dict[str, tuple[str, str]] = {
        state.DRAFT: (_("Draft"), "moved"),
        state.WITHDRAWN: (_("Withdrawn"), "cancelled"),
        state.RETURNED: (_("Sent back"), "moved"),
        state.NOT_PASSED: (_("Not passed"), "cancelled"),
    }
    word, badge = told.get(row.state, (_("Submitted"), "ok"))
    about = row.about or _("Draft without a title")
    return OwnRole(_("Nominator"), about, url, _("Open the nomination"), word, badge)


@hooks.own_roles()
def nominators() -> RoleSource:
    """Those who nominated a project, for their account page."""
    return RoleSource("nominator", 50, NOMINATED, "nominator", _nominator)
