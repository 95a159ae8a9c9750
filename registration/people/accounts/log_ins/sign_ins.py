"""Where an account is logged in, and what the site writes down of it: log-ins, failures, log-outs, passwords. The second step
is in second_factors.py.

Each is an entry of the history, and so a line in the log (events.shared.history.log). Failures come by the thousand where somebody
tries: each is a line, and one an hour goes into the history of the account.
"""

from datetime import datetime
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.models import EmailAddress
from django.contrib.auth import signals, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from events.models import User
from events.shared.history import hooks as history_hooks
from events.shared.history import log
from events.shared.pages.personal import arrival
from events.shared.pages.rate_limits import HOUR, is_over
from events.shared.rights import memberships
from registration.models import SignIn
from registration.people.accounts.log_ins import hooks as accounts_hooks
from registration.people.accounts.log_ins import shown_ways
from registration.people.accounts.log_ins.browsers import described
from registration.people.accounts.log_ins.networks import network_of
from registration.people.accounts.verbs import AccountVerb


@history_hooks.readable_history("events.user")
def _readable(user: User) -> Q:
    """When people log in and out, and where, is for those who look after the staff of all forums; the rest for all who may see
    accounts, and what was done with them in some forum for who may see those of it."""
    if memberships.is_everywhere(user, "events.view_viewing"):
        return memberships.within(user, "events.view_user")
    return memberships.within(user, "events.view_user") & ~Q(verb__in=AccountVerb.values)


def of(user: User, *, now: datetime) -> list[SignIn]:
    """Where an account is logged in at a moment, the newest first. One query."""
    return list(SignIn.objects.filter(user=user, session__expire_date__gt=now))


@transaction.atomic
def end(user: User, *, number: str, now: datetime) -> None:
    """End one log-in of an account; `number`: `SignIn.number`. Refuses `no-sign-in` where there is none (any more)."""
    found = next((one for one in of(user, now=now) if one.number == number), None)
    if found is None:
        raise ValidationError(_("This log-in has ended already"), code="no-sign-in")
    Session.objects.filter(pk=found.session_id).delete()
    record(user, AccountVerb.END_SIGN_IN, now=now)


@transaction.atomic
def end_others(request: HttpRequest, user: User, *, now: datetime) -> None:
    """End every log-in of an account but that of this request, those of before they were listed too."""
    User.objects.filter(pk=user.pk).update(endings=F("endings") + 1)
    user.refresh_from_db(fields=["endings"])
    update_session_auth_hash(request, user)
    _forget_others(request, user)
    record(user, AccountVerb.END_OTHERS, now=now)


def _forget_others(request: HttpRequest, user: User) -> None:
    """Those that a new password, or the person, has ended."""
    others = SignIn.objects.filter(user=user).exclude(session=request.session.session_key or "")
    Session.objects.filter(pk__in=list(others.values_list("session", flat=True))).delete()


def record(user: User, verb: AccountVerb, *, now: datetime, **more: Any) -> None:
    """Write the history of an account, which names nobody, only the number of the account."""
    log.record(user, verb=verb, by=user, now=now, label=f"#{user.pk}", **more)


# --- what Django and allauth tell ----------------------------------------------------------------
@receiver(signals.user_logged_in)
def _session_began(request: HttpRequest, user: User, **_more: Any) -> None:
    if not request.session.session_key:
        request.session.create()
    browser, system = described(request.headers.get("User-Agent", ""))
    SignIn(
        session_id=str(request.session.session_key),
        user=user,
        began=arrival(request),
        browser=browser,
        system=system,
        network=network_of(request.META),
    ).save()


@receiver(account_signals.user_logged_in)
def _logged_in(request: HttpRequest, user: User, **_more: Any) -> None:
    known = {"by": sorted(shown_ways.shown(request, user)), "network": network_of(request.META)}
    record(user, AccountVerb.LOG_IN, now=arrival(request), after=known)


@receiver(signals.user_logged_out)
def _logged_out(request: HttpRequest, user: User | None, **_more: Any) -> None:
    if isinstance(user, User):
        record(user, AccountVerb.LOG_OUT, now=arrival(request))


@receiver(signals.user_login_failed)
def _log_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any) -> None:
    named = str(credentials.get("email") or credentials.get("username") or "")
    failed(request, User.objects.filter(email=named.strip().lower()).first())


@receiver(account_signals.login_code_rejected)
@receiver(account_signals.email_verification_code_rejected)
@receiver(account_signals.password_reset_code_rejected)
def _code_failed(request: HttpRequest, user: User | None = None, **_more: Any) -> None:
    failed(request, user if isinstance(user, User) else None)


def failed(request: HttpRequest | None, user: User | None) -> None:
    """Write down that somebody failed to get into an account; None: into one that is not there."""
    if user is None or request is None or is_over(f"failed:{user.pk}", limit=1, seconds=HOUR, now=arrival(request)):
        log.write_line(AccountVerb.LOG_IN_FAILED, account=None, row=f"events.user {user.pk}" if user else "")
        return
    entry = log.entry(user, verb=AccountVerb.LOG_IN_FAILED, by=None, now=arrival(request), label=f"#{user.pk}")
    entry.after = {"network": network_of(request.META)}
    log.record_many([entry])


@receiver(account_signals.password_changed)
@receiver(account_signals.password_set)
@receiver(account_signals.password_reset)
def _password_changed(request: HttpRequest, user: User, **_more: Any) -> None:
    _forget_others(request, user)
    record(user, AccountVerb.CHANGE_PASSWORD, now=arrival(request))


@receiver(account_signals.email_changed)
def _email_changed(
    request: HttpRequest,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_more: Any,
) -> None:
    """A confirmed address instead of another one; the first that an account confirms is no change."""
    if from_email_address is None or not from_email_address.verified:
        return
    now = arrival(request)
    record(user, AccountVerb.CHANGE_EMAIL, now=now)
    for tell in accounts_hooks.address_changed.of():
        tell(user, from_email_address.email, to_email_address.email, now)
