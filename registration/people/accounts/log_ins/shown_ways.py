"""How a session has shown who its person is: allauth's records, and what was shown by a mail of ours (the button of a code mail, a code
that somebody who is signed in asked for)."""

from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import authentication_step_completed
from django.http import HttpRequest

from events.models import User

MAILED = "shown_by_mail"  # in the session: whose mail it was, and when it was shown


def shown(request: HttpRequest, user: User) -> dict[str, datetime]:
    """When this session has shown last that its person is this one, by each way (allauth's methods: `password`, `code`, `mfa` …)."""
    found = [(str(one["method"]), float(one["at"])) for one in get_authentication_records(request, user)]
    mailed = request.session.get(MAILED)
    if mailed and mailed["user"] == user.pk:
        found.append(("code", mailed["at"]))
    return {way: datetime.fromtimestamp(at, UTC) for way, at in sorted(found, key=lambda one: one[1])}


def note_mail(request: HttpRequest, user: User, *, email: str, now: datetime) -> None:
    """Remember that this session has shown by a mail to `email` who its person is."""
    request.session[MAILED] = {"user": user.pk, "at": now.timestamp()}
    authentication_step_completed.send(sender=User, request=request, user=user, method="code", email=email)
