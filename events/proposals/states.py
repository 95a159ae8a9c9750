"""Where a proposal stands: its lock, the table of moves, whose it is, and its course in remarks."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from events.models import Call, Forum, Proposal, Remark, Session, User
from events.proposals.telling import untold

State = Proposal.State

EDITABLE = frozenset({State.DRAFT, State.CHANGES})
# Counted in the public figures: what was submitted and not taken back.
COUNTED = frozenset({State.SUBMITTED, State.CHANGES, State.ACCEPTED, State.DECLINED, State.MERGED})
# Who edits a proposal with its maker, in the words of its course; each entry's text is the address.
ASK_EDITOR, TAKE_BACK_EDITOR, DECLINE_EDITOR = "ask-editor", "take-back-editor", "decline-editor"
JOIN, REMOVE_EDITOR = "join-editor", "remove-editor"
EDITOR_VERBS = (ASK_EDITOR, TAKE_BACK_EDITOR, DECLINE_EDITOR, JOIN, REMOVE_EDITOR)
LINK_HOLDS = timedelta(days=30)


def lock(proposal: Proposal) -> Proposal:
    """Lock a proposal's row; return it as it is now, with its forum, proposer and country.

    Who needs more locks takes them in this order: person, proposal, forum, session. The lock lets others write in the
    course meanwhile (`no_key`): who holds the forum or the session, and notes what they did, waits for nobody here.
    """
    rows = Proposal.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("forum", "proposer", "country", "session_type").get(pk=proposal.pk)


def is_own(proposal: Proposal, *, by: User) -> bool:
    """Whether the person made the proposal or edits it with others."""
    return proposal.proposer_id == by.pk or proposal.editors.filter(pk=by.pk).exists()


def lock_own(proposal: Proposal, *, by: User) -> Proposal:
    """Lock a proposal that the person may edit. Refuses `not-yours`, and as `check_told` does."""
    row = lock(proposal)
    if not is_own(row, by=by):
        raise ValidationError(_("Only the people who made a proposal can change it"), code="not-yours")
    check_told(row, by=by)
    return row


def check_told(row: Proposal, *, by: User) -> None:
    """Refuse (`with-organisers`) one of its people while a decision waits of which they do not know: every decision
    sounds alike."""
    if row.pk in untold(by, forum=row.forum):
        raise _lies_with_organisers()


def _lies_with_organisers() -> ValidationError:
    return ValidationError(_("It lies with the organisers. They write to you"), code="with-organisers")


def check_may(by: User, *, verb: str) -> None:
    """Refuse (`not-allowed`) who may not “decide” or “score” proposals."""
    if not by.has_perm(f"events.{verb}_proposal"):
        raise ValidationError(_("Your account may not do this with proposals"), code="not-allowed")


def move(row: Proposal, *, to: str) -> None:
    """Set the state of a locked row, where the table allows it; refuse `wrong-state`. The row is not saved here."""
    if to not in Proposal.TRANSITIONS[row.state]:
        raise ValidationError(
            _("A proposal in the state “%(state)s” cannot be changed to “%(wanted)s”"),
            code="wrong-state",
            params={"state": row.get_state_display(), "wanted": Proposal.State(to).label},
        )
    row.state = to


def remark(proposal: Proposal, *, verb: str, by: User | None, now: datetime, text: str = "") -> Remark:
    """Write down who did what with a proposal (no verb: a comment)."""
    return Remark.objects.create(proposal=proposal, author=by, at=now, verb=verb, text=text)


def note(session: Session, *, verb: str, by: User | None, now: datetime, text: str = "") -> None:
    """Write down in the course of a session's proposal, where it has one, what was done with the session."""
    proposal = Proposal.objects.filter(session=session).first()
    if proposal is not None:
        remark(proposal, verb=verb, by=by, now=now, text=text)


def asked_editors(*, now: datetime) -> QuerySet[Remark]:
    """The invitations to edit proposals that are younger than 30 days, and after which nothing was written down of the
    same address: not used, not declined, not taken back, not sent anew."""
    newer = Remark.objects.filter(
        proposal=OuterRef("proposal"), text=OuterRef("text"), verb__in=EDITOR_VERBS, pk__gt=OuterRef("pk")
    )
    return Remark.objects.filter(~Exists(newer), verb=ASK_EDITOR, at__gt=now - LINK_HOLDS)


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
        raise _lies_with_organisers()
    if row.state not in EDITABLE:
        raise ValidationError(
            _("A proposal in the state “%(state)s” cannot be changed"),
            code="wrong-state",
            params={"state": row.get_state_display()},
        )
    if row.state == State.DRAFT:
        check_open(row.forum, now=now)
