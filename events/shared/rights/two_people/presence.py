"""Who acts is there at this moment: the account has a second factor, and the session gave it in the last five minutes.

Where `REQUIRE_MFA` is off (only on the one machine of the embedded default, whose first page says so), nobody is asked for
a second factor: there two accounts are all that two means.
"""

from datetime import UTC, datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from events.models import User

RECENT = timedelta(minutes=5)
NOT_RECENT = "not-recent"
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes are for who has lost one of these


def has_second_factor(user: User) -> bool:
    """Whether an account has a second factor of its own: codes of an app, or a passkey."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


def must_be_present(by: User, *, authenticated: datetime | None, now: datetime) -> None:
    """Refuse who does not show at this moment that they are there: `no-second-factor`, `not-recent`.

    `authenticated`: when the session gave a second factor last (`authenticated`, below).
    """
    if not settings.REQUIRE_MFA:
        return
    if not has_second_factor(by):
        raise ValidationError(_("Set up a second step for your account first"), code="no-second-factor")
    if authenticated is None or now - authenticated >= RECENT:
        raise ValidationError(_("Show your second step again: the last time is over five minutes ago"), code=NOT_RECENT)


def authenticated(request: HttpRequest) -> datetime | None:
    """When this session gave a second factor last, as allauth wrote it down; None where it never did."""
    records = get_authentication_records(request, request.user)
    moments = [record["at"] for record in records if record["method"] == "mfa"]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None
