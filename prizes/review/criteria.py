"""By what an expert judges: the nine criteria of the WSIS Prizes with anchors for their points, and their changes.

The names are those that the organisers publish; weights, descriptions and anchors are not published, so these are
ours, and an edition's own from the first look on. They are written in English; pages show them through gettext.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from events.models import User
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Criterion, Edition
from prizes.models.review import MOST_POINTS


@dataclass(frozen=True)
class Usual:
    """A criterion as an edition begins with it; the anchors say what 0, 3 and 5 points mean."""

    name: str
    description: str
    lowest: str
    middle: str
    highest: str

    @property
    def anchors(self) -> dict[str, str]:
        return {"0": self.lowest, "3": self.middle, str(MOST_POINTS): self.highest}


USUAL = (
    Usual(
        _("Completeness"),
        _("Does the nomination say what was done, by whom, when and for whom, in every part?"),
        _("Important parts are missing or empty"),
        _("Every part is answered, some only in general words"),
        _("Every part is answered with facts that can be checked"),
    ),
    Usual(
        _("Relevance to the Action Line"),
        _("Does the project do what the Action Line of its category asks for?"),
        _("It has nothing to do with the Action Line"),
        _("One of its parts serves the Action Line"),
        _("The Action Line is what the project is for"),
    ),
    Usual(
        _("Results and impact"),
        _("What has changed for people because of the project, and how is it known?"),
        _("No result is named"),
        _("Results are named, with little evidence"),
        _("Large results for many, measured and shown"),
    ),
    Usual(
        _("Community empowerment"),
        _("Do the people concerned take part, decide, and gain skills that stay?"),
        _("The people concerned play no part"),
        _("They are asked, and use what others made"),
        _("They shape the project and carry it on"),
    ),
    Usual(
        _("Relevance to the SDGs"),
        _("Are the links between the Action Line and each goal convincing?"),
        _("No link to a goal is explained"),
        _("The links are plausible, but general"),
        _("Each link is explained with what the project did"),
    ),
    Usual(
        _("Replicability"),
        _("Could others do the same elsewhere with what the project offers?"),
        _("It works in one place only"),
        _("Others could do it with much work of their own"),
        _("Others do it already, or find all they need to begin"),
    ),
    Usual(
        _("Sustainability"),
        _("Will it go on: who pays, who maintains it, and does it spare the environment?"),
        _("It ends when its first money does"),
        _("It goes on for some years, its upkeep is partly open"),
        _("Money, people and upkeep are secured"),
    ),
    Usual(
        _("Partnerships"),
        _("Do governments, business, civil society and others work together in it?"),
        _("One organisation works alone"),
        _("Partners are named and support it"),
        _("Partners of several kinds share work and decisions"),
    ),
    Usual(
        _("Promotion of WSIS values"),
        _("Does it serve an information society that is centred on people, open to all and for development?"),
        _("The values play no part"),
        _("Some values are visible in what it does"),
        _("It is an example of the values that others can follow"),
    ),
)


@transaction.atomic
def ensure(edition: Edition) -> list[Criterion]:
    """Return the criteria of an edition in order of their numbers; one that has none gets the nine usual ones."""
    Edition.objects.select_for_update(no_key=True).get(pk=edition.pk)
    if not Criterion.objects.filter(edition=edition).exists():
        Criterion.objects.bulk_create(
            Criterion(
                edition=edition, number=number, name=usual.name, description=usual.description, anchors=usual.anchors
            )
            for number, usual in enumerate(USUAL, start=1)
        )
    return list(Criterion.objects.filter(edition=edition))


def check_new(edition: Edition) -> None:
    """Refuse `review-begun` once points are given: a new criterion would make every finished review incomplete."""
    if Criterion.objects.filter(edition=edition, scores__isnull=False).exists():
        raise ValidationError(
            gettext("Experts have given points already. Change the criteria that there are"), code="review-begun"
        )


@transaction.atomic
def save(criterion: Criterion, *, by: User, now: datetime) -> Criterion:
    """Write a new or changed criterion, with a log entry. A new one refuses `review-begun` (`check_new`).

    Weights and words may change at any time: the leaderboard counts from the rows.
    """
    edition = Edition.objects.select_for_update(no_key=True).get(pk=criterion.edition_id)
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
        raise ValidationError(gettext("Experts have given points for this criterion"), code="review-begun")
    edition, number, name = criterion.edition, criterion.number, criterion.name
    criterion.delete()
    log.record(edition, verb=PrizeVerb.REMOVE_CRITERION, by=by, now=now, subject=name, after={"number": number})
