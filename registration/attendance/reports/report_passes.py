"""Passes with which scripts send in reports of meetings."""

import secrets
from datetime import datetime

from events.models import User
from events.pages.rate_limits import HOUR, is_over
from registration.models import ReportPass, secret_digest

REPORTS_AN_HOUR = 240  # with one pass


def give_secret(row: ReportPass, *, by: User, now: datetime) -> str:
    """Give a pass that is not saved yet its secret, and return this: it is shown once and stored nowhere."""
    secret = secrets.token_urlsafe(24)
    row.digest, row.made_by, row.made = secret_digest(secret), by, now
    return secret


def find(secret: str, *, forum: str, now: datetime) -> ReportPass | None:
    """The pass of a secret for the forum with this slug, if it works at this moment; else None."""
    rows = ReportPass.objects.select_related("forum", "made_by")
    found = rows.filter(digest=secret_digest(secret), forum__slug=forum).first()
    return found if found and found.is_valid(now) else None


def may_send(row: ReportPass, *, now: datetime) -> bool:
    """Count one more report of a pass; whether it is within the limit of an hour."""
    return not is_over(f"meeting reports:{row.pk}", limit=REPORTS_AN_HOUR, seconds=HOUR, now=now)
