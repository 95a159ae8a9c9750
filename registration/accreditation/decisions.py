"""Approving and refusing registrations."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from registration.accreditation import hooks, quotas, states
from registration.accreditation.delegations import focal_points
from registration.models import Registration

State = Registration.State


def _locked(registration: Registration, *, to: State, by: User) -> Registration:
    """The registration, locked, where it may go to a state and this account may decide on it."""
    row = Registration.objects.select_for_update().select_related(None).get(pk=registration.pk)
    if row.withdrawn is not None:
        raise ValidationError(_("Has withdrawn"), code="withdrawn")
    if row.user_id == by.pk:
        raise ValidationError(_("This is your own registration. Somebody else decides on it"), code="own-registration")
    if to not in Registration.TRANSITIONS[row.state]:
        words = _("This was decided already: %(state)s") % {"state": row.get_state_display()}
        raise ValidationError(words, code="decided-already")
    return row


@transaction.atomic
def approve(registration: Registration, *, reason: str = "", by: User, now: datetime) -> Registration:
    """Let a person take part; where there is no place, they are on the waiting list of their kind. Refuses `withdrawn`,
    `own-registration`, `decided-already`, `waits-already`, and as `states.with_place`."""
    row = _locked(registration, to=State.APPROVED, by=by)
    if row.state == State.WAITING:
        words = _(
            "Waits for a place, and gets the next one in their turn. To give it to them before others, promote them"
        )
        raise ValidationError(words, code="waits-already")
    after = states.with_place(row, kind=quotas.locked_kind_of(row), before=row.state, now=now)
    states.step(row, before=row.state, after=after, by=by, reason=reason, now=now)
    return row


@transaction.atomic
def refuse(registration: Registration, *, reason: str, by: User, now: datetime) -> Registration:
    """Refuse a person, for a reason that they read. Who took part until now leaves their places to others. Refuses `withdrawn`,
    `own-registration`, `decided-already` and `no-reason`."""
    row = _locked(registration, to=State.REFUSED, by=by)
    if not reason.strip():
        raise ValidationError(_("Say why, in a sentence or two"), code="no-reason")
    states.step(row, before=row.state, after=State.REFUSED, by=by, reason=reason, now=now)
    for forget in hooks.stops_taking_part.of():
        forget(row, now)
    return row


# --- by the focal point ---------------------------------------------------------------------------
@transaction.atomic
def pass_on(registration: Registration, *, reason: str = "", by: User, now: datetime) -> Registration:
    """A focal point approves somebody of their organisation; the secretariat decides next. Refuses as `approve`, and
    `not-your-organisation`."""
    row = _locked(registration, to=State.WITH_SECRETARIAT, by=by)
    focal_points.check(row, by=by)
    quotas.check_promised(row, now=now)
    states.step(row, before=row.state, after=State.WITH_SECRETARIAT, by=by, reason=reason, now=now)
    return row


@transaction.atomic
def refuse_own(registration: Registration, *, reason: str, by: User, now: datetime) -> Registration:
    """A focal point refuses somebody who says that they are of their organisation. Refuses as `refuse`, and
    `not-your-organisation`."""
    focal_points.check(_locked(registration, to=State.REFUSED, by=by), by=by)
    return refuse(registration, reason=reason, by=by, now=now)
