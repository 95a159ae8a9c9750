"""Champions and winners by region and stakeholder type. The nominees of a count are public by name, so no group is hidden."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.models.reference import PrizeRegion, StakeholderType
from prizes.models import Nomination
from prizes.results.results_page import CategoryResults


class GroupFigures(NamedTuple):
    """How many projects of a group were nominated, became champions and won. `longest`: the most champions that any group has."""

    code: str
    label: str
    nominees: int
    champions: int
    winners: int
    longest: int

    @property
    def width(self) -> float:
        """The length of the bar of the champions in percent."""
        return round(100 * self.champions / (self.longest or 1), 1)

    @property
    def won_width(self) -> float:
        """The length of the bar of the winners in percent."""
        return round(100 * self.winners / (self.longest or 1), 1)


def _region(nomination: Nomination) -> str:
    return nomination.country.prize_region if nomination.country else ""


def _stakeholder_type(nomination: Nomination) -> str:
    return nomination.stakeholder_type


# The tables: name → the names of the groups, that of those in none, and to which of them a nomination belongs.
TABLES: dict[str, tuple[type[TextChoices], Promise, Callable[[Nomination], str]]] = {
    "champions_by_region": (PrizeRegion, _("No country"), _region),
    "champions_by_stakeholder_type": (StakeholderType, _("Not said"), _stakeholder_type),
}


def groups(table: str, *, sections: Iterable[CategoryResults]) -> list[GroupFigures]:
    """The groups of one of TABLES in which there are nominees, those with most champions first. `sections`: the results, as far as
    they are public."""
    choices, none, group_of = TABLES[table]
    every: list[Any] = [line for section in sections for line in (*section.champions, *section.others)]
    nominees = Counter(group_of(line.nomination) for line in every)
    champions = Counter(group_of(line.nomination) for line in every if line.is_champion)
    winners = Counter(group_of(line.nomination) for line in every if line.is_winner)
    longest = max(champions.values(), default=0)
    labels = {value: str(label) for value, label in choices.choices} | {"": str(none)}
    found = [
        GroupFigures(code, label, nominees[code], champions[code], winners[code], longest)
        for code, label in labels.items()
        if nominees[code]
    ]
    return sorted(found, key=lambda group: (-group.champions, -group.winners, -group.nominees, group.label))
