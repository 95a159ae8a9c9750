"""The nominations of a category as their reviews rank them, for organisers who shortlist. Counted from rows each time."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction

from django.utils.formats import number_format

from prizes.models import Assignment, Category, Criterion, Edition, Nomination, Score
from prizes.review import scoring

State = Assignment.State
RANKED = (
    Nomination.State.SUBMITTED,
    Nomination.State.SHORTLISTED,
    Nomination.State.NOMINATED,
    Nomination.State.NOT_NOMINATED,
)


@dataclass(frozen=True)
class Row:
    """A nomination with its score (None before the first finished review) and its reviews by state."""

    nomination: Nomination
    score: scoring.Scored | None
    place: int | None  # equal scores share a place
    done: int
    waiting: int  # assigned and not finished
    conflicts: int  # waiting for the expert's answer
    recused: int

    @property
    def mean(self) -> str:
        """The score with two digits, for people; the order is by the exact value."""
        return _shown(self.score.mean) if self.score else ""

    @property
    def deviation(self) -> str:
        return _shown(self.score.deviation) if self.score else ""

    @property
    def lowest(self) -> str:
        return _shown(self.score.lowest) if self.score else ""

    @property
    def highest(self) -> str:
        return _shown(self.score.highest) if self.score else ""


def _shown(value: Fraction | float) -> str:
    return number_format(round(float(value), 2), decimal_pos=2)  # it cuts what is not rounded before


def rows(category: Category) -> list[Row]:
    """The category's nominations, best first; those without a score last, by title. Four queries, however many rows.

    A review counts when it is finished and its expert not recused; each expert counts once (scoring.score).
    """
    nominations = list(
        Nomination.objects.filter(category=category, state__in=RANKED).select_related("country").order_by("title", "pk")
    )
    weights = dict(Criterion.objects.filter(edition=category.edition_id).values_list("pk", "weight"))
    states: dict[int, Counter[str]] = defaultdict(Counter)
    for nomination, state in Assignment.objects.filter(nomination__category=category).values_list(
        "nomination_id", "state"
    ):
        states[nomination][state] += 1
    points: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    scores = Score.objects.filter(assignment__nomination__category=category, assignment__state=State.DONE)
    for nomination, assignment, criterion, value in scores.order_by().values_list(
        "assignment__nomination_id", "assignment_id", "criterion_id", "points"
    ):
        points[nomination][assignment][criterion] = value
    scored = {one.pk: scoring.score(points[one.pk].values(), weights=weights) for one in nominations}
    return _placed(nominations, scored=scored, states=states)


def _placed(
    nominations: list[Nomination],
    *,
    scored: dict[int, scoring.Scored | None],
    states: dict[int, Counter[str]],
) -> list[Row]:
    means = [found.mean for found in scored.values() if found is not None]
    board = []
    for nomination in nominations:
        found, count = scored[nomination.pk], states[nomination.pk]
        place = None if found is None else 1 + sum(mean > found.mean for mean in means)
        board.append(
            Row(
                nomination=nomination,
                score=found,
                place=place,
                done=count[State.DONE],
                waiting=count[State.ASSIGNED],
                conflicts=count[State.CONFLICT],
                recused=count[State.RECUSED],
            )
        )
    return sorted(board, key=lambda row: (row.place is None, row.place or 0))


@dataclass(frozen=True)
class Progress:
    """How far the review of a category is."""

    category: Category
    nominations: int
    shortlisted: int
    reviews: int  # asked for and not recused
    done: int
    conflicts: int

    @property
    def left_behind(self) -> int:
        """The nominations that are not on the shortlist."""
        return self.nominations - self.shortlisted


def progress(edition: Edition) -> list[Progress]:
    """How far the review is, category by category. Three queries."""
    states: dict[int, Counter[str]] = defaultdict(Counter)
    for category, state in Nomination.objects.filter(edition=edition, state__in=RANKED).values_list(
        "category_id", "state"
    ):
        states[category][state] += 1
    reviews: dict[int, Counter[str]] = defaultdict(Counter)
    assigned = Assignment.objects.filter(nomination__edition=edition, nomination__state__in=RANKED)
    for category, state in assigned.values_list("nomination__category_id", "state"):
        reviews[category][state] += 1
    chosen = (Nomination.State.SHORTLISTED, Nomination.State.NOMINATED)
    return [
        Progress(
            category=category,
            nominations=states[category.pk].total(),
            shortlisted=sum(states[category.pk][state] for state in chosen),
            reviews=reviews[category.pk].total() - reviews[category.pk][State.RECUSED],
            done=reviews[category.pk][State.DONE],
            conflicts=reviews[category.pk][State.CONFLICT],
        )
        for category in edition.categories.all()
    ]


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
        mark = scoring.mark(given, weights=weights)
        number = row.nomination.category.number if row.nomination.category else ""
        line: list[object] = [number, row.nomination.code, row.nomination.title, row.expert.user.email, row.state]
        line += [" ".join(row.conflicts), row.answer, "" if mark is None else round(float(mark), 3), row.comment]
        lines.append(line + [given.get(criterion.pk, "") for criterion in criteria])
    return header, lines
