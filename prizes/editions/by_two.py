"""What takes two people: one proposes an act, another agrees to it, and it is done; either drops it before.

The acts themselves are in `end_of_vote` and `prizes.fair_play.close_edition`; quarantines and announcements keep rows of
their own. All of them ask `must_be_two`. What makes two people depend on each other (`events.staff.two_people.independence`) a
supervisor can lift for an edition; the public reads why with the result.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from events.pages import revision
from events.staff.two_people import independence, presence
from prizes.chain.commitments import stamp
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import ActByTwo, Edition, Waiver

Kind, State = ActByTwo.Kind, ActByTwo.State

PROPOSED = {Kind.MOVE_END: PrizeVerb.PROPOSE_END, Kind.CLOSE: PrizeVerb.PROPOSE_CLOSING}
DROPPED = {Kind.MOVE_END: PrizeVerb.DROP_END, Kind.CLOSE: PrizeVerb.DROP_CLOSING}
# The rights for which two are needed, those of quarantines and announcements too.
PERMISSIONS = (*ActByTwo.PERMISSIONS.values(), "prizes.decide_quarantine", "prizes.decide_announcement")


def must_be_two(
    edition: Edition, *, first: User, second: User, permission: str, authenticated: datetime | None, now: datetime
) -> None:
    """Refuse what `independence.must_be_two` refuses; what happened before the last waiver of these two is forgiven."""
    pair = sorted([first.pk, second.pk])
    waiver = Waiver.objects.filter(edition=edition, first=pair[0], second=pair[1]).order_by("given").last()
    independence.must_be_two(
        first,
        second,
        permission=permission,
        forum=edition.forum,
        authenticated=authenticated,
        since=waiver.given if waiver else None,
        now=now,
    )


def waiting(edition: Edition, *, kind: str) -> ActByTwo | None:
    """The act of this kind that waits for a second person; None where none does."""
    return ActByTwo.objects.filter(edition=edition, kind=kind, state=State.PROPOSED).first()


def moves(act: ActByTwo, *, by: User) -> list[str]:
    """What this person may do with an act: "agree" to it, "drop" it. Who proposed it does not agree."""
    if act.state != State.PROPOSED:
        return []
    return ["drop"] if act.proposed_by_id == by.pk else ["agree", "drop"]


def propose(
    edition: Edition,
    *,
    kind: str,
    reason: str,
    by: User,
    authenticated: datetime | None,
    now: datetime,
    ends: tuple[datetime, datetime] | None = None,
) -> ActByTwo:
    """Write down what one person asks for, in the transaction of the act's own verb, which has locked the edition.

    `ends`: the end of the vote, and the new one. Refuses `no-second-factor`, `not-recent`, `reason-missing`,
    `act-waits` while one of this kind waits.
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    why = log.why(reason)
    if waiting(edition, kind=kind):
        raise ValidationError(_("This is proposed already: agree to it, or drop it first"), code="act-waits")
    old_end, new_end = ends or (None, None)
    act = ActByTwo(edition=edition, kind=kind, reason=why, old_end=old_end, new_end=new_end)
    act.proposed_by, act.proposed = by, now
    act.clean_fields()
    act.save()
    after = {"ends": stamp(new_end)} if new_end else {}
    log.record(edition, verb=PROPOSED[Kind(kind)], by=by, now=now, subject=edition.name, reason=why, after=after)
    return act


def agree(act: ActByTwo, *, by: User, authenticated: datetime | None, now: datetime) -> ActByTwo:
    """The second person agrees: return the act as done, with its edition locked, for its verb to carry out in this
    transaction. Refuses `wrong-state`, and what `must_be_two` refuses."""
    row = _lock(act)
    must_be_two(
        row.edition,
        first=row.proposed_by,
        second=by,
        permission=ActByTwo.PERMISSIONS[row.kind],
        authenticated=authenticated,
        now=now,
    )
    return _decide(row, State.DONE, by=by, now=now)


@transaction.atomic
def drop(act: ActByTwo, *, reason: str, by: User, now: datetime, authenticated: datetime | None = None) -> ActByTwo:
    """Drop a proposal, one's own or another's: nothing is done. Refuses `wrong-state`, `reason-missing`,
    `no-second-factor`, `not-recent`."""
    presence.must_be_present(by, authenticated=authenticated, now=now)
    row, why = _lock(act), log.why(reason)
    log.record(row.edition, verb=DROPPED[Kind(row.kind)], by=by, now=now, subject=row.edition.name, reason=why)
    return _decide(row, State.DROPPED, by=by, now=now)


def _lock(act: ActByTwo) -> ActByTwo:
    edition = Edition.objects.lock(act.edition_id)
    row = ActByTwo.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=act.pk)
    if row.state != State.PROPOSED:
        raise ValidationError(
            _("This is decided already: %(state)s") % {"state": row.get_state_display()}, code="wrong-state"
        )
    row.edition = edition
    return row


def _decide(row: ActByTwo, state: str, *, by: User, now: datetime) -> ActByTwo:
    row.state, row.decided_by, row.decided = state, by, now
    row.save(update_fields=["state", "decided_by", "decided"])
    return row


@transaction.atomic
def waive(
    edition: Edition,
    *,
    first: User,
    second: User,
    reason: str,
    by: User,
    now: datetime,
    authenticated: datetime | None = None,
) -> Waiver:
    """A supervisor lets two people count as two in an edition, whatever one did to the other's account until `now`.

    The public reads the reason with the result. Refuses `no-second-factor`, `not-recent`, `reason-missing`,
    `same-person`, `own-tie` (the supervisor is one of the two), `not-tied` (there is nothing to lift).
    """
    presence.must_be_present(by, authenticated=authenticated, now=now)
    why = log.why(reason)
    if first == second:
        raise ValidationError(_("Choose two different people"), code="same-person")
    if by in (first, second):
        raise ValidationError(_("You are one of the two: another supervisor has to allow it"), code="own-tie")
    locked = Edition.objects.lock(edition.pk)
    if not independence.ties(first, second, permissions=PERMISSIONS, forum=locked.forum, now=now):
        raise ValidationError(_("These two count as two people already: nothing is to be allowed"), code="not-tied")
    one, other = sorted((first, second), key=lambda user: user.pk)
    waiver = Waiver(edition=locked, first=one, second=other, reason=why, given_by=by, given=now)
    waiver.clean_fields()
    waiver.save()
    log.record(locked, row=waiver, verb=PrizeVerb.WAIVE, by=by, now=now, subject=f"{one.pk}, {other.pk}", reason=why)
    revision.bump()
    return waiver
