"""A second step for an account, and what its app shows."""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.utils import timezone

from registration.people.accounts.second_factor import app_codes

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def shown(secret=SECRET, *, seconds=0):
    """What an app with this secret shows so many seconds from now."""
    return app_codes.code_of(secret, step=app_codes.step_at(timezone.now()) + seconds // app_codes.STEP)


def with_app(user, secret=SECRET):
    """The account with an app and recovery codes."""
    Authenticator.objects.create(user=user, type="totp", data={"secret": encrypt(secret)})
    codes = {"seed": encrypt("ab" * 40), "used_mask": 0}
    Authenticator.objects.get_or_create(user=user, type="recovery_codes", defaults={"data": codes})
    return user


def recovery_codes(user):
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def secret_of(user):
    return decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
