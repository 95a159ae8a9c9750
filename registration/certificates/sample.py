"""Sample certificates: of those who attended three sessions of a forum that is over."""

from datetime import datetime

from events.models import Forum
from registration.certificates import issuing
from registration.models import CertificateRule

NEEDED = 3  # sessions


def make(forum: Forum, *, now: datetime) -> None:
    """Make a rule for a forum, and issue its certificates. Atomicity is the caller's."""
    rule = CertificateRule.objects.create(forum=forum, threshold=NEEDED)
    issuing.issue(rule, now=now)
