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


@dataclass
class Group:
    """An expert's reviews in one category, and how many of them wait for the expert or are done."""

    category: Category
    lines: list[Line] = field(default_factory=list)
    left: int = 0
    done: int = 0


@dataclass(frozen=True)
class Desk:
    groups: list[Group]
    criteria: int  # of the edition: points are given for each
    left: int
    done: int

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


def assignment_of(expert: Expert, *, code: str) -> Assignment | None:
    """The expert's own assignment of a nomination that is or was under review; None for every other."""
    rows = Assignment.objects.filter(expert=expert, nomination__code=code.upper(), nomination__state__in=SHOWN)
    with_all = rows.select_related("nomination__category__action_line", "nomination__country", "nomination__nominator")
    if found := with_all.first():
        found.expert, found.nomination.edition = expert, expert.edition
    return found


def waiting(user: User, *, forum: Forum, now: datetime) -> tuple[int, datetime, ZoneInfo]:
    """How many reviews wait for a person while the review is open, until when, and the zone of that deadline. One query."""
    rows = Assignment.objects.filter(
        expert__user=user,
        expert__is_active=True,
        expert__edition__forum=forum,
        expert__edition__phases__kind=Phase.Kind.REVIEW,
        expert__edition__phases__starts__lte=now,
        expert__edition__phases__ends__gt=now,
        state__in=Assignment.WAITING,
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
        nomination, category = row.nomination, row.nomination.category
        assert category is not None  # noqa: S101 - by the filter
        group = groups.setdefault(category.number, Group(category))
        title, entity = nomination.title, nomination.entity_name
        if is_blind:
            title, entity = anonymise.masked(title, words=anonymise.secrets(nomination)), ""
        group.lines.append(Line(assignment=row, title=title, entity=entity, scored=row.scored))
        group.left += row.state in Assignment.WAITING and nomination.state in REVIEWED
        group.done += row.state == State.DONE
    return Desk(
        groups=[groups[number] for number in sorted(groups)],
        criteria=Criterion.objects.filter(edition=expert.edition_id).count(),
        left=sum(group.left for group in groups.values()),
        done=sum(group.done for group in groups.values()),
    )


def next_open(expert: Expert, *, after: Assignment) -> Assignment | None:
    """The review that waits for the expert next: in the same category if there is one."""
    waiting = Assignment.objects.filter(expert=expert, state__in=Assignment.WAITING, nomination__state__in=REVIEWED)
    rows = waiting.exclude(pk=after.pk).select_related("nomination").order_by("nomination__category__number", "pk")
    # False stands before True; the order among equals stays.
    nearest = sorted(rows, key=lambda row: row.nomination.category_id != after.nomination.category_id)
    for found in nearest[:1]:
        found.expert = expert
        return found
    return None
