"""Whether the person of a session still has to show a second step. What it is, and how it is shown, a higher app knows
(registration.people.accounts.second_factor)."""

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest


class SecondStepFirst(Exception):
    """Raised by a view before it shows what staff may see and others not."""


def is_needed(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether this person may go on with a second step only."""
    return settings.REQUIRE_MFA and user.is_authenticated and getattr(user, "is_staff", False)


def is_shown(request: HttpRequest) -> bool:
    """Whether the person of this session has shown a second step in it. No query: one that is removed takes what it opened
    along."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


def is_missing(request: HttpRequest) -> bool:
    """Whether the person needs a second step and has not shown it."""
    return is_needed(request.user) and not is_shown(request)
