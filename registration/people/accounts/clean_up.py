"""What nobody needs any more goes: log-ins that are over, what is written down of old ones, and accounts whose address nobody
confirmed."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session as LogIn
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils.translation import gettext_lazy

from events.models import HistoryEntry, User
from events.shared.history.viewings import KEPT
from events.shared.jobs.sweeps import Sweep
from registration.models import SpentCode
from registration.people.accounts.verbs import AccountVerb

ACCOUNTS = Sweep("accounts", gettext_lazy("Accounts that nobody has confirmed"))
UNCONFIRMED_FOR = timedelta(days=1)
AT_ONCE = 1_000  # rows


def end_expired(*, now: datetime) -> int:
    """Delete the log-ins that are over; return how many."""
    number = 0
    while keys := list(LogIn.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:AT_ONCE]):
        LogIn.objects.filter(pk__in=keys).delete()
        number += len(keys)
    return number


def forget_spent_codes(*, now: datetime) -> int:
    """Delete what says that mailed codes were used, once they are too old in any case; return how many."""
    return SpentCode.objects.filter(at__lt=now - UNCONFIRMED_FOR).delete()[0]


def forget_log_ins(*, now: datetime) -> int:
    """Delete what the history says of log-ins, tries and log-outs of over KEPT ago; return how many entries."""
    verbs = [AccountVerb.LOG_IN, AccountVerb.LOG_IN_FAILED, AccountVerb.LOG_OUT]
    old, number = HistoryEntry.objects.filter(verb__in=verbs, at__lt=now - KEPT).order_by("at"), 0
    while keys := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        number += HistoryEntry.objects.filter(pk__in=keys).delete()[0]
    return number


def delete_unconfirmed(*, now: datetime) -> int:
    """Delete the accounts that somebody made over a day ago and whose address nobody has confirmed since; return how many.
    An account that something else names stays, also one that others have registered or named a focal point."""
    some = _unconfirmed().filter(date_joined__lte=now - UNCONFIRMED_FOR).order_by("?")[:AT_ONCE]
    return sum(ACCOUNTS.each(some, _delete, now=now))  # in any order: what cannot go takes nobody's turn for good


def release(email: str, *, to: User) -> None:
    """Delete the account that somebody made with an address and has not confirmed: `to` has, and moves there."""
    for user in _unconfirmed().filter(email=email).exclude(pk=to.pk):
        _delete(user)


def _unconfirmed() -> QuerySet[User]:
    made = User.objects.filter(last_login=None, is_staff=False, registrations=None, focal_points=None)
    lonely = made.filter(emailaddress__verified=False).exclude(emailaddress__verified=True)
    return User.objects.filter(pk__in=lonely.values("pk"))


def _delete(user: User) -> bool:
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        return False
    return True
