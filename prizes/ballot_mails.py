"""Mails about ballots: the receipt, and an incomplete ballot three days and one day before the close."""

from datetime import datetime


def queue_mails(now: datetime) -> int:
    """Write what is due at `now`; return how many mails are new."""
    return 0
