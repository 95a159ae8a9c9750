"""The public figures of the open consultation, after the call: proposals by stakeholder type and by region."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from events.models import Forum, Proposal
from events.models.reference import Region, StakeholderType
from events.proposals.states import COUNTED
from events.shared.disclosure.hidden_cells import hide_in_table

TYPES = {**dict(StakeholderType.choices), "": _("Not said")}
REGIONS = {**dict(Region.choices), "": _("No country")}
# The name of each group with its number, None where it is hidden; no table where only the total may be shown.
type Table = list[tuple[str, int | None]] | None


class ProposalFigures(NamedTuple):
    """What was submitted and not taken back."""

    total: int
    by_type: Table
    by_region: Table


def public_figures(forum: Forum) -> ProposalFigures:
    """Count the proposals of a forum. Two queries."""
    rows = Proposal.objects.filter(forum=forum, state__in=COUNTED).order_by()
    types, regions = (
        {value or "": number for value, number in rows.values_list(column).annotate(number=Count("pk"))}
        for column in ("stakeholder_type", "country__region")
    )
    return ProposalFigures(sum(types.values()), _table(types, names=TYPES), _table(regions, names=REGIONS))


def _table(counted: Mapping[str, int], *, names: Mapping[Any, Any]) -> Table:
    hidden = hide_in_table({value: counted.get(value, 0) for value in names})
    if hidden.unnamed:
        return None
    shown = ((value, name) for value, name in names.items() if value in counted)
    return [(str(name), None if value in hidden.cells else counted[value]) for value, name in shown]
