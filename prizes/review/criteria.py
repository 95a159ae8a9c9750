"""By what an expert judges: the nine criteria of the WSIS Prizes with anchors for their points, and their changes.

The names are those that the organisers publish; weights, descriptions and anchors are not published, so these are
ours, and an edition's own from the first look on. They are written in English; pages show them through gettext.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Criterion, Edition

# Of each its name, its description, and anchors that say what 0, 3 and 5 points mean.
USUAL: list[dict[str, Any]] = json.loads((Path(__file__).parent.parent / "data" / "usual_criteria.json").read_text())


def shown_words() -> Iterator[str]:
    """The words of the usual criteria, for the catalogues."""
    for usual in USUAL:
        yield from (usual["name"], usual["description"], *usual["anchors"].values())


@transaction.atomic
def ensure(edition: Edition) -> list[Criterion]:
    """Return the criteria of an edition in order of their numbers; one that has none gets the nine usual ones."""
    Edition.objects.lock(edition.pk)
    if not Criterion.objects.filter(edition=edition).exists():
        Criterion.objects.bulk_create(
            Criterion(edition=edition, number=number, **usual) for number, usual in enumerate(USUAL, start=1)
        )
    return list(Criterion.objects.filter(edition=edition))


def check_new(edition: Edition) -> None:
    """Refuse `review-begun` once points are given: a new criterion would make every finished review incomplete."""
    if Criterion.objects.filter(edition=edition, scores__isnull=False).exists():
        raise ValidationError(
            _("Experts have given points already. Change the criteria that there are"), code="review-begun"
        )


@transaction.atomic
def save(criterion: Criterion, *, by: User, now: datetime) -> Criterion:
    """Write a new or changed criterion, with a log entry. A new one refuses `review-begun` (`check_new`).

    Weights and words may change at any time: the leaderboard counts from the rows.
    """
    edition = Edition.objects.lock(criterion.edition_id)
    is_new = criterion.pk is None
    if is_new:
        check_new(edition)
    criterion.save()
    log.record(
        edition,
        row=criterion,
        verb=PrizeVerb.ADD_CRITERION if is_new else PrizeVerb.CHANGE_CRITERION,
        by=by,
        now=now,
        subject=criterion,
        after={"number": criterion.number, "weight": str(criterion.weight)},
    )
    return criterion


@transaction.atomic
def remove(criterion: Criterion, *, by: User, now: datetime) -> None:
    """Delete a criterion, with a log entry. Refuses `review-begun` where it has points."""
    if criterion.scores.exists():
        raise ValidationError(_("Experts have given points for this criterion"), code="review-begun")
    edition, number, name = criterion.edition, criterion.number, criterion.name
    criterion.delete()
    log.record(edition, verb=PrizeVerb.REMOVE_CRITERION, by=by, now=now, subject=name, after={"number": number})
