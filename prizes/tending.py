"""What the site does for the vote by itself: open the chain, seal every hour, seal and count at the close."""

from datetime import datetime


def tend(now: datetime) -> None:
    """Do what is due for every edition at `now`. Running it twice, or late, changes nothing but when."""
