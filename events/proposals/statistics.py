"""The public figures of the open consultation, after the call: proposals by stakeholder type and by region."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from events.disclosure.hidden_cells import hide_in_table
from events.models import Forum, Proposal
from events.models.reference import Region, StakeholderType
from events.proposals.states import COUNTED


@dataclass(frozen=True)
class Line:
    """A row of a table; `value` is the stored one (empty: no country), `number` None where it is hidden."""

    value: str
    number: int | None


@dataclass(frozen=True)
class Figures:
    """What was submitted and not taken back. A table is None where only the total may be shown."""

    total: int
    by_type: list[Line] | None
    by_region: list[Line] | None


def public_figures(forum: Forum) -> Figures:
    """Count the proposals of a forum. Two queries."""
    rows = Proposal.objects.filter(forum=forum, state__in=COUNTED).order_by()
    types = dict(rows.values_list("stakeholder_type").annotate(number=Count("pk")))
    regions: dict[str, int] = {}
    for region, number in rows.values_list("country__region").annotate(number=Count("pk")):
        regions[region or ""] = number
    return Figures(
        total=sum(types.values()),
        by_type=_lines({value: types.get(value, 0) for value in [*StakeholderType.values, ""]}),
        by_region=_lines({value: regions.get(value, 0) for value in [*Region.values, ""]}),
    )


def _lines(cells: Mapping[str, int]) -> list[Line] | None:
    hidden = hide_in_table(cells)
    if hidden.unnamed:
        return None
    return [Line(value, None if value in hidden.cells else number) for value, number in cells.items() if number]
