"""The organisers' page of outcomes."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from events.models import Outcome
from events.outcomes.outcome_table import OutcomeResource
from events.programme.admin import PartOfSessionMixin
from events.proposals.hosting import session_editing
from events.staff.admin_bases import SiteAdmin, section
from events.tables.admin_bases import ExportTable


@admin.register(Outcome)
class OutcomeAdmin(ExportTable, PartOfSessionMixin, SiteAdmin):
    resource_classes = [OutcomeResource]
    list_display = ["title", "kind", "forum", "session", "date", "is_public", "order"]
    list_filter = ["forum", "kind", "is_public", "themes", "action_lines", "sdgs"]
    list_select_related = ["forum", "session"]
    search_fields = ["title", "text", "session__title", "organisations__name"]
    autocomplete_fields = ["forum", "session", "organisations", "action_lines", "sdgs", "themes"]
    actions = ["publish"]
    fieldsets = [
        section(
            ["forum", "session", "kind", "title", "text", "date"],
            _("What came out of the forum, or of one of its sessions."),
        ),
        section(
            ["organisations", "themes", "action_lines", "sdgs"],
            _("By these people find it, on the list of outcomes and in the API."),
            _("What it is about"),
        ),
        section(
            ["order", "is_public"],
            _(
                "Untick “public” while the text is not agreed. The outcome of a session under embargo waits for its end."
            ),
            _("Where it is shown"),
        ),
    ]

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request, queryset):
        done = ngettext_lazy("%(n)s published.", "%(n)s published.", "n")
        self.each(request, queryset, verb=session_editing.publish_outcome, done=done)

    def get_export_queryset(self, request):
        rows = super().get_export_queryset(request).select_related("forum", "session")
        return rows.prefetch_related("organisations", "action_lines", "sdgs", "themes")
