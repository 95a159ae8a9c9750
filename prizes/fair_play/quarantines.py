"""Ballots set aside: proposed by one organiser with a reason, in force when another agrees, lifted the same way.

Nothing is deleted: the votes stay, they only do not count, and the public bundle lists their trackers with the kind of
reason. After the count every change that touches the result asks for a new count in the same transaction
(`prizes.count.recount_requests`), and nothing is announced until it is there. From the announcement of the champions on nothing changes any
more.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from events.models import User
from events.staff.two_people import presence
from prizes.count import counting, recount_requests
from prizes.editions import by_two, embargo, log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Announcement, Ballot, Edition, Quarantine, QuarantinedBallot

State = Quarantine.State
IN_FORCE = (State.IN_FORCE, State.LIFTING)
DECIDE = "prizes.decide_quarantine"


def moves(quarantine: Quarantine, *, by: User) -> list[str]:
    """The verbs that fit the state of a quarantine; not those that a second organiser than `by` has to call."""
    if quarantine.edition.closed:
        return []
    own = {
        "agree": quarantine.proposed_by_id == by.pk,
        "lift": quarantine.lift_proposed_by_id == by.pk,
    }
    fitting = [verb for verb, (before, _after) in Quarantine.MOVES.items() if before == quarantine.state]
    return [verb for verb in fitting if not own.get(verb)]


@transaction.atomic
def propose(
    edition: Edition,
    *,
    ballots: Iterable[int],
    kind: str,
    reason: str,
    by: User,
    now: datetime,
    authenticated: datetime | None = None,
) -> Quarantine:
    """Propose to set ballots (their numbers) aside; nothing happens to them yet. `kind` of `Quarantine.Kind`.

    Refuses `reason-missing`, `kind-unknown`, `no-ballots`, `ballot-unknown` (a number that is no ballot of this
    edition), `closed`, `being-counted`, `announced`, `no-second-factor`, `not-recent`.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    locked = _lock_edition(edition.pk, now=now)
    why = log.why(reason)
    if kind not in Quarantine.Kind.values:
        raise ValidationError(_("Choose what the reason is, as the bundle gives it"), code="kind-unknown")
    numbers = set(ballots)
    if not numbers:
        raise ValidationError(_("Choose at least one ballot"), code="no-ballots")
    if Ballot.objects.filter(edition=locked, pk__in=numbers).count() != len(numbers):
        raise ValidationError(_("A number is not a ballot of this edition"), code="ballot-unknown")
    row = Quarantine(edition=locked, kind=kind, reason=why, proposed_by=by, proposed=now)
    row.clean_fields()
    row.save()
    QuarantinedBallot.objects.bulk_create(
        [QuarantinedBallot(quarantine=row, ballot_id=number) for number in sorted(numbers)], batch_size=5000
    )
    _log(row, verb=PrizeVerb.PROPOSE_QUARANTINE, by=by, reason=why, now=now)
    return row


@transaction.atomic
def agree(quarantine: Quarantine, *, by: User, now: datetime, authenticated: datetime | None = None) -> Quarantine:
    """Put a proposed quarantine in force; its ballots do not count from here on.

    Refuses `wrong-state`, `closed`, `being-counted`, `announced`, and what `by_two.must_be_two` refuses.
    """
    row = _lock(quarantine, "agree", now=now)
    _need_second(row, by=by, first=row.proposed_by, authenticated=authenticated, now=now)
    _move(row, PrizeVerb.AGREE_QUARANTINE, by=by, now=now, decided_by=by, decided=now)
    _apply(row, by=by, now=now, reason=f"Quarantine {row.pk} in force")
    return row


@transaction.atomic
def drop(
    quarantine: Quarantine, *, by: User, reason: str, now: datetime, authenticated: datetime | None = None
) -> Quarantine:
    """Drop a proposal, one's own or another's. It touches no ballot, so it can be done after the announcement too.

    Refuses `wrong-state`, `reason-missing`, `closed`, `being-counted`, `no-second-factor`, `not-recent`.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    row = _lock(quarantine, "drop", now=now, touches_count=False)
    done = {"decided_by": by, "decided": now}
    return _move(row, PrizeVerb.DROP_QUARANTINE, by=by, now=now, reason=log.why(reason), **done)


@transaction.atomic
def propose_lifting(
    quarantine: Quarantine, *, by: User, reason: str, now: datetime, authenticated: datetime | None = None
) -> Quarantine:
    """Propose to let the ballots count again; until another organiser agrees they do not.

    Refuses `wrong-state`, `reason-missing`, `closed`, `being-counted`, `announced`, `no-second-factor`, `not-recent`.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    row = _lock(quarantine, "propose_lifting", now=now)
    why = log.why(reason)
    proposal = {"lift_reason": why, "lift_proposed_by": by, "lift_proposed": now}
    return _move(row, PrizeVerb.PROPOSE_LIFTING, by=by, now=now, reason=why, **proposal)


