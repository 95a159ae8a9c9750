"""Who voted, as the public may see it: valid ballots by region, country and stakeholder type, small groups hidden.

The values are those frozen when a ballot began. Countries lie in regions, so a region's number is a total of its own: the
countries of each region are hidden together, as one group, and so are those of all the hidden regions.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from events.formatting.names import country_name
from events.models import Country
from events.models.reference import PrizeRegion, StakeholderType
from prizes.models import Count, Turnout
from registration.statistics import suppression
from registration.statistics.suppression import Counts
from registration.statistics.tables import Row, Table, public_table

Dimension = Turnout.Dimension
SHOWN = (Dimension.REGION, Dimension.STAKEHOLDER_TYPE, Dimension.COUNTRY, Dimension.ELIGIBLE)
Cells = Mapping[str, Counts]


def tables(count: Count) -> dict[str, Table]:
    """The public tables of one count by dimension. `attendances` and `people` of a cell are both its ballots. Two queries."""
    cells: dict[str, dict[str, Counts]] = {dimension: {} for dimension in SHOWN}
    for row in Turnout.objects.filter(count=count):
        cells[row.dimension][row.value] = Counts(row.people, row.people)
    countries = list(Country.objects.all())
    names = {country.code: country_name(country) for country in countries} | {"": _("Not said")}
    regions = {country.code: country.prize_region for country in countries}
    labels: dict[str, dict[str, str]] = {
        Dimension.REGION: _choices(PrizeRegion),
        Dimension.STAKEHOLDER_TYPE: _choices(StakeholderType),
        Dimension.ELIGIBLE: names,
    }
    found = {
        dimension: public_table(
            dimension, cells[dimension], labels=labels[dimension], total=_total(cells[dimension]), by_size=True
        )
        for dimension in labels
    }
    by_country = cells[Dimension.COUNTRY]
    hidden = hidden_countries(by_country, regions=regions, shown=_shown(found[Dimension.REGION]))
    found[Dimension.COUNTRY] = Table(
        Dimension.COUNTRY, _rows(by_country, names=names, hidden=hidden), _total(by_country)
    )
    return found


@dataclass(frozen=True)
class CountryRow:
    """A country's valid ballots and eligible accounts; None where there are none or they are hidden: both look alike."""

    label: str
    ballots: int | None
    eligible: int | None


def by_country(found: Mapping[str, Table]) -> list[CountryRow]:
    """Ballots beside eligible accounts, by the country's name."""
    ballots, eligible = (
        {row.code: row for row in found[dimension].rows} for dimension in (Dimension.COUNTRY, Dimension.ELIGIBLE)
    )
    rows = [
        CountryRow(
            label=(ballots.get(code) or eligible[code]).label,
            ballots=_people(ballots.get(code)),
            eligible=_people(eligible.get(code)),
        )
        for code in {**ballots, **eligible}
    ]
    return sorted(rows, key=lambda row: row.label)


def _people(row: Row | None) -> int | None:
    return row.counts.people if row and row.counts else None


def hidden_countries(cells: Cells, *, regions: Mapping[str, str], shown: frozenset[str]) -> dict[str, bool]:
    """The countries whose number is hidden, and whether they may still be named.

    `regions`: the region of each country ("" of none); `shown`: the regions whose number the public sees. Each of
    these is a total over its countries; the others have one total between them.
    """
    groups: dict[str | None, dict[str, Counts]] = defaultdict(dict)
    for code, counts in cells.items():
        region = regions.get(code, "")
        groups[region if region in shown else None][code] = counts
    hidden: dict[str, bool] = {}
    for group in groups.values():
        values = suppression.hidden_values(group)
        if values is None:  # not even hiding all of them would do: their names would tell
            hidden |= dict.fromkeys((code for code, counts in group.items() if counts.people), False)
        else:
            hidden |= dict.fromkeys(values, True)
    return hidden


def _rows(cells: Cells, *, names: Mapping[str, str], hidden: Mapping[str, bool]) -> list[Row]:
    """The largest first; hidden ones by name at the end, those that may not be named nowhere."""
    rows = [Row(code, names.get(code, code), counts) for code, counts in cells.items() if counts.people]
    open_rows = sorted(
        (row for row in rows if row.code not in hidden and row.counts),
        key=lambda row: (-row.counts.people if row.counts else 0, row.label),
    )
    named = sorted((row for row in rows if hidden.get(row.code)), key=lambda row: row.label)
    return open_rows + [Row(row.code, row.label, None) for row in named]


def _shown(table: Table) -> frozenset[str]:
    return frozenset(row.code for row in table.rows if row.counts is not None)


def _choices(choices: type[PrizeRegion] | type[StakeholderType]) -> dict[str, str]:
    return {choice.value: str(choice.label) for choice in choices} | {"": _("Not said")}


def _total(cells: Cells) -> Counts:
    people = sum(counts.people for counts in cells.values())
    return Counts(people, people)


def hides_attendees(count: Count) -> bool:
    """Whether the votes of people who attended a session stay hidden: so few did, or did not, that it would tell how they voted."""
    attended, others = count.attendee_ballots, count.valid_ballots - count.attendee_ballots
    return attended < suppression.THRESHOLD or 0 < others < suppression.THRESHOLD
