"""The receipt of a ballot: one secret, from which the tracker of each category follows, and the head of the chain."""

from typing import TypedDict

from events.shared.formatting import codes
from prizes.chain import chain, commitments
from prizes.models import Ballot, Category


class Receipt(TypedDict):
    """Secret and trackers stand in groups of four."""

    secret: str
    trackers: list[tuple[Category, str]]  # under which the public bundle lists this ballot's vote, for each category
    head: str  # "" before the chain is open


def receipt(ballot: Ballot) -> Receipt:
    """The receipt of a ballot. Two queries, without the forum's."""
    edition, trackers = ballot.edition, []
    for category in edition.categories.select_related("action_line").order_by("number"):
        tracker = commitments.tracker(ballot.secret, edition=edition.forum.slug, number=category.number)
        trackers.append((category, codes.groups(tracker)))
    return {"secret": codes.groups(ballot.secret), "trackers": trackers, "head": chain.head(edition)}