@transaction.atomic
def lift(quarantine: Quarantine, *, by: User, now: datetime, authenticated: datetime | None = None) -> Quarantine:
    """Lift a quarantine: its ballots count again, but for those that another quarantine holds.

    Refuses `wrong-state`, `closed`, `being-counted`, `announced`, and what `by_two.must_be_two` refuses.
    """
    row = _lock(quarantine, "lift", now=now)
    assert row.lift_proposed_by is not None  # noqa: S101  it is in the state that the proposal gave it
    _need_second(row, by=by, first=row.lift_proposed_by, authenticated=authenticated, now=now)
    _move(row, PrizeVerb.LIFT_QUARANTINE, by=by, now=now, lifted_by=by, lifted=now)
    _apply(row, by=by, now=now, reason=f"Quarantine {row.pk} lifted")
    return row


@transaction.atomic
def keep(
    quarantine: Quarantine, *, by: User, reason: str, now: datetime, authenticated: datetime | None = None
) -> Quarantine:
    """Turn down the proposal to lift: the quarantine stays in force. What was proposed stays in the log.

    Refuses `wrong-state`, `reason-missing`, `closed`, `being-counted`, `no-second-factor`, `not-recent`.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    row = _lock(quarantine, "keep", now=now, touches_count=False)
    proposal = {"lift_reason": "", "lift_proposed_by": None, "lift_proposed": None}
    return _move(row, PrizeVerb.KEEP_QUARANTINE, by=by, now=now, reason=log.why(reason), **proposal)


def _lock_edition(pk: int, *, now: datetime, touches_count: bool = True) -> Edition:
    """Lock the edition; refuse `closed`, `being-counted` instead of waiting for a count, and for what `touches_count`
    also `announced`. Casting a vote does not wait for this lock.
    """
    recount_requests.must_rest(pk, now=now)
    edition = Edition.objects.lock(pk)
    if edition.closed:
        raise ValidationError(_("The edition is closed: its votes are deleted"), code="closed")
    if touches_count and embargo.is_lifted(edition, kind=Announcement.Kind.CHAMPIONS, now=now):
        raise ValidationError(_("The champions are announced: the count stands"), code="announced")
    return edition


def _lock(quarantine: Quarantine, verb: str, *, now: datetime, touches_count: bool = True) -> Quarantine:
    """Lock the edition and the quarantine, give it the state to which `verb` leads; refuse `wrong-state`."""
    edition = _lock_edition(quarantine.edition_id, now=now, touches_count=touches_count)
    row = Quarantine.objects.select_for_update().get(pk=quarantine.pk)
    before, after = Quarantine.MOVES[verb]
    if row.state != before:
        raise ValidationError(
            _("This quarantine is in the state “%(state)s” and cannot be changed to “%(wanted)s”"),
            code="wrong-state",
            params={"state": row.get_state_display(), "wanted": State(after).label},
        )
    row.edition, row.state = edition, after
    return row


def _move(row: Quarantine, verb: str, *, by: User, now: datetime, reason: str = "", **values: Any) -> Quarantine:
    """Save the locked row with its new state and `values` (column → value), and log it."""
    for name, value in values.items():
        setattr(row, name, value)
    row.clean_fields()
    row.save(update_fields=["state", *values])
    _log(row, verb=verb, by=by, reason=reason, now=now)
    return row


def _need_second(row: Quarantine, *, by: User, first: User, authenticated: datetime | None, now: datetime) -> None:
    by_two.must_be_two(row.edition, first=first, second=by, permission=DECIDE, authenticated=authenticated, now=now)


def _log(row: Quarantine, *, verb: str, by: User, now: datetime, reason: str = "") -> None:
    """The log names the quarantine and how many ballots it has, never which."""
    details = {"quarantine": row.pk, "kind": row.kind, "ballots": row.entries.count()}
    log.record(
        row.edition, row=row, verb=verb, by=by, now=now, subject=f"quarantine {row.pk}", reason=reason, after=details
    )


def _apply(row: Quarantine, *, by: User, now: datetime, reason: str) -> None:
    """Recompute whether the ballots of this quarantine are set aside; ask for a new count where they were counted."""
    ballots = Ballot.objects.filter(pk__in=row.entries.values("ballot_id"))
    # Locked first, in the order of their numbers: a choice that is being written is waited for.
    list(ballots.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    holding = QuarantinedBallot.objects.filter(ballot=OuterRef("pk"), quarantine__state__in=IN_FORCE)
    ballots.update(is_quarantined=Exists(holding))
    if row.edition.polls_sealed and counting.latest(row.edition):
        recount_requests.ask(row.edition, now=now, by=by, reason=reason)
