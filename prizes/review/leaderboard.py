"""The nominations of a category as their reviews rank them, for organisers who shortlist. Counted from rows each time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet
from django.utils.formats import number_format

from events.shared.formatting.names import term
from prizes.models import Assignment, Category, Criterion, Edition, Nomination, Score
from prizes.models.review import MOST_POINTS
from prizes.nominations import states

State = Assignment.State
RANKED = (
    Nomination.State.SUBMITTED,
    Nomination.State.SHORTLISTED,
    Nomination.State.NOMINATED,
    Nomination.State.NOT_NOMINATED,
)
ON_SHORTLIST = (Nomination.State.SHORTLISTED, Nomination.State.NOMINATED)


FIGURES = ("mean", "deviation", "lowest", "highest")


def rows(category: Category) -> list[Any]:
    """The category's nominations, best first; those without a score last, by title. Three queries, however many rows.

    Each has its `score` (None before the first finished review), the score's `figures` with two digits, for people, its
    `place`, which equal scores share, and how many reviews are `done`, `waiting`, in `conflicts` or `recused`. A review
    counts when it is finished and its expert not recused; each expert counts once (`score`).
    """
    nominations = Nomination.objects.filter(category=category, state__in=RANKED).checked().select_related("country")
    weights = dict(Criterion.objects.filter(edition=category.edition_id).values_list("pk", "weight"))
    points: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    scores = Score.objects.filter(assignment__nomination__in=nominations, assignment__state=State.DONE)
    for nomination, assignment, criterion, value in scores.order_by().values_list(
        "assignment__nomination_id", "assignment_id", "criterion_id", "points"
    ):
        points[nomination][assignment][criterion] = value
    scored = {key: score(given.values(), weights=weights) for key, given in points.items()}
    means = [found.mean for found in scored.values() if found]
    counted = nominations.annotate(
        done=Count("assignments", Q(assignments__state=State.DONE)),
        waiting=Count("assignments", Q(assignments__state=State.ASSIGNED)),
        conflicts=Count("assignments", Q(assignments__state=State.CONFLICT)),
        recused=Count("assignments", Q(assignments__state=State.RECUSED)),
    )
    board: list[Any] = list(counted.order_by("title", "pk"))
    for row in board:
        row.score = own = scored.get(row.pk)
        row.place = 1 + sum(mean > own.mean for mean in means) if own else None
        # number_format cuts what is not rounded before.
        figures = {name: round(float(getattr(own, name)), 2) for name in FIGURES} if own else {}
        row.figures = {name: number_format(figure, decimal_pos=2) for name, figure in figures.items()}
    return sorted(board, key=lambda row: (row.place is None, row.place or 0))


def progress(edition: Edition) -> QuerySet[Any]:
    """The edition's categories with how far the review is: `ranked` nominations, those `shortlisted` and `left_behind`,
    the reviews `asked` for (not recused), `done`, and `conflicts` to be answered. One query."""
    ranked, chosen = Q(nominations__state__in=RANKED), Q(nominations__state__in=ON_SHORTLIST)
    state, reviews = "nominations__assignments__state", "nominations__assignments"
    return edition.categories.annotate(
        ranked=Count("nominations", ranked, distinct=True),
        shortlisted=Count("nominations", chosen, distinct=True),
        left_behind=Count("nominations", ranked & ~chosen, distinct=True),
        asked=Count(reviews, ranked & ~Q((state, State.RECUSED)), distinct=True),
        done=Count(reviews, ranked & Q((state, State.DONE)), distinct=True),
        conflicts=Count(reviews, ranked & Q((state, State.CONFLICT)), distinct=True),
    )


@states.feedback()
def feedback(nomination: Nomination) -> states.Feedback:
    """What its nominator may read once the nominees are published, where the edition gives it. Two queries."""
    finished = Assignment.objects.filter(nomination=nomination, state=State.DONE)
    means = (
        Criterion.objects.filter(edition=nomination.edition_id, scores__assignment__in=finished)
        .annotate(mean=Avg("scores__points"))
        .order_by("number")
    )
    points = [(term(row.name), number_format(round(row.mean, 1), decimal_pos=1)) for row in means]
    return states.Feedback(
        points, sorted(finished.exclude(comment="").order_by().values_list("comment", flat=True)), MOST_POINTS
    )


# --- the reviews as a table -----------------------------------------------------------------------
def table(edition: Edition) -> tuple[list[str], list[list[object]]]:
    """Every review of an edition as a header and rows, for organisers: who, what, in which state, with which points."""
    criteria = list(Criterion.objects.filter(edition=edition))
    header = ["category", "nomination", "title", "expert", "state", "conflicts", "answer", "mark", "comment"]
    header += [f"{criterion.number} {criterion.name}" for criterion in criteria]
    weights = {criterion.pk: criterion.weight for criterion in criteria}
    points: dict[int, dict[int, int]] = defaultdict(dict)
    for assignment, criterion_id, value in Score.objects.filter(assignment__nomination__edition=edition).values_list(
        "assignment_id", "criterion_id", "points"
    ):
        points[assignment][criterion_id] = value
    found = Assignment.objects.filter(nomination__edition=edition).select_related(
        "expert__user", "nomination__category"
    )
    lines: list[list[object]] = []
    for row in found.order_by("nomination__category__number", "nomination__code", "pk"):
        given = points[row.pk]
        own = mark(given, weights=weights)
        number = row.nomination.category.number if row.nomination.category else ""
        line: list[object] = [number, row.nomination.code, row.nomination.title, row.expert.user.email, row.state]
        line += [" ".join(row.conflicts), row.answer, "" if own is None else round(float(own), 3), row.comment]
        lines.append(line + [given.get(criterion.pk, "") for criterion in criteria])
    return header, lines


# --- the score: pure arithmetic on points and weights, exact until it is shown ---
type Weight = Decimal | int | Fraction


@dataclass(frozen=True)
class Scored:
    """What the finished reviews of a nomination say together, all on the scale of the points."""

    mean: Fraction  # of the experts' marks
    deviation: float  # standard deviation of the marks; 0 for one expert
    lowest: Fraction
    highest: Fraction
    reviews: int


def mark[K](points: Mapping[K, int], *, weights: Mapping[K, Weight]) -> Fraction | None:
    """One expert's mark: the mean of the points, weighted by their criteria. None without a point that has a weight.

    Criteria without a weight (not of the edition) are left out, and criteria without points weigh nothing.
    """
    counted = [(value, Fraction(weights[key])) for key, value in points.items() if key in weights]
    total = sum((weight for _value, weight in counted), Fraction(0))
    if total <= 0:
        return None
    return sum((value * weight for value, weight in counted), Fraction(0)) / total


def score[K](reviews: Iterable[Mapping[K, int]], *, weights: Mapping[K, Weight]) -> Scored | None:
    """The mean of the experts' marks with its spread; each expert counts once. None where nobody has finished.

    `reviews`: criterion to points, of each expert with a review that counts (finished, not recused).
    """
    marks = [found for points in reviews if (found := mark(points, weights=weights)) is not None]
    if not marks:
        return None
    mean = sum(marks, Fraction(0)) / len(marks)
    variance = sum(((found - mean) ** 2 for found in marks), Fraction(0)) / len(marks)
    return Scored(mean=mean, deviation=sqrt(variance), lowest=min(marks), highest=max(marks), reviews=len(marks))
