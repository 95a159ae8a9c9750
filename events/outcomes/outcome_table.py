"""Outcomes as a table: for the public, and for organisers."""

from typing import Any

from events.models import Outcome
from events.shared.pages.absolute_urls import absolute
from events.shared.tables.cells import joined
from events.shared.tables.resources import TableResource, with_columns

COLUMNS = (
    "id", "forum", "kind", "title", "text", "date", "session", "organisations", "action_lines", "sdgs", "themes", "state", "url",
)  # fmt: skip


@with_columns(*COLUMNS, is_written=False)
class OutcomeResource(TableResource):
    """One row per outcome. Of the session the table has the code."""

    class Meta:
        model = Outcome
        fields = COLUMNS
        name = "outcomes"

    def dehydrate_session(self, outcome: Outcome) -> str:
        return outcome.session.code if outcome.session else ""

    def dehydrate_organisations(self, outcome: Outcome) -> str:
        return joined(organisation.name for organisation in outcome.organisations.all())

    def dehydrate_action_lines(self, outcome: Outcome) -> str:
        return joined(line.code for line in outcome.action_lines.all())

    def dehydrate_sdgs(self, outcome: Outcome) -> str:
        return joined(goal.number for goal in outcome.sdgs.all())

    def dehydrate_themes(self, outcome: Outcome) -> str:
        return joined(theme.code for theme in outcome.themes.all())

    def dehydrate_state(self, outcome: Outcome) -> str:
        """What is confirmed of the commitment; empty where nothing is, or where it is none."""
        latest = outcome.commitment.latest if hasattr(outcome, "commitment") else None
        return latest.state if latest else ""

    def dehydrate_url(self, outcome: Outcome) -> str:
        return absolute(f"/{outcome.forum.slug}/outcomes/{outcome.pk}/")


class OutcomeListResource(OutcomeResource):
    """Of the organisers' list: its rows come without what the columns need."""

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.whole().select_related("session").prefetch_related("action_lines")
