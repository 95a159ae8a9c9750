"""Ballots set aside: proposed by one organiser with a reason, in force when another agrees, lifted the same way.

Nothing is deleted: the votes stay, they only do not count, and the public bundle lists their trackers with the kind of
reason. After the count every change that touches the result asks for a new count in the same transaction
(`prizes.count.recount_requests`), and nothing is announced until it is there. From the announcement of the champions on nothing changes any
more.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Unpack, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, User
from events.shared.rights.two_people import approvals
from events.shared.rights.two_people.approvals import ApprovalKind, Proposing
from prizes.count import counting, recount_requests
from prizes.editions import embargo
from prizes.editions.verbs import PrizeVerb
from prizes.models import Ballot, Edition, Honour, Quarantine, QuarantinedBallot


@transaction.atomic
def propose(edition: Edition, *, ballots: Iterable[int], kind: str, **proposing: Unpack[Proposing]) -> Approval:
    """Propose to set ballots (their numbers) aside; nothing happens to them yet. `kind` of `Quarantine.Kind`.

    Refuses `kind-unknown`, `no-ballots`, `ballot-unknown` (a number that is no ballot of this edition), `closed`,
    `being-counted`, `announced`, and as `approvals.propose` does.
    """
    locked = _lock_edition(edition.pk, now=proposing["now"])
    _must_be_secret(locked, now=proposing["now"])
    if kind not in Quarantine.Kind.values:
        raise ValidationError(_("Choose what the reason is, as the bundle gives it"), code="kind-unknown")
    numbers = set(ballots)
    if not numbers:
        raise ValidationError(_("Choose at least one ballot"), code="no-ballots")
    if Ballot.objects.filter(edition=locked, pk__in=numbers).count() != len(numbers):
        raise ValidationError(_("A number is not a ballot of this edition"), code="ballot-unknown")
    row = Quarantine.objects.create(edition=locked, kind=kind)
    QuarantinedBallot.objects.bulk_create(
        [QuarantinedBallot(quarantine=row, ballot_id=number) for number in sorted(numbers)], batch_size=5000
    )
    return _propose(SET_ASIDE, row, **proposing)


@transaction.atomic
def propose_lifting(quarantine: Quarantine, **proposing: Unpack[Proposing]) -> Approval:
    """Propose to let the ballots count again; until another organiser agrees they do not.

    Refuses `not-in-force`, `closed`, `being-counted`, `announced`, and as `approvals.propose` does.
    """
    edition = _lock_edition(quarantine.edition_id, now=proposing["now"])
    _must_be_secret(edition, now=proposing["now"])
    row = Quarantine.objects.in_force().select_for_update().filter(pk=quarantine.pk).first()
    if row is None:
        raise ValidationError(_("This quarantine is not in force"), code="not-in-force")
    row.edition = edition
    return _propose(LIFT, row, **proposing)


def _propose(kind: ApprovalKind, row: Quarantine, **proposing: Unpack[Proposing]) -> Approval:
    """The history names the quarantine and how many ballots it has, never which."""
    values = {"quarantine": row.pk, "kind": row.kind, "ballots": row.entries.count()}
    return approvals.propose(kind, row, forum=row.edition.forum, values=values, **proposing)


def _lock_edition(pk: int, *, now: datetime) -> Edition:
    """Lock the edition; refuse `closed`, and `being-counted` instead of waiting for a count. Casting a vote does not wait for
    this lock."""
    recount_requests.must_rest(pk, now=now)
    edition = Edition.objects.lock(pk)
    if edition.closed:
        raise ValidationError(_("The edition is closed: its votes are deleted"), code="closed")
    return edition


def _must_be_secret(edition: Edition, *, now: datetime) -> None:
    """Refuse `announced`: what touches the count comes before the champions are public."""
    if embargo.is_lifted(edition, kind=Honour.CHAMPIONS, now=now):
        raise ValidationError(_("The champions are announced: the count stands"), code="announced")


def _lock(approval: Approval, now: datetime) -> Quarantine:
    """The quarantine, locked after its edition; refuses as `_lock_edition` does."""
    edition = _lock_edition(Quarantine.objects.values_list("edition", flat=True).get(pk=approval.subject), now=now)
    row = Quarantine.objects.select_for_update().get(pk=approval.subject)
    row.edition = edition
    return row


def _apply(approval: Approval, row: Quarantine, by: User, now: datetime) -> None:
    """Recompute whether the ballots of this quarantine are set aside; ask for a new count where they were counted. Those that
    another quarantine holds stay set aside. Refuses `announced`."""
    _must_be_secret(row.edition, now=now)
    ballots = Ballot.objects.filter(pk__in=row.entries.values("ballot_id"))
    # Locked first, in the order of their numbers: a choice that is being written is waited for.
    list(ballots.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    holding = QuarantinedBallot.objects.filter(ballot=OuterRef("pk"), quarantine__in=Quarantine.objects.in_force())
    ballots.update(is_quarantined=Exists(holding))
    if row.edition.polls_sealed and counting.latest(row.edition):
        done = "lifted" if approval.kind == LIFT.name else "in force"
        recount_requests.ask(row.edition, now=now, by=by, reason=f"Quarantine {row.pk} {done}")


def _kind(name: str, words: Any, *verbs: str) -> ApprovalKind:
    return approvals.add(
        ApprovalKind(
            name=name,
            words=words,
            permission="prizes.decide_quarantine",
            verbs=cast("tuple[str, str, str]", verbs),
            lock=_lock,
            carry_out=_apply,
            called=lambda row: f"quarantine {row.pk}",
        )
    )


SET_ASIDE = _kind(
    Quarantine.SET_ASIDE,
    gettext_lazy("Set ballots aside"),
    PrizeVerb.PROPOSE_QUARANTINE,
    PrizeVerb.AGREE_QUARANTINE,
    PrizeVerb.DROP_QUARANTINE,
)
LIFT = _kind(
    Quarantine.LIFT,
    gettext_lazy("Count ballots again that were set aside"),
    PrizeVerb.PROPOSE_LIFTING,
    PrizeVerb.LIFT_QUARANTINE,
    PrizeVerb.KEEP_QUARANTINE,
)
