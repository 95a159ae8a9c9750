"""The chain after the site was restored from an earlier state: it says so, in a block of its own, and goes on.

Blocks that were published after that state, and heads on receipts from then, are not in the restored chain. They cannot
come back; but nobody finds the chain changed without being told.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prizes.chain import chain
from prizes.models import Block, Edition

KIND = chain.RESTORED


@dataclass(frozen=True)
class Restored:
    """What a chain says of one restoring: choices from `state_of` to `restored` may be lost. `block`: the first one after."""

    state_of: datetime
    restored: datetime
    block: int


def seal(*, now: datetime) -> int:
    """Seal a block with the note in every chain whose vote goes on; return in how many. Without it the next block has it."""
    running = Edition.objects.filter(polls_sealed__isnull=True, closed__isnull=True, blocks__number=0)
    return sum(bool(chain.changes(edition) and chain.seal(edition, now=now)) for edition in running.order_by("pk"))


def of(edition: Edition) -> list[Restored]:
    """The restorings that the chain of an edition tells of, the newest first. One query."""
    return told(Block.objects.filter(edition=edition, number__gt=0).exclude(notes=[]).order_by("-number"))


def told(blocks: Any) -> list[Restored]:
    """The restorings of which some blocks tell, in their order."""
    return [
        Restored(datetime.fromisoformat(note["state_of"]), datetime.fromisoformat(note["restored"]), block.number)
        for block in blocks
        for note in (block.notes if block.number else [])
        if note["kind"] == KIND
    ]
