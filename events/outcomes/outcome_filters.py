"""The filters of outcomes: by kind, theme, Action Line, goal, organisation and forum, on the page and in the API."""

from django.utils.translation import gettext_lazy as _

from events.models import Outcome
from events.programme import filter_fields as fields
from events.programme import filters


class OutcomeFilters(filters.Filters):
    """The filters of outcomes that the page and the API have. A page fetches its rows with all that hangs on them."""

    OPEN = ("kind", "theme")
    forum = filters.forums(label=_("Forum"))
    kind = filters.words(Outcome.Kind.values, "Kinds of outcomes.", field_name="kind", label=_("Kind"))
    theme = fields.ValuesFilter(
        method="among", field_name="themes__code", schema=fields.SLUG, about="Codes of themes.", label=_("Theme")
    )
    action_line = filters.action_lines(
        lambda outcome: {one.code for line in outcome.action_lines.all() for one in (line, line.parent) if one}
    )
    sdg = filters.goals()
    organisation = filters.numbers(
        "Identities of organisations.", method="among", field_name="organisations", label=_("Organisation")
    )


PARAMETERS = ("q", "page", *OutcomeFilters.on_page())
