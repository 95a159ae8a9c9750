"""What the results page shows: before the announcement what comes and when, then champions with their votes, then winners."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count as Number
from django.db.models import Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.formatting.names import country_name
from prizes.count import counting, turnout
from prizes.editions import embargo
from prizes.models import (
    Announcement,
    Category,
    Count,
    Edition,
    Nomination,
    Phase,
    Quarantine,
    QuarantinedBallot,
    Result,
    Winner,
)

Kind = Announcement.Kind


@dataclass(frozen=True)
class Line:
    """A nominee with its votes; `width` of its bar in percent of the category's longest. `attendee_votes` None: hidden."""

    nomination: Nomination
    votes: int
    attendee_votes: int | None
    rank: int
    width: float
    is_champion: bool
    is_tied: bool
    is_winner: bool


@dataclass(frozen=True)
class Section:
    """A category: its champions and its other nominees, each in the order of the count."""

    category: Category
    champions: list[Line]
    others: list[Line]

    @property
    def tie(self) -> str:
        """A sentence where a tie across the line made more champions than there are places; else ""."""
        tied = [line for line in self.champions if line.is_tied]
        if not tied:
            return ""
        champions = ngettext("%(n)s champion", "%(n)s champions", len(self.champions)) % {"n": len(self.champions)}
        return ngettext(
            "%(champions)s: %(n)s project is tied for place %(place)s.",
            "%(champions)s: %(n)s projects are tied for place %(place)s.",
            len(tied),
        ) % {"champions": champions, "n": len(tied), "place": tied[0].rank}


@dataclass(frozen=True)
class Shown:
    """What the public may see of an edition's results at a moment.

    `count` is None before the first count; its numbers of votes may be shown only where `champions` is true. `coming`:
    the approved moment of the next announcement, if one is set.
    """

    count: Count | None
    champions: bool
    winners: bool
    coming: datetime | None
    announced: datetime | None
    next_change: datetime | None


def shown(edition: Edition, *, now: datetime) -> Shown:
    """Read how far the results are public. Two queries, where the phases were fetched."""
    lifting = embargo.Lifting.of(edition)
    champions, winners = (lifting.is_lifted(kind, now=now) for kind in (Kind.CHAMPIONS, Kind.WINNERS))
    coming = lifting.next(now=now)
    starts = [phase.starts for kind in _awaited(champions) if (phase := edition.phase(kind)) and phase.starts > now]
    return Shown(
        count=counting.latest(edition),
        champions=champions,
        winners=winners,
        coming=coming,
        announced=min(starts, default=None),
        next_change=min([moment for moment in (coming, *_edges(edition, now=now)) if moment], default=None),
    )


def _awaited(champions: bool) -> list[str]:
    """The phase that brings what is still missing: champions come before the selection, winners at the ceremony."""
    return [Phase.Kind.ANNOUNCEMENT] if champions else [Phase.Kind.SELECTION, Phase.Kind.ANNOUNCEMENT]


def _edges(edition: Edition, *, now: datetime) -> list[datetime]:
    return [moment for phase in edition.phases.all() for moment in (phase.starts, phase.ends) if moment > now]


def sections(edition: Edition, *, found: Shown) -> list[Section]:
    """The categories with what was counted, in their order; winners are marked only once they are announced. Two queries."""
    if found.count is None or not found.champions:
        return []
    winners: set[int] = set()
    if found.winners:
        winners = set(Winner.objects.filter(category__edition=edition).values_list("nomination_id", flat=True))
    rows = Result.objects.filter(count=found.count).select_related("nomination__country", "category__action_line")
    hides_attendees = turnout.hides_attendees(found.count)
    grouped: dict[int, list[Result]] = {}
    for row in rows.order_by("category__number", "rank", "nomination__title", "nomination_id"):
        grouped.setdefault(row.category_id, []).append(row)
    made = []
    for results in grouped.values():
        longest = max([row.votes for row in results] + [1])
        lines = [
            Line(
                nomination=row.nomination,
                votes=row.votes,
                attendee_votes=None if hides_attendees else row.attendee_votes,
                rank=row.rank,
                width=round(100 * row.votes / longest, 1),
                is_champion=row.is_champion,
                is_tied=row.is_tied,
                is_winner=row.is_champion and row.nomination_id in winners,
            )
            for row in results
        ]
        champions = [line for line in lines if line.is_champion]
        made.append(Section(results[0].category, champions, [line for line in lines if not line.is_champion]))
    return made


@dataclass(frozen=True)
class Figures:
    """How many projects there were; both numbers were public before the result."""

    submitted: int
    nominated: int


def figures(edition: Edition) -> Figures:
    """Count the projects. One query."""
    found = edition.nominations.aggregate(
        submitted=Number("pk", filter=~Q(state__in=[Nomination.State.DRAFT, Nomination.State.WITHDRAWN])),
        nominated=Number("pk", filter=Q(state=Nomination.State.NOMINATED)),
    )
    return Figures(**found)


def set_aside(count: Count) -> str:
    """How many ballots two organisers set aside and why, in one sentence; "" where none were. One query."""
    if not count.quarantined_ballots:
        return ""
    reasons: dict[int, str] = {}
    in_force = [Quarantine.State.IN_FORCE, Quarantine.State.LIFTING]
    rows = QuarantinedBallot.objects.filter(quarantine__edition=count.edition_id, quarantine__state__in=in_force)
    for ballot, kind in (
        rows.filter(ballot__chosen__gt=0).order_by("-quarantine_id").values_list("ballot_id", "quarantine__kind")
    ):
        reasons[ballot] = kind
    numbers = Counter(reasons.values())
    labels = dict(Quarantine.Kind.choices)
    parts = [
        _("%(reason)s: %(n)s") % {"reason": labels[kind], "n": number_format(number, force_grouping=True)}
        for kind, number in sorted(numbers.items(), key=lambda pair: (-pair[1], list(labels).index(pair[0])))
        if numbers.total() == count.quarantined_ballots  # else they changed since the count
    ]
    sentence = ngettext(
        "%(n)s ballot was set aside by two organisers.",
        "%(n)s ballots were set aside by two organisers.",
        count.quarantined_ballots,
    ) % {"n": number_format(count.quarantined_ballots, force_grouping=True)}
    return " ".join([sentence, *(f"{part}." for part in parts)])


HEADER = [
    "category",
    "action_line",
    "code",
    "title",
    "entity",
    "country",
    "stakeholder_type",
    "votes",
    "attendee_votes",
    "rank",
    "champion",
    "tied",
]


def table(edition: Edition, *, found: Shown) -> tuple[list[str], list[list[object]]]:
    """The results as a table: a header and a row per nominee. A column says who won once the winners are announced."""
    rows: list[list[object]] = []
    for section in sections(edition, found=found):
        for line in [*section.champions, *section.others]:
            nomination = line.nomination
            row: list[object] = [
                section.category.number,
                section.category.action_line.code,
                nomination.code,
                nomination.title,
                nomination.entity_name,
                country_name(nomination.country) if nomination.country else "",
                nomination.stakeholder_type,
                line.votes,
                "" if line.attendee_votes is None else line.attendee_votes,
                line.rank,
                "yes" if line.is_champion else "no",
                "yes" if line.is_tied else "no",
            ]
            rows.append([*row, "yes" if line.is_winner else "no"] if found.winners else row)
    return ([*HEADER, "winner"] if found.winners else HEADER), rows
