"""What organisers decided becomes what people know: as the mails that tell of a decision are let go, it is applied.

The mails of a decision go together: letting one go lets all of them go; taking back one to the people of the proposal
takes back all of them and drops the decision. The outbox asks this module by `events.shared.hooks`.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from events.models import Message, Proposal, User
from events.models.proposals import ProposalKind
from events.proposals import mails, merging
from events.proposals.decisions import clear
from events.proposals.states import SCORED, State
from events.proposals.to_session import make_session
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.mail import hooks
from events.shared.mail.hooks import Guard


def _lock(message: Message) -> tuple[Proposal, list[Message]]:
    """Lock the proposal of a decision, and what it is merged into; return it with the drafts that go along with this one.
    None go along where the decision has been told or dropped since, or is another one by now."""
    assert message.about is not None  # noqa: S101  every mail of a decision names its proposal
    into = Proposal.objects.filter(pk=message.about).values_list("merged_into", flat=True).first()
    row = Proposal.objects.lock(message.about, beside=into)
    drafts = Message.objects.filter(about=row.pk, kind__in=mails.DECISIONS, state=Message.State.DRAFT).order_by("pk")
    return row, list(drafts) if row.pending_state and message in drafts else []


def let_go(message: Message, by: User | None, now: datetime) -> list[Message]:
    """Apply the decision of which a draft tells. Refuses `merge-waits` (another proposal is to join this one first), and
    as `merging.hand_over` does."""
    row, drafts = _lock(message)
    if drafts:
        _apply(row, by=by, now=now)
        history.record(row, verb=Verb.TELL_DECISION, by=by, now=now)
    return [one for one in drafts if one != message]


def take_back(message: Message, by: User | None, now: datetime) -> list[Message]:
    """Drop the decision of which a draft tells the people of a proposal. A draft to others goes alone."""
    row, drafts = _lock(message)
    if message.kind not in mails.TOLD_BY.values() or not drafts:
        return []
    clear(row)
    history.record(row, verb=Verb.DROP_DECISION, by=by, now=now)
    return [one for one in drafts if one != message]


def _apply(row: Proposal, *, by: User | None, now: datetime) -> None:
    state = row.pending_state
    joining = Proposal.objects.filter(merged_into=row, pending_state=State.MERGED)
    if state not in SCORED and (other := joining.first()):
        sentence = _("“%(title)s” is to be merged into this proposal: let the mails of that go first")
        raise ValidationError(sentence % {"title": other}, code="merge-waits")
    if state == State.MERGED:
        merging.hand_over(row, by=by, now=now)
    row.state, row.pending_state = state, ""
    row.save(update_fields=["state", "pending_state"])
    if state == State.ACCEPTED and row.kind == ProposalKind.WORKSHOP:
        make_session(row, now=now)


def _own(user: User) -> Q:
    """The mails of decisions on proposals of a person, whoever gets them; and of what is to join these proposals."""
    touched = Proposal.objects.touched_by(user).values("pk")
    joining = Proposal.objects.filter(merged_into__in=touched).values("pk")
    return Q(user=user) | Q(about__in=touched) | Q(about__in=joining)


@hooks.draft_guard()
def guard() -> Guard:
    kinds = frozenset(mails.DECISIONS)
    return Guard(kinds=kinds, right="events.decide_proposal", own=_own, let_go=let_go, take_back=take_back)
