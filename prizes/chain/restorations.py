"""The chain after the site was restored from an earlier state of itself: it says so in a block, and goes on from there.

Choices that were made, and blocks and heads that were published after that state, are not in the restored chain. They
cannot come back; but nobody finds the chain changed without being told.
"""

from events.models import Restoration
from prizes.chain import commitments
from prizes.models import Edition, Phase

KIND = "restored"


def of(edition: Edition) -> list[Restoration]:
    """The restorings of the site since the vote of an edition began, the oldest first. One query, and that of the phases."""
    phase = edition.phase(Phase.Kind.VOTING)
    return list(Restoration.objects.filter(restored__gte=phase.starts).order_by("restored")) if phase else []


def notes(edition: Edition) -> list[dict[str, str]]:
    """The restorings as the chain notes them."""
    return [
        {"kind": KIND, "state_of": commitments.stamp(row.state_of), "restored": commitments.stamp(row.restored)}
        for row in of(edition)
    ]
