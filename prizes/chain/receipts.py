"""The receipt of a ballot: one secret, from which the tracker of each category follows, and the head of the chain."""

from dataclasses import dataclass

from prizes.chain import chain, commitments
from prizes.models import Ballot, Category


@dataclass(frozen=True)
class Receipt:
    """`secret` in groups of four; `head` is "" before the chain is open.

    `trackers`: each category with its tracker in groups of four, under which the public bundle lists this ballot's vote.
    """

    secret: str
    trackers: list[tuple[Category, str]]
    head: str


def receipt(ballot: Ballot) -> Receipt:
    """The receipt of a ballot, with a tracker for each category of its edition. Two queries, without the forum's."""
    edition, trackers = ballot.edition, []
    for category in edition.categories.select_related("action_line").order_by("number"):
        tracker = commitments.tracker(ballot.secret, edition=edition.forum.slug, number=category.number)
        trackers.append((category, commitments.groups(tracker)))
    return Receipt(secret=commitments.groups(ballot.secret), trackers=trackers, head=chain.head(edition))
