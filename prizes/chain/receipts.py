"""The receipt of a ballot: one secret, from which the tracker of each category follows, and the head of the chain."""

from typing import Any

from prizes.chain import chain, commitments
from prizes.models import Ballot


def receipt(ballot: Ballot) -> dict[str, Any]:
    """The receipt of a ballot. Two queries, without the forum's.

    `secret`, in groups of four; `trackers`: each category of the edition with its tracker, in groups of four too, under
    which the public bundle lists this ballot's vote; `head`, "" before the chain is open.
    """
    edition, trackers = ballot.edition, []
    for category in edition.categories.select_related("action_line").order_by("number"):
        tracker = commitments.tracker(ballot.secret, edition=edition.forum.slug, number=category.number)
        trackers.append((category, commitments.groups(tracker)))
    return {"secret": commitments.groups(ballot.secret), "trackers": trackers, "head": chain.head(edition)}
