"""The states of a proposal: what its people may change and until when, and who reads its history.

`state` is what the people of a proposal know, `pending_state` what organisers decided and did not tell yet. Whatever its
people do asks the first, so that nothing gives the second away; organisers go by `decided_state`.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from events.models import Call, Forum, Proposal, User
from events.shared.history import hooks
from events.shared.rights import memberships

State = Proposal.State

SCORED = frozenset({State.SUBMITTED, State.CHANGES})  # it waits for a decision
OVER = frozenset({State.DECLINED, State.MERGED, State.WITHDRAWN})  # nobody considers it any more
NO_SPEAKERS = OVER | {State.DRAFT}
# Counted in the public figures: what was submitted and not taken back.
COUNTED = frozenset({State.SUBMITTED, State.CHANGES, State.ACCEPTED, State.DECLINED, State.MERGED})


def lock_own(proposal: Proposal, *, by: User) -> Proposal:
    """Lock a proposal that the person may edit. Refuses `not-yours`."""
    row = Proposal.objects.lock(proposal.pk)
    if not row.is_edited_by(by):
        raise ValidationError(_("Only the proposer and the co-editors can change it"), code="not-yours")
    return row


@hooks.readable_history("events.proposal")
def _readable(user: User) -> Q:
    """What was done with proposals, for those who may view them. Not of one's own, or of what is to join it; of drafts for
    those who decide."""
    if not user.has_perm("events.view_proposal"):
        return Q(pk__in=[])
    viewed = memberships.within(user, "events.view_proposal")
    own = Proposal.objects.keys_touched_by(user)
    hidden = Q(pk__in=own) | Q(merged_into__in=own)
    if not memberships.is_everywhere(user, "events.decide_proposal"):
        hidden |= Q(submitted=None) & ~memberships.within(user, "events.decide_proposal")
    elif not own:
        return viewed
    keys = Proposal.objects.filter(hidden).annotate(name=Cast("pk", CharField())).values("name")
    return viewed & ~Q(key__in=keys)


def call_of(forum: Forum) -> Call | None:
    return Call.objects.filter(forum=forum).first()


def is_open(call: Call | None, *, now: datetime) -> bool:
    return call is not None and call.phase(now) == "open"


def check_open(forum: Forum, *, now: datetime) -> Call:
    """Return the call of a forum; refuse `no-call`, `call-not-open` and `call-closed`."""
    call = call_of(forum)
    if call is None:
        raise ValidationError(_("There is no call for proposals yet"), code="no-call")
    phase = call.phase(now)
    if phase == "coming":
        raise ValidationError(_("The call for proposals is not open yet"), code="call-not-open")
    if phase == "over":
        raise ValidationError(_("The call for proposals is closed"), code="call-closed")
    return call


def is_editable(proposal: Proposal, *, call: Call | None, now: datetime) -> bool:
    """Whether its people may change it: a draft while the call is open; one that organisers ask to change, at any time."""
    return proposal.state == State.CHANGES or (proposal.state == State.DRAFT and is_open(call, now=now))


def check_editable(row: Proposal, *, now: datetime) -> None:
    """Refuse `with-organisers` where a proposal waits for them, `wrong-state` where it is decided or withdrawn, and a
    draft as `check_open` does."""
    if row.state == State.DRAFT:
        check_open(row.forum, now=now)
    elif row.state == State.SUBMITTED:
        raise ValidationError(_("It lies with the organisers. They write to you"), code="with-organisers")
    elif row.state != State.CHANGES:
        raise ValidationError(
            _("A proposal in the state “%(state)s” cannot be changed"),
            code="wrong-state",
            params={"state": row.get_state_display()},
        )
