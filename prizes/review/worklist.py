"""What an expert has to review in an edition: their assignments by category, and how far they are."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count

from events.models import Forum, User
from prizes.models import Assignment, Category, Criterion, Expert, Nomination, Phase
from prizes.review import anonymise
from prizes.review.assignments import REVIEWED

State = Assignment.State
# What stands on a desk: also after the publication, when nothing can be changed any more.
SHOWN = (*REVIEWED, Nomination.State.NOMINATED, Nomination.State.NOT_NOMINATED)


@dataclass(frozen=True)
class Line:
    """One review on the desk. Where the review is blind, the title is masked and the entity empty."""

    assignment: Assignment
    title: str
    entity: str
    scored: int  # criteria that have points

    @property
    def is_left(self) -> bool:
        """Whether it still waits for the expert."""
        row = self.assignment
        return row.state in {State.CONFLICT, State.ASSIGNED} and row.nomination.state in REVIEWED


@dataclass
class Group:
    """An expert's reviews in one category; `left` are those that still wait for them."""

    category: Category
    lines: list[Line] = field(default_factory=list)

    @property
    def left(self) -> int:
        return sum(line.is_left for line in self.lines)

    @property
    def done(self) -> int:
        return sum(line.assignment.state == State.DONE for line in self.lines)


@dataclass(frozen=True)
class Desk:
    groups: list[Group]
    criteria: int  # of the edition: points are given for each

    @property
    def left(self) -> int:
        return sum(group.left for group in self.groups)

    @property
    def done(self) -> int:
        return sum(group.done for group in self.groups)

    @property
    def total(self) -> int:
        """The reviews asked for; recusals left out."""
        return self.left + self.done


def expert_of(user: object, *, forum: Forum) -> Expert | None:
    """The active role of a signed-in person as an expert of the forum's prize; None for everybody else."""
    if not getattr(user, "is_authenticated", False):
        return None
    found = Expert.objects.filter(user=user, edition__forum=forum, is_active=True)  # type: ignore[misc]
    return found.select_related("edition", "user").prefetch_related("edition__phases").first()


def waiting(user: User, *, forum: Forum, now: datetime) -> tuple[int, datetime, ZoneInfo]:
    """How many reviews wait for a person while the review is open, until when, and the zone of that deadline. One query."""
    rows = Assignment.objects.filter(
        expert__user=user,
        expert__is_active=True,
        expert__edition__forum=forum,
        expert__edition__phases__kind=Phase.Kind.REVIEW,
        expert__edition__phases__starts__lte=now,
        expert__edition__phases__ends__gt=now,
        state__in=[State.CONFLICT, State.ASSIGNED],
        nomination__state__in=REVIEWED,
    )
    found = list(rows.order_by().values_list("expert__edition__phases__ends", "expert__edition__time_zone"))
    ends, zone = found[0] if found else (now, forum.time_zone)
    return len(found), ends, ZoneInfo(zone)


def desk(expert: Expert) -> Desk:
    """The expert's assignments by category, those of withdrawn nominations left out; what waits stands first. Two queries."""
    rows = (
        Assignment.objects.filter(expert=expert, nomination__state__in=SHOWN, nomination__category__isnull=False)
        .select_related("nomination__category__action_line", "nomination__country", "nomination__nominator")
        .annotate(scored=Count("scores"))
    )
    order = [State.CONFLICT, State.ASSIGNED, State.DONE, State.RECUSED]
    is_blind = expert.edition.is_blind_review
    groups: dict[int, Group] = {}
    for row in sorted(rows, key=lambda row: (order.index(State(row.state)), row.nomination.title.casefold(), row.pk)):
        nomination = row.nomination
        assert nomination.category is not None  # noqa: S101 - by the filter
        title = nomination.title
        if is_blind:
            title = anonymise.masked(title, words=anonymise.secrets(nomination))
        line = Line(assignment=row, title=title, entity="" if is_blind else nomination.entity_name, scored=row.scored)
        groups.setdefault(nomination.category.number, Group(nomination.category)).lines.append(line)
    return Desk(
        groups=[groups[number] for number in sorted(groups)],
        criteria=Criterion.objects.filter(edition=expert.edition_id).count(),
    )


def next_open(expert: Expert, *, after: Assignment) -> Assignment | None:
    """The review that waits for the expert next: in the same category if there is one."""
    waiting = Assignment.objects.filter(
        expert=expert, state__in=[State.CONFLICT, State.ASSIGNED], nomination__state__in=REVIEWED
    ).exclude(pk=after.pk)
    rows = list(waiting.select_related("nomination__category").order_by("nomination__category__number", "pk"))
    same = [row for row in rows if row.nomination.category_id == after.nomination.category_id]
    return next(iter(same or rows), None)
