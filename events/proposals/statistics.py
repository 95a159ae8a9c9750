"""The public figures of the open consultation, after the call: proposals by stakeholder type and by region.

Small cells are hidden, and a second one where the total would give the first away.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from events.models import Forum, Proposal
from events.models.reference import Region, StakeholderType
from events.proposals.states import COUNTED

THRESHOLD = 5


def shown(cells: Mapping[str, int], *, threshold: int = THRESHOLD) -> dict[str, int | None] | None:
    """Return a table as the public may see it: None for a hidden cell, no empty cells. Pure.

    Cells of 1 to `threshold` - 1 are hidden. What is hidden adds up to the total less what is shown, so the hidden ones
    must be at least two, together at least `threshold`, more than there are cells (else each is 1), and not as many as
    small cells can hold (else each is `threshold` - 1); else the next smallest is hidden too. None instead of a table:
    nothing but its total may be shown.
    """
    filled = sorted((number, value) for value, number in cells.items() if number)
    size = sum(number < threshold for number, _value in filled)
    while size and not _is_safe([number for number, _value in filled[:size]], threshold=threshold):
        size += 1
        if size > len(filled):
            return None
    hidden = {value for _number, value in filled[:size]}
    return {value: None if value in hidden else number for value, number in cells.items() if number}


def _is_safe(hidden: list[int], *, threshold: int) -> bool:
    """Whether no reader can work out a cell; `hidden` in rising order."""
    is_known = sum(hidden) in {len(hidden), len(hidden) * (threshold - 1)} and hidden[-1] < threshold
    return len(hidden) >= 2 and sum(hidden) >= threshold and not is_known


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
    table = shown(cells)
    return None if table is None else [Line(value, number) for value, number in table.items()]
