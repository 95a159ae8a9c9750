"""What takes two people: one proposes it, another one agrees and it is done, or either drops it. Each is a row (`Approval`); what
may be proposed are the kinds that rooms add. The two are there (`presence`) and independent (`independence`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from events.models import Approval, Forum, User
from events.shared.history import log
from events.shared.pages import revision
from events.shared.rights.two_people import independence, presence

State = Approval.State
type Step = Callable[[Approval, Any, User, datetime], None]


@dataclass(frozen=True)
class ApprovalKind:
    """What may be proposed. `words`: what agreeing does; `permission`: whoever has it proposes, agrees and drops.

    `verbs`: those of the history for proposing, agreeing ("" where `carry_out` writes it) and dropping; `called`: what the
    history calls the row that it is about. `lock(approval, now)`: that row, locked before anything else; it refuses what cannot
    be decided now. The other functions take the approval, the locked row, who decides and when: `check_drop` may refuse that it
    is dropped; `carry_out` does it, in the transaction of the agreement, and may refuse; `tell` writes mails after each step (it gets
    the reason too).
    `is_revocable`: whether it can be dropped at a moment after the agreement too.
    """

    name: str
    words: Any
    permission: str
    verbs: tuple[str, str, str]
    lock: Callable[[Approval, datetime], Model]
    carry_out: Step
    called: Callable[[Any], str] = str
    check_drop: Step = lambda *_args: None
    tell: Callable[[Approval, Any, User, str, datetime], None] = lambda *_args: None
    is_revocable: Callable[[Approval, datetime], bool] = lambda _approval, _now: False


class Proposing(TypedDict):
    """Who proposes something, why and when, and when they showed their second factor (`presence`)."""

    reason: str
    by: User
    now: datetime
    authenticated: NotRequired[datetime | None]


KINDS: dict[str, ApprovalKind] = {}


def add(kind: ApprovalKind) -> ApprovalKind:
    """Let a kind be proposed."""
    KINDS[kind.name] = kind
    return kind


def kind_of(approval: Approval) -> ApprovalKind:
    """The kind of an approval."""
    return KINDS[approval.kind]


def waiting(kind: ApprovalKind, about: Model) -> Approval | None:
    """The approval of this kind about a row that waits for a second person; None where none does."""
    return Approval.objects.waiting().filter(kind=kind.name, subject=about.pk).first()


def moves(approval: Approval, *, by: User, now: datetime) -> list[str]:
    """What this person may do: "agree" to it, "drop" it. Who proposed it, or is the person it is about, does not agree."""
    is_own = by.pk in (approval.proposed_by_id, approval.account_id)
    if approval.is_waiting:
        return ["drop"] if is_own else ["agree", "drop"]
    return ["drop"] if _can_be_dropped(approval, now=now) else []


@transaction.atomic
def propose(
    kind: ApprovalKind,
    about: Model,
    *,
    forum: Forum | None,
    reason: str,
    by: User,
    now: datetime,
    authenticated: datetime | None = None,
    account: User | None = None,
    values: dict[str, Any] | None = None,
) -> Approval:
    """Write down what one person asks for, in the transaction of the verb that has locked the row and looked whether it can be.

    Refuses `reason-missing`, `proposed-already` while one of this kind waits for the row, `to-oneself`, and as
    `presence.must_be_present` does.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    if account == by:
        raise ValidationError(_("Nobody does this for their own account. Ask somebody else."), code="to-oneself")
    row = Approval(kind=kind.name, subject=about.pk, forum=forum, account=account, values=values or {})
    row.reason, row.proposed_by, row.proposed = _why(reason), by, now
    row.clean_fields()
    if Approval.objects.waiting().filter(kind=kind.name, subject=about.pk, forum=forum).exists():
        raise ValidationError(_("This is proposed already: agree to it, or drop it first"), code="proposed-already")
    row.save()
    _record(row, about, kind.verbs[0], by=by, now=now, reason=row.reason)
    return row


@transaction.atomic
def agree(approval: Approval, *, by: User, now: datetime, authenticated: datetime | None = None) -> Approval:
    """The second person agrees, and it is done.

    Refuses `not-waiting`, `to-oneself`, what `independence.must_be_two` refuses, and what the kind refuses.
    """
    kind = kind_of(approval)
    row, about = _lock(approval, now=now)
    if not row.is_waiting:
        raise _decided(row)
    if row.account == by:
        raise ValidationError(_("Nobody does this for their own account. Ask somebody else."), code="to-oneself")
    two: dict[str, Any] = {
        "permission": kind.permission,
        "forum": row.forum,
        "authenticated": authenticated,
        "now": now,
    }
    independence.must_be_two(row.proposed_by, by, **two)
    _decide(row, State.AGREED, by=by, now=now)
    kind.carry_out(row, about, by, now)
    _record(row, about, kind.verbs[1], by=by, now=now, reason=row.reason)
    return row


@transaction.atomic
def drop(
    approval: Approval, *, reason: str, by: User, now: datetime, authenticated: datetime | None = None
) -> Approval:
    """Drop a proposal, one's own or another's: nothing is done. What is revocable is taken back so after the agreement too.

    Refuses `not-waiting`, `reason-missing`, what the kind refuses, and as `presence.must_be_present` does.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    kind, why = kind_of(approval), _why(reason)
    row, about = _lock(approval, now=now)
    if not _can_be_dropped(row, now=now):
        raise _decided(row)
    kind.check_drop(row, about, by, now)
    if not row.is_waiting:
        revision.bump()
    _decide(row, State.DROPPED, by=by, now=now)
    _record(row, about, kind.verbs[2], by=by, now=now, reason=why)
    return row


def _lock(approval: Approval, *, now: datetime) -> tuple[Approval, Model]:
    about = kind_of(approval).lock(approval, now)
    rows = Approval.objects.select_for_update(of=("self",)).select_related("proposed_by", "account", "forum")
    return rows.get(pk=approval.pk), about


def _can_be_dropped(row: Approval, *, now: datetime) -> bool:
    return row.is_waiting or (row.state == State.AGREED and kind_of(row).is_revocable(row, now))


def _decided(row: Approval) -> ValidationError:
    return ValidationError(
        _("This is decided already: %(state)s") % {"state": row.get_state_display()}, code="not-waiting"
    )


def _decide(row: Approval, state: str, *, by: User, now: datetime) -> None:
    row.state, row.decided_by, row.decided = state, by, now
    row.save(update_fields=["state", "decided_by", "decided"])


def _why(reason: str) -> str:
    if not reason.strip():
        raise ValidationError(_("Say why, for the log"), code="reason-missing")
    return reason.strip()


def _record(row: Approval, about: Model, verb: str, *, by: User, now: datetime, reason: str) -> None:
    """Write the history, and the mails."""
    kind = kind_of(row)
    if verb:
        more = {"forum_id": row.forum_id, "label": kind.called(about), "after": row.values, "reason": reason}
        log.record(about, verb=verb, by=by, now=now, **more)
    kind.tell(row, about, by, reason, now)
