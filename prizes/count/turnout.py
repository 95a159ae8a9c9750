"""Who voted, as the public may see it: valid ballots by region, country and stakeholder type, small groups hidden.

The values are those frozen when a ballot began.
"""

from collections.abc import Mapping
from typing import NamedTuple

from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from events.models import Country
from events.models.reference import PrizeRegion, StakeholderType
from events.shared.disclosure.hidden_cells import Hidden, Sum, hide, hide_in_table, is_small
from events.shared.formatting.names import term
from prizes.models import Ballot, Count, Turnout
from registration.sessions.attendance.linked_tables import Counts, hidden_places
from registration.statistics.tables import PublicTable, public_table, shown

Dimension = Turnout.Dimension
SHOWN = (Dimension.REGION, Dimension.STAKEHOLDER_TYPE, Dimension.COUNTRY, Dimension.ELIGIBLE)
COMPLETE = "complete"
Cells = Mapping[str, int]


def numbers(count: Count) -> dict[str, dict[str, int]]:
    """The numbers of a count by dimension and value; under COMPLETE the complete ballots by country, set aside or not, which are the same
    in every count of an edition. One query."""
    cells: dict[str, dict[str, int]] = {dimension: {} for dimension in (*SHOWN, COMPLETE)}
    complete = Ballot.objects.filter(edition=count.edition_id, is_complete=True).order_by()
    of_country = complete.values(of=Value(COMPLETE), code=Coalesce("country", Value(""))).annotate(n=models.Count("pk"))
    counted = Turnout.objects.filter(count=count).values_list("dimension", "value", "people")
    for dimension, value, people in (
        counted.order_by().union(of_country.values_list("of", "code", "n"), all=True).order_by("value")
    ):
        cells[dimension][value] = people
    return cells


def tables(count: Count) -> dict[str, PublicTable]:
    """The public tables of one count by dimension. `attendances` and `people` of a cell are both its ballots. Two queries."""
    cells, countries = numbers(count), list(Country.objects.all())
    names = {country.code: term(country) for country in countries}
    labels = {
        Dimension.REGION: {value: str(label) for value, label in PrizeRegion.choices},
        Dimension.STAKEHOLDER_TYPE: {value: str(label) for value, label in StakeholderType.choices},
        Dimension.COUNTRY: names,
        Dimension.ELIGIBLE: names,
    }
    ballots, kinds = cells[Dimension.COUNTRY], cells[Dimension.STAKEHOLDER_TYPE]
    region_of = {country.code: country.prize_region for country in countries}
    places = hidden_places(cells[Dimension.REGION], ballots, region_of=region_of)
    hidden = {
        Dimension.REGION: places,
        Dimension.STAKEHOLDER_TYPE: hide_in_table({(Dimension.STAKEHOLDER_TYPE, kind): n for kind, n in kinds.items()}),
        Dimension.COUNTRY: places,
        Dimension.ELIGIBLE: hidden_eligible(cells[Dimension.ELIGIBLE], ballots=cells[COMPLETE]),
    }
    found: dict[str, PublicTable] = {}
    for dimension in SHOWN:
        counted = {value: Counts(number, number) for value, number in cells[dimension].items()}
        total = sum(cells[dimension].values())
        found[dimension] = public_table(
            dimension,
            shown(dimension, counted, hidden=hidden[dimension]),
            labels=labels[dimension] | {"": _("Not said")},
            total=Counts(total, total),
            by_size=True,
        )
    return found


def hidden_eligible(cells: Cells, *, ballots: Cells) -> Hidden:
    """The countries whose number of eligible accounts is hidden, the same in every count; everybody knows that who voted was eligible.
    `ballots`: as under COMPLETE."""
    keys = tuple((Dimension.ELIGIBLE, country) for country in cells)
    return hide(
        {(Dimension.ELIGIBLE, country): number for country, number in cells.items()},
        [Sum(None, keys)],
        least={(Dimension.ELIGIBLE, country): number for country, number in ballots.items()},
    )


class CountryRow(NamedTuple):
    """A country's valid ballots and eligible accounts; None where there are none or they are hidden: both look alike."""

    label: str
    ballots: int | None
    eligible: int | None


def by_country(found: Mapping[str, PublicTable]) -> list[CountryRow]:
    """Ballots beside eligible accounts, by the country's name."""
    both = [found[dimension].rows for dimension in (Dimension.COUNTRY, Dimension.ELIGIBLE)]
    labels = {row.code: row.label for rows in both for row in rows}
    ballots, eligible = ({row.code: row.counts.people for row in rows if row.counts} for rows in both)
    rows = [CountryRow(label, ballots.get(code), eligible.get(code)) for code, label in labels.items()]
    return sorted(rows, key=lambda row: row.label)


def hides_attendees(count: Count) -> bool:
    """Whether the votes of people who attended a session stay hidden: so few did, or did not, that it would tell how they voted."""
    attended, others = count.attendee_ballots, count.valid_ballots - count.attendee_ballots
    return not attended or is_small(attended) or is_small(others)
