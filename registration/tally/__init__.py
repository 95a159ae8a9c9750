"""Counting attendance. `counting` writes the figures of a forum, `tables` reads them as the public may see them."""

from registration.tally.counting import recount, running

__all__ = ["recount", "running"]
