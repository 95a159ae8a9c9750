"""What the results page shows: before the announcement what comes and when, then champions with their votes, then winners."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Max, Q, Sum, Window
from django.db.models import Count as Number
from django.db.models.functions import Greatest, Round
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.shared.formatting.names import term
from prizes.count import counting, turnout
from prizes.editions import embargo
from prizes.models import (
    Category,
    Count,
    Edition,
    Honour,
    Nomination,
    Phase,
    Quarantine,
    QuarantinedBallot,
    Result,
)

Kind = Honour


@dataclass(frozen=True)
class CategoryResults:
    """A category: the results of its champions and of its other nominees, each in the order of the count.

    Each with `width`, the length of its bar in percent of the category's longest, and `is_winner`.
    """

    category: Category
    champions: list[Any]
    others: list[Any]

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
class ShownResults:
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


def shown(edition: Edition, *, now: datetime) -> ShownResults:
    """Read how far the results are public. Two queries, where the phases were fetched."""
    lifting = embargo.Lifting.of(edition)
    champions, winners = (lifting.is_lifted(kind, now=now) for kind in (Kind.CHAMPIONS, Kind.WINNERS))
    coming = lifting.next(now=now)
    # The phase that brings what is still missing: champions come before the selection, winners at the ceremony.
    awaited = {Phase.Kind.ANNOUNCEMENT} if champions else {Phase.Kind.SELECTION, Phase.Kind.ANNOUNCEMENT}
    phases = edition.phases.all()
    edges = [coming, *(moment for phase in phases for moment in (phase.starts, phase.ends) if moment > now)]
    return ShownResults(
        count=counting.latest(edition),
        champions=champions,
        winners=winners,
        coming=coming,
        announced=min((p.starts for p in phases if p.kind in awaited and p.starts > now), default=None),
        next_change=min((moment for moment in edges if moment), default=None),
    )


def sections(*, found: ShownResults) -> list[CategoryResults]:
    """The categories with what was counted, in their order; winners are marked only once they are announced. One query."""
    if found.count is None or not found.champions:
        return []
    longest = Greatest(Window(Max("votes"), partition_by="category"), 1)
    won = Q(is_champion=True, nomination__win__isnull=False) if found.winners else Q(pk__in=[])
    rows = (
        Result.objects.filter(count=found.count)
        .select_related("nomination__country", "category__action_line")
        .annotate(width=Round(F("votes") * 100.0 / longest, 1), is_winner=ExpressionWrapper(won, BooleanField()))
        .order_by("category__number", "rank", "nomination__title", "nomination_id")
    )
    made = []
    for category, group in groupby(rows, key=lambda row: row.category):
        lines = list(group)
        others = [line for line in lines if not line.is_champion]
        made.append(CategoryResults(category, [line for line in lines if line.is_champion], others))
    return made


def figures(edition: Edition) -> dict[str, int]:
    """How many projects were `submitted`, passed the first `check` (0 where there was none) and were `nominated`, which were public before the result, and how many votes were `cast`, valid or
    not. Two queries."""
    projects = edition.nominations.aggregate(
        submitted=Number("pk", filter=~Q(state__in=[Nomination.State.DRAFT, Nomination.State.WITHDRAWN])),
        check=Number("pk", filter=Q(screened__isnull=False)),
        nominated=Number("pk", filter=Q(state=Nomination.State.NOMINATED)),
    )
    return projects | {"cast": edition.ballots.aggregate(n=Sum("chosen"))["n"] or 0}


def set_aside(count: Count) -> str:
    """How many ballots two organisers set aside and why, in one sentence; "" where none were. One query."""
    if not count.quarantined_ballots:
        return ""
    rows = QuarantinedBallot.objects.filter(
        quarantine__edition=count.edition_id, quarantine__in=Quarantine.objects.in_force()
    )
    kinds = rows.filter(ballot__chosen__gt=0).order_by("-quarantine_id").values_list("ballot_id", "quarantine__kind")
    numbers = Counter(dict(kinds).values())
    parts = [
        _("%(reason)s: %(n)s") % {"reason": label, "n": number_format(numbers[kind], force_grouping=True)}
        for kind, label in sorted(Quarantine.Kind.choices, key=lambda choice: -numbers[choice[0]])
        if numbers[kind] and numbers.total() == count.quarantined_ballots  # else they changed since the count
    ]
    sentence = ngettext(
        "%(n)s ballot was set aside by two organisers.",
        "%(n)s ballots were set aside by two organisers.",
        count.quarantined_ballots,
    ) % {"n": number_format(count.quarantined_ballots, force_grouping=True)}
    return " ".join([sentence, *(f"{part}." for part in parts)])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


# The columns of the table: name → what stands there of a result.
COLUMNS: dict[str, Callable[[Any], object]] = {
    "category": lambda line: line.category.number,
    "action_line": lambda line: line.category.action_line.code,
    "code": lambda line: line.nomination.code,
    "title": lambda line: line.nomination.title,
    "entity": lambda line: line.nomination.entity_name,
    "country": lambda line: term(line.nomination.country) if line.nomination.country else "",
    "stakeholder_type": lambda line: line.nomination.stakeholder_type,
    "votes": lambda line: line.votes,
    "attendee_votes": lambda line: line.attendee_votes,
    "rank": lambda line: line.rank,
    "champion": lambda line: _yes(line.is_champion),
    "tied": lambda line: _yes(line.is_tied),
}


def table(*, found: ShownResults) -> tuple[list[str], list[list[object]]]:
    """The results as a table: a header and a row per nominee. A column says who won once the winners are announced."""
    columns = dict(COLUMNS)
    if found.count is None or turnout.hides_attendees(found.count):
        columns["attendee_votes"] = lambda line: ""
    if found.winners:
        columns["winner"] = lambda line: _yes(line.is_winner)
    lines = [line for section in sections(found=found) for line in [*section.champions, *section.others]]
    return list(columns), [[read(line) for read in columns.values()] for line in lines]
