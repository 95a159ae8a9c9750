"""The count: one reading of the votes, the ranking, and the bundle with which others count again.

A count is made once the polls are sealed, and again, with a reason, when ballots were set aside or a nominee withdrew;
the latest holds. From the announcement of the champions on there is no other.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from events.shared.pages import revision
from prizes.chain import chain
from prizes.count import bundle, counting_sql, ranking
from prizes.editions import embargo, log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Count, Edition, Honour, Nomination, Result, Turnout


def latest(edition: Edition) -> Count | None:
    """The count that holds: the last one; None before the first."""
    return Count.objects.filter(edition=edition).order_by("number").last()


def check(edition: Edition) -> None:
    """Refuse `polls-open`, `closed` and `announced`: when votes are not counted, whoever asks."""
    if edition.polls_sealed is None:
        raise ValidationError(_("The votes can be counted once the last block is sealed"), code="polls-open")
    if edition.closed:
        raise ValidationError(_("The edition is closed: its votes are deleted"), code="closed")
    if embargo.stands(edition, kind=Honour.CHAMPIONS):  # of what this count says
        raise ValidationError(
            _("The announcement of the champions is proposed or approved: their count stands until it is dropped"),
            code="announced",
        )


@transaction.atomic
def count(edition: Edition, *, now: datetime, by: User | None = None, reason: str = "") -> Count:
    """Count the valid votes, rank the nominees of each category, and write the bundle with its SHA-256.

    `by`: the organiser who asks; None when the site counts at the close. Refuses `polls-open` before the last block
    is sealed, `closed` once the edition is closed (its votes are gone), `announced` while an announcement of the
    champions is proposed or approved, and `reason-missing` for every count after the first.
    """
    locked = Edition.objects.lock(edition.pk)
    check(locked)
    previous = latest(locked)
    if previous and not reason.strip():
        raise ValidationError(_("Say why the votes are counted again"), code="reason-missing")
    counted = write_results(locked, number=previous.number + 1 if previous else 1, now=now, reason=reason.strip())
    bundle.attach(counted)
    log.record(
        locked,
        verb=PrizeVerb.COUNT,
        by=by,
        now=now,
        subject=f"{locked.name} {counted.number}",
        reason=counted.reason,
        after={"bundle_sha256": counted.bundle_sha256, "valid_votes": counted.valid_votes},
    )
    revision.bump()
    return counted


@transaction.atomic
def write_results(edition: Edition, *, number: int, now: datetime, reason: str) -> Count:
    """The counting itself, without checks and without the bundle: the rows of a count.

    Every nominee that stands has a row, with or without votes; one who withdrew has none.
    """
    votes, ballots = counting_sql.votes(edition), counting_sql.ballots(edition)
    stand = list(
        Nomination.objects.filter(edition=edition, state=Nomination.State.NOMINATED)
        .order_by("category__number", "code")
        .values_list("pk", "category__pk")
    )
    counted = Count.objects.create(
        edition=edition,
        number=number,
        counted=now,
        reason=reason,
        **counting_sql.numbers(edition, ballots),
        valid_votes=sum(votes[pk].votes for pk, _category in stand if pk in votes),
        head=chain.head(edition),
    )
    Result.objects.bulk_create(_results(counted, stand=stand, votes=votes))
    Turnout.objects.bulk_create(
        Turnout(count=counted, dimension=dimension, value=value, people=people)
        for dimension, value, people in counting_sql.turnout(edition, ballots)
    )
    return counted


def _results(counted: Count, *, stand: list[tuple[int, int]], votes: dict[int, counting_sql.Votes]) -> Iterator[Result]:
    """A row for each nominee that stands, given with its category, placed among those of the category."""
    nobody = counting_sql.Votes(0, 0)
    for category, found in groupby(stand, key=itemgetter(1)):
        given = {pk: votes.get(pk, nobody).votes for pk, _category in found}
        for placed in ranking.rank(given, champions=counted.edition.champions_per_category):
            yield Result(
                count=counted,
                category_id=category,
                nomination_id=placed.key,
                votes=placed.votes,
                attendee_votes=votes.get(placed.key, nobody).attendee_votes,
                rank=placed.rank,
                is_champion=placed.is_champion,
                is_tied=placed.is_tied,
            )
