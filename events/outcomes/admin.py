"""The organisers' pages of outcomes, and of the reports of sessions."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from events.models import Outcome, SessionReport
from events.outcomes.outcome_table import OutcomeListResource
from events.outcomes.report import session_reports
from events.programme.admin import PartOfSessionMixin
from events.shared.admin.admin_bases import PublishedMixin, SiteAdmin, section
from events.shared.tables.admin_bases import OwnTable


@admin.register(Outcome)
class OutcomeAdmin(OwnTable, PublishedMixin, PartOfSessionMixin, SiteAdmin):
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

    def save_model(self, request, obj, form, change):
        """What is public waits for no report, and stays hidden when it is hidden again."""
        obj.comes_with_report = obj.comes_with_report and not obj.is_public
        super().save_model(request, obj, form, change)


@admin.register(SessionReport)
class SessionReportAdmin(PartOfSessionMixin, SiteAdmin):
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

    def save_model(self, request, obj, form, change):
        """What organisers write themselves waits for nobody else. Hosts submit no draft that was changed since they read it."""
        obj.revision += 1
        if not change:
            obj.state, obj.submitted = SessionReport.State.SUBMITTED, timezone.now()
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request, queryset):
        done = ngettext_lazy("%(n)s approved.", "%(n)s approved.", "n")
        self.each(request, queryset, verb=session_reports.approve, done=done)
