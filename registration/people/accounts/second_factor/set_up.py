"""What follows when somebody has set up a second step, or removed one. allauth tells of it in the request that does so."""

from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.dispatch import receiver
from django.http import HttpRequest

from events.models import User
from events.shared.pages.personal import arrival
from events.shared.rights.two_people.presence import FACTORS
from registration.people.accounts.log_ins import sign_ins


def note_code(request: HttpRequest, *, step: int) -> None:
    """Remember for this request which code an app was set up with: it opens nothing afterwards."""
    request.app_step = step  # type: ignore[attr-defined]


@receiver(authenticator_added, dispatch_uid="registration.people.accounts.second_factor.set_up")
def begin(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """The session in which it was set up has shown it."""
    if authenticator.type not in FACTORS:
        return
    if authenticator.type == Authenticator.Type.TOTP:
        authenticator.data["last_step"] = request.app_step  # type: ignore[attr-defined]
        authenticator.save(update_fields=["data"])
    shown = AuthenticateForm(user=user)
    shown.authenticator = authenticator
    shown.save()


@receiver(authenticator_removed, dispatch_uid="registration.people.accounts.second_factor.removed")
def end_what_it_opened(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """What is gone has shown nothing any more: not in this session, and the others, which somebody may have opened with it
    (a telephone that was stolen), end."""
    left = set(Authenticator.objects.filter(user=user).values_list("pk", flat=True))
    records = get_authentication_records(request, user)
    kept = [record for record in records if record["method"] != "mfa" or record.get("id") in left]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept
    if authenticator.type in FACTORS:  # recovery codes go with the last one, and are told of then too
        sign_ins.end_others(request, user, now=arrival(request))


@receiver(authenticator_reset, dispatch_uid="registration.people.accounts.second_factor.renewed")
def end_what_codes_opened(request: HttpRequest, user: User, **_more: Any) -> None:
    """Whoever renews recovery codes may have lost the list: sessions that somebody else opened with it end."""
    sign_ins.end_others(request, user, now=arrival(request))
