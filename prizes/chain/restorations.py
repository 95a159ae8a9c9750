"""The chain after the site was restored from an earlier state of itself: it says so in a block, and goes on from there.

Choices that were made, and blocks and heads that were published after that state, are not in the restored chain. They
cannot come back; but nobody finds the chain changed without being told.
"""

from datetime import datetime, timedelta

from events.models import Restoration
from prizes.chain import commitments
from prizes.models import Edition, Phase

KIND = "restored"
GRACE = timedelta(minutes=1)


def of(edition: Edition) -> list[Restoration]:
    """The restorings of the site that may have cost an edition choices, the oldest first: since its vote began, and only from
    states of before its last block. One query, and that of the phases."""
    phase = edition.phase(Phase.Kind.VOTING)
    if phase is None:
        return []
    found = Restoration.objects.filter(restored__gte=phase.starts).order_by("restored")
    return list(found.filter(state_of__lt=edition.polls_sealed) if edition.polls_sealed else found)


def notes(edition: Edition) -> list[dict[str, str]]:
    """The restorings as the chain notes them."""
    return [
        {"kind": KIND, "state_of": commitments.stamp(row.state_of), "restored": commitments.stamp(row.restored)}
        for row in of(edition)
    ]


def contradicted(notes: list[dict[str, str]], *, sealed: list[str]) -> bool:
    """Whether a note of a restoring stands behind a block of the time that it says is lost: there was no such restoring.

    `sealed`: when the blocks before were sealed, as the chain writes moments. A minute's grace, for clocks differ.
    """
    for note in (note for note in notes if note["kind"] == KIND):
        state = commitments.stamp(datetime.fromisoformat(note["state_of"]) + GRACE)
        if any(state < moment < note["restored"] for moment in sealed):
            return True
    return False
