"""The states of a proposal: its lock, the table of moves, whose it is, what its people may do, and its log.

`state` is what the people of a proposal know, `pending_state` what organisers decided and did not tell yet. Whatever its
people do asks the first, so that nothing gives the second away; organisers go by `decided_state`.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from events import hooks
from events.history import log as history
from events.history.verbs import Verb
from events.models import Call, Forum, HistoryEntry, Proposal, Session, User

State = Proposal.State

EDITABLE = frozenset({State.DRAFT, State.CHANGES})
SCORED = frozenset({State.SUBMITTED, State.CHANGES})  # it waits for a decision
OVER = frozenset({State.DECLINED, State.MERGED, State.WITHDRAWN})  # nobody considers it any more
NO_SPEAKERS = OVER | {State.DRAFT}
# Counted in the public figures: what was submitted and not taken back.
COUNTED = frozenset({State.SUBMITTED, State.CHANGES, State.ACCEPTED, State.DECLINED, State.MERGED})


def lock(proposal: Proposal) -> Proposal:
    """Lock a proposal's row; return it as it is now, with its forum, proposer and country.

    Who needs more locks takes them in this order: person, proposal, forum, session, mail. The lock lets others write in
    the log meanwhile (`no_key`): who holds the forum or the session, and notes what they did, waits for nobody here.
    """
    return lock_together(proposal.pk)


def lock_together(pk: int, other: int | None = None) -> Proposal:
    """Lock a proposal and another one, in the order of their keys; return the first as `lock` does."""
    rows = Proposal.objects.select_for_update(of=("self",), no_key=True)
    if other is not None:
        list(rows.filter(pk__in=[pk, other]).order_by("pk"))
    return rows.select_related("forum", "proposer", "country", "session_type", "merged_into").get(pk=pk)


def people_of(proposal: Proposal) -> list[User]:
    """Who edits a proposal, its proposer first."""
    return [proposal.proposer, *proposal.editors.all()]


def is_own(proposal: Proposal, *, by: User) -> bool:
    """Whether the person made the proposal or edits it with others."""
    return proposal.proposer_id == by.pk or proposal.editors.filter(pk=by.pk).exists()


def lock_own(proposal: Proposal, *, by: User) -> Proposal:
    """Lock a proposal that the person may edit. Refuses `not-yours`."""
    row = lock(proposal)
    if not is_own(row, by=by):
        raise ValidationError(_("Only the proposer and the co-editors can change it"), code="not-yours")
    return row


def check_may(by: User, *, verb: str) -> None:
    """Refuse (`not-allowed`) who may not “decide” or “score” proposals."""
    if not by.has_perm(f"events.{verb}_proposal"):
        raise ValidationError(_("Your account may not do this with proposals"), code="not-allowed")


def check_move(current: str, *, to: str) -> None:
    """Refuse (`wrong-state`) a move that the table does not have."""
    if to not in Proposal.TRANSITIONS[current]:
        raise ValidationError(
            _("A proposal in the state “%(state)s” cannot be changed to “%(wanted)s”"),
            code="wrong-state",
            params={"state": State(current).label, "wanted": State(to).label},
        )


@hooks.readable_history("events.proposal")
def _readable(user: User) -> Q:
    """What was done with proposals, for those who may view them. Not of one's own, or of what is to join it; of drafts for
    those who decide."""
    if not user.has_perm("events.view_proposal"):
        return Q(pk__in=[])
    own = Proposal.objects.touched_by(user).values("pk")
    hidden = Q(pk__in=own) | Q(merged_into__in=own)
    if not user.has_perm("events.decide_proposal"):
        hidden |= Q(submitted=None)
    keys = Proposal.objects.filter(hidden).annotate(name=Cast("pk", CharField())).values("name")
    return ~Q(key__in=keys)


def log(
    proposal: Proposal, *, verb: Verb, by: User | None, now: datetime, reason: str = "", **more: Any
) -> HistoryEntry:
    """Write down in the history who did what with a proposal; it is called there by its code."""
    return history.record(proposal, verb=verb, by=by, now=now, label=proposal.code, reason=reason, **more)


def note(session: Session, *, verb: Verb, by: User | None, now: datetime, reason: str = "") -> None:
    """Write down in the history what its own people did with a session."""
    history.record(session, verb=verb, by=by, now=now, reason=reason)


# What the people of a session do with it, and what its speakers answer: shown with its proposal too.
OF_SESSIONS = frozenset(
    {
        *(Verb.EDIT_SESSION, Verb.ADD_DOCUMENT, Verb.REMOVE_DOCUMENT, Verb.REPORT_OUTCOME, Verb.PUBLISH_OUTCOME),
        *(Verb.ASK_PANELLIST, Verb.TAKE_BACK_PANELLIST, Verb.KEEP_PANELLIST, Verb.REMOVE_PANELLIST),
        *(Verb.ADD_HOST, Verb.REMOVE_HOST, Verb.SPEAKER_ACCEPTED, Verb.SPEAKER_DECLINED),
    }
)


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
    if row.state == State.SUBMITTED:
        raise ValidationError(_("It lies with the organisers. They write to you"), code="with-organisers")
    if row.state not in EDITABLE:
        raise ValidationError(
            _("A proposal in the state “%(state)s” cannot be changed"),
            code="wrong-state",
            params={"state": row.get_state_display()},
        )
    if row.state == State.DRAFT:
        check_open(row.forum, now=now)
