"""The organisers' pages of reports that came by themselves, and of the passes with which scripts send them."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.staff.admin_bases import IsFilled, ReadOnlyMixin, SiteAdmin, section
from events.staff.local_times import WallClockForm
from registration.attendance.reports import report_passes
from registration.models import MeetingReport, ReportPass


class PassForm(WallClockForm):
    def clean(self):
        """Refuse (`over`) a pass that never works."""
        data = super().clean() or {}
        forum, last_day = data.get("forum"), data.get("last_day")
        if forum and last_day and last_day < forum.today(timezone.now()):
            self.add_error("last_day", ValidationError(_("Choose a day that is not over"), code="over"))
        return data


@admin.register(ReportPass)
class ReportPassAdmin(SiteAdmin):
    never = ("change",)
    form = PassForm
    list_display = ["holder", "forum", "last_day", "made_by", "made"]
    list_select_related = ["forum", "made_by"]
    search_fields = ["holder"]

    def get_fieldsets(self, request, obj=None):
        about = gettext_lazy(
            "With its secret a script sends in reports of meetings of this forum, and does nothing else. The secret is shown once, when "
            "the pass is made. Delete a pass that is lost or not needed any more: its secret opens nothing from then on."
        )
        return [section(["forum", "holder", "last_day", *(["made_by", "made"] if obj else [])], about)]

    def save_model(self, request, obj, form, change):
        secret = report_passes.give_secret(obj, by=request.user, now=timezone.now())
        super().save_model(request, obj, form, change)
        words = _("The secret of the pass, which is shown this once:")
        self.message_user(request, format_html('{} <code dir="ltr">{}</code>', words, secret))


@admin.register(MeetingReport)
class MeetingReportAdmin(ReadOnlyMixin, SiteAdmin):
    list_display = ["received", "name", "reason", "people", "named", "unknown", "written", "known", "unread", "session"]
    list_filter = [("refusal", IsFilled)]
    list_select_related = ["session"]
    search_fields = ["name"]
    date_hierarchy = "received"
    fieldsets = [
        section(
            [
                *("received", "name", "forum", "session", "report_pass", "reason"),
                *("people", "named", "unknown", "written", "known", "unread"),
            ],
            gettext_lazy(
                "What came from the watched folder, or was sent by a script, and what became of it. The file itself is not kept."
            ),
        )
    ]
