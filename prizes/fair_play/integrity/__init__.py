"""The integrity report: what about the ballots of an edition looks as if a script or one person filled many of them.

A finding is a question, never a proof: a university behind one address, a class that votes together, a newsletter that
went out look the same. So the report sets nothing aside; two organisers do (prizes.fair_play.quarantines). It speaks of ballots
and accounts, never of choices. What concerns nominees (prizes.fair_play.integrity.nominees) opens when the polls are sealed.
"""

from prizes.fair_play.integrity.findings import Finding
from prizes.fair_play.integrity.shared_addresses import Addresses, Boxes, Networks, ThrowAway
from prizes.fair_play.integrity.speed import Bursts, Fast

FINDINGS: tuple[Finding, ...] = (Bursts(), Addresses(), Networks(), ThrowAway(), Boxes(), Fast())


def finding(slug: str) -> Finding | None:
    """The finding of this name; None where there is none."""
    return next((each for each in FINDINGS if each.slug == slug), None)
