"""Who knows what: the kinds of mail, and what the people of a proposal know of it while a mail to them waits.

What organisers decide is a draft in the outbox first. Until it is let go or taken back, the proposal is shown to its
people, and answers them, as one that lies with the organisers.
"""

from django.db.models import Q, QuerySet

from events.models import Forum, Message, Proposal, User

RECEIVED, INVITED, HOST, LATE = "proposal-received", "speaker-invited", "session-host", "outcome-late"
EDITOR, EDITORS = "proposal-editor", "proposal-editors"
JOINED, WITHDRAWN, REOPENED = "proposal-joined", "proposal-withdrawn", "proposal-reopened"
SPEAKER_DECLINED, SPEAKER_WITHDRAWN = "speaker-not-needed", "speaker-withdrawn"
SPEAKER_REOPENED, LEFT_OUT, SAID_NO = "speaker-needed-again", "speaker-left-out", "speaker-said-no"
State = Proposal.State
# What nobody knows of before its mail is let go: kind → the state in which its proposal must still be.
VERDICTS = {
    "proposal-changes": {State.CHANGES},
    "proposal-accepted": {State.ACCEPTED},
    "proposal-declined": {State.DECLINED},
    "proposal-merged": {State.MERGED},
}
# Kind of mail → the states in which its proposal must still be when it is sent. All are drafts first, unless
# its own people withdraw a proposal.
DECISIONS = VERDICTS | {
    JOINED: {State.SUBMITTED, State.CHANGES, State.ACCEPTED},
    WITHDRAWN: {State.WITHDRAWN},
    REOPENED: {State.SUBMITTED},
    SPEAKER_DECLINED: {State.DECLINED},
    SPEAKER_WITHDRAWN: {State.WITHDRAWN},
    SPEAKER_REOPENED: {State.SUBMITTED, State.CHANGES, State.ACCEPTED},
}
OVER = frozenset({State.DECLINED, State.MERGED, State.WITHDRAWN})  # nobody considers it any more
NO_SPEAKERS = OVER | {State.DRAFT}


def about_own(user: User) -> Q:
    """The mails of decisions on proposals of a person (`touched_by`), whoever gets them: to the others, to the speakers."""
    own = Proposal.objects.touched_by(user).values("pk")
    return Q(kind__in=DECISIONS) & (Q(user=user) | Q(about__in=own))


def of_decisions(messages: QuerySet[Message], *, user: User) -> QuerySet[Message]:
    """Of these mails those that tell of decisions, but none on a proposal of the person who looks: who decides proposals
    checks them and lets them go."""
    return messages.filter(kind__in=DECISIONS).exclude(about_own(user))


def waiting(user: User, *, forum: Forum | None = None) -> QuerySet[Message]:
    """The drafts that tell a person of a decision."""
    drafts = Message.objects.filter(user=user, state=Message.State.DRAFT, kind__in=VERDICTS)
    return drafts.filter(forum=forum) if forum else drafts


def drafts_of_no(proposal: Proposal) -> QuerySet[Message]:
    """The drafts that tell the people and speakers of a proposal that it is declined."""
    kinds = ["proposal-declined", SPEAKER_DECLINED]
    return Message.objects.filter(kind__in=kinds, about=proposal.pk, state=Message.State.DRAFT)


def untold(user: User, *, forum: Forum | None = None) -> set[int]:
    """The proposals (primary keys) with a decision that this person does not know of: its mail to them still waits as a
    draft, to be let go or taken back. Two queries."""
    told_of = {(one.about or 0, one.kind) for one in waiting(user, forum=forum)}
    states = dict(Proposal.objects.filter(pk__in=[pk for pk, _kind in told_of]).values_list("pk", "state"))
    return {pk for pk, kind in told_of if states.get(pk) in VERDICTS[kind]}


def is_over(proposal: Proposal) -> bool:
    """Whether nobody considers a proposal any more, as far as who made it knows (`untold`)."""
    return proposal.state in OVER and proposal.pk not in untold(proposal.proposer, forum=proposal.forum)


def as_told(proposal: Proposal, *, untold: set[int]) -> None:
    """Show a proposal as its people know it: while the mail on a decision waits as a draft, it lies with the organisers.
    Rules read the row anew."""
    if proposal.pk in untold:
        proposal.state, proposal.session, proposal.merged_into = State.SUBMITTED, None, None


def known(user: User, *, forum: Forum, untold: set[int]) -> QuerySet[Proposal]:
    """The person's proposals in a forum, without the one of other people into which theirs is merged unknown to them."""
    targets = Proposal.objects.filter(pk__in=untold, merged_into__isnull=False).values("merged_into")
    return Proposal.objects.of(user).filter(forum=forum).exclude(~Q(proposer=user), pk__in=targets)
