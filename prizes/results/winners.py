"""The winners: experts choose them among the champions of the count that holds.

(WSIS Prizes: the winner is one of the champions, chosen by the expert group, and need not be the one with the most
votes; 2025 had two winners in one category.)
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from events.models import User
from prizes.count import counting
from prizes.editions import embargo, log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Assignment, Category, Edition, Honour, Nomination, Phase, Result, Winner

AWAY = (Assignment.State.RECUSED, Assignment.State.CONFLICT)


@dataclass(frozen=True)
class Field:
    """A category with its champions in the order of the count, and the winners chosen so far by nomination (id)."""

    category: Category
    champions: list[Result]
    winners: dict[int, Winner]

    @property
    def is_missing(self) -> bool:
        return bool(self.champions) and not self.winners


def champions(edition: Edition) -> QuerySet[Result]:
    """The champions of the count that holds; none before the first count. One query for the count, one for them."""
    return Result.objects.filter(count=counting.latest(edition), is_champion=True).select_related(
        "nomination__country", "category__action_line"
    )


def fields(edition: Edition) -> list[Field]:
    """The categories that have champions, in order, as those who choose see them."""
    chosen: dict[int, dict[int, Winner]] = defaultdict(dict)
    for winner in Winner.objects.filter(category__edition=edition).select_related("chosen_by", "nomination"):
        chosen[winner.category_id][winner.nomination_id] = winner
    rows = champions(edition).order_by("category__number", "rank", "nomination__title")  # of one category side by side
    found = groupby(rows, key=lambda result: result.category)
    return [Field(category, list(results), chosen[category.pk]) for category, results in found]


def dethroned(edition: Edition) -> list[Winner]:
    """Winners that the count that holds does not name as champions, or that withdrew since they were chosen."""
    standing = champions(edition).filter(nomination__state=Nomination.State.NOMINATED)
    return list(
        Winner.objects.filter(category__edition=edition)
        .exclude(nomination__in=standing.values("nomination"))
        .select_related("nomination", "category")
    )


def barred(edition: Edition, *, user: User) -> set[int]:
    """The categories (ids) of an edition whose winners a person neither chooses nor agrees to: those in which they nominated
    a project themselves, stepped back from a review, or have not answered a conflict of interest. One query."""
    own = Q(nominator=user) & ~Q(state=Nomination.State.DRAFT)
    away = Q(assignments__expert__user=user, assignments__state__in=AWAY)
    found = Nomination.objects.filter(own | away, edition=edition, category__isnull=False)
    return set(found.values_list("category", flat=True))


def must_be_impartial(edition: Edition, *, user: User, categories: Iterable[int]) -> None:
    """Refuse `not-impartial` where one of these categories (ids) is `barred` to a person. One query."""
    if barred(edition, user=user).intersection(categories):
        raise ValidationError(
            _(
                "You nominated a project in this category, or stepped back from a review in it: somebody else has to decide on "
                "its winners"
            ),
            code="not-impartial",
        )


@transaction.atomic
def choose(nomination: Nomination, *, by: User, reason: str, now: datetime) -> Winner:
    """Make a champion a winner of its category.

    Refuses `reason-missing`; `too-early` before the selection begins; `announced` while an announcement of the winners is
    proposed or approved; `not-a-champion` of the count that holds; `not-impartial` (see `barred`); `already-chosen`; `category-full` at
    the edition's `winners_per_category`.
    """
    edition = Edition.objects.lock(nomination.edition_id)
    text = _checked(edition, reason=reason, now=now)
    result = champions(edition).filter(nomination=nomination).first()
    if result is None or result.nomination.state != Nomination.State.NOMINATED:
        raise ValidationError(_("Only a champion of the latest count can win"), code="not-a-champion")
    must_be_impartial(edition, user=by, categories=[result.category_id])
    winners = Winner.objects.filter(category=result.category_id)
    if winners.filter(nomination=nomination).exists():
        raise ValidationError(_("This project is chosen already"), code="already-chosen")
    if winners.count() >= edition.winners_per_category:
        raise ValidationError(_("This category has all its winners"), code="category-full")
    winner = Winner.objects.create(
        category=result.category, nomination=nomination, reason=text, chosen_by=by, chosen=now
    )
    log.record(edition, row=nomination, verb=PrizeVerb.CHOOSE_WINNER, by=by, now=now, subject=nomination, reason=text)
    return winner


@transaction.atomic
def unchoose(winner: Winner, *, by: User, reason: str, now: datetime) -> None:
    """Take back a choice. Refuses `reason-missing`, `too-early`, `announced`, `not-impartial` as `choose` does, and
    `not-chosen`."""
    edition = Edition.objects.lock(winner.category.edition_id)
    text = _checked(edition, reason=reason, now=now)
    must_be_impartial(edition, user=by, categories=[winner.category_id])
    deleted, _rows = Winner.objects.filter(pk=winner.pk).delete()
    if not deleted:
        raise ValidationError(_("This choice is taken back already"), code="not-chosen")
    log.record(
        edition,
        row=winner.nomination,
        verb=PrizeVerb.UNCHOOSE_WINNER,
        by=by,
        now=now,
        subject=winner.nomination,
        reason=text,
    )


def _checked(edition: Edition, *, reason: str, now: datetime) -> str:
    """The reason without blanks around it, when winners may be chosen at `now`."""
    why = log.why(reason)
    selection = edition.phase(Phase.Kind.SELECTION)
    if selection and now < selection.starts:
        raise ValidationError(_("Winners are chosen once the selection has begun"), code="too-early")
    if embargo.stands(edition, kind=Honour.WINNERS):
        raise ValidationError(
            _("The announcement of the winners is proposed or approved: their choice stands until it is dropped"),
            code="announced",
        )
    return why
