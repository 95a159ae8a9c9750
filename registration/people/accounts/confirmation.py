"""The first confirmation of an address: from then on the account is its owner's, whoever made it.

A stranger can sign up with somebody's address and a password of the stranger's own. So a password stays only where the session
that confirms has shown that it knows it: by signing up with it, or by giving it. Else it is thrown away.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.signals import authentication_step_completed, email_confirmed
from django.contrib import messages
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from events.models import User

SIGNED_UP = "signed_up"  # in the session: the key of the account that was made in it, or whose password was given
BY_PASSWORD = {"password", "password_reset"}


def note_sign_up(request: HttpRequest, user: User) -> None:
    """Remember that this session knows the password of a new account."""
    request.session[SIGNED_UP] = user.pk


def _knows_the_password(request: HttpRequest, user: User) -> bool:
    records = get_authentication_records(request, user)
    return request.session.get(SIGNED_UP) == user.pk or any(one["method"] in BY_PASSWORD for one in records)


@receiver(authentication_step_completed, dispatch_uid="registration.people.accounts.confirmation")
def name_the_address(user: User, method: str, email: str = "", **_more: Any) -> None:
    """Somebody has entered a code that went to their address: allauth confirms it then. It knows no address of an account that
    others have made, such as of a focal point, and would ask for a second code."""
    if method == "code" and email == user.email and not EmailAddress.objects.filter(user=user).exists():
        EmailAddress.objects.create(user=user, email=email, primary=True)


@receiver(email_confirmed, dispatch_uid="registration.people.accounts.confirmation")
def drop_the_password_of_a_stranger(request: HttpRequest, email_address: EmailAddress, **_more: Any) -> None:
    """At the first confirmation; allauth tells of it in the request that confirms."""
    user = email_address.user
    is_first = user.last_login is None and not request.user.is_authenticated
    if is_first and user.has_usable_password() and not _knows_the_password(request, user):
        user.set_unusable_password()
        user.save(update_fields=["password"])
        words = _("The password of before is gone, for somebody else may have set it. Choose one when you want to.")
        get_adapter().add_message(request, messages.WARNING, message=words)
