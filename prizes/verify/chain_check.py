"""Whether the chain of an edition still follows from the rows: what `recount.py` does with the bundle, done in the database."""

from collections.abc import Iterator

from prizes.chain import chain, commitments, restorations
from prizes.count.bundle import Sorter
from prizes.models import Commitment, Edition, Vote

AT_ONCE = 20_000


def faults(edition: Edition) -> Iterator[str]:
    """What does not agree, as sentences. Closed editions have no commitments any more: of theirs only the order is checked.

    Every head is computed again from the commitments of its block; every present choice has its commitment. Reads all
    votes of the edition once.
    """
    before, sealed = "", list[str]()
    for place, block in enumerate(chain.blocks(edition)):
        if block.number != place:
            yield f"{edition}: block {place} of the chain is missing."
            return
        if block.number == 0:
            expected = commitments.first_head(commitments.canonical(block.notes[0]).encode())
        elif edition.closed:
            expected = block.head
        else:
            values = Commitment.objects.filter(block=block)
            expected = commitments.next_head(
                before,
                number=block.number,
                sealed=commitments.stamp(block.sealed),
                notes=block.notes,
                commitments=chain.values(values),
            )
            if values.count() != block.choices:
                yield f"{edition}: block {block.number} has {values.count()} choices and says {block.choices}."
        if block.head != expected:
            yield f"{edition}: the head of block {block.number} does not follow from its contents."
        before = block.head
        sealed.append(commitments.stamp(block.sealed))
        if block.number and restorations.contradicted(block.notes, sealed=sealed):
            yield f"{edition}: block {block.number} says that the site went back to a state of before blocks that are there."
    if not edition.closed:
        yield from _choices(edition)


def _choices(edition: Edition) -> Iterator[str]:
    """Each vote must have its commitment, sealed or waiting for the next block."""
    known, needed = Sorter(), Sorter()
    votes = Vote.objects.filter(ballot__edition=edition).order_by("pk")
    rows = votes.values_list("nonce", "tracker", "category__number", "nominee__code")
    for nonce, tracker, number, code in rows.iterator(chunk_size=AT_ONCE):
        needed.add(commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=code))
    # After the votes: what is chosen while this runs adds commitments and takes none away.
    for value in chain.values(Commitment.objects.filter(edition=edition)):
        known.add(value)
    lost = sum(len(needed.part(first) - known.part(first)) for first in range(256))
    if lost:
        yield f"{edition}: {lost} choices have no commitment."
