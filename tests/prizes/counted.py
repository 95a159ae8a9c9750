"""A counted edition for tests: votes given as numbers, winners, and announcements in effect."""

from datetime import timedelta

from events.models import Approval
from prizes.chain.commitments import stamp
from prizes.count import ranking
from prizes.models import Count, Result, Turnout, Winner
from tests.factories import NOW, UserFactory
from tests.prizes.factories import make_edition, nominees_of


def counted(*, votes=((9, 7, 5), (8, 6, 4)), attendees=2, number=1, edition=None, now=NOW, **values):
    """An edition in its selection, counted at `now`: `votes` of each category's nominees in order of their ids.

    One champion a category unless `champions_per_category` says otherwise.
    """
    if edition is None:
        values = {"phase": "selection", "champions_per_category": 1, **values}
        edition = make_edition(categories=len(votes), nominees=len(votes[0]), now=now, **values)
    total = sum(map(sum, votes))
    count = Count.objects.create(
        edition=edition,
        number=number,
        counted=now - timedelta(hours=1),
        valid_ballots=sum(votes[0]),
        incomplete_ballots=1,
        quarantined_ballots=0,
        valid_votes=total,
        attendee_ballots=sum(votes[0]) // 2,
        head="9f" * 32,
        bundle_sha256="ab" * 32,
    )
    for category, numbers in zip(edition.categories.order_by("number"), votes, strict=True):
        given = dict(zip(nominees_of(edition, category.number), numbers, strict=True))
        for placed in ranking.rank({row.pk: n for row, n in given.items()}, champions=edition.champions_per_category):
            Result.objects.create(
                count=count,
                category=category,
                nomination_id=placed.key,
                votes=placed.votes,
                attendee_votes=placed.votes // attendees,
                rank=placed.rank,
                is_champion=placed.is_champion,
                is_tied=placed.is_tied,
            )
    return edition


def turn_out(edition, **dimensions):
    """Write the turnout of the latest count: dimension → {value: people}."""
    count = edition.counts.latest("number")
    for dimension, cells in dimensions.items():
        for value, people in cells.items():
            Turnout.objects.create(count=count, dimension=dimension, value=value, people=people)
    return count


def crown(edition, *, now=NOW):
    """Make the first champion of each category its winner."""
    for result in Result.objects.filter(count=edition.counts.latest("number"), is_champion=True).order_by("pk"):
        if not Winner.objects.filter(category=result.category).exists():
            Winner.objects.create(
                category=result.category,
                nomination=result.nomination,
                reason="Reach",
                chosen_by=UserFactory(),
                chosen=now,
            )


def approve(kind, about, *, edition, now=NOW, **values):
    """An approval on which two people agreed."""
    return Approval.objects.create(
        kind=kind,
        subject=about.pk,
        forum=edition.forum,
        values=values,
        reason="A secret reason",
        state="agreed",
        proposed_by=UserFactory(),
        proposed=now,
        decided_by=UserFactory(),
        decided=now,
    )


def announced(edition, *kinds, at=None, approved=NOW):
    """Approved announcements of these kinds, in effect at `at`, else at once."""
    for kind in kinds:
        approve(f"announce-{kind}", edition, edition=edition, now=approved, **({"at": stamp(at)} if at else {}))
    return edition
