"""Writes into the history of an account when a second factor is set up, removed or replaced, and when a code is wrong."""

from typing import Any

from allauth.mfa import signals
from django.dispatch import receiver
from django.http import HttpRequest

from events.models import User
from events.shared.pages.personal import arrival
from registration.people.accounts.log_ins.sign_ins import failed, record
from registration.people.accounts.verbs import AccountVerb


@receiver(signals.authentication_failed)
def _failed(request: HttpRequest, user: User, **_more: Any) -> None:
    failed(request, user)


@receiver(signals.authenticator_added)
def _added(request: HttpRequest, user: User, **more: Any) -> None:
    record(user, AccountVerb.ADD_FACTOR, now=arrival(request), after={"kind": str(more["authenticator"].type)})


@receiver(signals.authenticator_removed)
def _removed(request: HttpRequest, user: User, **more: Any) -> None:
    record(user, AccountVerb.REMOVE_FACTOR, now=arrival(request), after={"kind": str(more["authenticator"].type)})


@receiver(signals.authenticator_reset)
def _renewed(request: HttpRequest, user: User, **_more: Any) -> None:
    record(user, AccountVerb.RENEW_FACTOR, now=arrival(request))
