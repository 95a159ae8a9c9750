"""Ballots set aside, for tests: proposed, in force, and an edition that is sealed and counted."""

from datetime import timedelta

from events.shared.rights.two_people import approvals
from prizes.chain import chain
from prizes.count import counting, recount_requests
from prizes.fair_play import quarantines
from prizes.models import Ballot, Edition, Quarantine
from tests.factories import NOW
from tests.prizes.factories import fill_ballot, nominees_of


def ballots(edition, number=3):
    """Full ballots, all for the first nominee of each category."""
    chosen = {each: nominees_of(edition, each)[0] for each in (1, 2)}
    return [fill_ballot(edition, chosen) for _ballot in range(number)]


def propose(edition, chosen, by, **values):
    values = {"kind": "script", "reason": " Within a minute ", "now": NOW} | values
    return quarantines.propose(edition, ballots=[ballot.pk for ballot in chosen], by=by, **values)


def in_force(edition, chosen, people, *, now=NOW, **seen):
    """Set aside by two, and counted again where it was counted."""
    approval = approvals.agree(propose(edition, chosen, people[0], now=now, **seen), by=people[1], now=now, **seen)
    recount_requests.run_due(now)
    return Quarantine.objects.get(pk=approval.subject)


def set_aside(*rows):
    found = Ballot.objects.in_bulk([row.pk for row in rows])
    return [found[row.pk].is_quarantined for row in rows]


def seal(edition):
    """Close the polls and count, as the site does."""
    opened = NOW - timedelta(days=30)
    edition.phases.filter(kind="voting").update(starts=opened, ends=NOW - timedelta(hours=1))
    edition = Edition.objects.get(pk=edition.pk)
    chain.open_chain(edition, now=NOW - timedelta(hours=2))
    chain.seal(edition, now=NOW, is_last=True)
    counting.count(Edition.objects.get(pk=edition.pk), now=NOW)
