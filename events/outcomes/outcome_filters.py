"""The filters of outcomes: by kind, theme, Action Line, goal, organisation and forum, on the page and in the API."""

from django.utils.translation import gettext_lazy as _

from events.models import Outcome
from events.programme import filter_fields as fields
from events.programme import filters

GROUPS = {
    "kind": _("Kind"),
    "theme": _("Theme"),
    "action_line": _("Action Line"),
    "sdg": _("Sustainable Development Goal"),
    "organisation": _("Organisation"),
    "forum": _("Forum"),
}
OPEN_GROUPS = frozenset({"kind", "theme"})
PARAMETERS = ("q", "page", *GROUPS)


class OutcomeFilters(filters.Filters):
    """The filters of outcomes that the API has as the page has them."""

    forum = fields.ValuesFilter(
        field_name="forum__slug", schema=fields.SLUG, about="Forums, by the name in their address: 2020."
    )
    kind = filters.words(Outcome.Kind.values, "Kinds of outcomes.", field_name="kind")
    theme = fields.ValuesFilter(method="among", field_name="themes__code", schema=fields.SLUG, about="Codes of themes.")
    action_line = filters.action_lines()
    sdg = filters.goals()
    organisation = filters.numbers("Identities of organisations.", method="among", field_name="organisations")


def values_of(outcome: Outcome) -> dict[str, frozenset[str]]:
    """The values that an outcome, fetched with all that hangs on it, has for each filter."""
    lines = list(outcome.action_lines.all())
    return {
        "kind": frozenset({outcome.kind}),
        "theme": frozenset(theme.code for theme in outcome.themes.all()),
        "action_line": frozenset(one.code for line in lines for one in (line, line.parent) if one),
        "sdg": frozenset(str(goal.number) for goal in outcome.sdgs.all()),
        "organisation": frozenset(str(organisation.pk) for organisation in outcome.organisations.all()),
        "forum": frozenset({outcome.forum.slug}),
    }
