"""The mails of the open consultation. What organisers decide is a draft in the outbox first: they edit it and let it go.

Each mail is in its person's language and made of the same parts (`Content`). Decisions have no HTML, so that what
organisers edit is what is sent.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import HistoryEntry, Proposal, User
from events.models.proposals import ProposalKind
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.mail.rendering import Content, MailLink, tell
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute

State = Proposal.State
RECEIVED, JOINED, WITHDRAWN = "proposal-received", "proposal-joined", "proposal-withdrawn"
# What is decided → the kind of mail that tells the people of a proposal.
TOLD_BY = {
    State.CHANGES: "proposal-changes",
    State.ACCEPTED: "proposal-accepted",
    State.DECLINED: "proposal-declined",
    State.MERGED: "proposal-merged",
    State.SUBMITTED: "proposal-reopened",
}
DECISION_VERBS = (
    Verb.ASK_CHANGES,
    Verb.ACCEPT_PROPOSAL,
    Verb.DECLINE_PROPOSAL,
    Verb.MERGE_PROPOSAL,
    Verb.REOPEN_PROPOSAL,
)
SPEAKER_DECLINED, SPEAKER_WITHDRAWN = "speaker-not-needed", "speaker-withdrawn"
SPEAKER_REOPENED = "speaker-needed-again"
# Kind of mail on a decision → the states in which its proposal must still be when it is sent.
DECISIONS = {kind: {state} for state, kind in TOLD_BY.items()} | {
    JOINED: {State.MERGED},
    WITHDRAWN: {State.WITHDRAWN},
    SPEAKER_DECLINED: {State.DECLINED},
    SPEAKER_WITHDRAWN: {State.WITHDRAWN},
    SPEAKER_REOPENED: {State.SUBMITTED, State.CHANGES, State.ACCEPTED},
}
# The words of the mails (events.shared.mail.texts).
IS_RECEIVED = original(
    RECEIVED,
    gettext_lazy("A proposal is received"),
    gettext_lazy("Received: %(title)s"),
    gettext_lazy("We have received your proposal."),
    gettext_lazy("The organisers read it and write to you. The speakers that you named are asked by mail."),
)
DECIDED = {
    State.CHANGES: original(
        TOLD_BY[State.CHANGES],
        gettext_lazy("A proposal is to be changed"),
        gettext_lazy("Please change: %(title)s"),
        gettext_lazy("The organisers ask you to change your proposal."),
        gettext_lazy("Change it on its page, then submit it again."),
    ),
    State.ACCEPTED: original(
        TOLD_BY[State.ACCEPTED],
        gettext_lazy("A proposal is accepted and becomes a session"),
        gettext_lazy("Accepted: %(title)s"),
        gettext_lazy("Your proposal is accepted."),
        gettext_lazy(
            "It becomes a session of the programme. You can edit its text, panellists and documents yourself."
        ),
    ),
    State.DECLINED: original(
        TOLD_BY[State.DECLINED],
        gettext_lazy("A proposal is declined"),
        gettext_lazy("Not accepted: %(title)s"),
        gettext_lazy("We cannot take up your proposal this time."),
        gettext_lazy("Thank you for the work that you put into it."),
    ),
    State.MERGED: original(
        TOLD_BY[State.MERGED],
        gettext_lazy("A proposal is merged with another one"),
        gettext_lazy("Merged: %(title)s"),
        gettext_lazy("Your proposal is merged with another one."),
        gettext_lazy("It goes on as part of “%(other)s”. Its speakers and organisers go with it."),
    ),
    State.SUBMITTED: original(
        TOLD_BY[State.SUBMITTED],
        gettext_lazy("A proposal is considered again"),
        gettext_lazy("Considered again: %(title)s"),
        gettext_lazy("The organisers take up your proposal again."),
        gettext_lazy("They read it once more and write to you."),
    ),
}
NO_SESSION = original(
    "proposal-accepted-request",
    gettext_lazy("A request is accepted, without a session"),
    gettext_lazy("Accepted: %(title)s"),
    gettext_lazy("Your proposal is accepted."),
)
IS_JOINED = original(
    JOINED,
    gettext_lazy("Another proposal joins"),
    gettext_lazy("Another proposal joins: %(title)s"),
    gettext_lazy("The organisers merge another proposal with yours."),
    gettext_lazy("“%(other)s” goes on as part of it. Its speakers are added, and its people edit it with you."),
)
IS_GONE = gettext_lazy("It is no longer considered. If it was a session already, that does not take place.")
IS_WITHDRAWN = original(
    "proposal-withdrawn-by-person",
    gettext_lazy("A proposal is withdrawn by one of its people"),
    gettext_lazy("Withdrawn: %(title)s"),
    gettext_lazy("%(name)s withdraws the proposal that you edit together."),
    IS_GONE,
)
IS_WITHDRAWN_BY_US = original(
    WITHDRAWN,
    gettext_lazy("A proposal is withdrawn by organisers"),
    gettext_lazy("Withdrawn: %(title)s"),
    gettext_lazy("The organisers withdraw your proposal."),
    IS_GONE,
)


def of_proposal(proposal: Proposal, words: Original, *, quote: str = "", **named: Any) -> Content:
    """A mail on a proposal, with its link. The words may name its `title`, and what else is `named`."""
    address = reverse("events:proposal", args=[proposal.forum.slug, proposal.code])
    return Content(
        **words.said(proposal.forum, title=proposal.title or _("Draft without a title"), **named),
        heading=proposal.title,
        quote=quote,
        action=MailLink(_("Open the proposal"), absolute(address)),
        why=_("You get this mail because you made a proposal."),
    )


def _tell(
    people: Iterable[User],
    say: Callable[[], Content],
    *,
    of: Proposal,
    kind: str,
    entry: HistoryEntry,
    is_draft: bool = True,
    now: datetime,
) -> None:
    """One mail to each person about what the history says in `entry` of a proposal."""
    tell(people, say, kind=kind, about=of.pk, names=[f"h{entry.pk}"], forum=of.forum, is_draft=is_draft, now=now)


def write_received(proposal: Proposal, *, entry: HistoryEntry, now: datetime) -> None:
    """Tell who proposed that we have it."""

    say = partial(of_proposal, proposal, IS_RECEIVED)
    _tell([proposal.proposer], say, of=proposal, kind=RECEIVED, entry=entry, is_draft=False, now=now)


# --- decisions --------------------------------------------------------------------------------------
def _decision(proposal: Proposal, *, quote: str) -> Content:
    """The mail on what is decided of a proposal, and not told yet."""
    is_session = proposal.pending_state != State.ACCEPTED or proposal.kind == ProposalKind.WORKSHOP
    words = DECIDED[State(proposal.pending_state)] if is_session else NO_SESSION
    return of_proposal(proposal, words, quote=quote, other=proposal.merged_into)


def write_decision(proposal: Proposal, *, entry: HistoryEntry, people: Sequence[User] = (), now: datetime) -> None:
    """Draft the mail on what is decided and not told yet, to each person who edits the proposal, or to these `people`.

    `entry.reason` is what the organisers say to them; why a proposal is taken up again stays in the log.
    """
    quote = "" if proposal.pending_state == State.SUBMITTED else entry.reason
    say, kind = partial(_decision, proposal, quote=quote), TOLD_BY[State(proposal.pending_state)]
    _tell(people or proposal.people(), say, of=proposal, kind=kind, entry=entry, now=now)


def tell_too(proposal: Proposal, *, person: User, now: datetime) -> None:
    """Draft the mail on a decision to somebody who joined while those to the others wait, so that all learn of it
    together. `proposal` is locked."""
    if proposal.pending_state:
        entry = history.of(proposal).filter(verb__in=DECISION_VERBS).latest("pk")
        write_decision(proposal, entry=entry, people=[person], now=now)


def write_joined(proposal: Proposal, *, entry: HistoryEntry, now: datetime) -> None:
    """Draft the mail to the people of the proposal into which this one is merged."""
    target = proposal.merged_into
    assert target is not None  # noqa: S101  set with the decision

    say = partial(of_proposal, target, IS_JOINED, other=proposal.title)
    _tell(target.people(), say, of=proposal, kind=JOINED, entry=entry, now=now)


def write_withdrawn(proposal: Proposal, *, entry: HistoryEntry, by: User, is_draft: bool, now: datetime) -> None:
    """Tell the people of a proposal, but not who did it, that it is withdrawn: at once by one of them, with a draft by
    organisers. Without the reason, which is for the organisers."""

    words = IS_WITHDRAWN_BY_US if is_draft else IS_WITHDRAWN
    say = partial(of_proposal, proposal, words, name=by.public_name)
    others = [person for person in proposal.people() if person != by]
    _tell(others, say, of=proposal, kind=WITHDRAWN, entry=entry, is_draft=is_draft, now=now)
