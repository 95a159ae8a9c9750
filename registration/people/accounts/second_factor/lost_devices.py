"""Lost devices. Who has no recovery code left either writes to two supervisors: one asks, another one agrees, and the second step
of the account is gone. Its log-ins end, and the next one begins with setting up a new step."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, Forum, Membership, User
from events.shared.history.verbs import Verb
from events.shared.rights import memberships
from events.shared.rights.two_people import approvals
from events.shared.rights.two_people.approvals import ApprovalKind
from registration.people.accounts.second_factor import lost_device_mails


@transaction.atomic
def ask(account: User, *, reason: str, by: User, authenticated: datetime | None, now: datetime) -> Approval:
    """Ask that the second step of an account be taken away.

    Refuses `not-supervisor` (of all forums where the account has a role), `no-second-step`, and as `approvals.propose` does.
    """
    account = User.objects.locked(account.pk)
    _check(by, account=account)
    if not Authenticator.objects.filter(user=account).exists():
        raise ValidationError(_("This account has no second step."), code="no-second-step")
    forums = _forums(account)
    return approvals.propose(
        TAKE_AWAY,
        account,
        forum=Forum.objects.filter(pk=forums.pop() or 0).first() if len(forums) == 1 else None,
        account=account,
        reason=reason,
        by=by,
        authenticated=authenticated,
        now=now,
    )


def _take_away(lost: Approval, account: User, by: User, _now: datetime) -> None:
    """The second step goes, and every log-in of the account ends. Refuses `not-supervisor` (who asked has to be one still,
    too)."""
    for person in (by, lost.proposed_by):
        _check(person, account=account)
    Authenticator.objects.filter(user=account).delete()
    User.objects.filter(pk=account.pk).update(endings=F("endings") + 1)


def _forums(account: User) -> set[int | None]:
    """Where supervisors look after an account: the keys of the forums of its roles; None: all forums."""
    return set(Membership.objects.filter(account=account).values_list("forum", flat=True)) or {None}


def _check(by: User, *, account: User) -> None:
    if not all(memberships.supervisors_include(by, forum_id) for forum_id in _forums(account)):
        message = _("Only supervisors of all forums in which this person has a role may do this.")
        raise ValidationError(message, code="not-supervisor")


TAKE_AWAY = approvals.add(
    ApprovalKind(
        name="second-step",
        words=gettext_lazy("Take a second step away: the device is lost"),
        permission=memberships.GIVE,
        verbs=(Verb.ASK_LOST_DEVICE, Verb.TAKE_AWAY_STEP, Verb.KEEP_STEP),
        lock=lambda lost, _now: User.objects.locked(lost.subject),
        carry_out=_take_away,
        called=lambda account: f"#{account.pk}",  # the history outlives the person's data
        check_drop=lambda _lost, account, by, _now: _check(by, account=account),
        tell=lost_device_mails.write,
    )
)
