"""Mails about ballots: the receipt, and an incomplete ballot three days and one day before the close."""

from datetime import datetime

from prizes.models import Ballot


def write_receipt(ballot: Ballot, *, is_change: bool, now: datetime) -> None:
    """Write the mail with the receipt of a ballot; inside the transaction of the choice (voting.cast)."""


def queue_mails(now: datetime) -> int:
    """Write what is due at `now`; return how many mails are new."""
    return 0
