"""What follows when somebody has set up a second step. allauth tells of it in the request that does so."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver
from django.http import HttpRequest

from events.models import User


def note_code(request: HttpRequest, *, step: int) -> None:
    """Remember for this request which code an app was set up with: it opens nothing afterwards."""
    request.app_step = step  # type: ignore[attr-defined]


@receiver(authenticator_added, dispatch_uid="registration.accounts.second_factor.set_up")
def begin(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """The session in which it was set up has shown it."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    if authenticator.type == Authenticator.Type.TOTP:
        authenticator.data["last_step"] = request.app_step  # type: ignore[attr-defined]
        authenticator.save(update_fields=["data"])
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
