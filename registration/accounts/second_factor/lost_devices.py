"""Lost devices. Who has no recovery code left either writes to two supervisors: one asks, another one agrees, and the second step
of the account is gone. Its log-ins end, and the next one begins with setting up a new step."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from events.history import log
from events.history.verbs import Verb
from events.models import Membership, User
from events.staff import memberships
from events.staff.two_people import independence, presence
from registration.accounts.second_factor import lost_device_mails
from registration.models import LostDevice

PERMISSION = memberships.GIVE


@transaction.atomic
def ask(account: User, *, reason: str, by: User, authenticated: datetime | None, now: datetime) -> LostDevice:
    """Ask that the second step of an account be taken away.

    Refuses `not-supervisor` (of all forums where the account has a role), `to-oneself`, `no-second-step`, `asked-already`, and as
    `presence.must_be_present` does.
    """
    account = User.objects.locked(account.pk)
    _check(by, account=account)
    presence.must_be_present(by, authenticated=authenticated, now=now)
    if not Authenticator.objects.filter(user=account).exists():
        raise ValidationError(_("This account has no second step."), code="no-second-step")
    if LostDevice.objects.filter(account=account, decided_at=None).exists():
        raise ValidationError(_("Somebody has asked for this already."), code="asked-already")
    lost = LostDevice.objects.create(account=account, reason=reason, asked_by=by, asked_at=now)
    _record(lost, Verb.ASK_LOST_DEVICE, by=by, now=now)
    lost_device_mails.write_asked(lost, by=by, now=now)
    return lost


@transaction.atomic
def agree(lost: LostDevice, *, by: User, authenticated: datetime | None, now: datetime) -> None:
    """A second supervisor agrees: the second step goes, and every log-in of the account ends.

    Refuses `not-waiting`, `not-supervisor` (who asked has to be one still, too), `to-oneself`, `same-person`, `tied` (see
    `independence.ties`), and as `presence.must_be_present` does.
    """
    lost = _waiting(lost)
    account = lost.account
    for person in (by, lost.asked_by):
        _check(person, account=account)
    if by == lost.asked_by:
        raise ValidationError(_("Somebody else has to agree: you asked for it."), code="same-person")
    presence.must_be_present(by, authenticated=authenticated, now=now)
    independence.must_be_independent(lost.asked_by, by, permission=PERMISSION, forum=None, now=now)
    Authenticator.objects.filter(user=account).delete()
    User.objects.filter(pk=account.pk).update(endings=F("endings") + 1)
    _decide(lost, Verb.TAKE_AWAY_STEP, by=by, now=now)
    lost_device_mails.write_done(lost, by=by, now=now)


@transaction.atomic
def decline(lost: LostDevice, *, by: User, authenticated: datetime | None, now: datetime) -> None:
    """Leave the second step as it is. Refuses `not-waiting`, `not-supervisor`, `to-oneself`, and as
    `presence.must_be_present` does."""
    lost = _waiting(lost)
    presence.must_be_present(by, authenticated=authenticated, now=now)
    _check(by, account=lost.account)
    _decide(lost, Verb.KEEP_STEP, by=by, now=now)


def _waiting(lost: LostDevice) -> LostDevice:
    rows = LostDevice.objects.select_for_update(of=("self",)).select_related("account", "asked_by")
    found = rows.filter(pk=lost.pk, decided_at=None).first()
    if found is None:
        raise ValidationError(_("This is decided already."), code="not-waiting")
    return found


def _check(by: User, *, account: User) -> None:
    if by.pk == account.pk:
        raise ValidationError(
            _("Nobody does this for their own account. Ask two other supervisors."), code="to-oneself"
        )
    held = Membership.objects.in_force().filter(account=account)
    forums: set[int | None] = set(held.values_list("forum", flat=True)) or {None}
    if not all(memberships.supervisors_include(by, forum_id) for forum_id in forums):
        message = _("Only supervisors of all forums in which this person has a role may do this.")
        raise ValidationError(message, code="not-supervisor")


def _decide(lost: LostDevice, verb: Verb, *, by: User, now: datetime) -> None:
    lost.decided_by, lost.decided_at, lost.is_done = by, now, verb == Verb.TAKE_AWAY_STEP
    lost.save(update_fields=["decided_by", "decided_at", "is_done"])
    _record(lost, verb, by=by, now=now)


def _record(lost: LostDevice, verb: Verb, *, by: User, now: datetime) -> None:
    """The account by its number alone: the history outlives the person's data."""
    log.record(lost.account, verb=verb, by=by, now=now, label=f"#{lost.account_id}")
