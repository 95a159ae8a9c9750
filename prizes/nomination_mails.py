"""Mails about nominations: received, a draft unfinished three days before the deadline, moved forward or not."""

from datetime import datetime


def queue_mails(now: datetime) -> int:
    """Write what is due at `now`; return how many mails are new."""
    return 0
