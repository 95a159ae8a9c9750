"""The organisers' pages of outcomes, and of the reports of sessions."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from events.models import Outcome, SessionReport
from events.outcomes.outcome_table import OutcomeListResource
from events.outcomes.report import session_reports
from events.shared.admin.admin_bases import PublicContentMixin, PublishedMixin, SiteAdmin, section
from events.shared.admin.local_times import WallClockForm
from events.shared.tables.admin_bases import OwnTable


class OutcomeForm(WallClockForm):
    def clean(self):
        """What is public waits for no report."""
        data = super().clean()
        return data | {"comes_with_report": data.get("comes_with_report", False) and not data.get("is_public")}


@admin.register(Outcome)
class OutcomeAdmin(OwnTable, PublishedMixin, PublicContentMixin, SiteAdmin):
    is_part_of_session = True
    form = OutcomeForm
    resource = OutcomeListResource
    list_display = ["title", "kind", "forum", "session", "date", "is_public", "order"]
    list_filter = ["kind", "is_public", "themes", "action_lines", "sdgs"]
    list_select_related = ["forum", "session"]
    search_fields = ["title", "text", "session__title", "organisations__name"]
    autocomplete_fields = ["forum", "session", "organisations", "action_lines", "sdgs", "themes"]
    fieldsets = [
        section(
            ["forum", "session", "kind", "title", "text", "date"],
            _("What came out of the forum, or of one of its sessions."),
        ),
        section(
            ["organisations", "themes", "action_lines", "sdgs"],
            _("People find it by these, in the list of outcomes and in the API."),
            _("What it is about"),
        ),
        section(
            ["order", "is_public", "comes_with_report"],
            _("The outcome of a session under embargo waits for its end."),
            _("Where it is shown"),
        ),
    ]


@admin.register(SessionReport)
class SessionReportAdmin(PublicContentMixin, SiteAdmin):
    is_part_of_session = True
    rules = dict.fromkeys(["add", "change"], session_reports.write)
    list_display = ["session", "state", "submitted"]
    list_filter = ["state"]
    list_select_related = ["session"]
    search_fields = ["session__title", "key_issues", "quotes", "way_forward"]
    autocomplete_fields = ["session"]
    readonly_fields = ["state", "submitted"]
    fixed_fields = ["session"]
    actions = ["approve"]
    fieldsets = [
        section(
            ["session", "state", "submitted"],
            _(
                "Read it, correct it, then tick it in the list and choose “Approve”: the public reads it on the page of the "
                "session, and the outcomes that its hosts sent with it are published, too."
            ),
        ),
        section(
            ["key_issues", "quotes", "way_forward"], _("What the hosts of the session say of it."), _("The report")
        ),
    ]

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request, queryset):
        done = ngettext_lazy("%(n)s approved.", "%(n)s approved.", "n")
        self.each(request, queryset, verb=session_reports.approve, done=done)
