"""Who logs in with an account of their organisation: staff that have connected it themselves, while they were logged in. An account of
the site is never made by it, nor found by an e-mail; and what somebody may do is said by roles here alone (decision 0071).
"""

import logging
from typing import Any, NoReturn, cast

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import User
from events.shared.pages.personal import arrival, person
from registration.people.accounts import reauthentication
from registration.people.accounts.log_ins.sign_ins import record
from registration.people.accounts.staff_login.provider import Organisation, organisation
from registration.people.accounts.verbs import AccountVerb

logger = logging.getLogger(__name__)


def refuse(request: HttpRequest, words: str) -> NoReturn:
    """Lead back to the page from which somebody came, which says why."""
    messages.error(request, words % {"organisation": settings.STAFF_LOGIN["name"]})
    page = "account_organisation" if getattr(request.user, "is_staff", False) else "account_login"
    raise ImmediateHttpResponse(HttpResponseRedirect(reverse(page)))


def may_log_in(user: User) -> bool:
    """Whether an account may be connected, and logged in so."""
    return user.is_active and user.is_staff


def of(user: User) -> str:
    """The organisation by whose account somebody may log in, or could once and may take that away; empty for most."""
    name = str(settings.STAFF_LOGIN.get("name", ""))
    return name if name and (may_log_in(user) or SocialAccount.objects.filter(user=user).exists()) else ""


def refuse_away(request: HttpRequest) -> NoReturn:
    refuse(request, _("%(organisation)s did not answer as it should. Try again in a minute, or log in another way"))


class StaffLogInAdapter(DefaultSocialAccountAdapter):
    """The one organisation of the setting, and the rules of this site."""

    def get_provider(self, request: HttpRequest, provider: Any, client_id: str | None = None) -> Organisation:
        return organisation(request)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> NoReturn:
        """Refuse in words; the log says what kind of thing it was, never what was answered."""
        if error == AuthError.CANCELLED:
            refuse(request, _("You did not log in at %(organisation)s. Nothing has changed"))
        logger.warning("Log-in with the organisation failed: %s", type(exception).__name__)
        refuse_away(request)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse whoever may not log in so, before anything happens."""
        sociallogin.token = None  # else it would wait in the session for the second step
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            self._may_connect(request, sociallogin)
        elif not sociallogin.is_existing:
            refuse(
                request,
                _(
                    "This account of %(organisation)s is connected with none here. Organisers log in another way first, and connect"
                    " it on the page of their account"
                ),
            )
        elif not may_log_in(cast("User", sociallogin.user)):
            refuse(request, _("Only organisers log in with %(organisation)s. Log in with your e-mail"))

    @staticmethod
    def _may_connect(request: HttpRequest, sociallogin: SocialLogin) -> None:
        user = request.user
        is_good = isinstance(user, User) and may_log_in(user)
        if not is_good or not reauthentication.is_recent(request, person(request), now=arrival(request)):
            refuse(request, _("That took too long. Nothing has changed: press the button again"))
        if sociallogin.is_existing and sociallogin.user != user:
            refuse(request, _("This account of %(organisation)s is connected with another account here"))

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return reverse("account_organisation")

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **more: Any) -> None:
        """In the site's own words, which name the organisation and nothing else."""
        names = {"organisation": settings.STAFF_LOGIN["name"]}
        get_adapter().send_notification_mail(template_prefix, user, names)


@receiver(social_account_added, dispatch_uid="registration.people.accounts.staff_login")
def _connected(request: HttpRequest, sociallogin: SocialLogin, **_more: Any) -> None:
    server = {"server": sociallogin.account.provider}
    record(person(request), AccountVerb.CONNECT_ORGANISATION, now=arrival(request), after=server)


@transaction.atomic
def disconnect(request: HttpRequest, user: User) -> None:
    """Forget the account of the organisation; its owner is told."""
    deleted, _tables = SocialAccount.objects.filter(user=user).delete()
    if deleted:
        record(user, AccountVerb.DISCONNECT_ORGANISATION, now=arrival(request))
        StaffLogInAdapter(request).send_notification_mail("socialaccount/email/account_disconnected", user)
