"""The receipt of a ballot: one secret, from which the tracker of each category follows, and the head of the chain."""

from dataclasses import dataclass

from prizes.chain import chain, commitments
from prizes.models import Ballot, Category


@dataclass(frozen=True)
class Tracker:
    """The tracker of one category, in groups of four; under it the public bundle lists the vote of this ballot."""

    category: Category
    text: str


@dataclass(frozen=True)
class Receipt:
    """`secret` in groups of four; `head` is "" before the chain is open."""

    secret: str
    trackers: list[Tracker]
    head: str


def receipt(ballot: Ballot) -> Receipt:
    """The receipt of a ballot, with a tracker for each category of its edition. Two queries, without the forum's."""
    edition = ballot.edition
    return Receipt(
        secret=commitments.groups(ballot.secret),
        trackers=[
            Tracker(
                category,
                commitments.groups(
                    commitments.tracker(ballot.secret, edition=edition.forum.slug, number=category.number)
                ),
            )
            for category in edition.categories.select_related("action_line").order_by("number")
        ],
        head=chain.head(edition),
    )
