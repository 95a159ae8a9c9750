"""An edition whose vote is over, for tests of the count: a chain, ballots of every kind, sealed and counted."""

import random
from datetime import timedelta

from prizes.chain import chain, commitments
from prizes.count import counting
from prizes.models import Commitment, Nomination, Quarantine, QuarantinedBallot
from tests.factories import NOW
from tests.prizes.counted import approve
from tests.prizes.factories import fill_ballot, make_edition, nominees_of


def past_close(edition):
    """A moment at which the last block may be sealed."""
    edition.refresh_from_db()
    return edition.phases.get(kind="voting").ends + timedelta(minutes=2)


def quarantine(*ballots, kind="script"):
    """Set ballots aside as two organisers would."""
    edition = ballots[0].edition
    row = Quarantine.objects.create(edition=edition, kind=kind)
    approve(Quarantine.SET_ASIDE, row, edition=edition)
    for ballot in ballots:
        QuarantinedBallot.objects.create(quarantine=row, ballot=ballot)
        ballot.is_quarantined = True
        ballot.save()
    return row


def change(ballot, *, number, nominee):
    """Choose another nominee in a category, as casting does: the vote changes, and one commitment more waits."""
    nonce = commitments.new_nonce()
    vote = ballot.votes.get(category__number=number)
    vote.nonce, vote.nominee = nonce, nominee
    vote.save()
    value = commitments.commitment(nonce=nonce, tracker=vote.tracker, number=number, nominee=nominee.code)
    Commitment.objects.create(edition=ballot.edition, value=value)


def withdraw(nominee):
    Nomination.objects.filter(pk=nominee.pk).update(state="withdrawn")


def seal_and_count(edition, **values):
    """The last block and the first count."""
    now = past_close(edition)
    chain.seal(edition, now=now, is_last=True)
    return counting.count(edition, now=now, **values)


def make_counted(*, ballots=12, categories=3, nominees=3, blocks=3, seed=1, **values):
    """A counted edition: full ballots in some blocks, one incomplete, one set aside, one changed, one nominee withdrawn.

    Returns the count and the full ballots that are counted.
    """
    drawn = random.Random(seed)  # noqa: S311
    edition = make_edition(categories=categories, nominees=nominees, **values)
    chain.open_chain(edition, now=NOW)
    choices = {number: nominees_of(edition, number) for number in range(1, categories + 1)}
    full = []
    for place in range(ballots):
        chosen = {number: drawn.choice(found) for number, found in choices.items()}
        full.append(fill_ballot(edition, chosen))
        if place % (ballots // blocks or 1) == 0:
            chain.seal(edition, now=NOW + timedelta(hours=place))
    fill_ballot(edition, {1: choices[1][0]})
    quarantine(fill_ballot(edition, {number: found[0] for number, found in choices.items()}))
    change(full[0], number=1, nominee=choices[1][1])
    withdraw(choices[2][2])
    return seal_and_count(edition), full
